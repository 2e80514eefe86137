"""Base58Check, the text form of legacy Bitcoin addresses and of TRON's.

Four bytes of double SHA-256 follow the payload, so a random error passes with
chance 2**-32. The alphabet leaves out 0, O, I and l.
"""

from __future__ import annotations

from hashlib import sha256

from dalil.errors import AddressError

__all__ = ["ALPHABET", "b58check_decode", "b58check_encode", "b58decode", "b58encode"]

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

_MAX_TEXT = 128
"""Longest text decoded: an extended key has 111; decoding takes square time."""

_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
_PAIR_BASE = 58**2
_CHUNK_BASE = 58**10


def b58encode(raw: bytes) -> str:
    r"""Write bytes in base58, leading zero bytes as ``1``.

    >>> b58encode(b"\x00\x00abc")
    '11ZiCa'
    """
    body = raw.lstrip(b"\x00")
    number = int.from_bytes(body, "big")
    parts: list[str] = []
    while number:  # ten digits at a time, so that most divisions are on machine words
        number, chunk = divmod(number, _CHUNK_BASE)
        digits: list[str] = []
        for _ in range(5):
            chunk, pair = divmod(chunk, _PAIR_BASE)
            digits.append(_PAIRS[pair])
        parts.append("".join(reversed(digits)))
    return "1" * (len(raw) - len(body)) + "".join(reversed(parts)).lstrip("1")


def b58decode(text: str) -> bytes:
    """Read base58 text into bytes, without any checksum.

    Raises
    ------
    AddressError
        If a character lies outside the alphabet (the message names it and its
        position), or the text is longer than 128 characters.
    """
    if len(text) > _MAX_TEXT:
        raise AddressError(f"longer than {_MAX_TEXT} characters", text[:40] + "…")
    number = 0
    for place, letter in enumerate(text):
        value = _VALUE.get(letter)
        if value is None:
            raise AddressError(
                f"`{letter}` at position {place + 1} is not a base58 character", text
            )
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def b58check_encode(payload: bytes) -> str:
    """Write `payload` (version bytes included) with its checksum.

    >>> b58check_encode(bytes(21))
    '1111111111111111111114oLvT2'
    """
    return b58encode(payload + _checksum(payload))


def b58check_decode(text: str) -> bytes:
    """Read base58check text into its payload, version bytes included.

    Raises
    ------
    AddressError
        If a character is not base58, the text is too short to hold a
        checksum, or the checksum does not fit.

    Examples
    --------
    >>> b58check_decode("1111111111111111111114oLvT2").hex()
    '000000000000000000000000000000000000000000'
    """
    raw = b58decode(text)
    if len(raw) < 5:
        raise AddressError("too short for base58check", text)
    payload, checksum = raw[:-4], raw[-4:]
    if checksum != _checksum(payload):
        raise AddressError("the base58check checksum does not fit", text)
    return payload


def _checksum(payload: bytes) -> bytes:
    return sha256(sha256(payload).digest()).digest()[:4]
