"""The same verdicts for every transaction of a ledger, at a million a second.

A kernel reduces each transaction to a `Shape` row, `rules.decide_all` judges
the rows. Most transactions spend one output or repeat no amount, and are left
after a glance. `shape.shape_of` is the specification; a test holds the two
together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.clustering.coinjoin import rules
from dalil.clustering.coinjoin.shape import (
    COORDINATORS,
    NATIVE_TYPES,
    STANDARD_SAT,
    UNCOMMON_SAT,
)
from dalil.errors import AddressError
from dalil.kernels import kernel, shared
from dalil.progress import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.progress import Progress

__all__ = ["TxColumns", "Verdicts", "coinjoin_types", "coinjoin_verdicts"]

_CHUNK = 1 << 17
_N_FIELDS = len(rules.Shape._fields)
_NO_ADDRESS = 0xFFFF_FFFF
_COINBASE = -2
_OP_RETURN = int(ScriptType.OP_RETURN)
_N_TYPES = 256
_NATIVE = tuple(int(kind) for kind in NATIVE_TYPES)
_POOL_SURPLUS_SAT = rules.POOL_SURPLUS_SAT
_CAP_SAT = rules.AMOUNT_CAP_SAT
_FEE_PERCENT, _FEE_SAT = rules.MAKER_FEE_PERCENT, rules.MAKER_FEE_SAT


class TxColumns(Protocol):
    """The columns of a ledger that typing and clustering read.

    Shapes, dtypes and sentinels are those of `dalil.ledger.Ledger`.
    """

    @property
    def tx_first_input(self) -> NDArray[np.int64]:
        """(n_tx + 1,) the first input of each transaction."""

    @property
    def tx_first_output(self) -> NDArray[np.int64]:
        """(n_tx + 1,) the first output of each transaction."""

    @property
    def input_spends(self) -> NDArray[np.int64]:
        """(n_inputs,) the output spent, -1 outside, -2 coinbase."""

    @property
    def output_value(self) -> NDArray[np.int64]:
        """(n_outputs,) satoshi."""

    @property
    def output_address(self) -> NDArray[np.uint32]:
        """(n_outputs,) address id, 0xFFFFFFFF for none."""

    @property
    def output_type(self) -> NDArray[np.uint8]:
        """(n_outputs,) `ScriptType`."""

    @property
    def outside_input(self) -> NDArray[np.int64]:
        """(n_outside,) ascending ids of inputs whose source lies outside."""

    @property
    def outside_value(self) -> NDArray[np.int64]:
        """(n_outside,) satoshi, -1 unknown."""

    @property
    def outside_address(self) -> NDArray[np.uint32]:
        """(n_outside,) address id, 0xFFFFFFFF unknown."""

    def find_address(self, text: str, /) -> int | None:
        """Return the id of an address, None if it does not occur."""


class Verdicts(NamedTuple):
    """What the rules said of every transaction."""

    types: NDArray[np.uint8]
    """(n_tx,) `CoinJoinType`."""
    suspicious: NDArray[np.bool_]
    """(n_tx,) True where a CoinJoin with equal outputs is possible at all."""


class _Arrays(NamedTuple):
    first_input: NDArray[np.int64]
    first_output: NDArray[np.int64]
    spends: NDArray[np.int64]
    value: NDArray[np.int64]
    address: NDArray[np.uint32]
    type: NDArray[np.uint8]
    outside_input: NDArray[np.int64]
    outside_value: NDArray[np.int64]
    outside_address: NDArray[np.uint32]
    coordinators: NDArray[np.uint32]
    standard: NDArray[np.int64]
    uncommon: NDArray[np.int64]


def coinjoin_types(ledger: TxColumns, progress: Progress = silent) -> NDArray[np.uint8]:
    """Type every transaction of a ledger.

    Returns
    -------
    (n_tx,) uint8
        `CoinJoinType`, equal to `classify` given what the ledger knows of each
        input. See `classify` for what a verdict does not prove.

    Notes
    -----
    Linear in inputs and outputs; memory is the result and a few megabytes.
    """
    return coinjoin_verdicts(ledger, progress).types


def coinjoin_verdicts(ledger: TxColumns, progress: Progress = silent) -> Verdicts:
    """Type every transaction and mark those that are merely suspicious."""
    arrays = _arrays_of(ledger)
    n_tx = arrays.first_input.size - 1
    types = np.zeros(n_tx, dtype=np.uint8)
    doubts = np.zeros(n_tx, dtype=np.bool_)
    rows = np.zeros((min(_CHUNK, max(n_tx, 1)), _N_FIELDS), dtype=np.int64)
    for start in range(0, n_tx, _CHUNK):
        end = min(start + _CHUNK, n_tx)
        _shapes(arrays, start, end, rows)
        rules.decide_all(rows[: end - start], types[start:end], doubts[start:end])
        progress("typing CoinJoins", end, n_tx)
    return Verdicts(types, doubts)


def _arrays_of(ledger: TxColumns) -> _Arrays:
    # A memory map is handed on as the plain array it is: numba knows no other.
    return _Arrays(
        np.asarray(ledger.tx_first_input),
        np.asarray(ledger.tx_first_output),
        np.asarray(ledger.input_spends),
        np.asarray(ledger.output_value),
        np.asarray(ledger.output_address),
        np.asarray(ledger.output_type),
        np.asarray(ledger.outside_input),
        np.asarray(ledger.outside_value),
        np.asarray(ledger.outside_address),
        np.array(_coordinator_ids(ledger), dtype=np.uint32),
        np.array(sorted(STANDARD_SAT), dtype=np.int64),
        np.array(sorted(UNCOMMON_SAT), dtype=np.int64),
    )


def _coordinator_ids(ledger: TxColumns) -> list[int]:
    found = []
    for text in COORDINATORS:
        try:
            address = ledger.find_address(text)
        except AddressError:  # another network: its coordinators are not listed
            continue
        if address is not None:
            found.append(address)
    return sorted(found)


@kernel
def _shapes(a: _Arrays, start: int, end: int, rows: NDArray[np.int64]) -> None:
    """Write the `Shape` of each transaction from `start` up to `end` into `rows`."""
    counts = np.zeros(_N_TYPES, dtype=np.int64)
    for tx in range(start, end):
        row = rows[tx - start]
        row[3] = 0
        low, high = a.first_input[tx], a.first_input[tx + 1]
        if high - low < 2 or a.spends[low] == _COINBASE:
            continue
        if a.first_output[tx + 1] - a.first_output[tx] < 2:
            continue
        if _outputs_shape(a, tx, row, counts):
            _inputs_shape(a, tx, row)


@shared
def _outputs_shape(
    a: _Arrays, tx: int, row: NDArray[np.int64], counts: NDArray[np.int64]
) -> bool:
    """Fill what outputs alone tell; False if no amount occurs twice."""
    low, high = a.first_output[tx], a.first_output[tx + 1]
    values = np.empty(high - low, dtype=np.int64)
    n = 0
    for output in range(low, high):
        if a.type[output] != _OP_RETURN:
            values[n] = a.value[output]
            n += 1
    values = values[:n]
    values.sort()
    _amounts_shape(values, row)
    if row[3] < 2:
        return False
    row[1] = n
    row[2] = high - low - n
    row[13] = row[14] = row[15] = 0
    for value in values:
        row[14] += _holds(a.standard, value)
        row[15] += _holds(a.uncommon, value)
    addresses = np.empty(n, dtype=np.uint32)
    n_paid = 0
    for output in range(low, high):
        kind = a.type[output]
        if kind == _OP_RETURN:
            continue
        counts[kind] += 1
        if a.address[output] != _NO_ADDRESS:
            addresses[n_paid] = a.address[output]
            row[13] += _holds(a.coordinators, a.address[output])
            n_paid += 1
    row[9] = n_paid - _n_distinct(addresses[:n_paid])
    row[11] = counts.max()
    row[12] = 0
    for kind in _NATIVE:
        row[12] += counts[kind]
    for output in range(low, high):
        counts[a.type[output]] = 0
    return True


@shared
def _amounts_shape(values: NDArray[np.int64], row: NDArray[np.int64]) -> None:
    """Fill the counts of equal amounts, from the amounts in ascending order."""
    n_equal, equal, n_groups, n_single = 0, 0, 0, 0
    i = 0
    while i < values.size:
        j = i + 1
        while j < values.size and values[j] == values[i]:
            j += 1
        if j - i >= n_equal:
            n_equal, equal = j - i, values[i]
        if j - i > 1:
            n_groups += 1
        else:
            n_single += 1
        i = j
    other = 0
    for value in values:
        if value != equal and value > other:
            other = value
    row[3], row[4], row[5], row[6] = n_equal, min(equal, _CAP_SAT), n_groups, n_single
    row[18] = min(other, _CAP_SAT)


@shared
def _inputs_shape(a: _Arrays, tx: int, row: NDArray[np.int64]) -> None:
    """Fill what is known of the inputs."""
    low, high = a.first_input[tx], a.first_input[tx + 1]
    equal = row[4]
    need = max(equal - (equal // 100 * _FEE_PERCENT + _FEE_SAT), 1)
    addresses = np.empty(high - low, dtype=np.uint32)
    n_known, n_unknown_value, n_big, small, n_off, largest = 0, 0, 0, 0, 0, 0
    outside = np.searchsorted(a.outside_input, low)
    for i in range(low, high):
        value, address = -1, np.uint32(_NO_ADDRESS)
        source = a.spends[i]
        if source >= 0:
            value, address = a.value[source], a.address[source]
        else:
            while outside < a.outside_input.size and a.outside_input[outside] < i:
                outside += 1
            if outside < a.outside_input.size and a.outside_input[outside] == i:
                value, address = a.outside_value[outside], a.outside_address[outside]
        if address != _NO_ADDRESS:
            addresses[n_known] = address
            n_known += 1
        if value < 0:
            n_unknown_value += 1
            continue
        value = min(value, _CAP_SAT)
        largest = max(largest, value)
        n_off += not 0 <= value - equal <= _POOL_SURPLUS_SAT
        if value >= need:
            n_big += 1
        else:
            small = min(small + value, 1 << 62)
    spent = addresses[:n_known]
    row[0] = high - low
    row[7] = (high - low - n_known) + _n_distinct(spent)
    row[8] = n_unknown_value + n_big + small // need
    row[10] = 0
    for output in range(a.first_output[tx], a.first_output[tx + 1]):
        if a.address[output] != _NO_ADDRESS and a.type[output] != _OP_RETURN:
            row[10] += _holds(spent, a.address[output])
    row[16], row[17] = n_off, largest


@shared
def _n_distinct(addresses: NDArray[np.uint32]) -> int:
    """Sort `addresses` in place and count the different ones."""
    addresses.sort()
    n = 0
    for i in range(addresses.size):
        n += i == 0 or addresses[i] != addresses[i - 1]
    return n


@shared
def _holds(ascending: NDArray[Any], wanted: int) -> bool:
    """Say whether `wanted` is among `ascending`, by bisection."""
    low, high = 0, ascending.size
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low < ascending.size and ascending[low] == wanted
