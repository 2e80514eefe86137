"""Where a node of an account chain is: a URL, held to what is safe to ask."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from dalil.errors import UsageError

__all__ = ["NodePlace", "node_place"]


@dataclass(frozen=True, slots=True)
class NodePlace:
    """A node's base URL and path; the path may hold a key, so it is not shown."""

    base: str
    path: str
    local: bool

    @property
    def name(self) -> str:
        """What may be shown of it."""
        return self.base


def node_place(url: str, *, allow_plain: bool = False) -> NodePlace:
    """Read a URL.

    Raises
    ------
    UsageError
        If it is none, holds a password, or would send questions unencrypted to
        another machine without leave.

    Examples
    --------
    >>> node_place("http://127.0.0.1:8545").base
    'http://127.0.0.1:8545'
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError("not a node's URL (http://host:port)", url) from None
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError("not a node's URL (http://host:port)", url)
    if parts.username is not None or parts.password is not None:
        raise UsageError("a password does not belong in a node's URL", host)
    if parts.fragment or not (url.isascii() and url.isprintable() and " " not in url):
        raise UsageError("not a node's URL (http://host:port)", host)
    local = _is_local(host)
    if parts.scheme == "http" and not (local or allow_plain):
        raise UsageError(
            "everyone on the way would read what is asked; use https, or allow plain",
            host,
        )
    shown = f"[{host}]" if ":" in host else host
    base = f"{parts.scheme}://{shown}" + (f":{port}" if port else "")
    path = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return NodePlace(base, path, local)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
