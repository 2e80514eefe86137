"""Building a ledger from blocks: new, appended to, or across a reorg."""

from __future__ import annotations

import contextlib
import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.errors import InputError
from dalil.ledger.building.ahead import block_rows, load_ahead, may_not_spend
from dalil.ledger.building.batch import BadBlockError
from dalil.ledger.building.heights import first_height
from dalil.ledger.building.known import KnownBlocks
from dalil.ledger.building.undo import ScriptsTold, UndoReader, long_scripts
from dalil.ledger.building.writer import ContradictionError, LedgerWriter
from dalil.ledger.rawfiles import PLACE
from dalil.ledger.store.housekeeping import remove_unnamed
from dalil.ledger.store.merging import runs_up_to
from dalil.ledger.store.opening import open_base, writing
from dalil.ledger.store.tables import Tables, tables_at
from dalil.progress import silent
from dalil.settings import DEFAULT_MEMORY
from dalil.sources.blockfiles import Note
from dalil.sources.chainchoice import most_work_chain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.store.commit import Commit
    from dalil.progress import Progress
    from dalil.sources.blockfiles import Record
    from dalil.sources.blockfolder import BlockFolder

__all__ = ["BuildReport", "build_from_blocks"]

_OWN_BYTES = 600_000_000
"""What the interpreter, its libraries and a few batches take of the memory."""
_RECORD_BYTES = 900
"""A block found, with what choosing the chain keeps of it, as Python objects."""
_LEAST_SEGMENT = 150_000_000


@dataclass(slots=True)
class BuildReport:
    """What a build did: blocks added and taken back, and everything odd."""

    added: int = 0
    rolled_back: int = 0
    stale: int = 0
    detached: int = 0
    duplicates: int = 0
    notes: list[Note] = field(default_factory=list)


def build_from_blocks(
    ledger: Path,
    folder: BlockFolder,
    progress: Progress = silent,
    *,
    memory: int = DEFAULT_MEMORY,
) -> BuildReport:
    """Build a ledger, or bring one up to the chain with the most work.

    The chain is taken in segments that fit the memory, and each is committed:
    stopped at any moment, the next call goes on behind the last commit. Blocks
    that break a rule are left out with a note, and the chain is chosen anew
    without them.

    Parameters
    ----------
    ledger : Path
        The ledger's folder; made if absent.
    folder : BlockFolder
        The blocks found.
    progress : Progress, optional
        Told of blocks done.
    memory : int
        Bytes the process may take, mapped files included. Less means more
        segments, each of which reads the look-up indexes of those before it.

    Raises
    ------
    InputError
        If no usable block is left, the blocks do not connect to the ledger, or
        the memory is too small to work in.
    StoreError
        If the ledger is damaged or being written to.
    """
    own = _OWN_BYTES + _RECORD_BYTES * len(folder.records)
    if memory < own + _LEAST_SEGMENT:
        what = f"{memory:,} bytes of memory are too little for so many blocks"
        raise InputError(f"{what}; they need at least", own + _LEAST_SEGMENT)
    report = BuildReport(notes=folder.notes)
    bad: set[bytes] = set()
    with writing(ledger), _uncollected():
        while True:
            try:
                _build_once(ledger, folder, bad, report, (progress, memory - own))
            except BadBlockError as error:
                bad.add(error.record.header.hash)
                _note_bad(folder, error.record, error.problem)
                continue
            return report


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the cycle collector off what stays for the build.

    The modules' objects, and every block found, would else be walked again
    and again while kernels are loaded and batches come and go.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _note_bad(folder: BlockFolder, record: Record, problem: str) -> None:
    name = folder.files[record.file].path.name
    folder.notes.append(Note(name, record.at - 8, f"block refused: {problem}"))


def _build_once(
    ledger: Path,
    folder: BlockFolder,
    bad: set[bytes],
    report: BuildReport,
    how: tuple[Progress, int],
) -> None:
    base = open_base(ledger, folder)
    remove_unnamed(ledger, base)
    known = KnownBlocks(
        base.read(ledger, "block.hash"), base.read(ledger, "block.header")
    )
    fresh = [r for r in folder.records if known.row(r.header.hash) is None]
    report.duplicates = len(folder.records) - len(fresh) - report.added
    if not fresh:
        return
    roots, tip_work = known.roots(fresh) if known.n else (None, 0)
    chosen = most_work_chain(fresh, excluded=bad, root_work=roots)
    report.stale, report.detached = chosen.stale, chosen.detached
    report.duplicates += chosen.duplicates
    if roots is not None and not chosen.records:
        if len(fresh) < len(folder.records):
            return
        raise InputError(
            "these blocks do not connect to the ledger; filling in other blocks "
            "makes a new ledger",
            ledger,
        )
    branch = _Branch(0, known.n, 0)
    if roots is not None:
        root = chosen.records[0].header.previous
        work = roots[root] + sum(record.header.work for record in chosen.records)
        if work <= tip_work:
            report.stale += len(chosen.records)
            return
        keep = (known.row(root) or 0) + 1
        branch = _Branch(keep, known.n - keep, tip_work - roots[root])
    chain = _Chain(ledger, base, branch, folder, report)
    chain.write(chosen.records, *how)


class _Branch(NamedTuple):
    """Where a chain leaves the ledger: blocks that stay, blocks taken back.

    `owed_work` is the work of the latter: before there is more, nothing counts, so
    that a kill in the middle of a reorg leaves the branch with more work.
    """

    keep: int
    taken_back: int
    owed_work: int


class _Chain:
    """Blocks on their way into a ledger, behind the blocks that stay."""

    def __init__(
        self,
        ledger: Path,
        base: Commit,
        branch: _Branch,
        folder: BlockFolder,
        report: BuildReport,
    ) -> None:
        keep = branch.keep
        self._ledger, self._folder, self._report = ledger, folder, report
        self._rows = None
        if base.number and keep < base.n_rows("block.height"):
            self._rows = tables_at(ledger, base, keep)
            base = replace(base, runs=runs_up_to(ledger, base, self._rows))
        self._base, self._keep = base, keep
        self._taken_back, self._owed_work = branch.taken_back, branch.owed_work
        self._waiting = 0
        self._home = ledger.resolve()
        self._numbers = {name: i for i, name in enumerate(base.block_files)}
        self._named: dict[int, int] = {}
        """Of each of the folder's files met so far, its number in the ledger."""
        self._segment: list[Record] = []

    def write(self, records: Sequence[Record], progress: Progress, memory: int) -> None:
        """Write a chain of records, committing as the memory fills."""
        folder = self._folder
        relative, height = first_height(
            self._ledger, self._base, self._keep, folder, records[0]
        )
        facts = {
            "chain": folder.network.caip2,
            "shape": "utxo",
            "source": "blocks",
            "heights": "relative" if relative else "chain",
        }
        undo = None if height == 0 and not relative else UndoReader(folder)
        tables = Tables(self._ledger, self._base, self._rows)
        with ThreadPoolExecutor(2) as threads:
            writer = LedgerWriter(self._ledger, self._base, tables, memory, threads)
            done = 0
            try:
                for batch, free in load_ahead(threads, folder, records):
                    told = undo.of(batch) if undo else ScriptsTold(0)
                    prevouts = told.prevouts
                    fits = writer.open.has_room(
                        batch.columns, told=prevouts.kind.size > 0
                    )
                    if writer.open.n_blocks and not fits:
                        self._commit(writer, facts, progress)
                    blocks = block_rows(batch, height + done)
                    future = writer.open.take(
                        blocks,
                        batch.columns,
                        prevouts,
                        long_scripts(batch.columns, batch.data, told),
                        may_not_spend(batch, folder.network),
                    )
                    future.add_done_callback(free)
                    writer.append_side("raw.place", self._places(batch.records))
                    self._segment += batch.records
                    done += len(batch.records)
                    progress("reading blocks", done, len(records))
                self._commit(writer, facts, progress)
                writer.finish()
            finally:
                writer.close()

    def _commit(
        self, writer: LedgerWriter, facts: dict[str, Any], progress: Progress
    ) -> None:
        progress("joining", 0, 0)
        last = self._segment[-1].header.hash[::-1].hex()
        height = None if facts["heights"] == "relative" else writer.open.tip_height
        facts = facts | {"tip": {"height": height, "hash": last}}
        self._owed_work -= sum(record.header.work for record in self._segment)
        counts = self._owed_work < 0
        try:
            writer.commit(facts, list(self._numbers), counts=counts)
        except ContradictionError as error:
            record = self._segment[error.block]
            raise BadBlockError(
                record, f"{error.txid} spends an output that is not there to spend"
            ) from None
        self._waiting += len(self._segment)
        self._segment.clear()
        if not counts:
            return
        self._report.added += self._waiting
        self._report.rolled_back += self._taken_back
        self._waiting = self._taken_back = 0

    def _places(self, records: Sequence[Record]) -> NDArray[np.uint8]:
        """Note where blocks lie, naming files that are new to the ledger."""
        rows = np.empty(len(records), PLACE)
        for row, record in zip(rows, records, strict=True):
            number = self._named.get(record.file)
            if number is None:
                number = self._named[record.file] = self._number(record.file)
            row["file"], row["size"], row["at"] = number, record.size, record.at
        return rows.view(np.uint8).reshape(-1, PLACE.itemsize)

    def _number(self, file: int) -> int:
        path = self._folder.files[file].path.resolve()
        own = path.is_relative_to(self._home)
        name = str(path.relative_to(self._home) if own else path)
        return self._numbers.setdefault(name, len(self._numbers))
