"""A disk that is full, or will not take more: told in words, and nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dalil.errors import StoreError
from dalil.ledger.store.failures import told_by_errno
from tests.ledger.breaking import (
    Scene,
    add,
    check_it_goes_on,
    check_what_is_left,
    in_child,
    start,
)

FULL = int(os.environ.get("DALIL_FULL_DISKS", "20"))
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def unshare() -> str:
    """The program that gives a process a namespace in which it may mount."""
    program = shutil.which("unshare")
    if not program:
        pytest.skip("no unshare: no small disk to fill")
    done = subprocess.run(
        [program, "-rm", "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("no user namespaces: no small disk to fill")
    return program


def test_a_full_disk_is_told_loses_no_commit_and_the_end_is_the_same(
    unshare: str, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        [
            unshare,
            "-rm",
            sys.executable,
            "-m",
            "tests.ledger.full_disk",
            disk,
            str(FULL),
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == FULL
    assert len({one["stage"] for one in told}) > 3
    for one in told:
        assert "Traceback" not in one["said"]
        if one["code"] == 0:  # the rest of it needed no room
            continue
        assert one["code"] == 3, one
        error = json.loads(one["out"])["error"]
        assert error["code"] == "bad_store"
        assert "the disk is full" in error["message"]
        assert "free space" in error["message"]
        assert error["value"].startswith(str(disk / "ledger"))
    assert sum(one["code"] == 3 for one in told) > FULL // 2


def test_files_that_may_not_grow_are_told_and_nothing_is_lost(
    room: Path, played: list[Scene]
) -> None:
    rng = random.Random(5)
    refused = 0
    for scene in played * 3:
        ledger = start(scene, room)
        most = rng.randrange(64, 9_000)

        def play(scene: Scene = scene, ledger: Path = ledger, most: int = most) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            try:
                add(ledger, scene.blocks)
            except StoreError as error:
                os._exit(3 if "may not grow" in error.message else 71)

        code = in_child(play)
        assert code in {0, 3}
        refused += code == 3
        check_what_is_left(scene, ledger)
        check_it_goes_on(scene, ledger)
    assert refused > 4


def test_a_disk_full_from_the_first_byte_leaves_no_folder_behind(
    room: Path, played: list[Scene]
) -> None:
    ledger = start(played[0], room)

    def play() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        with pytest.raises(StoreError, match="may not grow"):
            add(ledger, played[0].blocks)
        assert not ledger.exists()

    assert in_child(play) == 0


@pytest.mark.parametrize(
    ("number", "says"),
    [
        pytest.param(errno.ENOSPC, "the disk is full", id="full-disk"),
        pytest.param(errno.EDQUOT, "quota", id="spent-quota"),
        pytest.param(errno.EFBIG, "ulimit -f", id="file-size-limit"),
        pytest.param(errno.EIO, "the disk fails", id="failing-disk"),
        pytest.param(errno.EROFS, "read-only", id="read-only-file-system"),
        pytest.param(errno.EACCES, "may not read or write", id="no-permission"),
        pytest.param(errno.EMFILE, "ulimit -n", id="too-many-open-files"),
        pytest.param(errno.ENOTCONN, "not connected", id="anything-else-by-its-name"),
    ],
)
def test_what_the_system_refuses_is_told_apart(number: int, says: str) -> None:
    with (
        pytest.raises(StoreError, match=says) as caught,
        told_by_errno(Path("/ledgers/mine")),
    ):
        raise OSError(number, os.strerror(number))
    assert str(caught.value.value) == "/ledgers/mine"


def test_a_broken_pipe_is_none_of_the_ledgers_business() -> None:
    with pytest.raises(BrokenPipeError), told_by_errno(Path("ledger")):
        raise BrokenPipeError
