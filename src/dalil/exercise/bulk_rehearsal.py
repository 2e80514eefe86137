"""Rehearsing a build: small chains made and built here, to project large ones."""

from __future__ import annotations

import os
import shutil
import time
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.exercise.bulk import make_bulk
from dalil.exercise.bulk_shape import FAN, MIXED, Shape
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.planning.chains import Counts
from dalil.ledger.planning.projection import Machine, Sample
from dalil.progress import silent
from dalil.sources.blockfolder import open_blocks
from dalil.sources.chainchoice import most_work_chain

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.progress import Progress

__all__ = ["measure_builds", "measure_machine", "measured_build"]

_WITNESS = replace(MIXED, types=((ScriptType.P2WSH, 1.0),), witness_bytes=500)
_JOIN = Shape(inputs=((6, 1.0),), outputs=((6, 1.0),))
_CHAINS: tuple[tuple[str, Shape, int], ...] = (
    ("mixed", MIXED, 50_000),
    ("mixed, longer", MIXED, 250_000),
    ("ten new outputs", FAN, 40_000),
    ("six inputs, six outputs", _JOIN, 50_000),
    ("long witnesses", _WITNESS, 60_000),
)
_DISK_BYTES = 256 << 20
_STEP = 8 << 20


def measured_build(what: str, folder: Path, memory: int, times: int = 2) -> Sample:
    """Build a ledger of a folder's blocks and time it; the faster of `times`.

    The ledger is made beside the folder, and deleted.
    """
    best, ledger_path = float("inf"), folder.with_suffix(".ledger")
    for _ in range(times):
        shutil.rmtree(ledger_path, ignore_errors=True)
        start = time.perf_counter()
        build_from_blocks(ledger_path, open_blocks(folder), memory=memory)
        best = min(best, time.perf_counter() - start)
    ledger = Ledger.open(ledger_path)
    counts = Counts(
        ledger.n_blocks,
        ledger.n_tx,
        ledger.n_inputs,
        ledger.n_outputs,
        ledger.n_addresses,
        sum(file.stat().st_size for file in folder.glob("blk*.dat")),
    )
    files = [file.stat() for file in ledger_path.rglob("*") if file.is_file()]
    shutil.rmtree(ledger_path)
    return Sample(what, counts, best, sum(each.st_blocks * 512 for each in files))


def measure_builds(
    folder: Path, memory: int, scale: float, progress: Progress = silent
) -> list[Sample]:
    """Build five made-up chains of different shapes, `scale` times their size.

    The first build, which may compile kernels, is not counted. At scale 1 this
    takes about 20 seconds and 500 MB of disk.
    """
    make_bulk(folder / "first", 2_000)
    measured_build("first", folder / "first", memory, 1)
    samples = []
    for i, (what, shape, n_tx) in enumerate(_CHAINS):
        progress("building chains to measure by", i, len(_CHAINS))
        chain = folder / f"chain{i}"
        make_bulk(chain, int(n_tx * scale), shape)
        samples.append(measured_build(what, chain, memory))
        if i != 1:
            shutil.rmtree(chain)
    progress("building chains to measure by", len(_CHAINS), len(_CHAINS))
    return samples


def measure_machine(folder: Path, blocks: Path | None) -> Machine:
    """Measure the disk and what block records take; `folder` is for scratch.

    Parameters
    ----------
    folder : Path
        Holds ``chain1``, the longer chain of `measure_builds`.
    blocks : Path, optional
        Whose files to read; by default the scratch disk is read, which may be
        another disk than the one the blocks lie on.
    """
    write_rate = _write_rate(folder / "written")
    files = sorted(blocks.glob("blk*.dat")) if blocks and blocks.is_dir() else []
    files = files or ([blocks] if blocks else [folder / "written"])
    read_rate = _read_rate(files)
    (folder / "written").unlink()
    tracemalloc.start()
    found = open_blocks(folder / "chain1")
    chain = most_work_chain(found.records)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    start = time.perf_counter()
    most_work_chain(open_blocks(folder / "chain1").records)
    seconds = time.perf_counter() - start
    n = len(chain.records)
    where = str(blocks) if blocks else "the disk of temporary files"
    return Machine(read_rate, where, write_rate, held / n, seconds / n)


def _write_rate(path: Path) -> float:
    piece = os.urandom(_STEP)
    start = time.perf_counter()
    with path.open("wb") as file:
        for _ in range(_DISK_BYTES // _STEP):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return _DISK_BYTES / (time.perf_counter() - start)


def _read_rate(files: list[Path]) -> float:
    """Read up to 256 MB in sequence, after asking the system to forget them."""
    done, seconds, buffer = 0, 0.0, bytearray(_STEP)
    for path in files:
        with path.open("rb", buffering=0) as file:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            start = time.perf_counter()
            while done < _DISK_BYTES and (n := file.readinto(buffer)):
                done += n
            seconds += time.perf_counter() - start
        if done >= _DISK_BYTES:
            break
    return done / max(seconds, 1e-9)
