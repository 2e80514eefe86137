"""One HTTP conversation with a node: bounded in bytes and in time.

The standard library's client, because a block is a megabyte or two in one
piece and nothing else is needed; what it lacks, a deadline over the whole
answer rather than over each of its bytes, is added here.
"""

from __future__ import annotations

import http.client
import io
import time
from typing import TYPE_CHECKING, NamedTuple, cast

from dalil.errors import NodeError

if TYPE_CHECKING:
    import socket

    from dalil.sources.node.access import NodeAccess

__all__ = ["Answer", "Connection"]

_BUFFER = 1 << 16


class Answer(NamedTuple):
    """An HTTP status and the whole body."""

    status: int
    body: bytes


class _TimedSocket:
    """As much of a socket as the standard library's client uses, with a deadline."""

    def __init__(self, inner: socket.socket) -> None:
        self.inner = inner
        self.deadline = time.monotonic()

    def hurry(self) -> None:
        """Leave the next step no more time than there is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.inner.settimeout(left)

    def sendall(self, data: bytes) -> None:
        self.hurry()
        self.inner.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        del mode
        return io.BufferedReader(_Received(self), _BUFFER)

    def close(self) -> None:
        """Leave it to `Connection`: the client lets go before the body is read."""


class _Received(io.RawIOBase):
    """What a socket receives; closing it leaves the socket open."""

    def __init__(self, timed: _TimedSocket) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        self._timed.hurry()
        return self._timed.inner.recv_into(cast("bytearray", buffer))


class Connection:
    """A kept-alive connection of one thread to one node."""

    def __init__(self, access: NodeAccess, seconds: float) -> None:
        self._access = access
        self._seconds = seconds
        self._http: http.client.HTTPConnection | None = None
        self._socket: _TimedSocket | None = None

    def close(self) -> None:
        """Hang up; the next question dials anew."""
        if self._http is not None:
            self._http.close()
        if self._socket is not None:
            self._socket.inner.close()
        self._http = self._socket = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        limit: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Ask once and read the whole answer.

        Parameters
        ----------
        limit : int
            Bytes of the longest body that is read; a longer one is refused
            unread where its length is stated, else as soon as it is met.

        Raises
        ------
        NodeError
            ``unreachable`` if no connection or no whole answer came in time,
            ``bad_answer`` if what came is no HTTP, too long or cut short.
        """
        kept = self._http is not None
        try:
            return self._once(method, path, limit, body, headers or {})
        except (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError):
            self.close()
            if not kept:
                raise self._unreachable("hung up") from None
        except TimeoutError:
            self.close()
            what = f"no whole answer in {self._seconds:g} s"
            raise self._unreachable(what) from None
        except OSError as error:
            self.close()
            raise self._unreachable(error.strerror or str(error)) from None
        except http.client.HTTPException as error:
            self.close()
            raise self._bad(type(error).__name__) from None
        # A node hangs up on idle connections: dial once more.
        return self.ask(method, path, limit=limit, body=body, headers=headers)

    def _dial(self) -> tuple[http.client.HTTPConnection, _TimedSocket]:
        if self._http is not None and self._socket is not None:
            if self._http.sock is not None:
                return self._http, self._socket
            self.close()
        access = self._access
        kind = http.client.HTTPSConnection if access.tls else http.client.HTTPConnection
        dialled = kind(access.host, access.port, timeout=self._seconds)
        dialled.connect()
        timed = _TimedSocket(dialled.sock)
        dialled.sock = timed
        self._http, self._socket = dialled, timed
        return dialled, timed

    def _once(
        self, method: str, path: str, limit: int, body: bytes, headers: dict[str, str]
    ) -> Answer:
        dialled, timed = self._dial()
        timed.deadline = time.monotonic() + self._seconds
        dialled.request(method, path, body or None, headers)
        answer = dialled.getresponse()
        stated = answer.length
        if stated is not None and stated > limit:
            self.close()
            raise self._bad(f"{stated:,} bytes where at most {limit:,} are expected")
        taken = answer.read(limit + 1)
        if len(taken) > limit:
            self.close()
            raise self._bad(f"more than {limit:,} bytes")
        if stated is not None and len(taken) < stated:
            self.close()
            raise self._bad(f"{len(taken):,} of {stated:,} bytes")
        if stated is None:
            answer.read()
        if answer.will_close:
            self.close()
        return Answer(answer.status, taken)

    def _unreachable(self, why: str) -> NodeError:
        return NodeError(
            "unreachable", f"the node does not answer ({why})", self._access.name
        )

    def _bad(self, what: str) -> NodeError:
        return NodeError(
            "bad_answer", f"the node's answer is refused: {what}", self._access.name
        )
