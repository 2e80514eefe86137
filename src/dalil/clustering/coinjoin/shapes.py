"""Every transaction's `Shape` as a row of integers, straight from the columns.

Most transactions spend one output or repeat no amount, and are left after a
glance: their row says so with fewer than two equal outputs, and nothing else
in it counts. `shape.shape_of` is the specification; a test holds the two
together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.clustering.coinjoin.txcolumns import TxColumns

__all__ = ["N_FIELDS", "Arrays", "arrays_of", "shapes"]

N_FIELDS = len(rules.Shape._fields)
_LIMITS = (
    rules.POOL_SURPLUS_SAT,
    rules.MAKER_FEE_PERCENT,
    rules.MAKER_FEE_SAT,
    rules.AMOUNT_CAP_SAT,
)
_NO_ADDRESS = 0xFFFF_FFFF
_COINBASE = -2
_OP_RETURN = int(ScriptType.OP_RETURN)
_N_TYPES = 256
_NATIVE = tuple(int(kind) for kind in NATIVE_TYPES)


class Arrays(NamedTuple):
    """Columns as the kernels take them, with the amounts and addresses listed."""

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
    limits: NDArray[np.int64]
    """`rules`' pool surplus, maker's fee in percent and satoshi, amount cap. Handed
    over because a kernel's cache would not notice their change in another file."""


def arrays_of(ledger: TxColumns) -> Arrays:
    """Gather what the kernels read of a ledger."""
    # A memory map is handed on as the plain array it is: numba knows no other.
    return Arrays(
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
        np.array(_LIMITS, dtype=np.int64),
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
def shapes(a: Arrays, start: int, end: int, rows: NDArray[np.int64]) -> None:
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
    a: Arrays, tx: int, row: NDArray[np.int64], counts: NDArray[np.int64]
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
    _amounts_shape(values, a.limits[3], row)
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
def _amounts_shape(values: NDArray[np.int64], cap: int, row: NDArray[np.int64]) -> None:
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
    row[3], row[4], row[5], row[6] = n_equal, min(equal, cap), n_groups, n_single
    row[18] = min(other, cap)


@shared
def _inputs_shape(a: Arrays, tx: int, row: NDArray[np.int64]) -> None:
    """Fill what is known of the inputs."""
    low, high = a.first_input[tx], a.first_input[tx + 1]
    equal = row[4]
    surplus, fee_percent, fee_sat, cap = a.limits
    need = max(equal - (equal // 100 * fee_percent + fee_sat), 1)
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
        value = min(value, cap)
        largest = max(largest, value)
        n_off += not 0 <= value - equal <= surplus
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
