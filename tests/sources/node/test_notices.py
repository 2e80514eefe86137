"""Being told: gaps are seen, nonsense is passed over, silence ends."""

from __future__ import annotations

import struct
import threading
from typing import TYPE_CHECKING

import pytest
import zmq

from dalil.errors import UsageError
from dalil.sources.node.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def publisher() -> Iterator[tuple[str, zmq.Socket[bytes]]]:
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        yield f"tcp://127.0.0.1:{port}", socket
        socket.close(linger=0)


def told(socket: zmq.Socket[bytes], topic: bytes, body: bytes, number: int) -> None:
    socket.send_multipart([topic, body, struct.pack("<I", number)])


def listening(address: str, socket: zmq.Socket[bytes], poll: float = 20.0) -> Notices:
    notices = Notices([address], poll, threading.Event())
    for _ in range(3):
        assert socket.poll(5000), "subscribed"
        socket.recv()
    return notices


def test_a_block_ends_the_wait(publisher: tuple[str, zmq.Socket[bytes]]) -> None:
    address, socket = publisher
    notices = listening(address, socket)
    told(socket, b"rawblock", b"block", 5)
    assert notices.wait() == [b"block"]
    told(socket, b"hashblock", bytes(32), 0)
    assert notices.wait() == []
    assert notices.gaps == 0
    notices.close()


def test_a_gap_is_seen_and_ends_the_wait(
    publisher: tuple[str, zmq.Socket[bytes]],
) -> None:
    address, socket = publisher
    notices = listening(address, socket)
    told(socket, b"sequence", bytes(32) + b"C", 0xFFFF_FFFF)
    assert notices.wait() == []
    told(socket, b"sequence", bytes(32) + b"C", 0)
    assert notices.wait() == []
    assert notices.gaps == 0, "numbers start again after the last"
    told(socket, b"sequence", bytes(32) + b"A" + bytes(8), 7)
    assert notices.wait() == []
    assert notices.gaps == 1
    notices.close()


def test_nonsense_does_not_end_the_wait(
    publisher: tuple[str, zmq.Socket[bytes]],
) -> None:
    address, socket = publisher
    notices = listening(address, socket, poll=0.4)
    for parts in (
        [b"rawblock"],
        [b"rawblock", b"x", b"1"],
        [b"rawblockx", b"", b"1234"],
    ):
        socket.send_multipart(parts)
    told(socket, b"sequence", bytes(32) + b"A" + bytes(8), 1)
    told(socket, b"sequence", b"", 2)
    assert notices.wait() == []
    assert notices.gaps == 0
    notices.close()


def test_a_stop_ends_the_wait(publisher: tuple[str, zmq.Socket[bytes]]) -> None:
    address, _ = publisher
    for addresses in ([], [address]):
        stop = threading.Event()
        notices = Notices(addresses, 3600.0, stop)
        threading.Timer(0.05, stop.set).start()
        assert notices.wait() == []
        notices.close()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("tcp://10.0.0.1:28332", "neither secret nor signed"),
        ("tcp://127.0.0.1", "not a ZMQ address"),
        ("127.0.0.1:28332", "not a ZMQ address"),
        ("udp://127.0.0.1:1", "not a ZMQ address"),
        ("tcp://[::1", "not a ZMQ address"),
    ],
)
def test_refuses(address: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Notices([address], 1.0, threading.Event())


def test_without_the_library_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zmq", None)
    with pytest.raises(UsageError, match=r"dalil\[network\]"):
        Notices(["tcp://127.0.0.1:1"], 1.0, threading.Event())
