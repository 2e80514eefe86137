"""How appeals write an address so that a search misses it and a reader does not."""

from __future__ import annotations

__all__ = [
    "DISGUISES",
    "direction_marks",
    "full_width",
    "glued",
    "misspelt",
    "soft_hyphens",
    "spaced",
    "split_lines",
    "upper",
    "zero_width",
]

ZWSP, RLM, SOFT_HYPHEN = "\u200b", "\u200f", "\u00ad"
_FULL_WIDTH = 0xFEE0
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def zero_width(address: str) -> str:
    """Put an invisible space after every eighth character."""
    return ZWSP.join(_chunks(address, 8))


def soft_hyphens(address: str) -> str:
    """Put invisible hyphens into the address."""
    return SOFT_HYPHEN.join(_chunks(address, 11))


def direction_marks(address: str) -> str:
    """Put right-to-left marks into the address, as copying from Arabic text does."""
    return RLM.join(_chunks(address, 13))


def spaced(address: str) -> str:
    """Write the address in groups of four."""
    return " ".join(_chunks(address, 4))


def split_lines(address: str) -> str:
    """Break the address over two lines."""
    half = len(address) // 2
    return address[:half] + "\n" + address[half:]


def glued(address: str) -> str:
    """Write Arabic letters right before and after the address, without a space."""
    return f"العنوان{address}تمرين"


def full_width(address: str) -> str:
    """Write the address in full-width letters."""
    return "".join(chr(ord(letter) + _FULL_WIDTH) for letter in address)


def upper(address: str) -> str:
    """Write a bech32 address in capitals, as QR codes do."""
    return address.upper()


def misspelt(address: str) -> str:
    """Change one character in the middle, so that the checksum fails.

    For bech32 addresses; their checksum finds any single error.
    """
    middle = len(address) // 2
    place = _BECH32.index(address[middle])
    return address[:middle] + _BECH32[place ^ 1] + address[middle + 1 :]


DISGUISES = (
    str,
    zero_width,
    split_lines,
    glued,
    direction_marks,
    soft_hyphens,
    upper,
    spaced,
    full_width,
)
"""In the order in which a channel goes through them."""


def _chunks(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]
