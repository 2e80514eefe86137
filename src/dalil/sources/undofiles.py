"""Undo files (``rev*.dat``) beside block files: which record is whose.

A record carries no block hash, but a checksum over the previous block's hash
and itself; blocks of the same file number with the right number of
transactions are tried against it, so a match is proved, not assumed.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.network import Form
from dalil.chains.bitcoin.transaction import double_sha256
from dalil.chains.bitcoin.undo import SpentOutputs, decode_undo
from dalil.settings import MAX_BLOCK_BYTES
from dalil.sources.blockfiles import BlockFile, Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.chains.bitcoin.networks import Network
    from dalil.sources.blockfiles import Record

__all__ = ["UndoFile", "open_undo"]

_MAX_UNDO_BYTES = 4 * MAX_BLOCK_BYTES


class UndoFile:
    """The undo records of one file, by the hash of the block they belong to."""

    def __init__(
        self, file: BlockFile, places: dict[bytes, tuple[int, int]], form: Form
    ) -> None:
        self._file = file
        self._places = places
        self._form = form

    def spent_by_block(self, block_hash: bytes) -> SpentOutputs | None:
        """Decode what a block spent, or None where no record is that block's."""
        if block_hash not in self._places:
            return None
        at, size = self._places[block_hash]
        raw = np.frombuffer(self._file.read(at, size), np.uint8)
        return decode_undo(raw, self._form)


def _compact(raw: bytes) -> int:
    if raw[0] < 253:
        return raw[0]
    width = {253: 2, 254: 4, 255: 8}[raw[0]]
    return int.from_bytes(raw[1 : 1 + width], "little")


def open_undo(
    blocks: BlockFile, records: Sequence[Record], network: Network, notes: list[Note]
) -> UndoFile | None:
    """Match the undo file beside a block file with that file's records.

    A record that matches no block, or a damaged tail, is noted.
    """
    if not blocks.path.name.startswith("blk"):
        return None
    path = blocks.path.with_name("rev" + blocks.path.name[3:])
    if not path.is_file():
        return None
    if network.form is Form.ZCASH:
        notes.append(Note(path.name, 0, "Zcash's undo data are not read"))
        return None
    file = BlockFile(path, blocks.key)
    by_count: dict[int, list[Record]] = {}
    for record in records:
        n_tx = _compact(blocks.read(record.at + record.body, 9))
        by_count.setdefault(n_tx - 1, []).append(record)
    places, unmatched, at = {}, 0, 0
    while at + 8 <= file.size:
        head = file.read(at, 8)
        if not any(head):
            break
        size = struct.unpack("<I", head[4:])[0]
        if head[:4] not in network.magics or size > min(
            _MAX_UNDO_BYTES, file.size - at - 40
        ):
            notes.append(Note(path.name, at, "no undo record; the rest is not read"))
            break
        raw = file.read(at + 8, size + 32)
        record_ = _owner(raw, by_count.get(_compact(raw[:9]), []))
        if record_ is None:
            unmatched += 1
        else:
            places[record_.header.hash] = at + 8, size
        at += size + 40
    if unmatched:
        notes.append(Note(path.name, 0, f"{unmatched} undo records match no block"))
    return UndoFile(file, places, network.form)


def _owner(raw: bytes, candidates: Sequence[Record]) -> Record | None:
    for record in candidates:
        if double_sha256(record.header.previous + raw[:-32]) == raw[-32:]:
            return record
    return None
