"""Which transactions seed money can have passed, and where it must stop.

Both walks visit transactions in ledger order (backward: reversed), which puts
every transaction after all those it takes money from. One heap and one pass
suffice, memory follows the part reached and never the ledger.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.columns import I64, ReachColumns

__all__ = ["ReachRules", "Reached", "reach_backward", "reach_forward"]

_CARRIED, _EMPTY, _SEED = int(StopCode.CARRIED), int(StopCode.EMPTY), int(StopCode.SEED)
_MARKED, _UNSPENT = int(StopCode.MARKED), int(StopCode.UNSPENT)
_COINJOIN, _COINBASE = int(StopCode.COINJOIN), int(StopCode.COINBASE)
_BORDER, _TIME = int(StopCode.BORDER), int(StopCode.TIME)
_VALUE, _HOPS = int(StopCode.VALUE), int(StopCode.HOPS)
_DEPTH_BITS = 20
_DEEPEST = (1 << _DEPTH_BITS) - 1
_LAST_TX = 1 << 42


class ReachRules(NamedTuple):
    """Where to stop, as the kernels take it.

    `marked` is sorted; `coinjoin` has one entry a transaction or none at all;
    `pools`, sorted, are transactions in which a chain hides who paid whom.
    """

    marked: NDArray[np.uint32]
    coinjoin: NDArray[np.uint8]
    max_hops: int
    not_before: int
    not_after: int
    min_value: int
    max_transactions: int
    pools: I64


class Reached(NamedTuple):
    """The part reached: transactions in the order money was followed.

    `code` has one entry for every output (backward: input) of `tx`, in order;
    `seed_code` one for every seed.
    """

    tx: I64
    code: NDArray[np.uint8]
    seed_code: NDArray[np.uint8]


@kernel
def _row_holding(first: I64, row: int) -> int:
    return int(np.searchsorted(first, row, side="right")) - 1


@kernel
def _is_among(sorted_ids: I64, wanted: int) -> bool:
    at = np.searchsorted(sorted_ids, wanted)
    return bool(at < sorted_ids.size and sorted_ids[at] == wanted)


@kernel
def _is_marked(marked: NDArray[np.uint32], address: np.uint32) -> bool:
    at = np.searchsorted(marked, address)
    return bool(at < marked.size and marked[at] == address)


@kernel
def _entering(
    columns: ReachColumns, rules: ReachRules, tx: int, value: int, depth: int
) -> int:
    """Tell whether money of `value` at `depth` may go on into `tx`."""
    block = np.searchsorted(columns.block_first_tx, tx, side="right") - 1
    time = columns.block_time[block]
    if time < rules.not_before or time > rules.not_after:
        return _TIME
    if _is_among(rules.pools, tx):
        return _BORDER
    if rules.coinjoin.size > 0 and rules.coinjoin[tx] != 0:
        return _COINJOIN
    if 0 <= value < rules.min_value:
        return _VALUE
    return _HOPS if depth >= rules.max_hops else _CARRIED


@kernel
def _spent_on(
    columns: ReachColumns, rules: ReachRules, value: int, spender: int, depth: int
) -> tuple[int, int]:
    """Tell whether an output is followed on, and into which transaction."""
    if value == 0:
        return _EMPTY, -1
    if spender < 0:
        return _UNSPENT, -1
    into = _row_holding(columns.tx_first_input, spender)
    return _entering(columns, rules, into, value, depth), into


@kernel
def reach_forward(
    columns: ReachColumns, rules: ReachRules, seeds: I64, seed_inputs: I64
) -> Reached:
    """Walk from seeds to everything their money can have reached.

    Parameters
    ----------
    columns, rules : ReachColumns, ReachRules
    seeds : (n_seeds,) int64
        Output ids, ascending.
    seed_inputs : (n_outside_seeds,) int64
        Outside inputs that are seeds too; their codes follow the others'.
    """
    heap = [np.int64(0)]
    heap.pop()
    seed_code = np.empty(seeds.size + seed_inputs.size, dtype=np.uint8)
    for i in range(seed_code.size):
        if i < seeds.size:
            value = columns.output_value[seeds[i]]
            spender = columns.output_spent_by[seeds[i]]
        else:
            spender = seed_inputs[i - seeds.size]
            at = np.searchsorted(columns.outside_input, spender)
            value = columns.outside_value[at]
        seed_code[i], into = _spent_on(columns, rules, value, spender, 0)
        if seed_code[i] == _CARRIED:
            heappush(heap, np.int64(into << _DEPTH_BITS))
    txs = [np.int64(0)]
    txs.pop()
    codes = [np.uint8(0)]
    codes.pop()
    last = np.int64(-1)
    while len(heap) > 0 and len(txs) < rules.max_transactions:
        key = heappop(heap)
        tx = key >> _DEPTH_BITS
        if tx == last:
            continue
        last = tx
        txs.append(tx)
        depth = min(int(key & _DEEPEST) + 1, _DEEPEST)
        for output in range(
            columns.tx_first_output[tx], columns.tx_first_output[tx + 1]
        ):
            value = columns.output_value[output]
            spender = columns.output_spent_by[output]
            code, into = _EMPTY, -1
            if value > 0 and _is_among(seeds, output):
                code = _SEED
            elif value > 0 and _is_marked(rules.marked, columns.output_address[output]):
                code = _MARKED
            else:
                code, into = _spent_on(columns, rules, value, spender, depth)
            if code == _CARRIED:
                heappush(heap, np.int64((into << _DEPTH_BITS) | depth))
            codes.append(np.uint8(code))
    return Reached(np.array(txs), np.array(codes), seed_code)


@kernel
def _leaving(
    columns: ReachColumns, rules: ReachRules, output: int, depth: int
) -> tuple[int, int]:
    """Tell whether money may be followed back into what made `output`."""
    maker = _row_holding(columns.tx_first_output, output)
    if columns.tx_first_input[maker] == columns.tx_first_input[maker + 1]:
        return _BORDER, maker
    if columns.input_spends[columns.tx_first_input[maker]] == -2:
        return _COINBASE, maker
    return _entering(columns, rules, maker, columns.output_value[output], depth), maker


@kernel
def _source_code(
    columns: ReachColumns, rules: ReachRules, seeds: I64, row: int, depth: int
) -> tuple[int, int]:
    """Judge the source of input `row`; also the transaction to go on into."""
    source = columns.input_spends[row]
    if source < 0:
        at = np.searchsorted(columns.outside_input, row)
        if columns.outside_value[at] == 0:
            return _EMPTY, -1
        known = _is_marked(rules.marked, columns.outside_address[at])
        return (_MARKED if known else _BORDER), -1
    if columns.output_value[source] == 0:
        return _EMPTY, -1
    if _is_among(seeds, source):
        return _SEED, -1
    if _is_marked(rules.marked, columns.output_address[source]):
        return _MARKED, -1
    return _leaving(columns, rules, source, depth)


@kernel
def reach_backward(columns: ReachColumns, rules: ReachRules, seeds: I64) -> Reached:
    """Walk from seeds to everything their money can have come from.

    Parameters are those of `reach_forward`; codes are one for every *input*.
    """
    heap = [np.int64(0)]
    heap.pop()
    seed_code = np.empty(seeds.size, dtype=np.uint8)
    for i in range(seeds.size):
        seed_code[i] = _EMPTY
        if columns.output_value[seeds[i]] > 0:
            code, maker = _leaving(columns, rules, seeds[i], 0)
            seed_code[i] = code
            if code == _CARRIED:
                heappush(heap, np.int64((_LAST_TX - maker) << _DEPTH_BITS))
    txs = [np.int64(0)]
    txs.pop()
    codes = [np.uint8(0)]
    codes.pop()
    last = np.int64(-1)
    while len(heap) > 0 and len(txs) < rules.max_transactions:
        key = heappop(heap)
        tx = _LAST_TX - (key >> _DEPTH_BITS)
        if tx == last:
            continue
        last = tx
        txs.append(tx)
        depth = min(int(key & _DEEPEST) + 1, _DEEPEST)
        for row in range(columns.tx_first_input[tx], columns.tx_first_input[tx + 1]):
            code, maker = _source_code(columns, rules, seeds, row, depth)
            if code == _CARRIED:
                heappush(heap, np.int64(((_LAST_TX - maker) << _DEPTH_BITS) | depth))
            codes.append(np.uint8(code))
    return Reached(np.array(txs), np.array(codes), seed_code)
