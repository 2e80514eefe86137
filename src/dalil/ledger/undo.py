"""Undo data lined up with a batch: a value and script for each input told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.classify import classify_scripts
from dalil.chains.bitcoin.forms import BITCOIN
from dalil.errors import BlockDataError
from dalil.ledger.link import Prevouts
from dalil.ledger.writer import NO_PREVOUTS
from dalil.sources.blockfiles import Note
from dalil.sources.undofiles import UndoFile, open_undo

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dalil.chains.bitcoin.parse import Columns
    from dalil.chains.bitcoin.undo import SpentOutputs
    from dalil.ledger.batch import Batch
    from dalil.sources.blockfiles import Record
    from dalil.sources.blockfolder import BlockFolder

__all__ = ["ScriptsTold", "UndoReader", "script_finder"]


class ScriptsTold:
    """The script told for an input row of a batch; empty where none is."""

    def __init__(self, n_inputs: int, form: int = BITCOIN) -> None:
        self._form = form
        self.value = np.full(n_inputs, -1, np.int64)
        self.kind = np.full(n_inputs, 255, np.uint8)
        self.key = np.zeros((n_inputs, 32), np.uint8)
        self._pieces: list[tuple[int, SpentOutputs]] = []

    def take(self, first: int, spent: SpentOutputs) -> None:
        """Fill the rows from `first` on, one a spent output."""
        rows = slice(first, first + spent.value.size)
        ends = spent.ends
        starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
        self.value[rows] = spent.value
        classify_scripts(
            spent.scripts,
            starts,
            ends - starts,
            self.kind[rows],
            self.key[rows],
            self._form,
        )
        self._pieces.append((first, spent))

    def script(self, row: int) -> bytes:
        """Give the script of an input row."""
        for first, spent in self._pieces:
            i = row - first
            if 0 <= i < spent.ends.size:
                start = int(spent.ends[i - 1]) if i else 0
                return spent.scripts[start : int(spent.ends[i])].tobytes()
        return b""

    @property
    def prevouts(self) -> Prevouts:
        """The same as kernel arguments."""
        return (
            Prevouts(self.value, self.kind, self.key) if self._pieces else NO_PREVOUTS
        )


def script_finder(
    columns: Columns, data: NDArray[np.uint8], told: ScriptsTold
) -> Callable[[int], bytes]:
    """Make the function that gives the script behind an address source.

    A source is an output's row of the batch, whose bytes lie in `data`, or
    -1 - row of an input, whose script was told (see `Linked`).
    """

    def script_of(source: int) -> bytes:
        if source < 0:
            return told.script(-1 - source)
        at = int(columns.script_at[source])
        return data[at : at + int(columns.script_size[source])].tobytes()

    return script_of


class UndoReader:
    """Undo data of a whole folder, opened file by file when first needed."""

    def __init__(self, folder: BlockFolder) -> None:
        self._folder = folder
        self._open: dict[int, UndoFile | None] = {}
        self._records: dict[int, list[Record]] = {}
        for record in folder.records:
            self._records.setdefault(record.file, []).append(record)

    def _file(self, number: int) -> UndoFile | None:
        if number not in self._open:
            folder, mine = self._folder, self._records[number]
            self._open[number] = open_undo(
                folder.files[number], mine, folder.network, folder.notes
            )
        return self._open[number]

    def of(self, batch: Batch) -> ScriptsTold:
        """Collect what the undo files tell of a batch's inputs."""
        form = int(self._folder.network.form)
        told = ScriptsTold(batch.columns.spent_index.size, form)
        for i, record in enumerate(batch.records):
            file = self._file(record.file)
            try:
                spent = file.spent_by_block(record.header.hash) if file else None
                if spent is not None:
                    told.take(_first_input(batch, i, spent), spent)
            except BlockDataError as error:
                name = self._folder.files[record.file].path.name
                self._folder.notes.append(Note(name, record.at, f"undo data: {error}"))
        return told


def _first_input(batch: Batch, block: int, spent: SpentOutputs) -> int:
    """Row of the block's first input after the coinbase's, shapes checked."""
    first, last = batch.first[block, 0], batch.first[block + 1, 0]
    ends = batch.columns.first_input[first + 1 : last + 1]
    if not np.array_equal(spent.counts, np.diff(ends)):
        raise BlockDataError("is of another block", spent.counts.size)
    return int(ends[0])
