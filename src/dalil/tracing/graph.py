"""The traced part of a ledger as one directed acyclic graph of money.

Nodes are transactions, in the order money is followed. **Coins** are the
amounts that may hold seed money: the seeds, then each node's outputs and its
fee (backward: its inputs). A coin leaves one node, or is a seed, and goes
into one later node, or stops. Everything else that enters a node is other
money: it has a place and a value there, and no coin.

Both directions have this one shape, so every rule for money is written once:
money enters a node by its *slots*, which are all its inputs (backward: its
outputs and its fee), and leaves it by its coins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import LimitError, StoreError
from dalil.kernels import kernel
from dalil.tracing.request import Direction
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.columns import I64, ReachColumns
    from dalil.tracing.reach import Reached

__all__ = ["LARGEST_SUM", "FlowGraph", "capacities", "flow_graph"]

LARGEST_SUM = 1 << 61
"""No sum of satoshi in a trace may exceed this; all of Bitcoin is 2.1e15."""


@dataclass(frozen=True, slots=True, eq=False)
class FlowGraph:
    """Nodes, slots and coins; see the module's description.

    Attributes
    ----------
    tx : (n_nodes,) int64
        Ledger's transaction ids: ascending forward, descending backward.
    slot_start : (n_nodes + 1,) int64
        Slots of node u are ``slot_start[u] : slot_start[u + 1]``, by position.
    slot_value : (n_slots,) int64
        Satoshi; -1 unknown.
    slot_coin : (n_slots,) int64
        The coin that comes in there, -1 for other money.
    coin_start : (n_nodes + 1,) int64
        Coins of node u, by index, the fee last; ``coin_start[0]`` is the
        number of seeds, which are the coins before it.
    value : (n_coins,) int64
        Satoshi; -1 unknown.
    capacity : (n_coins,) int64
        Satoshi; the most seed money the coin can hold: its value, or where
        that is unknown all the seed money its node can hold.
    into : (n_coins,) int64
        The node it goes into; -1 where it stops.
    code : (n_coins,) uint8
        `StopCode`: why it stops.
    output, input : (n_coins,) int64
        Ledger's output id, and the input that spends it; -1 where there is
        none. A fee has neither, an outside source only the input.
    total : (n_nodes,) int64
        Satoshi that enter each node; -1 where an input's value is unknown.
    """

    direction: Direction
    tx: I64
    slot_start: I64
    slot_value: I64
    slot_coin: I64
    coin_start: I64
    value: I64
    capacity: I64
    into: I64
    code: NDArray[np.uint8]
    output: I64
    input: I64
    total: I64

    @property
    def n_seeds(self) -> int:
        """How many coins are seeds; they come first."""
        return int(self.coin_start[0])

    @property
    def seed_total(self) -> int:
        """The seeds' value in satoshi."""
        return int(self.value[: self.n_seeds].sum())

    def node_of_coin(self) -> I64:
        """(n_coins,) the node each coin leaves; -1 for a seed."""
        nodes = np.repeat(np.arange(self.tx.size), np.diff(self.coin_start))
        return np.concatenate([np.full(self.n_seeds, -1), nodes])


def _spans(first: I64, tx: I64, extra: int = 0) -> tuple[I64, I64]:
    """Rows of each transaction, one after another; where each one's begin.

    `extra` leaves room after each transaction's rows, told by -1.
    """
    counts = first[tx + 1] - first[tx] + extra
    start = np.zeros(tx.size + 1, dtype=np.int64)
    np.cumsum(counts, out=start[1:])
    rows = np.arange(start[-1]) + np.repeat(first[tx] - start[:-1], counts)
    if extra:
        rows[start[1:] - 1] = -1
    return rows, start


@kernel
def _sums(start: I64, value: I64) -> I64:
    """Add up each span: -1 where a value is unknown, -2 where too much."""
    sums = np.zeros(start.size - 1, dtype=np.int64)
    for u in range(sums.size):
        unknown = False
        for i in range(start[u], start[u + 1]):
            if value[i] < -1 or value[i] > LARGEST_SUM or sums[u] > LARGEST_SUM:
                sums[u] = -2
                break
            if value[i] == -1:
                unknown = True
            else:
                sums[u] += value[i]
        if sums[u] > LARGEST_SUM:
            sums[u] = -2
        elif unknown and sums[u] >= 0:
            sums[u] = -1
    return sums


def _input_values(columns: ReachColumns, rows: I64) -> I64:
    source = columns.input_spends[rows]
    inside = source >= 0
    values = np.full(rows.size, -1, dtype=np.int64)
    values[inside] = columns.output_value[source[inside]]
    outside = source == -1
    at = np.searchsorted(columns.outside_input, rows[outside])
    values[outside] = columns.outside_value[at]
    return values


def _totals(columns: ReachColumns, tx: I64) -> tuple[I64, I64]:
    """Add up what each transaction takes in (-1 unknown) and pays out."""
    rows, start = _spans(columns.tx_first_input, tx)
    taken = _sums(start, _input_values(columns, rows))
    rows, start = _spans(columns.tx_first_output, tx)
    paid = _sums(start, columns.output_value[rows])
    bad = (taken == -2) | (paid < 0) | ((taken >= 0) & (taken < paid))
    if bad.any():
        raise StoreError(
            "a transaction pays out more than it takes in, or more than there is; "
            "build the ledger again from checked blocks (transaction row)",
            int(tx[bad][0]),
        )
    return taken, paid


@kernel
def capacities(slot_start: I64, slot_coin: I64, coin_start: I64, value: I64) -> I64:
    """Fill in the capacity of coins of unknown value."""
    capacity = value.copy()
    for u in range(slot_start.size - 1):
        room = 0
        for i in range(slot_start[u], slot_start[u + 1]):
            if slot_coin[i] >= 0:
                room += capacity[slot_coin[i]]
        for c in range(coin_start[u], coin_start[u + 1]):
            if value[c] < 0:
                capacity[c] = room
    return capacity


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """One line for each input, or each output, of the transactions reached."""

    start: I64
    value: I64
    output: I64
    input: I64


def _input_lines(columns: ReachColumns, tx: I64) -> _Lines:
    rows, start = _spans(columns.tx_first_input, tx)
    source = np.maximum(columns.input_spends[rows], -1)
    return _Lines(start, _input_values(columns, rows), source, rows)


def _output_lines(columns: ReachColumns, tx: I64, fee: I64) -> _Lines:
    """Lay out the outputs by index, then a line for the fee."""
    rows, start = _spans(columns.tx_first_output, tx, extra=1)
    is_fee = rows < 0
    value, spender = columns.output_value[rows], columns.output_spent_by[rows]
    value[is_fee], spender[is_fee] = fee, -1
    return _Lines(start, value, rows, spender)


def _seed_lines(columns: ReachColumns, seeds: I64, seed_inputs: I64) -> _Lines:
    value = np.concatenate(
        [columns.output_value[seeds], _input_values(columns, seed_inputs)]
    )
    if sum(value.tolist()) > LARGEST_SUM:
        raise LimitError(
            "the seeds are worth more than any money; take fewer", value.size
        )
    output = np.concatenate([seeds, np.full(seed_inputs.size, -1)])
    spender = np.concatenate([columns.output_spent_by[seeds], seed_inputs])
    return _Lines(np.zeros(1, dtype=np.int64), value, output, spender)


def _entries(tx: I64, first: I64, start: I64, key: I64) -> tuple[I64, I64]:
    """Find the node that holds each row `key`, or -1, and its slot there."""
    rising = tx.size < 2 or tx[0] < tx[-1]
    holder = np.searchsorted(first, key, side="right") - 1
    at = np.searchsorted(tx if rising else tx[::-1], holder)
    node = np.minimum(at, tx.size - 1) if rising else np.maximum(tx.size - 1 - at, 0)
    if not tx.size:
        return np.full(key.size, -1), key
    node[tx[node] != holder] = -1
    return node, start[node] + key - first[holder]


def flow_graph(
    columns: ReachColumns,
    direction: Direction,
    reached: Reached,
    seeds: I64,
    seed_inputs: I64,
) -> FlowGraph:
    """Lay out what was reached as a graph.

    Raises
    ------
    StoreError
        If a transaction pays out more than it takes in.
    LimitError
        If the seeds are worth more than 2**61 satoshi together.
    """
    forward, tx = direction is Direction.FORWARD, reached.tx
    taken, paid = _totals(columns, tx)
    inputs = _input_lines(columns, tx)
    outputs = _output_lines(columns, tx, np.where(taken >= 0, taken - paid, -1))
    seed = _seed_lines(columns, seeds, seed_inputs)
    entering, leaving = (inputs, outputs) if forward else (outputs, inputs)
    made = reached.code
    if forward:
        made = np.full(outputs.value.size, int(StopCode.FEE), dtype=np.uint8)
        made[outputs.output >= 0] = reached.code
    code = np.concatenate([reached.seed_code, made])
    value = np.concatenate([seed.value, leaving.value])
    output = np.concatenate([seed.output, leaving.output])
    spender = np.concatenate([seed.input, leaving.input])
    # Forward a coin enters by the input that spends it, backward by its output.
    carried = np.flatnonzero(code == StopCode.CARRIED)
    key = (spender if forward else output)[carried]
    first = columns.tx_first_input if forward else columns.tx_first_output
    node, slot = _entries(tx, first, entering.start, key)
    met = node >= 0
    code[carried[~met]] = StopCode.SIZE
    into = np.full(value.size, -1, dtype=np.int64)
    into[carried] = node
    slot_coin = np.full(entering.value.size, -1, dtype=np.int64)
    slot_coin[slot[met]] = carried[met]
    coin_start = leaving.start + seed.value.size
    return FlowGraph(
        direction=direction,
        tx=tx,
        slot_start=entering.start,
        slot_value=entering.value,
        slot_coin=slot_coin,
        coin_start=coin_start,
        value=value,
        capacity=capacities(entering.start, slot_coin, coin_start, value),
        into=into,
        code=code,
        output=output,
        input=spender,
        total=taken,
    )
