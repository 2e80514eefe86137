"""Building a ledger from blocks: new, appended to, or across a reorg."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.errors import InputError
from dalil.ledger.batch import BadBlockError, Batch, batches, load_batch
from dalil.ledger.generation import Generation, atomic_write
from dalil.ledger.heights import first_height
from dalil.ledger.opening import (
    generation_for,
    open_base,
    total_work,
    work_behind,
    writing,
)
from dalil.ledger.rawfiles import append_raw
from dalil.ledger.undo import ScriptsTold, UndoReader, script_finder
from dalil.ledger.writer import BlockRows, LedgerWriter
from dalil.progress import silent
from dalil.sources.blockfiles import Note
from dalil.sources.chainchoice import most_work_chain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dalil.progress import Progress
    from dalil.sources.blockfiles import Record
    from dalil.sources.blockfolder import BlockFolder

__all__ = ["BuildReport", "build_from_blocks"]


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
    ledger: Path, folder: BlockFolder, progress: Progress = silent
) -> BuildReport:
    """Build a ledger, or bring one up to the chain with the most work.

    Blocks that break a rule are left out with a note, and the chain is chosen
    anew without them. Nothing is visible until the whole build commits.

    Parameters
    ----------
    ledger : Path
        The ledger's folder; made if absent.
    folder : BlockFolder
        The blocks found.
    progress : Progress, optional
        Told of blocks done.

    Raises
    ------
    InputError
        If no usable block is left, or the blocks do not connect to the ledger.
    StoreError
        If the ledger is damaged or being written to.

    Notes
    -----
    Memory is a few batches of 32 MB of blocks with their columns, and the
    look-up tables' files in the page cache. Time is linear.
    """
    report = BuildReport(notes=folder.notes)
    bad: set[bytes] = set()
    with writing(ledger):
        while True:
            try:
                _build_once(ledger, folder, bad, report, progress)
            except BadBlockError as error:
                record = error.record
                bad.add(record.header.hash)
                _note_bad(folder, record, error.problem)
                continue
            return report


def _note_bad(folder: BlockFolder, record: Record, problem: str) -> None:
    name = folder.files[record.file].path.name
    folder.notes.append(Note(name, record.at - 8, f"block refused: {problem}"))


def _build_once(
    ledger: Path,
    folder: BlockFolder,
    bad: set[bytes],
    report: BuildReport,
    progress: Progress,
) -> None:
    base = open_base(ledger, folder)
    work = work_behind(base) if base else {}
    known = set(work)
    fresh = [r for r in folder.records if r.header.hash not in known]
    report.duplicates = len(folder.records) - len(fresh)
    if not fresh:
        return
    chosen = most_work_chain(fresh, excluded=bad, root_work=work if base else None)
    report.stale, report.detached = chosen.stale, chosen.detached
    report.duplicates += chosen.duplicates
    if base and not chosen.records:
        raise InputError(
            "these blocks do not connect to the ledger; filling in other blocks "
            "makes a new ledger",
            ledger,
        )
    if base and total_work(chosen, work) <= max(work.values()):
        report.stale += len(chosen.records)
        return
    generation, keep = generation_for(ledger, base, chosen, work)
    report.rolled_back = len(work) - keep if base else 0
    try:
        _write_chain(generation, folder, chosen.records, progress)
    except BaseException:
        if base is None or generation.path != base.path:
            shutil.rmtree(generation.path, ignore_errors=True)
        raise
    report.added = len(chosen.records)
    atomic_write(ledger / "current", f"{generation.path.name}\n".encode())
    if base and base.path != generation.path:
        shutil.rmtree(base.path, ignore_errors=True)


def _write_chain(
    generation: Generation,
    folder: BlockFolder,
    records: Sequence[Record],
    progress: Progress,
) -> None:
    (generation.path / "writing").touch()
    have = generation.rows("block.height")
    relative, start = first_height(generation, folder, records[0])
    facts: dict[str, Any] = {
        "chain": folder.network.caip2,
        "shape": "utxo",
        "source": "blocks",
        "heights": "relative" if relative else "chain",
    }
    undo = None if start == 0 and not relative else UndoReader(folder)
    paths = [file.path for file in folder.files]
    append_raw(generation.path / "raw", have, records, paths)
    writer = LedgerWriter(generation)
    try:
        done = 0
        for batch in _ahead(folder, records):
            blocks = _block_rows(batch, start + done)
            told = undo.of(batch) if undo else ScriptsTold(0)
            script_of = script_finder(batch.columns, batch.data, told)
            wrong = writer.add(blocks, batch.columns, told.prevouts, script_of)
            if wrong:
                raise _contradiction(batch, wrong - 1)
            done += len(batch.records)
            progress("reading blocks", done, len(records))
        facts["tip"] = {
            "height": None if relative else start + done - 1,
            "hash": records[-1].header.hash[::-1].hex(),
        }
        progress("committing", 0, 0)
        writer.commit(facts)
    finally:
        writer.close()
    (generation.path / "writing").unlink()


def _ahead(folder: BlockFolder, records: Sequence[Record]) -> Iterator[Batch]:
    """Load each batch while the one before it is being linked."""
    form = int(folder.network.form)
    with ThreadPoolExecutor(1) as thread:
        waiting = None
        for part in batches(records):
            coming = thread.submit(load_batch, records[part], folder.files, form=form)
            if waiting:
                yield waiting.result()
            waiting = coming
        if waiting:
            yield waiting.result()


def _block_rows(batch: Batch, height: int) -> BlockRows:
    headers = [record.header for record in batch.records]
    raw = b"".join(header.raw for header in headers)
    hashes = b"".join(header.hash for header in headers)
    return BlockRows(
        np.arange(height, height + len(headers), dtype=np.int32),
        np.array([header.time for header in headers], np.uint32),
        np.frombuffer(hashes, np.uint8).reshape(-1, 32),
        np.frombuffer(raw, np.uint8).reshape(-1, 80),
        batch.first[1:, 0],
    )


def _contradiction(batch: Batch, row: int) -> BadBlockError:
    tx = int(np.searchsorted(batch.columns.first_input, row, side="right")) - 1
    block = int(np.searchsorted(batch.first[:, 0], tx, side="right")) - 1
    txid = batch.columns.txid[tx].tobytes()[::-1].hex()
    return BadBlockError(
        batch.records[block], f"{txid} spends an output that is not there to spend"
    )
