"""Clusters kept on disk, so that they are made once per ledger and profile.

A cache and nothing more: its name holds the ledger's identity, the profile
and the rules' versions; what does not fit, or does not read, is made anew.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.clustering.cospend import Forest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Stored", "cache_file", "load", "save"]

_DTYPES = {
    "label": np.dtype(np.uint32),
    "a": np.dtype(np.uint32),
    "b": np.dtype(np.uint32),
    "tx": np.dtype(np.int64),
    "kept_out": np.dtype(np.bool_),
    "removed": np.dtype(np.int64),
}


class Stored(NamedTuple):
    """What is kept of clusters; the columns themselves stay in the ledger."""

    forest: Forest
    kept_out: NDArray[np.bool_]
    removed: NDArray[np.int64]


def cache_file(ledger: Path, manifest_sha256: str, profile: str, version: str) -> Path:
    """Name the cache of a ledger's clusters."""
    name = f"{manifest_sha256[:16]}-{profile}-v{version}.npz"
    return ledger / "cache" / "clusters" / name


def load(file: Path, n_addresses: int, n_tx: int) -> Stored | None:
    """Read a cache; None where there is none, or one that cannot be right."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in _DTYPES}
    except Exception:
        return None
    if any(arrays[name].dtype != dtype for name, dtype in _DTYPES.items()):
        return None
    forest = Forest(arrays["label"], arrays["a"], arrays["b"], arrays["tx"])
    stored = Stored(forest, arrays["kept_out"], arrays["removed"])
    return stored if _fits(stored, n_addresses, n_tx) else None


def _fits(stored: Stored, n_addresses: int, n_tx: int) -> bool:
    label, a, b, tx = stored.forest
    n_links = (a.size,)
    if label.shape != (n_addresses,) or stored.kept_out.shape != (n_tx,):
        return False
    if a.shape != n_links or b.shape != n_links or tx.shape != n_links:
        return False
    if stored.removed.ndim != 1 or not _below(stored.removed, n_tx):
        return False
    if not (_below(label, n_addresses) and _below(a, n_addresses)):
        return False
    if not (_below(b, n_addresses) and _below(tx, n_tx)):
        return False
    n_labels = int(np.count_nonzero(label == np.arange(n_addresses)))
    return bool(
        np.array_equal(label[label], label)
        and np.array_equal(label[a], label[b])
        and a.size == n_addresses - n_labels
    )


def _below(ids: NDArray[np.int64] | NDArray[np.uint32], n: int) -> bool:
    return bool(ids.size == 0 or (ids.min() >= 0 and ids.max() < n))


def save(file: Path, stored: Stored) -> None:
    """Write a cache in one step; a place that cannot be written to is left alone."""
    forest = stored.forest._asdict()
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
        try:
            os.fchmod(handle, 0o644)  # as readable as the ledger beside it
            with os.fdopen(handle, "wb") as part:
                np.savez(
                    part,
                    **forest,
                    kept_out=stored.kept_out,
                    removed=stored.removed,
                )
                part.flush()
                os.fsync(part.fileno())
            os.replace(name, file)  # noqa: PTH105 - both are plain names here
        except BaseException:
            os.unlink(name)  # noqa: PTH108
            raise
