"""JSON-RPC in lines over TCP or TLS, as Electrum servers speak it."""

from __future__ import annotations

import json
import socket
import ssl
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dalil.errors import SourceError
from dalil.sources.hops.answers import json_of
from dalil.sources.hops.pace import Busy
from dalil.sources.hops.socks import connect_through

if TYPE_CHECKING:
    from dalil.sources.hops.pace import Pace
    from dalil.sources.hops.spec import SourceSpec

__all__ = ["Lines", "RpcError"]

_MAX_LINE = 1 << 25
_MAX_UNASKED = 1_000


class RpcError(Exception):
    """The server answered a call with an error."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Lines:
    """One connection, one call at a time; connects anew where it breaks.

    Parameters
    ----------
    spec : SourceSpec
    pace : Pace
    pin : str, optional
        SHA-256 (hex) of the one certificate to accept, whoever signed it.
    proxy : str, optional
        ``socks5://HOST:PORT``.
    timeout : float, default 60
        Seconds for a whole answer.
    greeting : tuple
        Method and parameters of the call that opens every connection.
    """

    def __init__(
        self,
        spec: SourceSpec,
        pace: Pace,
        *,
        pin: str | None = None,
        proxy: str | None = None,
        timeout: float = 60.0,
        greeting: tuple[str, tuple[Any, ...]],
    ) -> None:
        self._spec = spec
        self._pace = pace
        self._pin = pin.lower().replace(":", "") if pin else None
        self._proxy = proxy
        self._timeout = timeout
        self._greeting = greeting
        self._socket: socket.socket | None = None
        self._rest = b""
        self._number = 0

    def call(self, method: str, *parameters: Any) -> Any:  # noqa: ANN401 - JSON
        """Call a method and wait for its answer.

        Raises
        ------
        RpcError
            If the server answers with an error.
        SourceError
            If it does not answer, or with what is no answer.
        """
        return self._pace.ask(method, lambda: self._once(method, parameters))

    def _once(self, method: str, parameters: tuple[Any, ...]) -> Any:  # noqa: ANN401
        until = time.monotonic() + self._timeout
        try:
            if self._socket is None:
                self._connect(until)
                self._exchange(*self._greeting, until)
            return self._exchange(method, parameters, until)
        except RpcError as error:
            if _is_busy(error.message):
                raise Busy(error.message) from error
            raise
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise SourceError(
                "the server's certificate is signed by nobody this machine trusts; "
                "if you know it, name its SHA-256 with --pin",
                error.verify_message,
            ) from error
        except OSError as error:
            self.close()
            raise Busy(error.strerror or str(error) or type(error).__name__) from error
        except (Busy, SourceError):
            self.close()
            raise

    def _connect(self, until: float) -> None:
        spec = self._spec
        left = max(0.1, until - time.monotonic())
        if self._proxy:
            plain = connect_through(self._proxy, spec.host, spec.port, left)
        else:
            plain = socket.create_connection((spec.host, spec.port), timeout=left)
        self._rest = b""
        if not spec.tls:
            self._socket = plain
            return
        context = ssl.create_default_context()
        if self._pin:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        try:
            wrapped = context.wrap_socket(plain, server_hostname=spec.host)
        except BaseException:
            plain.close()
            raise
        self._socket = wrapped
        shown = sha256(wrapped.getpeercert(binary_form=True) or b"").hexdigest()
        if self._pin and shown != self._pin:
            raise SourceError("the server shows another certificate than --pin", shown)

    def _exchange(self, method: str, parameters: tuple[Any, ...], until: float) -> Any:  # noqa: ANN401
        assert self._socket is not None
        self._number += 1
        call = {"jsonrpc": "2.0", "id": self._number, "method": method}
        line = json.dumps(call | {"params": list(parameters)}).encode() + b"\n"
        self._socket.settimeout(max(0.1, until - time.monotonic()))
        self._socket.sendall(line)
        for _ in range(_MAX_UNASKED):
            answer = json_of(self._line(until), method)
            if isinstance(answer, dict) and answer.get("id") == self._number:
                return _result(answer, method)
        raise SourceError("the server speaks of other things only", method)

    def _line(self, until: float) -> bytes:
        assert self._socket is not None
        parts, size = [self._rest], len(self._rest)
        while b"\n" not in parts[-1]:
            left = until - time.monotonic()
            if left <= 0:
                raise Busy(f"an answer took longer than {self._timeout:g} s")
            if size > _MAX_LINE:
                raise SourceError(
                    f"the server says more than {_MAX_LINE:,} bytes in one line",
                    self._spec.host,
                )
            self._socket.settimeout(left)
            part = self._socket.recv(1 << 16)
            if not part:
                raise Busy("the server hung up")
            parts.append(part)
            size += len(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _result(answer: dict[str, Any], method: str) -> Any:  # noqa: ANN401 - JSON
    error = answer.get("error")
    if error is not None:
        said = error.get("message") if isinstance(error, dict) else error
        raise RpcError("".join(c for c in str(said)[:300] if c.isprintable()))
    if "result" not in answer:
        raise SourceError("the server's answer holds no result", method)
    return answer["result"]


def _is_busy(message: str) -> bool:
    text = message.lower()
    return any(word in text for word in ("busy", "excessive resource", "rate limit"))
