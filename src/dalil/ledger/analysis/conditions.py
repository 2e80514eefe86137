"""What ``where`` takes: conditions on columns, read once, tested chunk by chunk.

``name=value`` is equality; a tuple ``(first, last)`` a range with both ends in;
a list any of several; None, nothing there. ``name__ge`` and ``gt``, ``le``,
``lt``, ``ne``, ``in`` compare. A row whose column holds nothing meets no
condition but ``=None``: the unknown is neither small nor different.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import InputError
from dalil.ids import parse_txid
from dalil.ledger.analysis.columns import column_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dalil.ledger.analysis.columns import Column
    from dalil.ledger.reader import Ledger

__all__ = ["Condition", "read_condition"]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_ORDERED = frozenset({"lt", "le", "gt", "ge", "range"})
_KINDS_IN_ORDER = frozenset({"number", "amount", "time"})
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, ready to be tested; `operand` is in the column's own terms."""

    column: Column
    test: str
    operand: Any
    text: str

    def mask(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Mark the rows of a chunk that meet it; `values` is its column there."""
        nulls = self.column.nulls(values)
        if self.test in ("null", "some"):
            found = np.zeros(len(values), np.bool_) if nulls is None else nulls
            return found if self.test == "null" else ~found
        kept = self._met(values)
        return kept if nulls is None else kept & ~nulls

    def _met(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        if self.column.kind == "hash":
            same = np.zeros(len(values), np.bool_)
            for wanted in self.operand:
                same |= np.all(values == wanted, axis=1)
            return same if self.test == "in" else ~same
        if self.test == "range":
            first, last = self.operand
            return np.asarray((values >= first) & (values <= last))
        if self.test == "in":
            return np.isin(values, self.operand)
        return np.asarray(_COMPARE[self.test](values, self.operand))


def read_condition(ledger: Ledger, table: str, key: str, value: object) -> Condition:
    """Read one keyword of ``where``.

    Raises
    ------
    InputError
        If the column, the comparison or the value makes no sense; the message
        says which there are.
    """
    name, _, suffix = key.partition("__")
    column = column_of(table, name)
    test = suffix or "eq"
    if test not in {*_COMPARE, "in"}:
        raise InputError("no such comparison (eq, ne, lt, le, gt, ge, in)", key)
    text = f"{key}={value!r}"
    if value is None:
        if test not in ("eq", "ne"):
            raise InputError("None can only be equal or not", key)
        return Condition(column, "null" if test == "eq" else "some", None, text)
    if isinstance(value, tuple) and test == "eq":
        test, value = "range", _pair(value, text)
    if test in _ORDERED and column.kind not in _KINDS_IN_ORDER:
        raise InputError(f"{name} has no order; ask for equality or a list", text)
    if test == "eq" and isinstance(value, list | set | frozenset | np.ndarray):
        test = "in"
    return Condition(column, *_operand(ledger, column, test, value), text)


def _pair(value: tuple[object, ...], text: str) -> tuple[object, ...]:
    if len(value) != 2:
        raise InputError("a range is (first, last), both ends in", text)
    return value


def _operand(
    ledger: Ledger,
    column: Column,
    test: str,
    value: Any,  # noqa: ANN401
) -> tuple[str, Any]:
    """Put a value into the column's terms, and name the test that is left to do."""
    one = _ONE[column.kind]
    if test == "range":
        first, last = value
        ends = (one(ledger, first), one(ledger, last))
        return test, (ends[0], _last_second(last, ends[1]))
    if test == "in":
        many = [one(ledger, item) for item in value]
        return test, many if column.kind == "hash" else np.array(many)
    if column.kind == "hash":
        return ("in" if test == "eq" else test), [one(ledger, value)]
    if column.kind == "time" and _is_day(value):
        start = one(ledger, value)
        if test == "eq":
            return "range", (start, start + _DAY - 1)
        return test, start + _DAY - 1 if test in ("le", "gt") else start
    return test, one(ledger, value)


def _number(_: Ledger, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InputError("a whole number is wanted (amounts in base units)", value)
    return int(value)


def _flag(_: Ledger, value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError("True or False is wanted", value)
    return value


def _type(_: Ledger, value: object) -> int:
    for kind in ScriptType:
        if value in (kind.label, kind) and not isinstance(value, bool):
            return int(kind)
    known = ", ".join(kind.label for kind in ScriptType)
    raise InputError(f"no such script type ({known})", value)


def _address(ledger: Ledger, value: object) -> int:
    """Find an address's row; one the ledger has not seen is nobody's: -1."""
    if isinstance(value, str):
        found = ledger.find_address(value)
        return -1 if found is None else found
    return _number(ledger, value)


def _hash(_: Ledger, value: object) -> NDArray[np.uint8]:
    raw = value if isinstance(value, bytes) else parse_txid(str(value))
    if len(raw) != 32:
        raise InputError("a hash has 32 bytes", raw.hex())
    return np.frombuffer(raw, np.uint8)


def _time(_: Ledger, value: object) -> int:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise InputError(
                "not a time (2019-01-25, 2019-01-25T12:00:00Z or Unix seconds)", value
            ) from error
        value = value.replace(tzinfo=value.tzinfo or UTC)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InputError("a time needs its zone", value.isoformat())
        return int(value.timestamp())
    return _number(_, value)


def _is_day(value: object) -> bool:
    return isinstance(value, str) and len(value) == len("2019-01-25")


def _last_second(value: object, second: int) -> int:
    return second + _DAY - 1 if _is_day(value) else second


_ONE: dict[str, Callable[[Any, Any], Any]] = {
    "number": _number,
    "amount": _number,
    "time": _time,
    "type": _type,
    "address": _address,
    "hash": _hash,
    "flag": _flag,
}
