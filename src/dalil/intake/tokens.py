"""Addresses written in one piece: whole tokens, and those glued to other letters.

A token is a run of ASCII letters, digits and their look-alikes; everything
else (Arabic letters, punctuation, blanks) ends it. A token is read whole;
where that gives nothing valid, backwards, repaired, and in parts. Each of
these is bounded, so a text costs time linear in its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.chains.bech32 import CHARSET
from dalil.intake.homoglyphs import LOOKALIKES, repair, skeleton
from dalil.intake.verdict import BASE58_LENGTHS, MIXED, Verdict, shape_of, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.intake.homoglyphs import Budget
    from dalil.intake.steps import Step

__all__ = ["LETTERS", "Hit", "judge", "token_hits"]

LETTERS = "0-9A-Za-z" + "".join(sorted(letter for letter in LOOKALIKES))
"""What tokens are made of, as the inside of a character class."""

_TOKEN = re.compile(f"(?<![{LETTERS}])[{LETTERS}]{{14,}}+")
_EVM = re.compile(r"0[xX][0-9a-fA-F]{40}(?![0-9a-fA-F])")
_SEGWIT = re.compile(rf"(?:bcrt|bc|tb)1[{CHARSET}]{{8,87}}", re.IGNORECASE)
_BASE58 = re.compile(r"[13Tmn2]")
_SEGWIT_LENGTHS = {"bc": (62, 42), "tb": (62, 42), "bcrt": (64, 44)}
_LONGEST_GLUED = 128
"""Base58 has no telling prefix, so longer runs are not searched for parts."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An address found at ``[start, end)`` of a folded text."""

    start: int
    end: int
    verdict: Verdict
    late: tuple[Step, ...] = ()
    """Steps that remain once the raw form is folded and joined."""
    removed: str = ""
    """Separators between chunks, other than blanks."""

    @property
    def sure(self) -> bool:
        """Tell whether nothing better needs to be looked for."""
        return self.verdict.checksum != "invalid"


def judge(text: str, start: int, end: int, budget: Budget) -> Hit | None:
    """Read one candidate as it stands, or repaired; None where it is no address.

    Returns
    -------
    Hit or None
        With the verdict ``invalid`` where the shape is plain and nothing fits.
    """
    plain = skeleton(text)
    shape = shape_of(plain)
    if shape is None and plain[:1] in "lI":  # neither is base58: a mistaken 1
        shape = shape_of("1" + plain[1:])
    if shape is None:
        return None
    if text.isascii():
        found = verdict(text)
        if found and found.checksum != "invalid":
            return Hit(start, end, found, _lowered(text, found))
    mended = repair(text, shape.alphabet, shape.passes, budget)
    if mended is not None:
        found = verdict(mended.text)
        if found is not None:
            late = (mended.step, *_lowered(mended.text, found))
            return Hit(start, end, found, late)
    if not shape.plain:
        return None
    failed = verdict(plain)
    if failed is None:
        return None
    return Hit(start, end, _as_written(failed, text))


def token_hits(text: str, budget: Budget) -> Iterator[Hit]:
    """Find the addresses in the tokens of a folded text, in order.

    A token that holds no address may still yield one `Hit` with the verdict
    ``invalid``; a caller that finds a better reading of the same place (chunks
    that continue it) takes that one.
    """
    for match in _TOKEN.finditer(text):
        token, start = match[0], match.start()
        whole = judge(token, start, match.end(), budget) if len(token) <= 90 else None
        if whole and whole.sure:
            yield whole
            continue
        parts = list(_parts(token, start)) or list(_reversed(token, start))
        yield from parts or ([whole] if whole else [])


def _parts(token: str, offset: int) -> Iterator[Hit]:
    done = 0
    for match in _EVM.finditer(token):
        yield from _hit(match[0], offset + match.start())
        done = match.end()
    for match in _SEGWIT.finditer(token, done):
        hrp = match[0].lower().partition("1")[0]
        for length in (len(match[0]), *_SEGWIT_LENGTHS[hrp]):
            hits = list(_hit(match[0][:length], offset + match.start()))
            if hits and hits[0].sure:
                yield hits[0]
                done = match.start() + length
                break
    if done == 0 and len(token) <= _LONGEST_GLUED and MIXED.match(token):
        yield from _base58_parts(token, offset)


def _base58_parts(token: str, offset: int) -> Iterator[Hit]:
    place = 0
    while match := _BASE58.search(token, place):
        place = match.start() + 1
        lengths = BASE58_LENGTHS[match[0]]
        for length in reversed(lengths[-3:]):
            piece = token[match.start() : match.start() + length]
            shape = shape_of(piece) if len(piece) == length else None
            if shape is not None and shape.passes(piece):
                yield from _hit(piece, offset + match.start())
                place = match.start() + length
                break


def _reversed(token: str, offset: int) -> Iterator[Hit]:
    backwards = token[::-1]
    if shape_of(backwards) is None:
        return
    for hit in _hit(backwards, offset):
        if hit.sure:
            late: tuple[Step, ...] = ({"op": "reverse"}, *hit.late)
            yield Hit(hit.start, hit.end, hit.verdict, late)


def _hit(text: str, start: int) -> Iterator[Hit]:
    found = verdict(text)
    if found is not None:
        yield Hit(start, start + len(text), found, _lowered(text, found))


def _lowered(text: str, found: Verdict) -> tuple[Step, ...]:
    return ({"op": "lowercase"},) if found.value != text else ()


def _as_written(failed: Verdict, text: str) -> Verdict:
    """Say `invalid` of the text itself; so, too, where several repairs pass."""
    chains, form = failed.chains, failed.form
    return Verdict(text, failed.chain, chains, form, "invalid", text)
