"""One HTTP connection that reads no more, and waits no longer, than it said."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from dalil import __version__
from dalil.errors import NotFoundError, SourceError, UsageError
from dalil.sources.hops.pace import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    import httpx

    from dalil.sources.hops.pace import Pace

__all__ = ["Http"]

_MAX_ERROR_BYTES = 1 << 12


def _library() -> ModuleType:
    try:
        import httpx
    except ImportError as error:
        raise UsageError(
            "asking a server needs httpx; install the extra: "
            "pip install 'dalil[network]'"
        ) from error
    return httpx


class Http:
    """Gets bounded answers below one base URL, over one connection.

    Nothing in the environment redirects it: no proxy but the one given, no
    stored password, and no redirect is followed.

    Parameters
    ----------
    base : str
        URL without a slash at its end.
    pace : Pace
    proxy : str, optional
        ``http://…`` or ``socks5://…``.
    timeout : float, default 60
        Seconds for a whole answer, headers included; a connection gets half.
    """

    def __init__(
        self, base: str, pace: Pace, *, proxy: str | None = None, timeout: float = 60.0
    ) -> None:
        self._httpx = library = _library()
        self._base = base
        self._pace = pace
        self._timeout = timeout
        self._stream: Any = None
        self._late = False
        try:
            self._client: httpx.Client = library.Client(
                headers={
                    "User-Agent": f"Dalil/{__version__}",
                    "Accept-Encoding": "identity",
                },
                verify=ssl.create_default_context(),
                timeout=library.Timeout(timeout / 2),
                limits=library.Limits(max_connections=1),
                follow_redirects=False,
                trust_env=False,
                proxy=proxy,
            )
        except ImportError as error:
            raise UsageError(
                "a SOCKS proxy needs socksio; pip install 'httpx[socks]'", proxy
            ) from error
        except ValueError as error:
            raise UsageError("not a proxy's URL", proxy) from error

    def get(self, path: str, most: int) -> bytes:
        """Get what is at `path` below the base URL.

        Raises
        ------
        NotFoundError
            If the server has no such thing.
        SourceError
            If it fails for good, refuses, redirects, or says more than `most`
            bytes.
        """
        return self._pace.ask(path, lambda: self._once("GET", path, path, most))

    def post(self, path: str, body: bytes, what: str, most: int) -> bytes:
        """Put a question in JSON; the answer.

        Parameters
        ----------
        what : str
            Named in errors in place of the path, in which a key may stand.
        most : int
            Bytes the answer may have.

        Raises
        ------
        NotFoundError, SourceError
            As `get`.
        """
        return self._pace.ask(what, lambda: self._once("POST", path, what, most, body))

    def _once(
        self, method: str, path: str, what: str, most: int, body: bytes | None = None
    ) -> bytes:
        until = time.monotonic() + self._timeout
        watched = {"trace": self._note}
        try:
            with (
                self._watchdog(),
                self._client.stream(
                    method,
                    self._base + path,
                    content=body,
                    headers={"Content-Type": "application/json"} if body else None,
                    extensions=watched,
                ) as answer,
            ):
                good = answer.status_code == 200
                limit = most if good else _MAX_ERROR_BYTES
                told = self._body(answer, what, limit, until)
                if good:
                    return told
                raise self._fault(answer, told, what)
        except self._httpx.HTTPError as error:
            if self._late:
                raise Busy(self._slow) from error
            raise Busy(str(error) or type(error).__name__) from error

    @property
    def _slow(self) -> str:
        return f"an answer took longer than {self._timeout:g} s"

    @contextmanager
    def _watchdog(self) -> Iterator[None]:
        """Hang up when time is over, however slowly bytes still trickle in."""
        self._late = False
        timer = threading.Timer(self._timeout, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _note(self, event: str, about: Mapping[str, Any]) -> None:
        """Remember the connection that a request goes over."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = about["return_value"]

    def _hang_up(self) -> None:
        self._late = True
        if self._stream is not None:
            with suppress(OSError):
                self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _body(
        self, answer: httpx.Response, what: str, most: int, until: float
    ) -> bytes:
        if "content-encoding" in answer.headers:
            raise SourceError("the server compressed an answer unasked", what)
        parts, size = [], 0
        for part in answer.iter_raw():
            size += len(part)
            if size > most and answer.status_code == 200:
                raise SourceError(f"the server says more than {most:,} bytes", what)
            if size > most:
                break
            if time.monotonic() > until:
                raise Busy(self._slow)
            parts.append(part)
        return b"".join(parts)

    def _fault(self, answer: httpx.Response, body: bytes, path: str) -> Exception:
        status = answer.status_code
        if status == 404:
            return NotFoundError("the server does not know this", path)
        if status in (408, 425, 429) or status >= 500:
            return Busy(f"status {status}", _seconds(answer.headers.get("retry-after")))
        if 300 <= status < 400:
            return SourceError(
                "the server sends us elsewhere; name that place yourself",
                str(answer.headers.get("location"))[:200],
            )
        said = body[:200].decode("ascii", "replace")
        said = "".join(c if c.isprintable() else "?" for c in said)
        return SourceError(f"the server refuses with status {status}: {said}", path)

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def _seconds(value: Any) -> float | None:  # noqa: ANN401 - a header or nothing
    """Read Retry-After; a date counts from now, nonsense as nothing."""
    if not isinstance(value, str):
        return None
    if value.strip().isdecimal() and len(value) < 9:
        return float(value)
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    if then.tzinfo is None:
        return None
    return max(0.0, (then - datetime.now(UTC)).total_seconds())
