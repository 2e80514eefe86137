"""Addresses made to be taken for others: the same first and last characters."""

from __future__ import annotations

from hashlib import sha256
from itertools import count

__all__ = ["look_alike"]

_HEAD, _END = 4, 2


def look_alike(target: bytes, seed: str, *, letters: int = 2) -> bytes:
    """Find 20 bytes that look like `target` in hex, and in TRON's base58.

    The first four bytes are the target's, and so are the last two: eight hex
    digits ahead and four behind, and on TRON some six letters ahead. Base58 ends
    in the checksum, so its last `letters` are found by trying; each costs 58
    times as much as the one before (two: some 10 ms).

    Nobody holds the key of such an address here; a real poisoner tries keys
    until one fits, which is dearer and looks the same.

    Examples
    --------
    >>> made = look_alike(bytes(range(20)), "example", letters=1)
    >>> made[:4].hex(), made[-2:].hex(), made == bytes(range(20))
    ('00010203', '1213', False)
    """
    modulus = 58**letters
    wanted = _base58_number(target) % modulus
    for attempt in count():
        middle = sha256(f"EXERCISE {seed}/{attempt}".encode()).digest()
        middle = middle[: 20 - _HEAD - _END]
        made = target[:_HEAD] + middle + target[-_END:]
        if made != target and _base58_number(made) % modulus == wanted:
            return made
    raise AssertionError("unreachable")


def _base58_number(payload: bytes) -> int:
    """Give the number whose base58 digits a TRON address prints."""
    body = b"\x41" + payload
    check = sha256(sha256(body).digest()).digest()[:4]
    return int.from_bytes(body + check, "big")
