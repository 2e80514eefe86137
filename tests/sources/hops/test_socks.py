"""Through a SOCKS5 proxy that we run: names travel unresolved, refusals are told."""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.networks import REGTEST
from dalil.errors import SourceError, UsageError
from dalil.sources.hops.opening import Manners, open_server
from dalil.sources.hops.socks import parse_proxy
from dalil.sources.hops.spec import parse_source
from tests.sources.hops.servers import Electrum
from tests.sources.hops.world import make_town

if TYPE_CHECKING:
    from collections.abc import Iterator


class Proxy(socketserver.ThreadingTCPServer):
    """Connects every name to one port of this machine."""

    daemon_threads = True
    target = 0
    answer = b"\x05\x00\x00\x01" + bytes(6)
    greeting = b"\x05\x00"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[bytes, int]] = []


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        proxy: Any = self.server
        assert self.rfile.read(3) == b"\x05\x01\x00"
        self.connection.sendall(proxy.greeting)
        head = self.rfile.read(5)
        if head[:4] != b"\x05\x01\x00\x03":
            return
        name = self.rfile.read(head[4])
        port = int.from_bytes(self.rfile.read(2), "big")
        proxy.asked.append((name, port))
        self.connection.sendall(proxy.answer)
        if proxy.answer[1:2] != b"\x00" or not proxy.target:
            return
        with socket.create_connection(("127.0.0.1", proxy.target)) as inner:
            back = threading.Thread(target=self._copy, args=(inner,), daemon=True)
            back.start()
            while data := self.request.recv(1 << 16):
                inner.sendall(data)

    def _copy(self, inner: socket.socket) -> None:
        try:
            while data := inner.recv(1 << 16):
                self.connection.sendall(data)
        except OSError:
            return


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        threading.Thread(
            target=running.serve_forever, args=(0.02,), daemon=True
        ).start()
        yield running
        running.shutdown()


def manners(proxy: Proxy) -> Manners:
    address = f"socks5://127.0.0.1:{proxy.server_address[1]}"
    return Manners(proxy=address, rate=1_000.0, timeout=5.0)


def test_the_proxy_hears_the_name_and_nobody_else(proxy: Proxy) -> None:
    spec = parse_source("electrum:exercise.onion:50001:t")
    with Electrum(make_town().book, REGTEST) as server:
        proxy.target = server.port
        opened, network = open_server(spec, manners(proxy))
        assert network is REGTEST
        assert opened.tip().height == server.book.tip
        opened.close()
    assert proxy.asked == [(b"exercise.onion", 50001)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answer": b"\x05\x04\x00\x01" + bytes(6)}, "the host cannot be reached"),
        ({"answer": b"\x05\x63\x00\x01" + bytes(6)}, "does not say why"),
        ({"answer": b"\x05\x00"}, "the proxy hung up"),
        ({"greeting": b"\x05\xff"}, "wants a password"),
        ({"greeting": b"HT"}, "no SOCKS5"),
    ],
    ids=["unreachable", "no reason", "cut", "password", "no SOCKS"],
)
def test_refusals_are_told(
    change: dict[str, bytes],
    says: str,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    for name, value in change.items():
        setattr(proxy, name, value)
    with pytest.raises(SourceError, match=says):
        open_server(parse_source("electrum:exercise.onion:1:t"), manners(proxy))


@pytest.mark.parametrize("text", ["http://a:1", "socks5://a", "a:1", "socks5://[::1"])
def test_other_proxies_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_proxy(text)
