"""The cache of clusters: used where it fits, made anew where it does not."""

from __future__ import annotations

import resource
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dalil.clustering import Clusters, clusters
from dalil.clustering.cospend import Forest
from dalil.clustering.store import Stored, load, save
from tests.clustering.columns import Columns, cospends

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

N = 6


@dataclass
class OnDisk(Columns):
    """Columns that lie in a folder, as a ledger's do."""

    path: Path = field(kw_only=True)
    manifest_sha256: str = "ab" * 32
    n_addresses: int = N

    @property
    def files(self) -> list[Path]:
        return sorted((self.path / "cache" / "clusters").glob("*"))


def on_disk(path: Path) -> OnDisk:
    return OnDisk(cospends([0, 1], [1, 2], [4, 5]).txs, path=path)


def same(one: Clusters, other: Clusters) -> bool:
    arrays: list[NDArray[Any]] = [*one.forest, one.kept_out, one.removed]
    others: list[NDArray[Any]] = [*other.forest, other.kept_out, other.removed]
    return all(np.array_equal(a, b) for a, b in zip(arrays, others, strict=True))


def test_the_second_time_reads_what_the_first_one_wrote(tmp_path: Path) -> None:
    made = clusters(on_disk(tmp_path))
    [file] = on_disk(tmp_path).files
    assert file.name == "abababababababab-default-v1.1.npz"
    written = file.stat().st_mtime_ns
    assert same(clusters(on_disk(tmp_path)), made)
    assert file.stat().st_mtime_ns == written


def test_profiles_and_snapshots_do_not_share_a_cache(tmp_path: Path) -> None:
    clusters(on_disk(tmp_path))
    clusters(on_disk(tmp_path), "strict")
    other = on_disk(tmp_path)
    other.manifest_sha256 = "cd" * 32
    clusters(other)
    assert len(other.files) == 3


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_cache_is_rebuilt_or_says_the_same(
    tmp_path: Path, data: st.DataObject
) -> None:
    made = clusters(on_disk(tmp_path))
    [file] = on_disk(tmp_path).files
    raw = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(raw)))
    file.write_bytes(bytes(raw) if data.draw(st.booleans()) else bytes(raw[:cut]))
    assert same(clusters(on_disk(tmp_path)), made)
    assert same(clusters(on_disk(tmp_path)), made)


LABEL = np.array([0, 0, 2], np.uint32)
A, B, TX = np.array([0], np.uint32), np.array([1], np.uint32), np.array([0], np.int64)
KEPT = np.zeros(2, np.bool_)
NONE = np.empty(0, np.int64)

WRONG = {
    "labels of another number of addresses": (LABEL[:2], A, B, TX, KEPT, NONE),
    "a label that is not its own label": (
        np.array([0, 0, 1], np.uint32),
        A,
        B,
        TX,
        KEPT,
        NONE,
    ),
    "a label beyond the addresses": (LABEL + np.uint32(2), A, B, TX, KEPT, NONE),
    "a link between two clusters": (LABEL, A, B + np.uint32(1), TX, KEPT, NONE),
    "a link too few": (LABEL, A[:0], B[:0], TX[:0], KEPT, NONE),
    "a link by a transaction that is not there": (LABEL, A, B, TX + 9, KEPT, NONE),
    "columns of unequal length": (LABEL, A, B, TX[:0], KEPT, NONE),
    "a mark for another number of transactions": (LABEL, A, B, TX, KEPT[:1], NONE),
    "a removed transaction that is not there": (LABEL, A, B, TX, KEPT, TX - 1),
    "labels of another width": (LABEL.astype(np.int64), A, B, TX, KEPT, NONE),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_right_is_not_read(
    tmp_path: Path,
    wrong: tuple[NDArray[Any], ...],
) -> None:
    file = tmp_path / "clusters.npz"
    save(file, Stored(Forest(LABEL, A, B, TX), KEPT, NONE))
    assert load(file, 3, 2) is not None
    save(file, Stored(Forest(*wrong[:4]), wrong[4], wrong[5]))
    assert load(file, 3, 2) is None


def test_a_missing_array_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "clusters.npz"
    np.savez(file, label=LABEL)
    assert load(file, 3, 2) is None


def test_pickles_are_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "clusters.npz"
    np.savez(file, label=np.array([object()], dtype=object))
    assert load(file, 3, 2) is None


def test_where_nothing_can_be_written_clusters_are_made_all_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "cache").write_text("a file in the folder's place")
    assert clusters(on_disk(tmp_path)).size(0) == 3


def test_no_half_written_file_is_left(tmp_path: Path) -> None:
    made = clusters(on_disk(tmp_path))
    file = tmp_path / "full" / "clusters.npz"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        save(file, Stored(made.forest, made.kept_out, made.removed))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(file.parent.iterdir()) == []
