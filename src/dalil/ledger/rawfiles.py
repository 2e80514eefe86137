"""Where each block's bytes lie, so that a raw transaction can be shown.

Paths are this machine's business, so they live outside the manifest. A ledger
whose block files have moved still answers everything but raw bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.headers import read_header
from dalil.chains.bitcoin.parse import tx_offsets
from dalil.errors import NotFoundError, StoreError
from dalil.sources.blockfiles import BlockFile, xor_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dalil.chains.bitcoin.network import Network
    from dalil.sources.blockfiles import Record

__all__ = ["RawFiles", "append_raw", "cut_raw", "write_raw_txs"]

_PLACE = np.dtype([("file", "<i4"), ("size", "<i4"), ("at", "<i8")])


def _names(folder: Path) -> list[str]:
    file = folder / "files.json"
    if not file.is_file():
        return []
    names = json.loads(file.read_text(encoding="utf-8"))
    if not (isinstance(names, list) and all(isinstance(n, str) for n in names)):
        raise StoreError("the ledger's list of block files is damaged", file)
    return names


def append_raw(
    folder: Path, first: int, records: Sequence[Record], files: Sequence[Path]
) -> None:
    """Note where blocks lie; `first` is the id of the first of them."""
    names = _names(folder)
    known = {name: i for i, name in enumerate(names)}
    number = []
    for path in files:
        name = str(path.resolve())
        if name not in known:
            known[name] = len(names)
            names.append(name)
        number.append(known[name])
    (folder / "files.json").write_text(json.dumps(names), encoding="utf-8")
    cut_raw(folder, first)
    places = np.array([(number[r.file], r.size, r.at) for r in records], _PLACE)
    with (folder / "places").open("ab") as out:
        out.write(places.tobytes())


def write_raw_txs(
    folder: Path, data: NDArray[np.uint8], ends: NDArray[np.int64]
) -> None:
    """Keep raw transactions themselves, where no block file holds them."""
    (folder / "txs").write_bytes(data.tobytes())
    (folder / "tx_ends").write_bytes(ends.astype("<i8").tobytes())


def cut_raw(folder: Path, n_blocks: int) -> None:
    """Forget where blocks from id `n_blocks` on lie."""
    file = folder / "places"
    with file.open("ab") as out:
        out.truncate(n_blocks * _PLACE.itemsize)


class RawFiles:
    """Reads raw transactions back from the files they came from."""

    def __init__(self, folder: Path, network: Network) -> None:
        self._network = network
        self._names = _names(folder)
        places = folder / "places"
        size = places.stat().st_size if places.is_file() else 0
        self._places = np.zeros(0, _PLACE)
        if size >= _PLACE.itemsize:
            n_places = size // _PLACE.itemsize
            self._places = np.memmap(places, _PLACE, "r", shape=(n_places,))
        self._open: dict[int, BlockFile] = {}
        self._last: tuple[int, bytes, list[int]] | None = None
        self._txs, ends = folder / "txs", folder / "tx_ends"
        self._ends = np.fromfile(ends, "<i8") if ends.is_file() else None

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
        if number not in self._open:
            path = Path(self._names[number])
            if not path.is_file():
                raise NotFoundError("the block file is gone; put it back", path)
            self._open[number] = BlockFile(path, xor_key(path))
        raw = self._open[number].read(int(place["at"]), int(place["size"]))
        if len(raw) != place["size"]:
            raise NotFoundError("the block file has become shorter", number)
        return raw

    def single(self, tx: int) -> bytes | None:
        """Read transaction `tx` where transactions were kept themselves."""
        ends = self._ends
        if ends is None:
            return None
        start = int(ends[tx - 1]) if tx else 0
        with self._txs.open("rb") as file:
            file.seek(start)
            return file.read(int(ends[tx]) - start)

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
