"""Build ledgers from real blocks, beside other tools reading the same file.

    make bench            or: python bench/bench_ledger_build.py FILE [COPIES]

Prints a table of wall time, MB/s, transactions/s and peak anonymous memory,
all from this run: the file as it is, the same stretched to distinct copies
(see stretch.py), a single block (what starting costs), and two other parsers,
which link, intern and store nothing. Absolute figures are this machine's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import venv
from pathlib import Path
from typing import NamedTuple

from stretch import stretch

PEERS = ("bitcoin-explorer", "blockchain-parser")
HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".cache" / "peers"


class Run(NamedTuple):
    """One row of the table."""

    what: str
    seconds: float
    megabytes: float
    n_tx: int
    anonymous_mb: float

    def row(self) -> str:
        """Write it as Markdown."""
        rate = f"{self.megabytes / self.seconds:,.0f} | {self.n_tx / self.seconds:,.0f}"
        return (
            f"| {self.what} | {self.megabytes:,.1f} | {self.n_tx:,} | "
            f"{self.seconds:.2f} | {rate} | {self.anonymous_mb:,.0f} |"
        )


def measured(command: list[str]) -> tuple[float, float, str]:
    """Run a command: seconds, peak anonymous memory of its process in MB, output."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        peak = [0]

        def watch() -> None:
            status = Path(f"/proc/{process.pid}/status")
            while process.poll() is None:
                try:
                    lines = status.read_text().splitlines()
                except (FileNotFoundError, ProcessLookupError):
                    return
                found = [int(x.split()[1]) for x in lines if x.startswith("RssAnon")]
                peak[0] = max([peak[0], *found])
                time.sleep(0.01)

        thread = threading.Thread(target=watch)
        thread.start()
        output = process.communicate()[0]
        thread.join()
    if process.returncode:
        raise SystemExit(f"failed: {command}")
    return time.perf_counter() - start, peak[0] / 1000, output


def build(what: str, source: Path, n_tx: int, runs: int = 3) -> Run:
    """Build a ledger several times with the command itself; the median run."""
    results = []
    for _ in range(runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "dalil.cli", "ledger", "build"]
            seconds, memory, _ = measured(
                [*command, f"{folder}/ledger", "--blocks", str(source)]
            )
        results.append((seconds, memory))
    seconds, memory = sorted(results[1:])[runs // 2]
    return Run(what, seconds, source.stat().st_size / 1e6, n_tx, memory)


def peer(name: str, source: Path, runs: int = 3) -> Run:
    """Read the file with another tool; its own timing, the median run."""
    python = CACHE / "bin" / "python"
    if not python.exists():
        venv.create(CACHE, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
    results = []
    for _ in range(runs):
        _, memory, output = measured(
            [str(python), str(HERE / "read_with_peer.py"), name, str(source)]
        )
        seen, took = output.split()
        results.append((float(took), memory, int(seen)))
    seconds, memory, n_tx = sorted(results)[runs // 2]
    return Run(f"{name}, reading", seconds, source.stat().st_size / 1e6, n_tx, memory)


def main(source: Path, copies: int) -> None:
    print("| what | MB | tx | s | MB/s | tx/s | peak anonymous MB |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        long, one = folder / "long.dat", folder / "one.dat"
        n_tx = stretch(source, copies, long)
        raw = source.read_bytes()
        size = int.from_bytes(raw[4:8], "little")
        one.write_bytes(raw[: 8 + size])
        n_one = int.from_bytes(raw[89:91], "little")
        print(build("one block, from command to commit", one, n_one).row())
        print(build("dalil ledger build", source, n_tx // copies).row())
        print(build(f"the same, {copies} distinct copies", long, n_tx, runs=1).row())
    for peer_name in PEERS:
        print(peer(peer_name, source).row(), flush=True)


if __name__ == "__main__":
    data = os.environ.get("DALIL_DATA", str(HERE.parent.parent / "shared" / "data"))
    default = Path(data) / "bitcoin/range_560062_560086/blk00000.dat"
    main(
        Path(sys.argv[1]) if len(sys.argv) > 1 else default,
        int(sys.argv[2]) if len(sys.argv) > 2 else 45,
    )
