"""Adding batches to a generation: link, intern, append, commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.bitcoin.classify import LONG_SCRIPT_BYTES
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.ledger.columns import BackLinkWriter, ColumnWriter
from dalil.ledger.layout import COLUMNS
from dalil.ledger.link import (
    BackLinks,
    BatchKeys,
    Earlier,
    Linked,
    Prevouts,
    link_batch,
)
from dalil.ledger.slots import grow_slots
from dalil.ledger.table import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dalil.chains.bitcoin.parse import Columns
    from dalil.ledger.generation import Generation

__all__ = ["NO_PREVOUTS", "BlockRows", "LedgerWriter"]

NO_PREVOUTS = Prevouts(
    np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros((0, 32), np.uint8)
)
_LONG = (int(ScriptType.P2PK), int(ScriptType.WITNESS_UNKNOWN))


class BlockRows:
    """The block columns of a batch: one row a block, and where each one's txs end."""

    def __init__(
        self,
        height: NDArray[np.int32],
        time: NDArray[np.uint32],
        hash_: NDArray[np.uint8],
        header: NDArray[np.uint8],
        tx_ends: NDArray[np.int64],
    ) -> None:
        self.height = height
        self.time = time
        self.hash = hash_
        self.header = header
        self.tx_ends = tx_ends


class LedgerWriter:
    """The one writer of a generation. Nothing counts until `commit`."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._columns = {name: ColumnWriter(generation, name) for name in COLUMNS}
        derived = generation.path / "derived"
        self._back = {
            name: BackLinkWriter(derived / name) for name in BackLinks._fields
        }

    def rows(self, table: str) -> int:
        """Rows of a table so far, committed or not."""
        names = {"block": "height", "tx": "txid", "input": "spends", "output": "value"}
        names |= {"address": "type", "outside": "input", "script": "address"}
        return self._columns[f"{table}.{names[table]}"].rows

    def add(
        self,
        blocks: BlockRows,
        batch: Columns,
        prevouts: Prevouts,
        script_of: Callable[[int], bytes],
    ) -> int:
        """Link a batch and append its rows.

        Parameters
        ----------
        blocks : BlockRows
            The batch's blocks, `tx_ends` counted from the batch's start.
        batch : Columns
            Its transactions, inputs and outputs.
        prevouts : Prevouts
            What undo data tells of its inputs, or `NO_PREVOUTS`.
        script_of : callable
            Gives the script behind an address source (see `Linked`), asked
            for long scripts only.

        Returns
        -------
        int
            0, or 1 + the row of an input that contradicts the chain.
        """
        n_tx, n_in = batch.txid.shape[0], batch.spent_index.size
        linked = _room(n_in, batch.value.size, told=prevouts.kind.size > 0)
        earlier = self._earlier()
        wrong = self._link(batch, earlier, prevouts, linked)
        if wrong:
            return int(wrong)
        n_address, n_outside = map(int, linked.counts)
        self._append_linked(batch, linked, prevouts, n_outside)
        before = self.rows("address")
        self._append_scripts(linked, n_address, before, script_of)
        append = self._append
        append("address.type", linked.address_type[:n_address])
        append("address.key", linked.address_key[:n_address])
        self._append_blocks(blocks, batch, linked, earlier)
        assert self.rows("tx") == earlier.n_tx + n_tx
        return 0

    def _append(self, name: str, values: NDArray[Any]) -> None:
        self._columns[name].append(values)

    def _earlier(self) -> Earlier:
        look = {name: self._columns[name].look for name in COLUMNS}
        return Earlier(
            self.rows("tx"),
            self.rows("input"),
            self.rows("output"),
            self.rows("address"),
            self.rows("outside"),
            words(look["tx.txid"]()),
            look["tx.first_output"](),
            words(look["address.key"]()),
            look["address.type"](),
        )

    def _link(
        self, batch: Columns, earlier: Earlier, prevouts: Prevouts, linked: Linked
    ) -> int:
        folder = self._generation.path / "derived"
        n_tx, n_out = batch.txid.shape[0], batch.value.size
        n_new = linked.address_type.size
        tx_slots = grow_slots(folder, "txid", earlier.n_tx, n_tx)
        address_slots = grow_slots(folder, "address", earlier.n_address, n_new)
        n_outside = earlier.n_outside + linked.outside_input.size
        back = BackLinks(
            self._back["spent_by"].at_least(earlier.n_output + n_out),
            self._back["output_before"].at_least(earlier.n_output + n_out),
            self._back["last_output"].at_least(earlier.n_address + n_new),
            self._back["outside_before"].at_least(n_outside),
            self._back["last_outside"].at_least(earlier.n_address + n_new),
        )
        names = BatchKeys(
            words(batch.txid),
            words(batch.spent_txid),
            words(batch.key),
            words(prevouts.key),
            words(linked.address_key),
        )
        return link_batch(
            batch, names, earlier, prevouts, tx_slots, address_slots, back, linked
        )

    def _append_linked(
        self, batch: Columns, linked: Linked, prevouts: Prevouts, n_outside: int
    ) -> None:
        append = self._append
        outside = linked.outside_input[:n_outside]
        append("outside.input", outside + self.rows("input"))
        index = batch.spent_index[outside].view(np.uint8).reshape(-1, 4)
        append("outside.outpoint", np.hstack((batch.spent_txid[outside], index)))
        append("outside.address", linked.outside_address[:n_outside])
        if prevouts.kind.size:
            append("outside.value", prevouts.value[outside])
            append("outside.type", prevouts.kind[outside])
        else:
            append("outside.value", np.full(n_outside, -1, np.int64))
            append("outside.type", np.full(n_outside, 255, np.uint8))
        append("input.sequence", batch.sequence)
        append("output.address", linked.output_address)
        append("output.type", batch.kind)
        append("tx.first_input", batch.first_input[1:] + self.rows("input"))
        append("tx.first_output", batch.first_output[1:] + self.rows("output"))
        append("tx.version", batch.version)
        append("tx.locktime", batch.locktime)
        append("tx.txid", batch.txid)
        append("output.value", batch.value)
        append("input.spends", linked.spends)

    def _append_scripts(
        self,
        linked: Linked,
        n_address: int,
        before: int,
        script_of: Callable[[int], bytes],
    ) -> None:
        long = np.flatnonzero(np.isin(linked.address_type[:n_address], _LONG))
        rows = np.zeros((long.size, 1 + LONG_SCRIPT_BYTES), np.uint8)
        for row, address in zip(rows, long, strict=True):
            script = script_of(int(linked.address_source[address]))
            row[0] = len(script)
            row[1 : 1 + len(script)] = np.frombuffer(script, np.uint8)
        self._append("script.address", (long + before).astype(np.uint32))
        self._append("script.bytes", rows)

    def _append_blocks(
        self, blocks: BlockRows, batch: Columns, linked: Linked, earlier: Earlier
    ) -> None:
        append = self._append
        append("block.height", blocks.height)
        append("block.time", blocks.time)
        append("block.hash", blocks.hash)
        append("block.header", blocks.header)
        append("block.first_tx", blocks.tx_ends + earlier.n_tx)
        in_ends = batch.first_input[blocks.tx_ends]
        out_ends = batch.first_output[blocks.tx_ends]
        n_address, n_outside = map(int, linked.counts)
        outside = np.searchsorted(linked.outside_input[:n_outside], in_ends)
        append("block.first_outside", outside + earlier.n_outside)
        seen = _addresses_seen(linked, n_address, in_ends, out_ends)
        append("block.first_address", seen + earlier.n_address)
        scripts = self._columns["script.address"].look()[: self.rows("script")]
        append("block.first_script", np.searchsorted(scripts, seen + earlier.n_address))

    def commit(self, facts: dict[str, Any]) -> None:
        """Make everything added so far count, and stop writing."""
        rows = {name: column.rows for name, column in self._columns.items()}
        self.close()
        self._generation.commit(facts, rows)

    def close(self) -> None:
        """Stop writing; rows that were not committed do not count."""
        for column in self._columns.values():
            column.close()
        self._columns = {}


def _room(n_in: int, n_out: int, *, told: bool) -> Linked:
    n_address = n_out + (n_in if told else 0)
    return Linked(
        np.empty(n_in, np.int64),
        np.empty(n_out, np.uint32),
        np.empty(n_address, np.uint8),
        np.empty((n_address, 32), np.uint8),
        np.empty(n_address, np.int64),
        np.empty(n_in, np.int64),
        np.empty(n_in, np.uint32),
        np.zeros(2, np.int64),
    )


def _addresses_seen(
    linked: Linked,
    n_address: int,
    in_ends: NDArray[np.int64],
    out_ends: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Count the addresses first seen up to each block's end.

    Address ids follow first appearance, so the highest id that a block's
    outputs and outside inputs name, running, is the last one seen.
    """
    source = linked.address_source[:n_address]
    from_output = np.searchsorted(out_ends, source, side="right")
    from_input = np.searchsorted(in_ends, -1 - source, side="right")
    block = np.where(source >= 0, from_output, from_input)
    return np.searchsorted(block, np.arange(out_ends.size), side="right")
