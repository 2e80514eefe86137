"""Where the time of a build goes, and what the machine itself allows.

    make bench            or: python bench/bench_ledger_stages.py [TRANSACTIONS]

Builds a made-up chain in this process, with the clock of each thread read around
each stage, and prints processor time by stage beside the machine's own speeds:
reading the files, SHA-256, random access, writing. All from this run.
"""

from __future__ import annotations

import functools
import hashlib
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from measuring import touch_memory

from dalil.exercise.bulk import make_bulk
from dalil.exercise.bulk_shape import MIXED
from dalil.kernels import kernel
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.ledger.building import ahead, taking, writer
from dalil.ledger.segment import Segment
from dalil.ledger.store import tables
from dalil.sources.blockfolder import open_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

STAGES = (
    (ahead, "load_batch", "read, parse, hash, Merkle roots"),
    (Segment, "take", "records into partitions"),
    (taking.OpenSegment, "_store", "the same, with columns written at once"),
    (writer, "spent_part", "back-links"),
    (writer, "history_part", "histories"),
    (writer, "write_run", "runs hashed, written, synced"),
    (tables.Tables, "append", "joined columns written"),
    (tables.Tables, "_settle", "columns hashed, synced"),
)


def timed(
    inner: Callable[..., object], what: str, spent: dict[str, float]
) -> Callable[..., object]:
    """Wrap a function, adding its thread's processor time to `spent`."""

    @functools.wraps(inner)
    def outer(*args: object, **more: object) -> object:
        began = time.thread_time()
        try:
            return inner(*args, **more)
        finally:
            spent[what] += time.thread_time() - began

    return outer


def watch(spent: dict[str, float]) -> None:
    """Have each stage add its thread's processor time to `spent`."""
    for owner, name, what in STAGES:
        setattr(owner, name, timed(getattr(owner, name), what, spent))


def stages(n_tx: int, scratch: Path) -> None:
    """Build a chain and print a row a stage, in ns of processor time a transaction."""
    chain = scratch / "chain"
    make_bulk(chain, 20_000, MIXED)
    build_from_blocks(scratch / "warm", open_blocks(chain))
    for file in chain.iterdir():
        file.unlink()
    make_bulk(chain, n_tx, MIXED)
    spent: dict[str, float] = defaultdict(float)
    watch(spent)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    build_from_blocks(scratch / "ledger", open_blocks(chain))
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    total = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    n = Ledger.open(scratch / "ledger").n_tx
    spent["the same, with columns written at once"] -= spent["records into partitions"]
    spent["joining, and the rest"] = total - sum(spent.values())
    print(f"\n{n:,} transactions, {seconds:.2f} s, {total / seconds:.2f} cores busy\n")
    print("| stage | ns of processor time a tx | share |\n|---|--:|--:|")
    for what, cpu in spent.items():
        print(f"| {what} | {cpu / n * 1e9:,.0f} | {cpu / total:.0%} |")
    print(f"| all | {total / n * 1e9:,.0f} | 100% |")


@kernel
def _gather(of: NDArray[np.int64], at: NDArray[np.int64]) -> int:
    total = 0
    for i in at:
        total += of[i]
    return int(total)


def per_second(size: float, work: Callable[[], object]) -> float:
    """Do it three times, the first not counted; the better rate."""
    rates = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        rates.append(size / (time.perf_counter() - began))
    return max(rates[1:])


def floors(scratch: Path) -> None:
    """Print what one core of this machine does at best."""
    size = 1 << 28
    data, part = np.ones(size, np.uint8), np.empty(1 << 23, np.uint8)
    file = scratch / "file"
    data.tofile(file)
    table = np.ones(size // 8, np.int64)
    at = np.random.default_rng(1).integers(0, table.size, 5_000_000)
    _gather(table, at)

    def read() -> None:
        with file.open("rb", buffering=0) as source:
            while source.readinto(part.data):
                pass

    def write() -> None:
        with file.open("r+b", buffering=0) as target:
            for start in range(0, size, part.size):
                target.write(data[start : start + part.size].data)

    print("\n| what one core does at best | |\n|---|--:|")
    rate = per_second(size, read) / 1e9
    print(f"| reading files from the page cache | {rate:.1f} GB/s |")
    print(f"| writing them there | {per_second(size, write) / 1e9:.1f} GB/s |")
    sha = per_second(size, lambda: hashlib.sha256(data.data).digest())
    print(f"| SHA-256 of long messages | {sha / 1e9:.2f} GB/s |")
    pairs = data[: 1 << 22].reshape(-1, 64)

    def double() -> None:
        for pair in pairs:
            hashlib.sha256(hashlib.sha256(pair.data).digest()).digest()

    rate = per_second(len(pairs), double) / 1e6
    print(f"| SHA-256d of 64 bytes, a call each | {rate:.2f} M/s |")
    rate = per_second(at.size, lambda: _gather(table, at)) / 1e6
    print(f"| random looks into {size >> 20} MiB | {rate:.0f} M/s |")


if __name__ == "__main__":
    touch_memory(3.0)
    with tempfile.TemporaryDirectory(dir=os.environ.get("DALIL_SCRATCH")) as name:
        floors(Path(name))
        stages(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, Path(name))
