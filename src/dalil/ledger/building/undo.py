"""Undo data lined up with a batch: a value and script for each input told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.classify import classify_scripts
from dalil.chains.bitcoin.forms import BITCOIN
from dalil.errors import BlockDataError
from dalil.ledger.segment import NO_PREVOUTS, LongScripts, Prevouts
from dalil.sources.blockfiles import Note
from dalil.sources.undofiles import UndoFile, open_undo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.chains.bitcoin.parse import Columns
    from dalil.chains.bitcoin.undo import SpentOutputs
    from dalil.ledger.building.batch import Batch
    from dalil.sources.blockfiles import Record
    from dalil.sources.blockfolder import BlockFolder

__all__ = ["ScriptsTold", "UndoReader", "long_scripts"]


class ScriptsTold:
    """The script told for an input row of a batch; empty where none is."""

    def __init__(self, n_inputs: int, form: int = BITCOIN) -> None:
        self._form = form
        self.value = np.full(n_inputs, -1, np.int64)
        self.kind = np.full(n_inputs, 255, np.uint8)
        self.key = np.zeros((n_inputs, 32), np.uint8)
        self.pieces: list[tuple[int, SpentOutputs]] = []

    def take(self, first: int, spent: SpentOutputs) -> None:
        """Fill the rows from `first` on, one a spent output."""
        rows = slice(first, first + spent.value.size)
        ends = spent.ends
        starts = _starts(ends)
        self.value[rows] = spent.value
        classify_scripts(
            spent.scripts,
            starts,
            ends - starts,
            self.kind[rows],
            self.key[rows],
            self._form,
        )
        self.pieces.append((first, spent))

    @property
    def prevouts(self) -> Prevouts:
        """The same as kernel arguments."""
        return Prevouts(self.value, self.kind, self.key) if self.pieces else NO_PREVOUTS


def _starts(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where what ends there begins, laid out without gaps."""
    return np.concatenate((np.zeros(1, np.int64), ends))[:-1]


def long_scripts(
    columns: Columns, data: NDArray[np.uint8], told: ScriptsTold
) -> LongScripts:
    """Say where the scripts lie of which an address's key holds but a hash.

    Outputs' scripts lie in `data`, the batch's bytes; those of inputs were told.
    """
    pieces = told.pieces
    if not pieces:
        return LongScripts(data)
    at = np.zeros(columns.spent_index.size, np.int64)
    size = np.zeros(at.size, np.int32)
    before = 0
    for first, spent in pieces:
        rows = slice(first, first + spent.ends.size)
        starts = _starts(spent.ends)
        at[rows], size[rows] = starts + before, spent.ends - starts
        before += spent.scripts.size
    scripts = np.concatenate([spent.scripts for _, spent in pieces])
    return LongScripts(data, scripts, at, size)


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
