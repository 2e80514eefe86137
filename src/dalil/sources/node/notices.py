"""Being told of new blocks: by ZMQ where the node publishes, else by waiting.

A notice only says that it is time to ask the node; what counts is asked by
RPC. So nothing is lost with a lost notice but time: a gap in the publisher's
numbers is seen, said, and answered by asking at once, and silence by asking
every `poll` seconds.
"""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dalil.errors import UsageError
from dalil.settings import MAX_BLOCK_BYTES
from dalil.sources.node.access import is_loopback

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

__all__ = ["Notices"]

_TOPICS = (b"rawblock", b"hashblock", b"sequence")
_SLICE_MS = 100


def _library() -> Any:  # noqa: ANN401 - an optional module
    try:
        import zmq
    except ImportError:
        raise UsageError(
            "listening by ZMQ needs an extra: install dalil[network], or leave "
            "--zmq out and be content with asking every few seconds"
        ) from None
    return zmq


class Notices:
    """Waits for the next block, or for its time.

    Parameters
    ----------
    addresses : sequence of str
        Publishers; none: only the clock.
    poll : float
        Seconds after which to ask without having been told.
    stop : threading.Event
        Ends any wait.
    allow_remote : bool
        Permit publishers on other machines.

    Raises
    ------
    UsageError
        If an address is none or leads to another machine, or the library for
        ZMQ is not installed.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        poll: float,
        stop: threading.Event,
        *,
        allow_remote: bool = False,
    ) -> None:
        for address in addresses:
            _check(address, allow_remote=allow_remote)
        self._poll, self._stop = poll, stop
        self._last: dict[tuple[int, bytes], int] = {}
        self._sockets: list[Any] = []
        self.gaps = 0
        """How often numbers were missing: notices the node sent that did not
        come."""
        if addresses:
            self._zmq = _library()
            self._context = self._zmq.Context()
            self._sockets = [self._subscribe(address) for address in addresses]

    def _subscribe(self, address: str) -> Any:  # noqa: ANN401 - an optional module
        zmq = self._zmq
        socket = self._context.socket(zmq.SUB)
        socket.setsockopt(zmq.MAXMSGSIZE, MAX_BLOCK_BYTES)
        socket.setsockopt(zmq.RCVHWM, 100)
        socket.setsockopt(zmq.LINGER, 0)
        for topic in _TOPICS:
            socket.setsockopt(zmq.SUBSCRIBE, topic)
        try:
            socket.connect(address)
        except zmq.ZMQError as error:
            socket.close()
            self.close()
            raise UsageError(f"cannot listen there ({error})", address) from None
        return socket

    def close(self) -> None:
        """Stop listening."""
        for socket in self._sockets:
            socket.close()
        if self._sockets:
            self._context.term()
        self._sockets = []

    def wait(self) -> list[bytes]:
        """Wait until there may be something new.

        Returns
        -------
        list of bytes
            Whole blocks that came with the notices; nothing about them is
            checked. Often empty.
        """
        if not self._sockets:
            self._stop.wait(self._poll)
            return []
        until = time.monotonic() + self._poll
        while time.monotonic() < until and not self._stop.is_set():
            told, blocks = self._drain()
            if told:
                return blocks
        return []

    def _drain(self) -> tuple[bool, list[bytes]]:
        """Take all that has come; wait a moment for the first."""
        zmq = self._zmq
        poller = zmq.Poller()
        for socket in self._sockets:
            poller.register(socket, zmq.POLLIN)
        told, blocks = False, []
        wait = _SLICE_MS
        while ready := dict(poller.poll(wait)):
            for i, socket in enumerate(self._sockets):
                if socket in ready:
                    of_block, block = self._take(i, socket.recv_multipart())
                    told |= of_block
                    blocks += [block] if block else []
            if self._stop.is_set() or len(blocks) > 16:
                break
            wait = 0
        return told, blocks

    def _take(self, publisher: int, parts: list[bytes]) -> tuple[bool, bytes]:
        """Read one notice: whether it is of a block, and the block if it is here."""
        if len(parts) != 3 or parts[0] not in _TOPICS or len(parts[2]) != 4:
            return False, b""
        topic, body = parts[0], parts[1]
        (number,) = struct.unpack("<I", parts[2])
        before = self._last.get((publisher, topic))
        self._last[publisher, topic] = number
        missed = before is not None and number != (before + 1) % (1 << 32)
        self.gaps += missed
        if topic == b"rawblock":
            return True, body
        if topic == b"sequence":
            return missed or body[32:33] in (b"C", b"D"), b""
        return True, b""


def _check(address: str, *, allow_remote: bool) -> None:
    """Refuse what is no publisher's address, or leads to another machine."""
    if address.startswith("ipc://"):
        return
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not address.startswith("tcp://") or not host or not port:
        raise UsageError("not a ZMQ address (tcp://host:port)", address)
    if not (allow_remote or is_loopback(host)):
        raise UsageError(
            "ZMQ from another machine is neither secret nor signed; tunnel it, or "
            "add --allow-remote",
            host,
        )
