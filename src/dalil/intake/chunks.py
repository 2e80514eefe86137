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
from dalil.intake.homoglyphs import skeleton
from dalil.intake.steps import WHITESPACE
from dalil.intake.tokens import LETTERS, judge, token_hits
from dalil.intake.verdict import BASE58_LENGTHS, MIXED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dalil.intake.homoglyphs import Budget
    from dalil.intake.tokens import Hit

__all__ = ["address_hits", "chunk_hits"]

_FOREIGN = "".join(re.findall("[^0-9A-Za-z-]", LETTERS))
_BLANKS = "".join(sorted(WHITESPACE))
_MARKS = r"\-\u2010-\u2015._|·•*,،~+\"'→➡⬇▪◾\U0001F300-\U0001FAFF\u2600-\u27BF"
_GAPS = _BLANKS + _MARKS
_GAP = re.compile(f"[{_GAPS}]+")
_ANY = f"[{_GAPS}]{{0,6}}"
_ANCHOR = re.compile(
    f"(?<![{LETTERS}])(?=[{LETTERS}]{{1,66}}[{_GAPS}])"
    f"(?:(?P<segwit>(?:b{_ANY}c(?P<long>{_ANY}r{_ANY}t)?|t{_ANY}b){_ANY}1)"
    f"|(?P<evm>0{_ANY}x)|[13Tmn2ТΤЗІΙӀ])",
    re.IGNORECASE,
)


def _window(alphabet: str) -> re.Pattern[str]:
    """Words of an alphabet with gaps of at most six characters between them."""
    letters = f"[{alphabet}{_FOREIGN}]"
    return re.compile(
        f"(?:{letters}{{1,66}}+(?:[{_GAPS}]{{1,6}}+(?={letters}))?){{1,66}}+"
    )


_WINDOWS = {
    "segwit": _window(f"{CHARSET}{CHARSET.upper()}bioBIO1"),
    "evm": _window("0-9a-fA-FxX"),
    "base58": _window(ALPHABET),
}
_SEGWIT_LENGTHS = {False: (42, 62), True: (44, 64)}
_LETTER = re.compile(f"[{LETTERS}]")
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
    window = _WINDOWS[family].match(text, anchor.start(), limit)
    if window is None or len(window[0]) <= lengths[0]:
        return None
    joined = _GAP.sub("", window[0])
    failed: Hit | None = None
    for length in reversed(lengths):
        if len(joined) < length or not _telling(joined[:length], family):
            continue
        end = _end_of(window, length)
        if end - anchor.start() == length or _LETTER.match(text, end, limit):
            continue  # in one piece, or ending amid a word
        hit = judge(joined[:length], anchor.start(), end, budget)
        written = text[anchor.start() : end]
        if hit is not None and hit.sure and not _dumped(text, hit, written):
            return _with_removed(hit, written)
        if hit is not None and not hit.sure and _even(written):
            failed = _with_removed(hit, written)
    return failed


def _lengths(family: str, anchor: re.Match[str]) -> Sequence[int]:
    if family == "evm":
        return (42,)
    if family == "segwit":
        return _SEGWIT_LENGTHS[anchor["long"] is not None]
    return BASE58_LENGTHS.get(skeleton(anchor[0]), BASE58_LENGTHS["1"])


def _end_of(window: re.Match[str], n_letters: int) -> int:
    """Find where the n-th letter of a window ends."""
    end = window.start()
    for word in re.finditer(f"[^{_GAPS}]+", window[0]):
        size = len(word[0])
        if size >= n_letters:
            return window.start() + word.start() + n_letters
        n_letters -= size
    return end


def _telling(joined: str, family: str) -> bool:
    """Keep plain words and plain numbers from costing a checksum each."""
    if family == "base58":
        return bool(MIXED.match(joined[1:]))
    return any(letter.isdigit() for letter in joined[2:])


def _dumped(text: str, hit: Hit, written: str) -> bool:
    """Tell whether lower-case hex goes on in the same beat: a dump, no address."""
    if hit.verdict.checksum != "none":
        return False
    last = _GAP.split(written)[-1]
    gap = _GAP.match(text, hit.end)
    following = re.compile("[0-9a-fA-F]+").match(text, gap.end()) if gap else None
    return following is not None and len(following[0]) == len(last) > 1


def _even(written: str) -> bool:
    chunks, gaps = _GAP.split(written), _GAP.findall(written)
    numbered = sum(any(c.isdigit() for c in chunk) for chunk in chunks)
    return (
        len(chunks) >= _FEWEST_EVEN
        and len(set(map(len, chunks[:-1]))) == 1
        and len(set(gaps)) == 1
        and len(chunks[-1]) <= len(chunks[0])
        and numbered * 2 > len(chunks)
    )


def _with_removed(hit: Hit, written: str) -> Hit:
    marks = sorted(set("".join(_GAP.findall(written))) - WHITESPACE)
    return replace(hit, removed="".join(marks))
