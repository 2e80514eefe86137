"""Measuring processes: seconds, peak memory of two kinds, bytes on disk."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
import venv
from pathlib import Path
from typing import NamedTuple

PEERS = ("bitcoin-explorer", "blockchain-parser", "py-bitcoinkernel==0.1.0a5")
CACHE = Path(__file__).resolve().parent.parent / ".cache" / "peers"
_SAMPLE = 0.01


class Ran(NamedTuple):
    """What a command took."""

    seconds: float
    cpu: float
    """Seconds of processor time, of all its threads and children."""
    peak_mb: float
    """VmHWM: the most that was resident, mapped files included."""
    anonymous_mb: float
    """The most that was resident and was not a file's (RssAnon), sampled."""
    output: str


def run(command: list[str]) -> Ran:
    """Run a command to its end; its errors go where ours go if it fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        peak = {"VmHWM": 0, "RssAnon": 0}

        def watch() -> None:
            status = Path(f"/proc/{process.pid}/status")
            while process.poll() is None:
                try:
                    lines = status.read_text().splitlines()
                except (FileNotFoundError, ProcessLookupError):
                    return
                for line in lines:
                    name = line.partition(":")[0]
                    if name in peak:
                        peak[name] = max(peak[name], int(line.split()[1]))
                time.sleep(_SAMPLE)

        thread = threading.Thread(target=watch)
        thread.start()
        output, errors = process.communicate()
        seconds = time.perf_counter() - start
        thread.join()
    if process.returncode:
        raise SystemExit(f"failed: {command}\n{errors[-2_000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    hwm, anonymous = (peak[name] * 1024 / 1e6 for name in ("VmHWM", "RssAnon"))
    return Ran(seconds, cpu, hwm, anonymous, output)


def median(runs: list[Ran]) -> Ran:
    """Give the run of the middle time."""
    return sorted(runs)[len(runs) // 2]


def disk_bytes(path: Path) -> int:
    """Count what a file or folder takes on disk, as du does."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(each.stat().st_blocks * 512 for each in files)


def touch_memory(gigabytes: float) -> None:
    """Have the system hand out memory once, in a process that then ends.

    A virtual machine may give pages that were never touched at a twentieth
    of the speed of pages that were; what is measured next should not pay.
    """
    code = f"b = bytearray({int(gigabytes * 1e9)}); b[::4096] = b'1' * len(b[::4096])"
    subprocess.run([sys.executable, "-c", code], check=True)


def peers_python() -> str:
    """Make the other tools' environment if there is none; return its Python."""
    python = CACHE / "bin" / "python"
    if not python.exists():
        venv.create(CACHE, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
    return str(python)
