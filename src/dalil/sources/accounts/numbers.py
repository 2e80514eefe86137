"""Numbers as strangers write them: bounded before they are read.

Python reads a number of ten million digits in hours, so length comes first.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from dalil.errors import InputError

__all__ = [
    "clip",
    "data_of",
    "decimal_of",
    "fixed_of",
    "hash_of",
    "quantity",
    "second_of",
]

MOST_DIGITS = 78
"""Of 2**256 - 1 in decimal."""
_DECIMAL = re.compile(r"[0-9]{1,78}", re.ASCII)
_SHORT = re.compile(r"([0-9]{1,78})(?:\.([0-9]{1,78}))?[eE]\+?([0-9]{1,2})", re.ASCII)
_QUANTITY = re.compile(r"0[xX][0-9a-fA-F]{1,64}", re.ASCII)
_SHOWN = 60
_LATEST = 1 << 35


def clip(value: object) -> str:
    """Show a value at fault, however long it is.

    >>> clip("7" * 10**7)[58:]
    '77… (10,000,000 characters)'
    """
    if isinstance(value, int) and value.bit_length() > 512:
        return f"a number of {value.bit_length():,} bits"
    text = value if isinstance(value, str) else repr(value)
    if len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN]}… ({len(text):,} characters)"


def decimal_of(value: object, most: int = (1 << 256) - 1) -> int:
    """Read a whole decimal number: an integer, its text, text with an exponent.

    >>> decimal_of("199e17") == 199 * 10**17
    True

    Raises
    ------
    InputError
        If it is none, negative, or beyond `most`.
    """
    number = value
    if isinstance(value, str) and len(value) <= MOST_DIGITS:
        if _DECIMAL.fullmatch(value):
            number = int(value)
        elif match := _SHORT.fullmatch(value):
            number = _shifted(match[1], match[2] or "", int(match[3]))
    if type(number) is not int or not 0 <= number <= most:
        raise InputError("a whole number is missing or out of range", clip(value))
    return number


def _shifted(whole: str, part: str, shift: int) -> int | None:
    """Move the point; None where something stays behind it."""
    part = part.rstrip("0")
    if len(part) > shift:
        return None
    scale: int = 10 ** (shift - len(part))
    return int(whole + part) * scale


def quantity(value: object, most: int = (1 << 256) - 1) -> int:
    """Read a JSON-RPC quantity: ``0x`` and hex digits.

    >>> quantity("0x1f")
    31

    Raises
    ------
    InputError
        If it is none, or beyond `most`.
    """
    if not isinstance(value, str) or len(value) > 66 or not _QUANTITY.fullmatch(value):
        raise InputError("not a quantity in hex", clip(value))
    number = int(value, 16)
    if number > most:
        raise InputError("a quantity is out of range", clip(value))
    return number


def data_of(value: object, most: int = 1 << 24) -> bytes:
    """Read bytes in hex, with or without ``0x``.

    Raises
    ------
    InputError
        If it is none, or longer than `most` bytes.
    """
    if not isinstance(value, str):
        raise InputError("bytes in hex are missing", clip(value))
    digits = value[2:] if value[:2] in ("0x", "0X") else value
    if len(digits) > 2 * most:
        raise InputError(f"more than {most:,} bytes", clip(value))
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raise InputError("not hex", clip(value)) from None
    if 2 * len(raw) != len(digits):  # fromhex skips blanks
        raise InputError("not hex", clip(value))
    return raw


def fixed_of(value: object, n_bytes: int) -> bytes:
    """Read exactly `n_bytes` in hex.

    Raises
    ------
    InputError
        If it has another length, or is no hex.
    """
    raw = data_of(value, n_bytes)
    if len(raw) != n_bytes:
        raise InputError(f"{len(raw)} bytes where {n_bytes} belong", clip(value))
    return raw


def hash_of(value: object) -> bytes:
    """Read a 32-byte hash as printed."""
    return fixed_of(value, 32)


def second_of(value: object) -> int:
    """Read a time: Unix seconds, or a date and time, of UTC unless it says else.

    Raises
    ------
    InputError
        If it is neither, or not between 1970 and the year 3058.
    """
    if isinstance(value, str) and not (len(value) <= 12 and _DECIMAL.fullmatch(value)):
        text = value[:40].removesuffix(" UTC").removesuffix("+UTC")
        try:
            then = datetime.fromisoformat(text)
        except ValueError:
            raise InputError("not a time", clip(value)) from None
        value = then
    if isinstance(value, datetime):
        value = int(value.replace(tzinfo=value.tzinfo or UTC).timestamp())
    return decimal_of(value, _LATEST)
