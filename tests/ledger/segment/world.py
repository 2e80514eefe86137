"""Small worlds of transactions, and what a plain reading makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.columns import Columns
from dalil.ledger.index import Index, find_marks, index_of
from dalil.ledger.segment import (
    COINBASE,
    NO_ADDRESS,
    NO_PREVOUTS,
    OUTSIDE,
    Before,
    LongScripts,
    Prevouts,
    Resolved,
    Segment,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import ThreadPoolExecutor

    from numpy.typing import NDArray

LONG = (1, 7)
NOTHING = Before(0, 0, 0, 0, 0)
ADDRESS_TYPES = (1, 2, 3, 4, 5, 6, 7, 10)


class Told(NamedTuple):
    value: int
    kind: int
    key: bytes


class Spend(NamedTuple):
    txid: bytes
    output: int
    told: Told | None = None


class Output(NamedTuple):
    kind: int
    key: bytes


@dataclass
class Tx:
    txid: bytes
    inputs: list[Spend]
    outputs: list[Output]
    below: int | None = None
    """How many of the world's transactions come before what it may not spend."""


NULL = Spend(bytes(32), 0xFFFF_FFFF)


def script_of(kind: int, key: bytes) -> bytes:
    """An invented script behind a long key: 35 to 67 bytes."""
    return (key * 3)[: 35 + key[0] % 33]


# -- the plain reading ---------------------------------------------------------


@dataclass
class Reading:
    """Everything linked so far, with global ids."""

    txs: list[Tx] = field(default_factory=list)
    first_output: list[int] = field(default_factory=lambda: [0])
    rows: dict[bytes, list[int]] = field(default_factory=dict)
    spent: dict[int, int] = field(default_factory=dict)
    spends: list[int] = field(default_factory=list)
    output_address: list[int] = field(default_factory=list)
    ids: dict[tuple[int, bytes], int] = field(default_factory=dict)
    source: list[int] = field(default_factory=list)
    scripts: dict[int, bytes] = field(default_factory=dict)
    outside: list[tuple[int, bytes, int, int, int]] = field(default_factory=list)

    def _intern(self, kind: int, key: bytes, source: int) -> int:
        if kind not in ADDRESS_TYPES:
            return NO_ADDRESS
        if (kind, key) not in self.ids:
            new = self.ids[kind, key] = len(self.ids)
            self.source.append(source)
            if kind in LONG:
                self.scripts[new] = script_of(kind, key)
        return self.ids[kind, key]

    def add(self, txs: Sequence[Tx]) -> int | None:
        """Link more transactions; the first input that cannot be, or None."""
        base = len(self.txs)
        self.txs += txs
        for row, tx in enumerate(txs, base):
            self.rows.setdefault(tx.txid, []).append(row)
            self.first_output.append(self.first_output[-1] + len(tx.outputs))
        for row, tx in enumerate(txs, base):
            below = row if tx.below is None else tx.below
            for spend in tx.inputs:
                wrong = self._link(spend, below)
                if wrong is not None:
                    return wrong
            for o, output in enumerate(tx.outputs, self.first_output[row]):
                address = self._intern(output.kind, output.key, o)
                self.output_address.append(address)
        return None

    def _link(self, spend: Spend, below: int) -> int | None:
        row = len(self.spends)
        if spend[:2] == NULL[:2]:
            self.spends.append(COINBASE)
            return None
        found = [r for r in self.rows.get(spend.txid, []) if r < below]
        if found:
            output = self.first_output[found[-1]] + spend.output
            if output >= self.first_output[found[-1] + 1] or output in self.spent:
                return row
            self.spent[output] = row
            self.spends.append(output)
            return None
        self.spends.append(OUTSIDE)
        told = spend.told or Told(-1, 255, bytes(32))
        address = self._intern(told.kind, told.key, -1 - row)
        point = spend.txid + spend.output.to_bytes(4, "little")
        self.outside.append((row, point, told.value, address, told.kind))
        return None


# -- the same through segments --------------------------------------------------


def batch_of(txs: Sequence[Tx]) -> tuple[Columns, Prevouts, LongScripts]:
    """Columns as parsing gives them, with invented scripts behind long keys."""
    inputs = [spend for tx in txs for spend in tx.inputs]
    outputs = [output for tx in txs for output in tx.outputs]
    columns = Columns.empty(len(txs), len(inputs), len(outputs))
    columns.first_input[:] = np.cumsum([0, *(len(tx.inputs) for tx in txs)])
    columns.first_output[:] = np.cumsum([0, *(len(tx.outputs) for tx in txs)])
    for row, tx in enumerate(txs):
        columns.txid[row] = np.frombuffer(tx.txid, np.uint8)
    for row, spend in enumerate(inputs):
        columns.spent_txid[row] = np.frombuffer(spend.txid, np.uint8)
        columns.spent_index[row] = spend.output
    data = b"some bytes before"
    for row, output in enumerate(outputs):
        columns.kind[row] = output.kind
        columns.key[row] = np.frombuffer(output.key, np.uint8)
        script = script_of(output.kind, output.key)
        columns.script_at[row], columns.script_size[row] = len(data), len(script)
        data += script
    told_data = b""
    prevouts, told_at, told_size = NO_PREVOUTS, [], []
    if any(spend.told for spend in inputs):
        told = [spend.told or Told(-1, 255, bytes(32)) for spend in inputs]
        prevouts = Prevouts(
            np.array([t.value for t in told], np.int64),
            np.array([t.kind for t in told], np.uint8),
            np.array([list(t.key) for t in told], np.uint8).reshape(-1, 32),
        )
        for t in told:
            script = script_of(t.kind, t.key)
            told_at.append(len(told_data))
            told_size.append(len(script))
            told_data += script
    return (
        columns,
        prevouts,
        LongScripts(
            np.frombuffer(data, np.uint8),
            np.frombuffer(told_data, np.uint8),
            np.array(told_at, np.int64),
            np.array(told_size, np.int32),
        ),
    )


def counts_of(txs: Sequence[Tx]) -> tuple[int, int, int]:
    return (
        len(txs),
        sum(len(tx.inputs) for tx in txs),
        sum(len(tx.outputs) for tx in txs),
    )


@dataclass
class Committed:
    """Segments resolved so far: an `Old` for the next, and columns put together."""

    seed: int
    first_output: list[int] = field(default_factory=lambda: [0])
    tx_indexes: list[Index] = field(default_factory=list)
    address_indexes: list[Index] = field(default_factory=list)
    columns: dict[str, list[bytes]] = field(default_factory=dict)
    scripts: dict[int, bytes] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    before: Before = NOTHING

    def outputs_of_tx(
        self, tx: NDArray[np.int64], /
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        assert np.all(np.diff(tx) >= 0)
        first = np.array(self.first_output, np.int64)
        return first[tx], first[tx + 1] - first[tx]

    def spent(self, outputs: NDArray[np.int64], /) -> NDArray[np.bool_]:
        assert np.all(np.diff(outputs) >= 0)
        return np.array([int(o) in self.gone for o in outputs], np.bool_)

    def find_txs(self, marks: NDArray[np.uint64], found: NDArray[np.int64], /) -> None:
        for index in reversed(self.tx_indexes):
            find_marks(marks, marks.shape[0], index, found)

    def find_addresses(
        self, marks: NDArray[np.uint64], found: NDArray[np.int64], /
    ) -> None:
        for index in reversed(self.address_indexes):
            find_marks(marks, marks.shape[0], index, found)

    def run(
        self,
        segment: Segment,
        txs: Sequence[Tx],
        cuts: Sequence[int],
        threads: ThreadPoolExecutor,
        order: Sequence[int] | None = None,
    ) -> Resolved:
        """Resolve transactions as one segment cut into batches; takes in `order`."""
        base = self.before.n_tx
        jobs, at = [], (0, 0, 0)
        for start, stop in zip([0, *cuts], [*cuts, len(txs)], strict=True):
            part = txs[start:stop]
            below = None
            if any(tx.below is not None for tx in part):
                below = np.array(
                    [
                        base + start + row if tx.below is None else tx.below
                        for row, tx in enumerate(part)
                    ],
                    np.int64,
                )
                below = np.maximum(below - base, 0)
            jobs.append((batch_of(part), at, below))
            more = counts_of(part)
            at = (at[0] + more[0], at[1] + more[1], at[2] + more[2])
            assert segment.has_room(
                *at, told=any(s.told for tx in txs for s in tx.inputs)
            )
        futures = []
        for j in order if order is not None else range(len(jobs)):
            (columns, prevouts, scripts), where, below = jobs[j]
            futures.append(
                threads.submit(segment.take, columns, where, prevouts, below, scripts)
            )
        for future in futures:
            future.result()
        return segment.resolve(self.before, self, threads)

    def commit(self, txs: Sequence[Tx], result: Resolved) -> None:
        """Keep copies of all a result holds."""
        n = self.before
        for tx in txs:
            self.first_output.append(self.first_output[-1] + len(tx.outputs))
        for name in ("tx", "address"):
            entries = getattr(result, f"{name}_entries").copy()
            first = n.n_tx if name == "tx" else n.n_address
            getattr(self, f"{name}_indexes").append(index_of(entries, first))
        self.gone |= {int(o) for o in result.spends if o >= 0}
        for name in Resolved._fields[:-1]:
            column = getattr(result, name)
            if name == "outside_input":
                column = column + n.n_input
            if name == "address_source":
                column = np.where(column >= 0, column + n.n_output, column - n.n_input)
            if name.endswith("entries") or name.startswith("script"):
                continue
            self.columns.setdefault(name, []).append(column.tobytes())
        for address, row in zip(
            result.script_address.tolist(), result.script_bytes.tolist(), strict=True
        ):
            assert not any(row[1 + row[0] :])
            self.scripts[address] = bytes(row[1 : 1 + row[0]])
        n_tx, n_in, n_out = counts_of(txs)
        self.before = Before(
            n.n_tx + n_tx,
            n.n_input + n_in,
            n.n_output + n_out,
            n.n_address + result.address_type.size,
            n.n_outside + result.outside_input.size,
        )


def expected(reading: Reading) -> dict[str, bytes]:
    """The columns of a reading, as `Committed` puts them together."""
    outside = reading.outside
    names = list(reading.ids)
    return {
        "spends": np.array(reading.spends, np.int64).tobytes(),
        "output_address": np.array(reading.output_address, np.uint32).tobytes(),
        "address_type": bytes(kind for kind, _ in names),
        "address_key": b"".join(key for _, key in names),
        "address_source": np.array(reading.source, np.int64).tobytes(),
        "outside_input": np.array([o[0] for o in outside], np.int64).tobytes(),
        "outside_outpoint": b"".join(o[1] for o in outside),
        "outside_value": np.array([o[2] for o in outside], np.int64).tobytes(),
        "outside_address": np.array([o[3] for o in outside], np.uint32).tobytes(),
        "outside_type": bytes(o[4] for o in outside),
    }
