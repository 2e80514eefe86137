"""Letters that look like others, and the search for the one reading that fits.

A repair is a claim about what the author meant. It is made only where a strong
checksum confirms it and exactly one candidate passes: base58check and bech32
carry 32 and 30 bits, so among the most candidates tried (100,000) a false one
passes with chance 2·10⁻⁵ and 10⁻⁴. Lower-case hex carries none: never repaired.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.intake.steps import Step

__all__ = ["LOOKALIKES", "MAX_CANDIDATES", "Budget", "Repair", "repair", "skeleton"]

MAX_CANDIDATES = 100_000

_CYRILLIC_GREEK_ARMENIAN = {
    "АΑ": "A", "ВΒ": "B", "С": "Cc", "ЕΕ": "E", "Ғ": "F", "Ԍ": "G", "НΗ": "H",
    "ІΙӀ": "1IiLl", "Ј": "Jj", "КΚ": "Kk", "Լ": "L", "МΜ": "Mm", "Ν": "N",
    "ОΟՕ": "0oO", "РΡ": "Pp", "Ԛ": "Q", "ЅՏ": "Ss", "ТΤ": "Tt", "Ս": "Uu", "Ѵ": "Vv",
    "Ԝ": "Ww", "ХΧ": "Xx", "УΥҮ": "Yy", "Ζ": "Zz", "З": "3", "Ч": "4", "Б": "6",
    "аαɑ": "a", "Ььƅ": "b6", "сϲ": "cC", "ԁ": "d", "еёϵ": "e", "ցɡ": "g", "һհ": "h",
    "іιı": "i1", "јϳյ": "j", "кκ": "kK", "ӏ": "l1I", "м": "mM", "пոη": "n",
    "оοօσ": "o0O", "рρ": "pP", "ԛզ": "q", "г": "r", "ѕ": "sS", "тτ": "tT",
    "υսц": "u", "νѵ": "v", "ԝω": "w", "хχ": "xX", "уγ": "y", "з": "3", "ч": "4",
    "б": "6",
}  # fmt: skip
LOOKALIKES: dict[str, str] = {
    letter: plain
    for letters, plain in _CYRILLIC_GREEK_ARMENIAN.items()
    for letter in letters
}
"""Non-ASCII letter to the ASCII characters it may stand for, likeliest first."""

_CONFUSED = {
    "0": "oDQ", "O": "oDQ0", "I": "1iLl", "l": "1iLI", "o": "0q", "i": "lj1",
    "b": "68h", "1": "l7i",
}  # fmt: skip
"""What a reader or OCR mistakes for these; used only for characters that the
alphabet at hand leaves out."""

_SKELETON = str.maketrans({k: v[0] for k, v in LOOKALIKES.items()})


def skeleton(text: str) -> str:
    """Write every look-alike as the character it most likely stands for.

    >>> skeleton("Т9уD")
    'T9yD'
    """
    return text.translate(_SKELETON)


@dataclass(slots=True)
class Budget:
    """How many candidates may still be tried in one extraction."""

    left: int = 1_000_000
    refused: int = 0
    """Repairs not tried: too many candidates, or nothing left."""


@dataclass(frozen=True, slots=True)
class Repair:
    """The one candidate that passes, and the step that leads to it."""

    text: str
    step: Step


def repair(
    text: str, alphabet: str, passes: Callable[[str], bool], budget: Budget
) -> Repair | None:
    """Find the one way to put `text` into `alphabet` that passes its checksum.

    Each distinct foreign character is replaced by one other throughout; a
    character of the alphabet is never touched, so a slip that lands inside the
    alphabet stays what it is: an address that fails.

    Returns
    -------
    Repair or None
        None where nothing is foreign, some character resembles nothing in the
        alphabet, the candidates exceed `MAX_CANDIDATES` or the budget, or not
        exactly one passes.
    """
    foreign = sorted(set(text) - set(alphabet))
    options = [_options(letter, alphabet) for letter in foreign]
    if not foreign or not all(options):
        return None
    n_candidates = prod(map(len, options))
    if n_candidates > min(MAX_CANDIDATES, budget.left):
        budget.refused += 1
        return None
    budget.left -= n_candidates
    source = "".join(foreign)
    found = [
        to
        for to in map("".join, product(*options))
        if passes(text.translate(str.maketrans(source, to)))
    ]
    if len(found) != 1:
        return None
    step: Step = {"op": "homoglyphs", "from": source, "to": found[0]}
    step["candidates"] = n_candidates
    return Repair(text.translate(str.maketrans(source, found[0])), step)


def _options(letter: str, alphabet: str) -> str:
    plain = LOOKALIKES.get(letter, _CONFUSED.get(letter, ""))
    wider = plain + "".join(_CONFUSED.get(p, "") for p in plain if p not in alphabet)
    return "".join(dict.fromkeys(p for p in wider if p in alphabet))
