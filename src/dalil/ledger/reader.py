"""Reading a ledger: one committed snapshot, mapped, looked into both ways."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.address import decode_address, encode_address
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import StoreError
from dalil.ids import format_outpoint, parse_outpoint, parse_txid
from dalil.ledger import plain
from dalil.ledger.analysis.tables import Tables
from dalil.ledger.lookup import AddressBook
from dalil.ledger.marks import words
from dalil.ledger.proofs import Proofs
from dalil.ledger.rawparts import RawParts
from dalil.ledger.snapshot import COINBASE
from dalil.ledger.store.commit import Commit
from dalil.ledger.store.failures import told_by_errno
from dalil.ledger.store.merging import open_runs

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Ledger"]

_FEW = 100
"""Questions, and rows asked for in one, that are not worth loading a kernel for."""
_NO_KINDS = np.zeros(0, np.uint8)


class Ledger(Tables, RawParts):
    """One snapshot of a UTXO ledger.

    Every attribute named after a column is a mapped, read-only array whose
    row number is the id; ids are dense and follow chain order. Ids are valid
    within this snapshot only: name things by txid, outpoint or address
    outside it.

    A ledger may be partial: inputs whose source lies outside have -1 in
    `input_spends` and a row in the `outside_…` columns. What a partial ledger
    does not show, it does not deny. `Columns` describes each column, `Tables`
    the queries that begin at `outputs`, `inputs`, `txs` and `blocks`.
    """

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """Open the ledger's newest committed snapshot.

        It stays what it is while writers append, merge or take blocks back:
        everything of it is mapped here and now. Cost: some microseconds for
        each 16 MiB of columns.

        Raises
        ------
        StoreError
            If the folder holds no ledger, or a damaged one.
        """
        while True:
            commit = Commit.read_file(path)
            try:
                commit.check_all(path)
                with told_by_errno(path):
                    return cls(path, commit)
            except StoreError:
                # A commit made meanwhile may have removed files of this one.
                if Commit.read_file(path) == commit:
                    raise

    def __init__(self, path: Path, commit: Commit) -> None:
        super().__init__(path, commit)
        self.runs = open_runs(path, commit)
        # Now, not when asked: a newer ledger may be put in this one's place.
        self._proofs = None if self.source == "blocks" else Proofs(path / "raw")
        self._txids = words(self.tx_txid)
        self._address_column = words(self._mapped["address.key"]), self.address_type
        self._asked = count()

    def _asks_little(self, rows: int = 1) -> bool:
        """Count a question, and tell whether to answer it without kernels."""
        return rows <= _FEW and next(self._asked) < _FEW

    def narrowed_to_tx(self, tx: int) -> Ledger:
        """Give a view whose only transaction is `tx`, its inputs and outputs as here.

        For functions of a whole ledger's columns that are asked about one
        transaction; ids of inputs, outputs and addresses stay what they are.
        """
        view = copy(self)
        view.tx_txid = self.tx_txid[tx : tx + 1]
        view.tx_first_input = self.tx_first_input[tx : tx + 2]
        view.tx_first_output = self.tx_first_output[tx : tx + 2]
        return view

    @cached_property
    def contiguous(self) -> bool:
        """Whether whole blocks follow one another without a gap."""
        steps = np.diff(self.block_height)
        return self.source == "blocks" and bool(np.all(steps == 1))

    @cached_property
    def output_spent_by(self) -> NDArray[np.int64]:
        """(n_outputs,) the input that spends each output; -1 within this snapshot.

        Mapped where the ledger is one run, else put together in memory, 8 bytes
        an output: for a few outputs ask `spenders`.
        """
        return self.runs.spent_by_column()

    def spenders(self, outputs: ArrayLike) -> NDArray[np.int64]:
        """Give the inputs that spend these outputs, -1 unspent; looks only at them."""
        asked = np.atleast_1d(np.asarray(outputs, np.int64))
        if self._asks_little(asked.size):
            return plain.spenders_of(self.runs.runs, asked)
        return self.runs.spent_by(asked)

    # -- names ------------------------------------------------------------

    def outpoint(self, output: int) -> str:
        """Name an output as ``txid:index``."""
        tx = int(self.tx_of_output(output))
        index = output - int(self.tx_first_output[tx])
        return format_outpoint(self.tx_txid[tx].tobytes(), index)

    def prevout(self, input_: int) -> str | None:
        """Name what an input spends; None for a coinbase."""
        source = int(self.input_spends[input_])
        if source == COINBASE:
            return None
        if source >= 0:
            return self.outpoint(source)
        raw = self.outside_outpoint[self._outside_row(input_)].tobytes()
        return format_outpoint(raw[:32], int.from_bytes(raw[32:], "little"))

    def address_text(self, address: int) -> str:
        """Write an address as its network does; a bare key as its hex."""
        kind = ScriptType(int(self.address_type[address]))
        return encode_address(self.network, kind, self._book.payload(address, kind))

    def address_payload(self, address: int) -> bytes:
        """Give what an address encodes: its hash, bare key or witness program."""
        kind = ScriptType(int(self.address_type[address]))
        return self._book.payload(address, kind)

    @cached_property
    def _book(self) -> AddressBook:
        return AddressBook(self._mapped)

    def _find_key(self, key: NDArray[np.uint64], kind: int) -> int:
        if self._asks_little():
            indexes = [run.address_index for run in self.runs.runs]
            column, seed = self._address_column, self._commit.seed
            return plain.find_key(indexes, key, kind, column, seed)
        return self.runs.find_address(key, kind, *self._address_column)

    # -- finding ----------------------------------------------------------

    def find_tx(self, txid: str | bytes) -> int | None:
        """Find a transaction's id by txid (hex, or 32 bytes in hash order)."""
        raw = parse_txid(txid) if isinstance(txid, str) else txid
        row = self._find_txid(np.frombuffer(raw, np.uint64))
        return None if row < 0 else row

    def _find_txid(self, key: NDArray[np.uint64]) -> int:
        if self._asks_little():
            indexes = [run.tx_index for run in self.runs.runs]
            column, seed = (self._txids, _NO_KINDS), self._commit.seed
            return plain.find_key(indexes, key, 0, column, seed)
        return self.runs.find_tx(key, self._txids)

    def find_block(self, height: int) -> int | None:
        """Find a block's id by its height; None where this ledger has none."""
        if not self.heights_known:
            return None
        row = int(np.searchsorted(self.block_height, height))
        here = row < self.n_blocks and self.block_height[row] == height
        return row if here else None

    def blocks_between(self, start: int, stop: int) -> NDArray[np.int64]:
        """Blocks whose header states a time in [start, stop), Unix seconds.

        Headers' times need not ascend (BIP 113), so this asks every block.
        """
        time = self.block_time
        return np.flatnonzero((time >= start) & (time < stop))

    def find_outpoint(self, outpoint: str) -> int | None:
        """Find an output's id by ``txid:index``."""
        raw, index = parse_outpoint(outpoint)
        tx = self.find_tx(raw)
        if tx is None:
            return None
        output = int(self.tx_first_output[tx]) + index
        return output if output < self.tx_first_output[tx + 1] else None

    def find_address(self, text: str) -> int | None:
        """Find an address's id by its text.

        Raises
        ------
        AddressError
            If the text is no address of this ledger's network.
        """
        kind, payload = decode_address(self.network, text)
        return self._book.find(kind, payload, self._find_key)

    def n_outputs_of_address(self, address: int) -> int:
        """Count the outputs paid to an address; cost: a look into each run."""
        if self._asks_little():
            return plain.count_outputs(self.runs.runs, address)
        return self.runs.n_outputs_of(address)

    def outputs_of_address(
        self, address: int, start: int = 0, stop: int | None = None
    ) -> NDArray[np.int64]:
        """List outputs paid to an address, ascending: the start-th up to the stop-th.

        Any page costs the same, however long the history: its own length.
        """
        if self._asks_little():
            return plain.list_outputs(self.runs.runs, address, start, stop)
        return self.runs.outputs_of(address, start, stop)

    def outside_inputs_of_address(self, address: int) -> NDArray[np.int64]:
        """List the inputs that spend this address's outputs from outside."""
        return np.asarray(self.outside_input[self.runs.outside_of(address)])
