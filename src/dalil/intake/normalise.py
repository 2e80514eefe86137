"""Which steps lead from a raw span to the text that was recognised in it.

Steps are not remembered from the search but worked out anew from the raw span,
each kept only where it changes something; the result must be what the search
saw, or the indicator is not made. So a recorded step is never decoration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.errors import InputError
from dalil.intake.steps import apply_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dalil.intake.steps import Step

__all__ = ["MAX_RAW", "steps_between"]

MAX_RAW = 8192
"""Longest raw span of an indicator, in code points."""

_MARKS = "".join(map(chr, [*range(0x300, 0x370), *range(0x64B, 0x660), 0x670]))
_HTML = ({"op": "remove_tags"}, {"op": "unescape_entities"})
_INVISIBLE = ({"op": "strip_bidi"}, {"op": "strip_zero_width"}, {"op": "strip_soft"})
_DIGITS = ({"op": "fold_digits"},)
_LETTERS = ({"op": "nfkc"}, *_DIGITS)
_BLANKS = {"op": "remove_whitespace"}


def steps_between(
    raw: str, value: str, late: Sequence[Step], *, markup: bool, removed: str = ""
) -> tuple[Step, ...] | None:
    """Work out the steps from `raw` to `value`.

    Parameters
    ----------
    raw : str
        The span of the source.
    value : str
        What the steps must lead to.
    late : sequence of Step
        Steps that read the folded text: reversal, repair, schemes, case.
    markup : bool
        Whether tags and entities may stand in `raw`.
    removed : str
        Separators between chunks, other than blanks.

    Returns
    -------
    tuple of Step, or None
        None where no steps of the vocabulary lead there.
    """
    if len(raw) > MAX_RAW:
        return None
    early = [*(_HTML if markup else ()), *_INVISIBLE, *_removals(raw, removed)]
    for plain in (_DIGITS, _LETTERS):  # NFKC also alters letters that merely look alike
        try:
            text, steps = _effective(raw, [*early, *plain, _BLANKS, *late])
        except InputError:
            continue
        if text == value:
            return tuple(steps)
    return None


def _removals(raw: str, removed: str) -> list[Step]:
    chars = "".join(sorted(set(removed) | (set(raw) & set(_MARKS))))
    return [{"op": "remove", "chars": chars}] if chars else []


def _effective(text: str, steps: Iterable[Step]) -> tuple[str, list[Step]]:
    kept = []
    for step in steps:
        changed = apply_step(text, step)
        if changed != text:
            kept.append(step)
        text = changed
    return text, kept
