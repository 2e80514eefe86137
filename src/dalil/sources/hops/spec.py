"""Reading ``esplora:URL`` and ``electrum:HOST[:PORT][:s]`` as people write them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from dalil.errors import UsageError

__all__ = ["SourceSpec", "parse_source"]

_PLAIN_PORT, _TLS_PORT = 50001, 50002
_LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A server to ask: its kind, place, and whether the way there is encrypted."""

    kind: str
    """``esplora`` or ``electrum``."""
    host: str
    port: int
    tls: bool
    path: str = ""
    """Esplora only: what comes before ``/tx/…``, without a slash at its end."""

    @property
    def local(self) -> bool:
        """Whether the server is this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def url(self) -> str:
        """The base URL of an Esplora server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{host}:{self.port}{self.path}"

    @property
    def key(self) -> str:
        """A folder name for what this server says."""
        named = f"{self.kind} {self.host} {self.port} {self.path}"
        return sha256(named.encode()).hexdigest()[:16]


def parse_source(text: str, *, allow_plain: bool = False) -> SourceSpec:
    """Read a source.

    Parameters
    ----------
    text : str
        ``esplora:https://host[:port][/path]`` or
        ``electrum:host[:port][:s|:t]``, where ``s`` asks for TLS and ``t`` for
        plain TCP; by default TLS, on this machine plain TCP.
    allow_plain : bool, default False
        Let what is asked travel unencrypted to another machine.

    Raises
    ------
    UsageError
        If the text has another form, or is unencrypted without leave.

    Examples
    --------
    >>> parse_source("esplora:https://explorer.example/api").url
    'https://explorer.example:443/api'
    >>> parse_source("electrum:server.example").port
    50002
    """
    kind, _, rest = text.partition(":")
    if kind == "esplora" and rest:
        spec = _esplora(rest, text)
    elif kind == "electrum" and rest:
        spec = _electrum(rest, text)
    else:
        raise UsageError("a source is esplora:URL or electrum:HOST[:PORT][:s]", text)
    hidden = spec.host.endswith(".onion")  # encrypted and named by its own key
    if len(spec.host) > _LONGEST_NAME:
        raise UsageError("a host's name is too long", spec.host[:80])
    if not (spec.tls or spec.local or hidden or allow_plain):
        raise UsageError(
            "everyone on the way would read what is asked; use https (for Electrum "
            ":s), or say --allow-plain",
            text,
        )
    return spec


def _esplora(rest: str, text: str) -> SourceSpec:
    try:
        parts = urlsplit(rest)
        port = parts.port
    except ValueError as error:
        raise UsageError("not a URL", text) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("esplora: takes an https:// URL", text)
    if parts.query or parts.fragment or parts.username or parts.password:
        raise UsageError("an Esplora URL has no user, query or fragment", text)
    tls = parts.scheme == "https"
    host, path = parts.hostname, parts.path.rstrip("/")
    if not _plain(host + path):
        raise UsageError("not a URL", text)
    return SourceSpec("esplora", host, port or (443 if tls else 80), tls, path)


def _electrum(rest: str, text: str) -> SourceSpec:
    host, rest = _host(rest)
    words = rest.split(":")[1:] if rest else []
    mark = words.pop() if words and words[-1] in ("s", "t") else ""
    number = words.pop() if words else ""
    plain_host = bool(host) and _plain(host) and not {"/", "@"} & set(host)
    if words or not plain_host or (number and not number.isdecimal()):
        raise UsageError("an Electrum server is HOST[:PORT][:s]", text)
    spec = SourceSpec("electrum", host, 0, tls=False)
    tls = mark == "s" or (mark == "" and not spec.local)
    port = int(number) if number else (_TLS_PORT if tls else _PLAIN_PORT)
    if not 0 < port < 1 << 16:
        raise UsageError("a port is 1 to 65535", text)
    return SourceSpec("electrum", host, port, tls)


def _host(rest: str) -> tuple[str, str]:
    """Split off the host; an IPv6 address stands in brackets."""
    if rest.startswith("["):
        host, _, rest = rest[1:].partition("]")
        return host, rest
    host, colon, rest = rest.partition(":")
    return host, colon + rest


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
