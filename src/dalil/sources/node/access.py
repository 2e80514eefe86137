"""Where a node is and who asks: an address, and credentials that stay out of sight.

Credentials come from a file or the environment, never from a command line
or a URL, which other users of the machine and the shell's history can read.
"""

from __future__ import annotations

import base64
import ipaddress
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dalil.errors import NodeError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["USER_VARIABLE", "NodeAccess", "is_loopback", "node_access"]

USER_VARIABLE = "DALIL_NODE_USER"
"""The environment variable that may hold ``user:password``."""

_DEFAULT_PORT = 8332
_SECRET_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class NodeAccess:
    """A node's address and the place of its credentials.

    `secret` is the file holding ``user:password``, or None for the
    environment's. A cookie changes with each start of the node, so the file
    is read anew each time credentials are asked for.
    """

    host: str
    port: int
    tls: bool
    secret: Path | None

    @property
    def name(self) -> str:
        """The address as people write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def authorization(self) -> str:
        """Give the header that says who asks.

        Raises
        ------
        NodeError
            If the file or variable does not hold ``user:password``.
        """
        if self.secret is None:
            text = os.environ.get(USER_VARIABLE, "")
            place = f"the variable {USER_VARIABLE}"
        else:
            place = str(self.secret)
            text = _read_secret(self.secret)
        user, colon, _ = text.partition(":")
        if not (user and colon) or "\n" in text:
            raise NodeError("refused", "no user:password is in", place)
        return "Basic " + base64.b64encode(text.encode()).decode()


def _read_secret(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_SECRET_LIMIT + 1)
    except FileNotFoundError:
        # A node writes its cookie when it starts and removes it when it ends.
        why = "no such file with credentials; is the node running"
        raise NodeError("unreachable", why, path) from None
    except OSError as error:
        why = f"cannot read the credentials ({error.strerror})"
        raise NodeError("refused", why, path) from None
    try:
        return raw.decode().strip() if len(raw) <= _SECRET_LIMIT else ""
    except UnicodeDecodeError:
        return ""


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def node_access(
    url: str,
    *,
    cookie: Path | None = None,
    user_file: Path | None = None,
    allow_remote: bool = False,
) -> NodeAccess:
    """Read a node's address, and say where its credentials are.

    Parameters
    ----------
    url : str
        ``http://host:port`` or ``https://host:port``; port 8332 by default.
    cookie, user_file : Path, optional
        The node's ``.cookie``, or a file of one line ``user:password``.
        Without either, the variable ``DALIL_NODE_USER`` is used.
    allow_remote : bool
        Permit plain HTTP to another machine: password and answers travel
        readable and changeable by whoever is in between.

    Raises
    ------
    UsageError
        If the URL is none, holds a password, or leads elsewhere unprotected.
    """
    if cookie and user_file:
        raise UsageError("give --cookie or --user-file, not both")
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORT
    except ValueError:
        raise UsageError("not a node's URL (http://host:port)", url) from None
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "a password does not belong on a command line; use --cookie, "
            f"--user-file or {USER_VARIABLE}",
            parts.hostname,
        )
    bare = not (parts.path.strip("/") or parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or not bare:
        raise UsageError("not a node's URL (http://host:port)", url)
    tls = parts.scheme == "https"
    if not (tls or allow_remote or is_loopback(parts.hostname)):
        raise UsageError(
            "plain http to another machine shows the password to the network; "
            "tunnel it, use https, or add --allow-remote",
            parts.hostname,
        )
    return NodeAccess(parts.hostname, port, tls, cookie or user_file)
