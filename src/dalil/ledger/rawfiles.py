"""Where each block's bytes lie, so that a raw transaction can be shown.

Paths are this machine's business, so they are no part of the manifest. A
ledger whose block files have moved still answers everything but raw bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.bitcoin.family.headers import read_header
from dalil.chains.bitcoin.parse import tx_offsets
from dalil.errors import NotFoundError
from dalil.sources.blockfiles import BlockFile, xor_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.chains.bitcoin.network import Network

__all__ = ["PLACE", "RawFiles"]

PLACE = np.dtype([("file", "<i4"), ("size", "<i4"), ("at", "<i8")])
"""A row of `raw.place`: which file, how many bytes, from where."""


class RawFiles:
    """Reads raw transactions back from the files they came from.

    Parameters
    ----------
    ledger : Path
        The ledger's folder, where paths that are not absolute begin.
    network : Network
        How its blocks are written.
    names : sequence of str
        The block files' paths.
    columns : mapping
        ``raw.place`` (n_blocks, 16): `PLACE` rows, or none; ``raw.tx_end`` and
        ``raw.tx``: transactions kept themselves, or none.
    """

    def __init__(
        self,
        ledger: Path,
        network: Network,
        names: Sequence[str],
        columns: Mapping[str, NDArray[Any]],
    ) -> None:
        self._ledger, self._network, self._names = ledger, network, names
        self._places = columns["raw.place"].reshape(-1).view(PLACE)
        self._ends, self._txs = columns["raw.tx_end"], columns["raw.tx"]
        self._open: dict[int, BlockFile] = {}
        self._last: tuple[int, bytes, list[int]] | None = None

    def block(self, block: int) -> bytes:
        """Read a block's bytes.

        Raises
        ------
        NotFoundError
            If the file they came from is gone, or has become shorter.
        """
        if not 0 <= block < self._places.size:
            raise NotFoundError("this ledger does not know where the block lies", block)
        place = self._places[block]
        number = int(place["file"])
        if not 0 <= number < len(self._names) or min(place["at"], place["size"]) < 0:
            raise NotFoundError("what says where the block lies is damaged", block)
        if number not in self._open:
            path = self._ledger / self._names[number]
            if not path.is_file():
                raise NotFoundError("the block file is gone; put it back", path)
            self._open[number] = BlockFile(path, xor_key(path))
        raw = self._open[number].read(int(place["at"]), int(place["size"]))
        if len(raw) != place["size"]:
            raise NotFoundError("the block file has become shorter", number)
        return raw

    def single(self, tx: int) -> bytes | None:
        """Read transaction `tx` where transactions were kept themselves."""
        if not self._ends.size:
            return None
        start = int(self._ends[tx - 1]) if tx else 0
        return self._txs[start : int(self._ends[tx])].tobytes()

    def tx(self, block: int, position: int, n_tx: int) -> bytes:
        """Read transaction `position` of a block that has `n_tx`."""
        if self._last is None or self._last[0] != block:
            raw = self.block(block)
            _, body = read_header(self._network, raw)
            form = int(self._network.form)
            offsets = tx_offsets(np.frombuffer(raw, np.uint8), body, n_tx, form)
            if offsets.min() < 0:
                raise NotFoundError("the block file holds other bytes now", block)
            self._last = block, raw, offsets.tolist()
        _, raw, offsets_ = self._last
        return raw[offsets_[position] : offsets_[position + 1]]
