"""Build ledgers, and have other tools read the same files, in one run.

    make bench                      some minutes
    make bench ARGS=full            10 million transactions too, with 1 and 4 GB
    python bench/bench_ledger_build.py full stretched fan     some tables only

Prints Markdown tables, all from this run:

* the 25 real blocks, as they are and stretched (see stretch.py), beside tools
  that read the same file;
* a chain whose every input can be resolved, beside the tools that resolve;
* made-up chains of growing length at a fixed memory setting, one of them with
  an unspent set that outgrows it: what a transaction costs must not grow;
* what `dalil ledger plan` would have said of the longest of them.

Every row follows one unmeasured run of the same, and is the median of three if it
takes less than ten seconds: a virtual machine may hand out memory and disk that
nobody had before at a twentieth of the usual speed. Processor time
stands beside the clock's, which other work on the machine lengthens.
Absolute figures are this machine's.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from measuring import Ran, disk_bytes, median, peers_python, run, touch_memory
from stretch import stretch

from dalil.exercise.bulk import make_bulk
from dalil.exercise.bulk_rehearsal import (
    measure_builds,
    measure_machine,
    measured_build,
)
from dalil.exercise.bulk_shape import FAN, MIXED, OPEN, Shape
from dalil.ledger.planning.projection import fit_slopes, project

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
_SHORT = 10.0
_HEAD = (
    "| what | memory | MB | tx | s | CPU s | tx/s | MB/s | peak MB | of it anonymous "
    "| disk MB | B/output | us/tx | of the first | CPU us/tx | of the first |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


class Built(NamedTuple):
    """One ledger built: what it took and what it holds."""

    what: str
    memory: str
    megabytes: float
    n_tx: int
    n_outputs: int
    n_resolved: int
    disk: int
    ran: Ran

    def row(self, start_up: Ran, first: Built) -> str:
        """Write it as Markdown; what a transaction takes leaves the start-up out."""
        s = self.ran.seconds
        pairs = (
            (self.each("seconds", start_up), first.each("seconds", start_up)),
            (self.each("cpu", start_up), first.each("cpu", start_up)),
        )
        cells = [f"{mine * 1e6:.2f} | {mine / least:.2f}" for mine, least in pairs]
        return (
            f"| {self.what} | {self.memory} | {self.megabytes:,.1f} | {self.n_tx:,} | "
            f"{s:.2f} | {self.ran.cpu:.2f} | {self.n_tx / s:,.0f} | "
            f"{self.megabytes / s:,.0f} | "
            f"{self.ran.peak_mb:,.0f} | {self.ran.anonymous_mb:,.0f} | "
            f"{self.disk / 1e6:,.0f} | {self.disk / self.n_outputs:.0f} | "
            f"{' | '.join(cells)} |"
        )

    def each(self, field: str, start_up: Ran) -> float:
        """Return seconds a transaction, of either clock, without the start-up."""
        net = float(getattr(self.ran, field) - getattr(start_up, field))
        return max(net, 1e-9) / self.n_tx


def build(what: str, source: Path, scratch: Path, memory: str = "1GB") -> Built:
    """Build a ledger with the command itself: once unmeasured, then once or thrice."""
    runs: list[Ran] = []
    while True:
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            ledger = Path(folder) / "ledger"
            command = [sys.executable, "-m", "dalil.cli", "ledger", "build", "--json"]
            command += [str(ledger), "--blocks", str(source)]
            command += ["--memory", memory]
            runs.append(run(command))
            disk, info = disk_bytes(ledger), json.loads(runs[-1].output)
        if len(runs) == 4 or (len(runs) == 2 and runs[-1].seconds > _SHORT):
            break
    ran = median(runs[1:])
    files = [source] if source.is_file() else source.glob("blk*.dat")
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    return Built(
        what,
        memory,
        megabytes,
        info["n_tx"],
        info["n_outputs"],
        info["n_inputs_resolved"],
        disk,
        ran,
    )


def peer(name: str, source: Path, megabytes: float, times: int) -> str:
    """Have another tool read a file; its own timing, the median run."""
    found = []
    for _ in range(times):
        script = str(HERE / "read_with_peer.py")
        ran = run([peers_python(), script, name, str(source)])
        n_tx, resolved, seconds, left_out = ran.output.split()
        found.append((float(seconds), int(n_tx), int(resolved), float(left_out), ran))
    seconds_, n, n_resolved, before, ran = sorted(found)[times // 2]
    return (
        f"| {name} | {megabytes:,.1f} | {n:,} | {n_resolved:,} | {seconds_:.2f} | "
        f"{n / seconds_:,.0f} | {megabytes / seconds_:,.0f} | {ran.peak_mb:,.0f} | "
        f"{before:.2f} |"
    )


def ours(what: str, built: Built) -> str:
    """Write a build as a row of the peers' table."""
    s = built.ran.seconds
    return (
        f"| {what} | {built.megabytes:,.1f} | {built.n_tx:,} | {built.n_resolved:,} | "
        f"{s:.2f} | {built.n_tx / s:,.0f} | {built.megabytes / s:,.0f} | "
        f"{built.ran.peak_mb:,.0f} | |"
    )


_PEER_HEAD = (
    "| what | MB | tx | inputs resolved | s | tx/s | MB/s | peak MB | before, s |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def start(source: Path, scratch: Path) -> Built:
    """Build a ledger of one block: what starting takes, whatever follows."""
    one = scratch / "one.dat"
    raw = source.read_bytes()
    one.write_bytes(raw[: 8 + int.from_bytes(raw[4:8], "little")])
    build("compiling", one, scratch)
    return build("one block, from command to commit", one, scratch)


def beside_peers(source: Path, scratch: Path, start_up: Built, *, full: bool) -> None:
    """Print the real blocks beside tools that read them, and that resolve inputs."""
    plain = build("dalil ledger build", source, scratch)
    print(f"\n**{source.parent.name}**, one file; the peers link and store nothing\n")
    print(_PEER_HEAD)
    print(ours("one block, from command to commit", start_up))
    print(ours("dalil ledger build", plain))
    for name in ("bitcoinkernel", "bitcoin-explorer", "blockchain-parser"):
        print(peer(name, source, plain.megabytes, 3), flush=True)
    chain, n_tx = scratch / "open", 1_000_000 if full else 200_000
    make_bulk(chain, n_tx, OPEN, commit=True)
    built = build("open", chain, scratch)
    print("\n**A made-up chain, valid in full, every input resolved by each tool**\n")
    print(_PEER_HEAD)
    print(ours("dalil ledger build", built))
    for name in ("bitcoinkernel-connected", "bitcoin-explorer-connected"):
        print(peer(name, chain, built.megabytes, 1), flush=True)
    empty(chain)


def growing(
    title: str,
    make: Callable[[int, Path], object],
    sizes: tuple[int, ...],
    settings: tuple[str, ...],
    scratch: Path,
) -> list[Built]:
    """Build chains of growing size at each memory setting, one after the other."""
    rows = []
    for size in sizes:
        folder = scratch / "chain"
        make(size, folder)
        os.sync()  # or the disk writes the chain while the first build is timed
        rows += [build(title, folder, scratch, memory) for memory in settings]
        empty(folder)
    return rows


def plan_beside_build(n_tx: int, scratch: Path) -> None:
    """Print what `ledger plan` says of a size that can be built, and the build."""
    memory = 1_000_000_000
    slopes = fit_slopes(measure_builds(scratch, memory, 1.0))
    machine = measure_machine(scratch, None)
    chain = scratch / "planned"
    make_bulk(chain, n_tx, MIXED)
    built = measured_build("", chain, memory, 1)
    planned = project(built.counts, slopes, machine, memory)
    size = planned.primary_bytes + planned.run_bytes
    print("\n**Projection beside a build of that size**, made up, mixed, 1GB\n")
    print("| what | tx | projected | built | built / projected |")
    print("|---|--:|--:|--:|--:|")
    for what, said, was in (
        ("seconds", planned.seconds, built.seconds),
        ("MB on disk", size / 1e6, built.disk_bytes / 1e6),
    ):
        row = f"| {what} | {built.counts.txs:,} | {said:,.2f} | {was:,.2f} "
        print(f"{row}| {was / said:.2f} |")
    empty(chain)


def empty(folder: Path) -> None:
    """Delete a folder of block files."""
    for file in folder.glob("blk*.dat"):
        file.unlink()
    folder.rmdir()


def main(source: Path, asked: set[str]) -> None:
    full = "full" in asked
    only = asked - {"full"} or {"peers", "stretched", "own", "mixed", "fan", "plan"}
    touch_memory(8.0 if full else 4.0)
    settings = ("1GB", "4GB") if full else ("1GB",)
    bulk_sizes = (1_000_000, 10_000_000) if full else (300_000, 1_000_000)
    copies = (15, 45, 147) if full else (15, 45)

    def of(shape: Shape) -> Callable[[int, Path], object]:
        return lambda n_tx, folder: make_bulk(folder, n_tx, shape)

    chains = {
        "stretched": ("25 blocks stretched", lambda n, f: stretch(source, n, f)),
        "own": (
            "25 blocks stretched, each copy its own addresses",
            lambda n, f: stretch(source, n, f, fresh=True),
        ),
        "mixed": ("made up, mixed", of(MIXED)),
        "fan": ("made up, ten new outputs a tx", of(FAN)),
    }
    with tempfile.TemporaryDirectory(dir=os.environ.get("DALIL_SCRATCH")) as name:
        scratch = Path(name)
        start_up = start(source, scratch)
        if "peers" in only:
            beside_peers(source, scratch, start_up, full=full)
        print("\n**Growing chains**; us/tx are without the start of the process\n")
        print(_HEAD, flush=True)
        for key, (title, make) in chains.items():
            sizes = copies if key in {"stretched", "own"} else bulk_sizes
            first: dict[str, Built] = {}
            for row in growing(
                title, make, sizes if key in only else (), settings, scratch
            ):
                least = first.setdefault(row.memory, row)
                print(row.row(start_up.ran, least), flush=True)
        if "plan" in only:
            plan_beside_build(bulk_sizes[-1], scratch)


if __name__ == "__main__":
    data = os.environ.get("DALIL_DATA", str(HERE.parent.parent / "shared" / "data"))
    file = Path(data) / "bitcoin/range_560062_560086/blk00000.dat"
    main(file, set(sys.argv[1:]))
