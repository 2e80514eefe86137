"""Columns in chunk files: one array to readers, kept by whoever mapped it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dalil.ledger.layout import CHUNK_BYTES, Column
from dalil.ledger.store.chunks import ColumnWriter
from dalil.ledger.store.mapping import let_go, map_chunks

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

KEYS = Column("address.key", "|u1", 36)
ROWS = CHUNK_BYTES // 36


def rows(n: int, seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (n, 36), dtype=np.uint8)


def mapped(writer: ColumnWriter, n: int) -> NDArray[np.uint8]:
    return map_chunks(writer.files, n * 36).reshape(n, 36)


def test_rows_that_straddle_chunks_read_back_as_one_array(tmp_path: Path) -> None:
    writer = ColumnWriter(tmp_path, KEYS, 0, [], 1)
    parts = [rows(n, n) for n in (1, ROWS - 2, 5, ROWS * 2, 7)]
    for part in parts:
        writer.append(part)
    assert np.array_equal(mapped(writer, writer.rows), np.concatenate(parts))
    assert [file.name for file in writer.files] == [f"{i:06d}.1" for i in range(4)]
    writer.close()


def test_rows_may_be_written_out_of_order(tmp_path: Path) -> None:
    writer = ColumnWriter(tmp_path, KEYS, 0, [], 1)
    first, second = rows(ROWS, 1), rows(ROWS, 2)
    at_first, at_second = writer.reserve(ROWS), writer.reserve(ROWS)
    writer.write(at_second, second)
    writer.write(at_first, first)
    assert np.array_equal(mapped(writer, 2 * ROWS), np.concatenate([first, second]))
    writer.close()


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(0, id="nothing-stays"),
        pytest.param(ROWS // 2, id="the-cut-is-inside-the-first-chunk"),
        pytest.param(ROWS + 9, id="the-cut-is-inside-a-later-chunk"),
    ],
)
def test_a_cut_leaves_the_mapped_rows_as_they_were(tmp_path: Path, kept: int) -> None:
    old = ColumnWriter(tmp_path, KEYS, 0, [], 1)
    before = rows(3 * ROWS + 5, 3)
    old.append(before)
    old.sync()
    old.close()
    reader = mapped(old, old.rows)
    new = ColumnWriter(tmp_path, KEYS, kept, old.editions, 2)
    new.start_new_edition()
    after = rows(ROWS * 2, 4)
    new.append(after)
    new.sync()
    new.close()
    wanted = np.concatenate([before[:kept], after])
    assert np.array_equal(mapped(new, new.rows), wanted)
    assert np.array_equal(reader, before)


def test_a_cut_between_two_chunks_copies_nothing(tmp_path: Path) -> None:
    column, per_chunk = Column("tx.txid", "|u1", 32), CHUNK_BYTES // 32
    old = ColumnWriter(tmp_path, column, 0, [], 1)
    before = np.arange(64, dtype=np.uint8).reshape(2, 32).repeat(per_chunk, axis=0)
    old.append(before)
    old.close()
    new = ColumnWriter(tmp_path, column, per_chunk, old.editions, 2)
    new.start_new_edition()
    new.append(before[:3])
    new.close()
    assert new.editions == [1, 2]
    whole = map_chunks(new.files, new.rows * 32).reshape(-1, 32)
    assert np.array_equal(whole, before[: per_chunk + 3] * 0 + before[0])


def test_what_a_killed_writer_left_behind_does_not_count(tmp_path: Path) -> None:
    writer = ColumnWriter(tmp_path, KEYS, 0, [], 1)
    kept = rows(10, 1)
    writer.append(kept)
    writer.sync()
    writer.append(rows(ROWS + 50, 2))
    writer.close()
    again = ColumnWriter(tmp_path, KEYS, 10, writer.editions[:1], 2)
    later = rows(20, 3)
    again.append(later)
    assert again.sync() == [0]
    again.close()
    assert np.array_equal(mapped(again, 30), np.concatenate([kept, later]))
    assert again.files[0].stat().st_size == 30 * 36


def test_a_mapping_goes_with_its_last_array(tmp_path: Path) -> None:
    writer = ColumnWriter(tmp_path, KEYS, 0, [], 1)
    writer.append(rows(ROWS + 1, 1))
    writer.close()

    def mappings() -> int:
        with open("/proc/self/maps", encoding="ascii") as file:  # noqa: PTH123
            return sum(str(tmp_path) in line for line in file)

    with pytest.raises(ValueError, match="read-only"):
        mapped(writer, writer.rows)[0, 0] = 1
    array = mapped(writer, writer.rows)
    part = array[ROWS - 1 :, 3]
    assert mappings() == 2
    del array
    gc.collect()
    assert mappings() == 2
    assert part.size == 2
    del part
    gc.collect()
    assert mappings() == 0


def test_a_chunk_is_read_back_as_written(tmp_path: Path) -> None:
    writer = ColumnWriter(tmp_path, KEYS, 0, [], 1)
    written = rows(ROWS + 3, 5)
    writer.append(written)
    whole = written.tobytes()
    buffer, read = memoryview(bytearray(1 << 22)), b""
    for index in range(2):
        at = 0
        while size := writer.read_chunk(index, at, buffer):
            read += bytes(buffer[:size])
            at += size
    assert read == whole
    writer.close()


def test_what_the_system_forgets_is_still_there(tmp_path: Path) -> None:
    writer = ColumnWriter(tmp_path / "key", KEYS, 0, [], 1)
    values = rows(5000, 3)
    writer.append(values)
    assert writer.bytes == values.nbytes
    writer.uncache(writer.sync())
    writer.close()
    column = mapped(writer, 5000)
    np.testing.assert_array_equal(column, values)
    let_go(column, 100, 4900)
    np.testing.assert_array_equal(column, values)


def test_letting_go_leaves_memory_that_is_no_file_alone() -> None:
    values = rows(5000, 4)
    kept = values.copy()
    let_go(values, 0, 5000)
    np.testing.assert_array_equal(values, kept)
