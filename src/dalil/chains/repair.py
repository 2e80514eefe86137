"""What a failing address may have been meant to say: suggestions, never answers.

A text that fails its checksum is compared with its neighbours: the same text
without invisible characters and look-alike letters, or with one character
wrong, missing, added or swapped. Only a neighbour that passes a checksum of 30
bits or more is named; since some 4,000 are tried, one passes by chance about
once in a million texts. EVM addresses in one case have no checksum, so nothing
is ever suggested for their digits.
"""

from __future__ import annotations

import unicodedata
from itertools import product
from typing import TYPE_CHECKING

from dalil.chains import bech32
from dalil.chains.base58 import ALPHABET, b58check_decode
from dalil.chains.registry import read_address
from dalil.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["plain_letters", "suggest"]

_MAX_TEXT = 128
_MAX_TRIED = 20_000
_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеорсухіјѕһԁԛԝвктнмΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαινρυχ",
    "ABESIJKMHOPCTYXaeopcyxijshdqwBKTHMABEZHIKMNOPTYXoaivpux",
)
"""Cyrillic and Greek letters that most fonts draw as Latin ones."""
_DASHES = frozenset("-‐‑‒–—−ـ")
_MISREAD = {"0": "oDQ8", "O": "oQDC", "I": "1JLi", "l": "1iLt"}
"""The four characters base58 leaves out, and what they are misread from."""


def plain_letters(text: str) -> str:
    r"""Take away what hides in a text: invisible marks, spaces, look-alikes.

    >>> plain_letters("T\u200eН 1")
    'TH1'
    """
    folded = unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKES)
    kept = []
    for letter in folded:
        if (
            letter.isspace()
            or letter in _DASHES
            or unicodedata.category(letter) == "Cf"
        ):
            continue
        digit = unicodedata.digit(letter, None)
        kept.append(letter if digit is None or letter.isascii() else str(digit))
    return "".join(kept)


def suggest(text: str) -> tuple[str, ...]:
    """List the addresses near `text` that pass their checksum.

    Returns
    -------
    tuple of str
        Canonical spellings, sorted; empty where none is near. Which of them
        was meant, if any, only the source can tell. Takes up to 40 ms.

    Examples
    --------
    >>> suggest("1111111111111111111114oLvT3")
    ('1111111111111111111114oLvT2',)
    """
    if len(text) > _MAX_TEXT:
        return ()
    plain = plain_letters(text)
    found = {it for it in (plain, plain.lower()) if _passes(it)}
    if not found and _case_kept(plain):
        found = {it for it in _neighbours(plain) if _passes(it)}
    canonical = {_canonical(it) for it in found} - {text}
    return tuple(sorted(canonical))


def _case_kept(text: str) -> bool:
    """Tell a slip from lost case; 34 characters hold capitals all but surely."""
    return text.lower() != text or _like_bech32(text)


def _neighbours(text: str) -> Iterator[str]:
    if _like_bech32(text):
        yield from _one_slip_away(text.lower(), bech32.CHARSET)
    if _like_base58(text):
        yield from _misread(text)
        yield from _one_slip_away(text, ALPHABET)


def _like_bech32(text: str) -> bool:
    return text.lower().startswith(("bc1", "tb1", "bcrt1"))


def _like_base58(text: str) -> bool:
    """Tell base58's shape; TRON's ``TB1…`` has that of bech32 as well."""
    return 25 <= len(text) <= 36 and text[0] in "123mnT"


def _one_slip_away(text: str, letters: str) -> Iterator[str]:
    for place in range(len(text) + 1):
        head, tail = text[:place], text[place:]
        yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in letters:
            yield head + letter + tail
            yield head + letter + tail[1:]


def _misread(text: str) -> Iterator[str]:
    options = [_MISREAD.get(letter, letter) for letter in text]
    for tried, letters in enumerate(product(*options)):
        if tried >= _MAX_TRIED:
            return
        yield "".join(letters)


def _passes(text: str) -> bool:
    """Tell whether a text has a valid checksum, asking the cheap question first."""
    may_pass = (_like_bech32(text) and _decodes(bech32.decode, text)) or (
        _like_base58(text) and _decodes(b58check_decode, text)
    )
    may_pass = may_pass or text.startswith(("0x", "0X"))
    return may_pass and any(one.checksum == "valid" for one in read_address(text))


def _decodes(decode: Callable[[str], object], text: str) -> bool:
    try:
        decode(text)
    except AddressError:
        return False
    return True


def _canonical(text: str) -> str:
    return read_address(text)[0].canonical
