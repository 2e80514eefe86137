"""Blocks on their way into a ledger: kept as Core keeps them, found after a kill.

Each block is one record of ``blk00000.dat`` and on, framed by magic and
length, and, for a ledger that starts in the middle of a chain, its undo data
one record of ``rev00000.dat``. The same reader reads them as reads a node's
own folder, and raw transactions are shown from them later.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, NamedTuple

from dalil.chains.bitcoin.family.headers import proves_work, read_header
from dalil.errors import StoreError
from dalil.sources.blockfiles import BlockFile, Record, record_head, scan_file
from dalil.sources.blockfolder import BlockFolder
from dalil.sources.node.records import put_record, undo_places

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from dalil.chains.bitcoin.header import Header
    from dalil.chains.bitcoin.networks import Network

__all__ = ["Spool"]

_FILE_BYTES = 1 << 27
_FILE_RECORDS = 2000
_FILES_KNOWN = 16
"""So many of the newest files are looked through at the start: far more than
a kill can leave untaken. A stale block in an older one is fetched again."""


class _Place(NamedTuple):
    file: int
    at: int
    size: int
    header: Header
    undo_at: int


class Spool:
    """The folder of blocks fetched; one process at a time.

    Parameters
    ----------
    folder : Path
        Made if absent.
    network : Network
        Whose magic frames the records.
    undo : bool
        Whether a block counts only with its undo data.

    Raises
    ------
    StoreError
        If another process holds the folder.

    Notes
    -----
    Opening cuts off a torn last record and reads the heads of the newest
    sixteen files; memory is under a kilobyte a block of them.
    """

    def __init__(self, folder: Path, network: Network, *, undo: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._network, self._undo = folder, network, undo
        self._lock = (folder / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise StoreError("another process follows a node here", folder) from None
        self._places: dict[bytes, _Place] = {}
        self._unsure: set[bytes] = set()
        self._fresh: set[bytes] = set()
        self._number, self._n_records, self._oldest = 0, 0, 0
        self._recover()
        self._unsure.update(self._places)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.close()

    def __contains__(self, block: bytes) -> bool:
        return block in self._places

    def __len__(self) -> int:
        return len(self._places)

    def size_of(self, block: bytes) -> int:
        """Bytes of a block that is here."""
        return self._places[block].size

    def _blk(self, number: int) -> Path:
        return self._folder / f"blk{number:05d}.dat"

    def _rev(self, number: int) -> Path:
        return self._folder / f"rev{number:05d}.dat"

    # -- finding what is there ----------------------------------------------

    def _recover(self) -> None:
        names = self._folder.glob("blk[0-9]*.dat")
        numbers = sorted(int(p.stem[3:]) for p in names if p.stem[3:].isdigit())
        for number in numbers[-_FILES_KNOWN:]:
            self._number = number
            self._look_through(number, last=number == numbers[-1])

    def _look_through(self, number: int, *, last: bool) -> None:
        file = BlockFile(self._blk(number))
        records = scan_file(file, 0, self._network).records
        end = max((r.at + r.size for r in records), default=0)
        if last and end < file.size:
            os.truncate(self._blk(number), end)
        undo_at = [0] * (len(records) + 1)
        if self._undo:
            undo_at = undo_places(self._rev(number), records)
            if last and self._rev(number).is_file():
                os.truncate(self._rev(number), undo_at[-1])
        whole = records[: len(undo_at) - 1]
        for record, at in zip(whole, undo_at, strict=False):
            if proves_work(record.header, self._network):
                place = _Place(number, record.at, record.size, record.header, at)
                self._places[record.header.hash] = place
        self._n_records = len(records)
        if last and len(whole) < len(records):
            self._start_file()  # what lacks its undo data is fetched again

    # -- putting in -----------------------------------------------------------

    def _start_file(self) -> None:
        if self._blk(self._number).is_file():
            self._number += 1
            self._n_records = 0

    def start_group(self) -> None:
        """Begin a group of blocks that will be taken together.

        With undo data it gets files of its own, since those are matched file
        by file.
        """
        if self._undo and self._n_records:
            self._start_file()

    def append(self, block: bytes, undo: bytes = b"", *, unsure: bool = False) -> None:
        """Put a block, and its undo data, at the end; not yet on the disk.

        The undo record goes first: a block that is there whole has it.
        `unsure` marks a block that was not asked for: if it proves bad, the
        node is asked before it is blamed.

        Raises
        ------
        StoreError
            If the disk does not take it; nothing of it stays.
        """
        header, _ = read_header(self._network, block)
        file = self._blk(self._number)
        at = file.stat().st_size if file.is_file() else 0
        if at and (at + len(block) > _FILE_BYTES or self._n_records >= _FILE_RECORDS):
            self._start_file()
            file, at = self._blk(self._number), 0
        undo_at = 0
        if self._undo:
            framed = record_head(self._network, len(undo) - 32) + undo
            undo_at = put_record(self._rev(self._number), framed)
        put_record(file, record_head(self._network, len(block)), block)
        self._n_records += 1
        place = _Place(self._number, at + 8, len(block), header, undo_at)
        self._places[header.hash] = place
        self._fresh.add(header.hash)
        if unsure:
            self._unsure.add(header.hash)

    def trust(self, blocks: Iterable[bytes]) -> None:
        """Note that a ledger took these blocks; forget where old ones lie."""
        for waiting in (self._unsure, self._fresh):
            waiting.difference_update(blocks)
        oldest = self._number - _FILES_KNOWN
        if oldest >= self._oldest + _FILES_KNOWN:
            self._oldest = oldest
            for block, place in list(self._places.items()):
                if place.file < oldest:
                    del self._places[block]

    def sync(self, blocks: Iterable[bytes]) -> None:
        """Have blocks on the disk before a ledger says where they lie."""
        for number in {self._places[block].file for block in blocks}:
            for path in (self._blk(number), self._rev(number)):
                if path.is_file():
                    with path.open("rb") as file:
                        os.fsync(file.fileno())

    def forget(self, block: bytes) -> bool:
        """Drop a block that proved bad, and those put in after it.

        Their bytes are cut off, unless a block that a ledger may have taken
        lies behind them.

        Returns
        -------
        bool
            Whether it was unsure: found after a kill, or not asked for.
        """
        bad = self._places[block]
        gone = {
            each
            for each, place in self._places.items()
            if (place.file, place.at) >= (bad.file, bad.at)
        }
        if gone <= self._fresh | {block}:
            self._cut(bad)
        self._start_file()
        for each in gone:
            del self._places[each]
        unsure = block in self._unsure
        self._unsure -= gone
        self._fresh -= gone
        return unsure

    def forget_fresh(self) -> None:
        """Drop what was put in since the start and no ledger has taken."""
        places = [self._places[block] for block in self._fresh]
        if places:
            first = min(places, key=lambda place: (place.file, place.at))
            self.forget(first.header.hash)

    def _cut(self, first: _Place) -> None:
        for number in range(first.file, self._number + 1):
            here = number == first.file
            for path, end in (
                (self._blk(number), first.at - 8),
                (self._rev(number), first.undo_at),
            ):
                if path.is_file():
                    os.truncate(path, end if here else 0)

    def blocks(self, wanted: Iterable[bytes]) -> BlockFolder:
        """Give blocks as a build takes them.

        With undo data, all blocks of the files concerned are given, since a
        record of undo data says only by its checksum whose it is; a build
        passes over those it has.
        """
        places = [self._places[block] for block in wanted]
        numbers = sorted({place.file for place in places})
        if self._undo:
            places = [p for p in list(self._places.values()) if p.file in numbers]
        records = [Record(numbers.index(p.file), *p[1:4]) for p in places]
        files = [BlockFile(self._blk(number)) for number in numbers]
        return BlockFolder(self._network, files, records)
