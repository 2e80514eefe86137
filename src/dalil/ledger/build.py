"""Building a ledger from blocks: new, appended to, or across a reorg."""

from __future__ import annotations

import fcntl
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.bitcoin.header import work_of
from dalil.errors import InputError, StoreError
from dalil.ledger.batch import BadBlockError, Batch, batches, load_batch
from dalil.ledger.generation import Generation, atomic_write, current_generation
from dalil.ledger.heights import first_height
from dalil.ledger.rawfiles import append_raw
from dalil.ledger.rebuild import rebuild_derived
from dalil.ledger.rollback import copy_up_to
from dalil.ledger.undo import ScriptsTold, UndoReader
from dalil.ledger.writer import BlockRows, LedgerWriter
from dalil.progress import silent
from dalil.sources.chainchoice import Chosen, most_work_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from dalil.progress import Progress
    from dalil.sources.blockfiles import Note, Record
    from dalil.sources.blockfolder import BlockFolder

__all__ = ["BuildReport", "build_from_blocks", "writing"]


@dataclass(slots=True)
class BuildReport:
    """What a build did: blocks added and taken back, and everything odd."""

    added: int = 0
    rolled_back: int = 0
    stale: int = 0
    detached: int = 0
    duplicates: int = 0
    notes: list[Note] = field(default_factory=list)


@contextmanager
def writing(ledger: Path) -> Iterator[None]:
    """Hold the ledger's one write lock.

    Raises
    ------
    StoreError
        If another process is writing to it, or the folder is something else.
    """
    fresh = not ledger.exists()
    if ledger.is_dir() and any(ledger.iterdir()) and not (ledger / "lock").exists():
        raise StoreError("this folder is not empty and holds no ledger", ledger)
    if ledger.exists() and not ledger.is_dir():
        raise StoreError("a ledger is a folder; this is a file", ledger)
    ledger.mkdir(parents=True, exist_ok=True)
    with (ledger / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(
                "another process is writing to this ledger", ledger
            ) from error
        try:
            yield
        finally:
            if fresh and not (ledger / "current").exists():
                shutil.rmtree(ledger, ignore_errors=True)


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
    from dalil.sources.blockfiles import Note

    name = folder.files[record.file].path.name
    folder.notes.append(Note(name, record.at - 8, f"block refused: {problem}"))


def _build_once(
    ledger: Path,
    folder: BlockFolder,
    bad: set[bytes],
    report: BuildReport,
    progress: Progress,
) -> None:
    base = _open_base(ledger, folder)
    work = _work_behind(base) if base else {}
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
    if base and _total(chosen, work) <= max(work.values()):
        report.stale += len(chosen.records)
        return
    generation, keep = _generation_for(ledger, base, chosen, work)
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


def _open_base(ledger: Path, folder: BlockFolder) -> Generation | None:
    """Open what is there, undoing an unfinished write first."""
    if not (ledger / "current").exists():
        for leftover in ledger.glob("g[0-9]*"):
            shutil.rmtree(leftover)
        return None
    base = Generation(current_generation(ledger))
    for leftover in ledger.glob("g[0-9]*"):
        if leftover != base.path:
            shutil.rmtree(leftover)
    if base.manifest.get("source") != "blocks":
        raise InputError("this ledger was not built from blocks; build another", ledger)
    if base.manifest.get("chain") != folder.network.caip2:
        raise InputError(
            f"these blocks are {folder.network.name}'s, the ledger's chain is",
            base.manifest.get("chain"),
        )
    if (base.path / "writing").exists():
        base.truncate()
        rebuild_derived(base)
        (base.path / "writing").unlink()
    return base


def _work_behind(base: Generation) -> dict[bytes, int]:
    """Cumulative work of each block of a ledger, by hash, in chain order."""
    total, work = 0, {}
    hashes, headers = base.read("block.hash"), base.read("block.header")
    for block, header in zip(hashes, headers, strict=True):
        total += work_of(int.from_bytes(header[72:76].tobytes(), "little"))
        work[block.tobytes()] = total
    return work


def _total(chosen: Chosen, work: dict[bytes, int]) -> int:
    behind = work[chosen.records[0].header.previous]
    return behind + sum(record.header.work for record in chosen.records)


def _generation_for(
    ledger: Path, base: Generation | None, chosen: Chosen, work: dict[bytes, int]
) -> tuple[Generation, int]:
    """Where to write: a first generation, the one in force, or a cut copy."""
    if base is None:
        generation = Generation(ledger / "g1")
        generation.start()
        return generation, 0
    keep = list(work).index(chosen.records[0].header.previous) + 1
    if keep == len(work):
        return base, keep
    return copy_up_to(base, keep, ledger), keep


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
            script_of = _scripts(batch, told)
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
    with ThreadPoolExecutor(1) as thread:
        waiting = None
        for part in batches(records):
            coming = thread.submit(load_batch, records[part], folder.files)
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


def _scripts(batch: Batch, told: ScriptsTold) -> Callable[[int], bytes]:
    columns, data = batch.columns, batch.data

    def script_of(source: int) -> bytes:
        if source < 0:
            return told.script(-1 - source)
        at = int(columns.script_at[source])
        return bytes(data[at : at + int(columns.script_size[source])])

    return script_of


def _contradiction(batch: Batch, row: int) -> BadBlockError:
    tx = int(np.searchsorted(batch.columns.first_input, row, side="right")) - 1
    block = int(np.searchsorted(batch.first[:, 0], tx, side="right")) - 1
    txid = batch.columns.txid[tx].tobytes()[::-1].hex()
    return BadBlockError(
        batch.records[block], f"{txid} spends an output that is not there to spend"
    )
