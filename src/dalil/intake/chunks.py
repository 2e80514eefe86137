"""Addresses written in chunks: spaced out, wrapped over lines, cut by dashes.

A chunked address starts at a word that begins like an address. The words after
it are joined on, one by one, until the length of an address is reached; only
the checksum decides. Words that hold a character foreign to the alphabet end
the attempt, so ordinary prose costs little. Every attempt is bounded.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from dalil.chains.base58 import ALPHABET
from dalil.chains.bech32 import CHARSET
from dalil.intake.steps import WHITESPACE
from dalil.intake.tokens import LETTERS, judge, token_hits
from dalil.intake.verdict import BASE58_LENGTHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.intake.homoglyphs import Budget
    from dalil.intake.tokens import Hit

__all__ = ["address_hits", "chunk_hits"]

_FOREIGN = "".join(re.findall("[^0-9A-Za-z-]", LETTERS))
_BLANKS = "".join(sorted(WHITESPACE))
_MARKS = r"\-\u2010-\u2015._|·•*,،~+\"'→➡⬇▪◾\U0001F300-\U0001FAFF\u2600-\u27BF"
_GAP = re.compile(f"[{_BLANKS}{_MARKS}]{{1,6}}")
_ANY = f"[{_BLANKS}{_MARKS}]{{0,6}}"
_ANCHOR = re.compile(
    f"(?<![{LETTERS}])(?=(?P<segwit>(?:b{_ANY}c{_ANY}(?:r{_ANY}t{_ANY})?|t{_ANY}b{_ANY})1)"
    f"|(?P<evm>0{_ANY}x)|[13Tmn2ТΤЗІΙӀ])[{LETTERS}]{{1,66}}+(?=[{_BLANKS}{_MARKS}])",
    re.IGNORECASE,
)
_WORDS = {
    "segwit": re.compile(f"[{CHARSET}{CHARSET.upper()}bioBIO1{_FOREIGN}]{{1,62}}+"),
    "evm": re.compile(f"[0-9a-fA-FxX{_FOREIGN}]{{1,42}}+"),
    "base58": re.compile(f"[{ALPHABET}{_FOREIGN}]{{1,34}}+"),
}
_LETTER = re.compile(f"[{LETTERS}]")
_MOST_CHUNKS = 64
_FEWEST_EVEN = 3


def address_hits(text: str, budget: Budget) -> list[Hit]:
    """Find all addresses of a folded text, in order, never overlapping.

    Returns
    -------
    list of Hit
        Valid readings first choose their place; what merely has the shape of
        an address is kept where nothing better covers it.
    """
    found = list(token_hits(text, budget))
    sure = [hit for hit in found if hit.sure]
    sure += chunk_hits(text, [(hit.start, hit.end) for hit in sure], budget)
    places = sorted((hit.start, hit.end) for hit in sure)
    starts = [start for start, _ in places]
    for hit in found:
        before = bisect_left(starts, hit.end) - 1
        if not hit.sure and (before < 0 or places[before][1] <= hit.start):
            sure.append(hit)
    return sorted(sure, key=lambda hit: hit.start)


def chunk_hits(
    text: str, taken: list[tuple[int, int]], budget: Budget
) -> Iterator[Hit]:
    """Find addresses in chunks in a folded text, in order, never overlapping.

    Parameters
    ----------
    text : str
        Folded text.
    taken : list of (start, end)
        Ascending places already known to hold an address; skipped.
    budget : Budget
        For repairs.

    Yields
    ------
    Hit
        Verdict ``invalid`` only where the chunks are too even to be prose.
    """
    done, following = 0, 0
    for anchor in _ANCHOR.finditer(text):
        while following < len(taken) and taken[following][1] <= anchor.start():
            following += 1
        limit = taken[following][0] if following < len(taken) else len(text)
        if anchor.start() < done or anchor.start() >= limit:
            continue
        hit = _joined(text, anchor, limit, budget)
        if hit is not None:
            done = hit.end
            yield hit


def _joined(text: str, anchor: re.Match[str], limit: int, budget: Budget) -> Hit | None:
    family = "segwit" if anchor["segwit"] else "evm" if anchor["evm"] else "base58"
    lengths = _lengths(family, anchor)
    word = _WORDS[family]
    first = word.match(text, anchor.start())
    if first is None or first.end() != anchor.end():
        return None
    chunks, gaps, end = [anchor[0]], [""], anchor.end()
    joined = anchor[0]
    failed: Hit | None = None
    while len(joined) < lengths[-1] and len(chunks) < _MOST_CHUNKS:
        gap = _GAP.match(text, end, limit)
        chunk = word.match(text, gap.end(), limit) if gap else None
        if gap is None or chunk is None or _goes_on(text, chunk.end(), limit):
            break
        chunks.append(chunk[0])
        gaps.append(gap[0])
        end, joined = chunk.end(), joined + chunk[0]
        if len(joined) in lengths and _telling(joined, family):
            hit = judge(joined, anchor.start(), end, budget)
            if hit is not None and hit.sure and not _dumped(text, hit, chunks):
                return _with_removed(hit, gaps)
            if hit is not None and _even(chunks, gaps):
                failed = _with_removed(hit, gaps)
    return failed


def _lengths(family: str, anchor: re.Match[str]) -> range | tuple[int, ...]:
    if family == "evm":
        return (42,)
    if family == "segwit":
        return range(14, 91)
    first = {"Т": "T", "Τ": "T", "З": "3"}.get(anchor[0][0], anchor[0][0])
    return BASE58_LENGTHS.get(first, BASE58_LENGTHS["1"])


def _goes_on(text: str, place: int, limit: int) -> bool:
    return place < limit and _LETTER.match(text, place) is not None


def _telling(joined: str, family: str) -> bool:
    """Keep plain words and plain numbers from costing a checksum each."""
    body = joined[1:]
    digits = any(letter.isdigit() for letter in body)
    if family != "base58":
        return digits
    return digits and not body.islower() and not body.isupper()


def _dumped(text: str, hit: Hit, chunks: list[str]) -> bool:
    """Tell whether lower-case hex goes on in the same beat: a dump, no address."""
    if hit.verdict.checksum != "none":
        return False
    gap = _GAP.match(text, hit.end)
    following = _WORDS["evm"].match(text, gap.end()) if gap else None
    return following is not None and len(following[0]) == len(chunks[-1]) > 1


def _even(chunks: list[str], gaps: list[str]) -> bool:
    sizes = {len(chunk) for chunk in chunks[:-1]}
    numbered = sum(any(c.isdigit() for c in chunk) for chunk in chunks)
    return (
        len(chunks) >= _FEWEST_EVEN
        and len(sizes) == 1
        and len(set(gaps[1:])) == 1
        and len(chunks[-1]) <= len(chunks[0])
        and numbered * 2 > len(chunks)
    )


def _with_removed(hit: Hit, gaps: list[str]) -> Hit:
    marks = sorted(set("".join(gaps)) - WHITESPACE)
    return replace(hit, removed="".join(marks))
