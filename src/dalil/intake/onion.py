"""Onion services: the host names that carry their own checksum."""

from __future__ import annotations

import base64
import re
from hashlib import sha3_256

__all__ = ["ONION_HOST", "onion_checksum"]

_DOT = r"(?:\.|\[\s?(?:\.|dot)\s?\]|\(\s?(?:\.|dot)\s?\)|\{\s?(?:\.|dot)\s?\})"
ONION_HOST = re.compile(
    rf"(?<![A-Za-z0-9])(?:[a-z2-7]{{56}}|[a-z2-7]{{16}}){_DOT}onion(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def onion_checksum(host: str) -> str:
    """Say whether a version 3 onion host fits its checksum.

    Returns
    -------
    str
        ``valid`` or ``invalid``; ``none`` for the 16 characters of version 2,
        which has no checksum and has been switched off since 2021.

    Examples
    --------
    >>> onion_checksum("facebookcorewwwi.onion")
    'none'
    """
    label = re.split(r"[^A-Za-z2-7]", host, maxsplit=1)[0]
    if len(label) != 56:
        return "none"
    raw = base64.b32decode(label.upper())
    key, checksum, version = raw[:32], raw[32:34], raw[34:]
    fits = sha3_256(b".onion checksum" + key + version).digest()[:2] == checksum
    return "valid" if fits and version == b"\x03" else "invalid"
