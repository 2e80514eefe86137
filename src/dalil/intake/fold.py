"""Folded text: what is searched, with the way back to the text it came from.

Searching runs on a view in which invisible characters, tags and entities are
gone and look-alike *encodings* of a character (full-width, mathematical,
Arabic-Indic digits) are plain. Every position of the view leads back to a span
of the source, so whatever is found is quoted from the source itself.

Folding only helps to find. What counts is redone from the raw span by `steps`.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from dalil.intake.steps import BIDI, SOFT, ZERO_WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BOUNDARY", "Folded", "Piece", "fold", "pieces_of"]

BOUNDARY = "\x00"
"""Put between texts that never touch; no indicator crosses it."""

_BLOCKS = (
    (0x2100, 0x2190),  # letter-like symbols, Roman numerals
    (0x2460, 0x2500),  # enclosed letters and digits
    (0xFF01, 0xFF5F),  # full-width forms
    (0x1D400, 0x1D800),  # mathematical letters and digits
    (0x1F130, 0x1F14A),  # squared letters
    (0x1FBF0, 0x1FBFA),  # segmented digits
)
_MARKS = "\u0300-\u036f\u064b-\u065f\u0670"


def _plain() -> dict[str, str]:
    found = dict(zip("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2, strict=True))
    for first, end in _BLOCKS:
        for letter in map(chr, range(first, end)):
            plain = unicodedata.normalize("NFKC", letter)
            if len(plain) == 1 and "!" <= plain <= "~":
                found[letter] = plain
    return found


_PLAIN = _plain()
_ASTRAL = "".join(
    f"{chr(first)}-{chr(end - 1)}" for first, end in _BLOCKS if end > 0xFFFF
)
_FOLDABLE = re.compile(  # ranges: the engine tries single astral characters in turn
    "["
    + "".join(sorted(letter for letter in _PLAIN if letter < "\uffff"))
    + _ASTRAL
    + "]"
)
_INVISIBLE = re.compile(
    f"[{''.join(sorted(ZERO_WIDTH | BIDI | SOFT))}]+|(?<=[0-9A-Za-z])[{_MARKS}]+"
)

Piece = tuple[str, int, int]
"""Folded text and the span of the source it stands for. Equally long ones map
character by character; others (an entity, a tag read as a break) as a whole."""


class Folded:
    """A view of a source text made of pieces, each knowing where it came from."""

    __slots__ = ("_begins", "_ends", "_froms", "text")

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._begins, self._froms, self._ends = array("q"), array("q"), array("q")
        parts: list[str] = []
        length = 0
        for part, start, end in pieces:
            if part:
                parts.append(part)
                self._begins.append(length)
                self._froms.append(start)
                self._ends.append(end)
                length += len(part)
        self.text = "".join(parts)

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        r"""Lead ``text[start:end]`` (not empty) back to its span of the source.

        Costs two binary searches.

        >>> fold("ab\u200bc").source_span(1, 3)
        (1, 4)
        """
        return self._source(start)[0], self._source(end - 1)[1]

    def _source(self, place: int) -> tuple[int, int]:
        piece = bisect_right(self._begins, place) - 1
        begin, start, end = self._begins[piece], self._froms[piece], self._ends[piece]
        following = piece + 1
        stop = (
            self._begins[following] if following < len(self._begins) else len(self.text)
        )
        if stop - begin != end - start:
            return start, end
        return start + place - begin, start + place - begin + 1


def pieces_of(text: str, start: int = 0) -> Iterable[Piece]:
    """Fold plain text found at `start` of its source into pieces."""
    if text.isascii():
        yield text, start, start + len(text)
        return
    plain = _FOLDABLE.sub(lambda match: _PLAIN.get(match[0], match[0]), text)
    done = 0
    for match in _INVISIBLE.finditer(plain):
        if match.start() > done:
            yield plain[done : match.start()], start + done, start + match.start()
        done = match.end()
    yield plain[done:], start + done, start + len(text)


def fold(text: str) -> Folded:
    r"""Fold a text that is its own source; linear in its length.

    >>> fold("１A\u200b1z").text
    '1A1z'
    """
    return Folded(pieces_of(text))
