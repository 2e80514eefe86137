"""Filling a small disk at chosen writes; run in a namespace where one may mount.

    unshare -rm python -m tests.ledger.full_disk FOLDER HOW_MANY

Mounts a tmpfs of some MB on FOLDER, plays each scene with the real command in
children, and lets another file take all that is left of the disk just before
a chosen call. One JSON object a line says how each ended.
"""

from __future__ import annotations

import errno
import io
import json
import os
import random
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

from dalil.cli import main
from tests.ledger.breaking import (
    Moments,
    Scene,
    check_it_goes_on,
    check_what_is_left,
    in_child,
    moments_in,
    scenes,
    small_pieces,
    start,
)

_DISK = "size=24m,nr_inodes=20k"


def fill(file: Path) -> None:
    """Take what is left of the disk, to the last byte."""
    with file.open("ab", buffering=0) as out:
        piece = bytes(1 << 20)
        while piece:
            try:
                out.write(piece)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                piece = piece[: len(piece) // 2]


def build(scene: Scene, ledger: Path, out: Path) -> int:
    """Run the command as a user would; what it says goes to a file."""
    said, told = io.StringIO(), io.StringIO()
    command = ["ledger", "build", str(ledger), "--blocks", str(scene.blocks), "--json"]
    code: Any = 0
    try:
        with redirect_stderr(said), redirect_stdout(told):
            main([*command, "--memory", "900MB"])
    except SystemExit as end:
        code = end.code
    out.write_text(json.dumps([told.getvalue(), said.getvalue()]))
    return int(code or 0)


def full_at(scene: Scene, folder: Path, n: int, told: Path) -> dict[str, Any]:
    """Play a scene on a disk that is full from its n-th call on."""
    ledger, filler = start(scene, folder), folder / "filler"
    moments = Moments(scene.name)

    def at(name: str, k: int, args: tuple[Any, ...]) -> None:
        del name, args
        if k == n:
            fill(filler)

    def play() -> None:
        with moments.counted(at):
            code = build(scene, ledger, told)
        os._exit(code)

    code = in_child(play)
    stage = moments.stage
    check_what_is_left(scene, ledger)
    with suppress(FileNotFoundError):
        filler.unlink()
    check_it_goes_on(scene, ledger)
    out, said = json.loads(told.read_text())
    return {"scene": scene.name, "stage": stage, "code": code, "out": out, "said": said}


def play_all(folder: Path, n: int) -> None:
    """Print how each of `n` full disks ended."""
    beside = folder.parent / "beside"
    beside.mkdir()
    with small_pieces():
        played = scenes(beside)
        mount = ["mount", "-t", "tmpfs", "-o", _DISK, "none", str(folder)]
        subprocess.run(mount, check=True)
        for scene, k in moments_in(played, folder, n, random.Random(4)):
            print(json.dumps(full_at(scene, folder, k, beside / "told")), flush=True)


if __name__ == "__main__":
    play_all(Path(sys.argv[1]), int(sys.argv[2]))
