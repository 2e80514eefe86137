"""Break ledgers by the hundred, and count what was broken; the suite does a few.

    python bench/stress_ledger.py kills 200
    python bench/stress_ledger.py cuts 200
    python bench/stress_ledger.py disks 50
    python bench/stress_ledger.py reorgs 1000

`kills`: a writer is killed within its n-th system call that changes the disk,
building, appending, joining runs, taking blocks back. `cuts`: the power goes at
such a call, and of what was not synced any part is lost. `disks`: another file
takes all that is left of a small disk before the n-th call. `reorgs`: random
scripts of extending, forking and overtaking against a plain model, in segments
and runs of all sizes. Each stops at the first that ends otherwise than it
should, and names it so that it can be played again.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

from tests.ledger import breaking  # noqa: E402
from tests.ledger.test_power_cuts import cut_at  # noqa: E402
from tests.ledger.test_reorg_variants import play_any  # noqa: E402

_ROOM = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


def kills(n: int) -> None:
    """Kill, look, go on, compare."""

    def kill(scene: breaking.Scene, room: Path, k: int) -> tuple[Path, str]:
        ledger = breaking.start(scene, room)
        return ledger, breaking.killed_at(scene, ledger, k)

    _table(_broken(n, kill), "killed")


def cuts(n: int) -> None:
    """Cut the power, look, go on, compare."""
    _table(_broken(n, cut_at), "cut off")


def _broken(
    n: int, do: Callable[[breaking.Scene, Path, int], tuple[Path, str]]
) -> Counter[str]:
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir=_ROOM) as name, breaking.small_pieces():
        room, rng = Path(name), random.Random(n)
        played = breaking.scenes(room)
        for scene, k in breaking.moments_in(played, room, n, rng):
            ledger, stage = do(scene, room, k)
            breaking.check_what_is_left(scene, ledger)
            breaking.check_it_goes_on(scene, ledger)
            counts[f"{scene.name}, while {stage}"] += 1
    return counts


def disks(n: int) -> None:
    """Fill a disk, read the message, look, make room, go on, compare."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir=_ROOM) as name:
        disk = Path(name) / "disk"
        disk.mkdir()
        module = [sys.executable, "-m", "tests.ledger.full_disk", str(disk), str(n)]
        done = subprocess.run(
            ["unshare", "-rm", *module],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    for line in done.stdout.splitlines():
        told = json.loads(line)
        full = "the disk is full" in told["out"]
        if "Traceback" in told["said"] or told["code"] != 3 * full:
            raise SystemExit(line)
        ended = "refused" if full else "needed no more room"
        counts[f"{told['scene']}, while {told['stage']}: {ended}"] += 1
    _table(counts, "disks full")


def reorgs(n: int) -> None:
    """Play scripts in two processes of one thread each."""
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        for seed, told in enumerate(processes.map(_one, range(n), chunksize=8)):
            counts.update(told)
            if seed % 100 == 99:
                print(f"{seed + 1} scripts", file=sys.stderr, flush=True)
    print(f"{n:>9,}  scripts, each step as the model says")
    for what, times in sorted(counts.items()):
        print(f"{times:>9,}  {what}")


def _one(seed: int) -> Counter[str]:
    with tempfile.TemporaryDirectory(dir=_ROOM) as name:
        try:
            return play_any(seed, Path(name))
        except Exception as error:
            raise RuntimeError(f"script {seed}") from error


def _table(counts: Counter[str], what: str) -> None:
    for stage, times in sorted(counts.items()):
        print(f"{times:>9,}  {stage}")
    print(f"{counts.total():>9,}  {what}; each read on, went on, and ended the same")


if __name__ == "__main__":
    began = time.monotonic()
    what = {"kills": kills, "cuts": cuts, "disks": disks, "reorgs": reorgs}
    what[sys.argv[1]](int(sys.argv[2]))
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
