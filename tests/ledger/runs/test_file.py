"""A run's file: what is written is there whole, and what is not one is refused."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dalil.errors import StoreError
from dalil.ledger.layout import canonical_json
from dalil.ledger.runs import Rows, Run, write_run
from tests.ledger.runs.world import cut_up, invent, parts_of, write_cut

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTHING = Rows(*[(0, 0)] * 6)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Give the second of two runs, with something in each section."""
    _, later = cut_up(invent(5, 80), [40], tmp_path)
    assert all(later.counts)
    return later


def rewrite(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    """Change a file's header, keeping its sections where they would follow."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[12:16], "little")
    head = json.loads(raw[16 : 16 + size])
    text = canonical_json(change(head) or head)
    start = -(-(16 + size) // 64) * 64
    fresh = raw[:12] + len(text).to_bytes(4, "little") + text
    path.write_bytes(fresh + bytes(-len(fresh) % 64) + raw[start:])


def test_the_same_rows_give_the_same_bytes_wherever_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    one = write_cut(invent(2, 30), 5, 25, tmp_path)
    two = write_cut(invent(2, 30), 5, 25, tmp_path / "elsewhere")
    assert one.path.read_bytes() == two.path.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["5-25", "elsewhere"]


def test_threads_write_the_same_bytes(tmp_path: Path) -> None:
    world = invent(2, 60)
    rows = world.rows(10, 60)
    parts = parts_of(world, rows)
    with ThreadPoolExecutor(2) as threads:
        write_run(tmp_path / "one", rows, parts, threads)
        bad = parts._replace(tx_entries=parts.tx_entries[1:])
        with pytest.raises(ValueError, match="rows for"):
            write_run(tmp_path / "bad", rows, bad, threads)
    write_run(tmp_path / "two", rows, parts)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one", "two"]


def test_sections_lie_at_multiples_of_64(run: Run) -> None:
    own = run.places["spent.own"].offset - 8 * run.rows.output[0]
    assert own % 4096 == 0, "so that runs can be mapped one behind another"
    others = [at.offset for name, at in run.places.items() if name != "spent.own"]
    assert all(offset % 64 == 0 for offset in others)
    assert run.tx_index.entries.flags.aligned


def test_what_was_written_verifies(tmp_path: Path) -> None:
    for part in cut_up(invent(11, 90), [0, 1, 50], tmp_path):
        part.verify()


def test_a_file_cut_at_any_section_is_refused(run: Run) -> None:
    raw = run.path.read_bytes()
    cuts = {0, 7, 8, 15, 16, 100, len(raw) - 1}
    for place in run.places.values():
        cuts |= {place.offset, place.offset - 1, place.offset + place.size - 1}
    for cut in sorted(cuts - {len(raw)}):
        run.path.write_bytes(raw[:cut])
        with pytest.raises(StoreError):
            Run.open(run.path)
    run.path.write_bytes(raw + b"\0")
    with pytest.raises(StoreError, match="cut short, or too long"):
        Run.open(run.path)


def test_any_changed_byte_is_found(run: Run) -> None:
    raw, dice = run.path.read_bytes(), random.Random(1)
    first = min(place.offset for place in run.places.values())
    sections = dice.sample(range(first, len(raw)), 200)
    for at in {*range(32), *dice.sample(range(first), 150), *sections}:
        bad = bytearray(raw)
        bad[at] ^= 1 << dice.randrange(8)
        run.path.write_bytes(bad)
        with pytest.raises(StoreError):
            Run.open(run.path, run.rows).verify()


LIES = {
    "no rows": lambda head: head.pop("rows"),
    "one more thing": lambda head: head.update(path="/"),
    "a table too many": lambda head: head["rows"].update(more=[0, 1]),
    "a table missing": lambda head: head["rows"].pop("tx"),
    "huge rows": lambda head: head["rows"].update(tx=[0, 1 << 62]),
    "rows beyond 32 bits": lambda head: head["rows"].update(output=[0, 1 << 32]),
    "more addresses than ids": lambda head: head["rows"].update(
        address=[(1 << 32) - 9, 1 << 32]
    ),
    "negative rows": lambda head: head["rows"].update(input=[-5, 5]),
    "rows backwards": lambda head: head["rows"].update(input=[9, 5]),
    "half a row": lambda head: head["rows"].update(input=[0.0, 5.0]),
    "rows in words": lambda head: head["rows"].update(input=["0", "5"]),
    "rows true": lambda head: head["rows"].update(block=[False, True]),
    "three ends": lambda head: head["rows"].update(input=[0, 1, 2]),
    "huge counts": lambda head: head["counts"].update(spent_older=1 << 60),
    "negative counts": lambda head: head["counts"].update(history_older=-3),
    "more addresses than rows": lambda head: head["counts"].update(
        outside_older=head["counts"]["outside_rows"] + 1
    ),
    "four entries fewer": lambda head: head["counts"].update(
        spent_older=head["counts"]["spent_older"] - 4
    ),
    "no hash of a section": lambda head: head["sha256"].pop("spent.own"),
    "a number for a hash": lambda head: head["sha256"].update({"spent.own": 5}),
    "a list": lambda head: [1],
    "counts in a list": lambda head: head.update(counts=[1, 2, 3, 4, 5]),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_header_that_lies_is_refused(
    lie: Callable[[dict[str, object]], object], run: Run
) -> None:
    def change(head: dict[str, object]) -> object:
        changed = lie(head)
        return changed if changed == [1] else None

    rewrite(run.path, change)
    with pytest.raises(StoreError, match=r"header|cut short"):
        Run.open(run.path)


@pytest.mark.parametrize(
    "text",
    [b"[" * 8000, b'{"a":' * 1600, b"\xff\xfe", b"", b"null", b"1" * 5000, b"{}"],
    ids=["deep lists", "deep objects", "no UTF-8", "none", "null", "digits", "empty"],
)
def test_a_header_that_is_no_header_is_refused(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes(
        b"DALILRUN"
        + (1).to_bytes(4, "little")
        + len(text).to_bytes(4, "little")
        + text
        + bytes(10_000)
    )
    with pytest.raises(StoreError, match="header"):
        Run.open(path)


def test_a_header_longer_than_any_is_refused(run: Run) -> None:
    raw = bytearray(run.path.read_bytes())
    raw[12:16] = b"\xff\xff\xff\x7f"
    run.path.write_bytes(raw)
    with pytest.raises(StoreError, match="cannot have this many bytes: 2147483647"):
        Run.open(run.path)


def test_another_format_and_another_file_are_told_apart(run: Run) -> None:
    raw = bytearray(run.path.read_bytes())
    raw[8] = 3
    run.path.write_bytes(raw)
    with pytest.raises(StoreError, match="format 2 are read here, this one is: 3"):
        Run.open(run.path)
    run.path.write_bytes(b"SQLite format 3\0" * 64)
    with pytest.raises(StoreError, match="no run of a ledger"):
        Run.open(run.path)
    run.path.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        Run.open(run.path)


def test_a_run_of_other_rows_is_refused(run: Run) -> None:
    with pytest.raises(StoreError, match="other rows than the ledger says"):
        Run.open(run.path, NOTHING)


def test_parts_of_other_sizes_leave_no_file(tmp_path: Path) -> None:
    world = invent(4, 30)
    rows = world.rows(0, 30)
    parts = parts_of(world, rows)
    for bad in (
        parts._replace(tx_entries=parts.tx_entries[1:]),
        parts._replace(spent=parts.spent._replace(own=np.zeros(999, np.int64))),
    ):
        with pytest.raises(ValueError, match="rows for"):
            write_run(tmp_path / "run", rows, bad)
    assert list(tmp_path.iterdir()) == []


def test_a_run_covers_fewer_than_four_billion_rows(tmp_path: Path) -> None:
    world = invent(4, 30)
    rows = world.rows(0, 30)
    many = rows._replace(input=(0, (1 << 32) - 1))
    with pytest.raises(ValueError, match="no run can cover"):
        write_run(tmp_path / "run", many, parts_of(world, rows))


def test_rows_may_be_numbers_of_numpy(tmp_path: Path) -> None:
    world = invent(4, 30)
    rows = world.rows(0, 30)
    write_run(tmp_path / "one", rows, parts_of(world, rows))
    pairs: list[Any] = [(np.int64(a), np.int64(b)) for a, b in rows]
    same = Rows(*pairs)
    write_run(tmp_path / "two", same, parts_of(world, rows))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert Run.open(tmp_path / "two", same).rows == rows


def test_a_full_disk_is_an_error_of_the_system_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    program = """
import resource, sys
from pathlib import Path
from dalil.ledger.runs import merge_runs, write_run
from tests.ledger.runs.world import cut_up, invent, parts_of
folder, world = Path(sys.argv[1]), invent(4, 200)
rows = world.rows(0, 200)
parts = parts_of(world, rows)
write_run(folder / "whole", rows, parts)
size = (folder / "whole").stat().st_size
halves = cut_up(world, [100], folder)
for most in [0, 100, 5000, size // 2, size - 1]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    for make in (
        lambda: write_run(folder / "run", rows, parts),
        lambda: merge_runs(halves, folder / "run"),
    ):
        try:
            make()
        except OSError as error:
            print(type(error).__name__, error.errno, len(list(folder.iterdir())))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.splitlines() == ["OSError 27 3"] * 10
