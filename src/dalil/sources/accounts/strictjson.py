"""JSON of strangers: bounded in depth and in the length of its numbers."""

from __future__ import annotations

import json
from typing import Any

from dalil.errors import InputError, LimitError
from dalil.sources.accounts.numbers import clip

__all__ = ["parse"]

_MORE_DIGITS = 80


def _whole(digits: str) -> int:
    if len(digits) > _MORE_DIGITS:
        raise LimitError("a number has too many digits", clip(digits))
    return int(digits)


def _refused(text: str) -> Any:  # noqa: ANN401 - never returns
    raise InputError("a number that is not whole", clip(text))


def parse(raw: bytes | str, where: object) -> Any:  # noqa: ANN401 - JSON
    """Read JSON whose numbers are whole and of 80 digits at most.

    Raises
    ------
    InputError
        If it is none, is nested too deeply, or has other numbers.
    """
    try:
        return json.loads(
            raw, parse_int=_whole, parse_float=_refused, parse_constant=_refused
        )
    except InputError as error:
        raise type(error)(f"{error.message} ({error.value})", where) from None
    except (ValueError, RecursionError):
        raise InputError("not JSON", where) from None
