"""Merkle branches kept beside a ledger that does not hold whole blocks.

They say nothing the columns do not say, so the manifest does not name them:
whoever reads one folds it up to the header again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import StoreError
from dalil.ledger.store.commit import atomic_write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Proofs", "write_proofs"]

_FILE = "proofs"
_MAGIC = b"dalil-proofs/1\n\0"
_NONE = -1


def write_proofs(
    folder: Path, branches: Sequence[tuple[int, Sequence[bytes]] | None]
) -> None:
    """Keep position and siblings of each transaction, in the order of their ids.

    Parameters
    ----------
    folder : Path
        The ledger's folder of raw material.
    branches : sequence of (position, siblings) or None
        One a transaction; None where there is no proof. Siblings are 32
        bytes each, in hash order, from the leaf upwards, 255 at most.
    """
    position = [_NONE if one is None else one[0] for one in branches]
    siblings = [() if one is None else one[1] for one in branches]
    parts = [
        _MAGIC,
        np.array([len(branches)], "<u8").tobytes(),
        np.array(position, "<i4").tobytes(),
        np.array([len(one) for one in siblings], "|u1").tobytes(),
        *(b"".join(one) for one in siblings),
    ]
    atomic_write(folder / _FILE, b"".join(parts))


class Proofs:
    """Reads what `write_proofs` kept; a ledger without any has no proofs.

    Memory: 13 bytes a transaction and the branches themselves.

    Raises
    ------
    StoreError
        If the file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        file = folder / _FILE
        self._position = np.zeros(0, np.int32)
        self._end = np.zeros(1, np.int64)
        self._hashes = b""
        if not file.is_file():
            return
        raw = file.read_bytes()
        at = len(_MAGIC) + 8
        n = int.from_bytes(raw[len(_MAGIC) : at], "little")
        if not raw.startswith(_MAGIC) or len(raw) < at + 5 * n:
            raise StoreError("the ledger's Merkle proofs are damaged", file)
        self._position = np.frombuffer(raw, "<i4", n, at)
        counts = np.frombuffer(raw, np.uint8, n, at + 4 * n)
        self._end = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        self._hashes = raw[at + 5 * n :]
        if len(self._hashes) != 32 * int(self._end[-1]):
            raise StoreError("the ledger's Merkle proofs are damaged", file)

    def of(self, tx: int) -> tuple[int, list[bytes]] | None:
        """Give a transaction's position in its block, and its siblings; or None."""
        if tx >= self._position.size or self._position[tx] == _NONE:
            return None
        start, stop = (32 * int(n) for n in self._end[tx : tx + 2])
        branch = [self._hashes[i : i + 32] for i in range(start, stop, 32)]
        return int(self._position[tx]), branch
