"""Through a SOCKS5 proxy, such as Tor's: names are resolved at its far end."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from dalil.errors import UsageError

__all__ = ["connect_through", "parse_proxy"]

_REFUSALS = {
    1: "it failed",
    2: "its rules forbid it",
    3: "the network cannot be reached",
    4: "the host cannot be reached",
    5: "the connection was refused",
    6: "it took too long",
}


def parse_proxy(text: str) -> tuple[str, int]:
    """Read ``socks5://HOST:PORT``.

    Raises
    ------
    UsageError
        If the text has another form.

    Examples
    --------
    >>> parse_proxy("socks5://127.0.0.1:9050")
    ('127.0.0.1', 9050)
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError("not a proxy's URL", text) from error
    known = parts.scheme in ("socks5", "socks5h")
    if not known or not parts.hostname or not port or parts.username:
        raise UsageError("a proxy for Electrum is socks5://HOST:PORT", text)
    return parts.hostname, port


def connect_through(proxy: str, host: str, port: int, timeout: float) -> socket.socket:
    """Connect to a host by a SOCKS5 proxy; the name is not looked up here.

    Raises
    ------
    OSError
        If the proxy is not there, wants a password, or cannot connect.
    """
    connection = socket.create_connection(parse_proxy(proxy), timeout=timeout)
    try:
        _shake_hands(connection, host, port)
    except BaseException:
        connection.close()
        raise
    return connection


def _shake_hands(connection: socket.socket, host: str, port: int) -> None:
    connection.sendall(b"\x05\x01\x00")
    if _exactly(connection, 2) != b"\x05\x00":
        raise ConnectionError("the proxy is no SOCKS5, or wants a password")
    name = host.encode("ascii")
    call = b"\x05\x01\x00\x03" + bytes([len(name)]) + name
    connection.sendall(call + port.to_bytes(2, "big"))
    version, refusal, _, kind = _exactly(connection, 4)
    if version != 5 or refusal:
        why = _REFUSALS.get(refusal, "it does not say why")
        raise ConnectionError(f"the proxy did not connect: {why}")
    size = {1: 4, 4: 16}.get(kind) or _exactly(connection, 1)[0]
    _exactly(connection, size + 2)


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise ConnectionError("the proxy hung up")
        parts += part
    return parts
