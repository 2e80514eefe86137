"""Bitcoin Core's block files: records found, never assumed.

A file is magic, length, block, over and over, with zero padding, records out
of order and stale branches in between; since Core 28 the whole folder may be
obfuscated with the eight bytes in ``xor.dat``. This module looks at headers
only.
"""

from __future__ import annotations

import os
import struct
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.headers import header_room, read_header
from dalil.chains.bitcoin.forms import HEADER_BYTES
from dalil.chains.bitcoin.networks import ALL_NETWORKS
from dalil.errors import BlockDataError
from dalil.settings import MAX_BLOCK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.chains.bitcoin.header import Header
    from dalil.chains.bitcoin.networks import Network

__all__ = [
    "BlockFile",
    "FileScan",
    "Note",
    "Record",
    "header_at",
    "networks_of",
    "record_head",
    "scan_file",
    "xor_key",
]

_SCAN_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a file that the user must hear of; nothing is silent."""

    file: str
    offset: int
    problem: str


class BlockFile:
    """One file of an obfuscated or plain folder; open only while it is read.

    It is never mapped: pages of a mapping count as memory of the process, and
    a folder of hundreds of gigabytes has more of them than a machine.
    """

    def __init__(self, path: Path, key: bytes = b"") -> None:
        self.path = path
        self.size = path.stat().st_size
        self.key = key if any(key) else b""

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Open the file for as long as its descriptor is needed.

        Raises
        ------
        BlockDataError
            If it cannot be opened, or not be read.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                yield descriptor
            finally:
                os.close(descriptor)
        except OSError as error:
            problem = f"the block file cannot be read: {error.strerror}"
            raise BlockDataError(problem, self.path) from error

    def read(self, at: int, size: int) -> bytes:
        """Read bytes at an offset, de-obfuscated; short at the file's end."""
        with self.opened() as descriptor:
            raw = os.pread(descriptor, size, at)
        if not self.key:
            return raw
        turn = at % len(self.key)
        key = np.frombuffer(self.key[turn:] + self.key[:turn], np.uint8)
        return (np.frombuffer(raw, np.uint8) ^ np.resize(key, len(raw))).tobytes()


@dataclass(frozen=True, slots=True)
class Record:
    """One block record: where its bytes are, and its header."""

    file: int
    at: int
    size: int
    header: Header
    body: int = HEADER_BYTES
    """Where its transaction count lies, counted from `at`."""


@dataclass(slots=True)
class FileScan:
    """What one file holds."""

    network: Network | None = None
    records: list[Record] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def xor_key(path: Path) -> bytes:
    """Read the obfuscation key beside a block file; empty where there is none.

    Raises
    ------
    BlockDataError
        If ``xor.dat`` is not 8 bytes (Core also accepts it with a length
        byte before them).
    """
    key_file = path.parent / "xor.dat"
    if not key_file.is_file():
        return b""
    raw = key_file.read_bytes()[:16]
    if len(raw) == 9 and raw[0] == 8:
        raw = raw[1:]
    if len(raw) != 8:
        raise BlockDataError("xor.dat should hold 8 bytes", f"{len(raw)} bytes")
    return raw


def record_head(network: Network, size: int) -> bytes:
    """Write what Core puts before a record of so many bytes: magic and length."""
    return network.magic + struct.pack("<I", size)


def networks_of(magic: bytes) -> list[Network]:
    """List the networks whose nodes frame blocks so; some share their magic."""
    return [network for network in ALL_NETWORKS if magic in network.magics]


def header_at(
    file: BlockFile, at: int, size: int, network: Network
) -> tuple[Header, int]:
    """Read the header of the block at `at`, and where its transactions are counted.

    Raises
    ------
    BlockDataError
        If no header of that network stands there.
    """
    room = header_room(network)
    try:
        return read_header(network, file.read(at, min(size, room)))
    except BlockDataError:
        if size <= room:
            raise
    return read_header(network, file.read(at, size))


def _next_magic(file: BlockFile, at: int, network: Network | None) -> int:
    """Offset of the next record's magic at or after `at`, or the file's size."""
    known = (network,) if network else ALL_NETWORKS
    magics = {magic for one in known for magic in one.magics}
    while at < file.size:
        chunk = file.read(at, _SCAN_STEP + 3)
        if any(chunk):
            hits = [i for i in (chunk.find(magic) for magic in magics) if i >= 0]
            if hits:
                return at + min(hits)
        at += _SCAN_STEP
    return file.size


def scan_file(file: BlockFile, index: int, network: Network | None) -> FileScan:
    """Find every block record of one file.

    Parameters
    ----------
    file : BlockFile
        The file.
    index : int
        The file's number, kept in each record.
    network : Network or None
        The network it must be of; None takes the first that has the magic
        found first.

    Returns
    -------
    FileScan
        Records in file order. Padding is skipped in silence, any other
        bytes between records and a truncated tail are noted.
    """
    scan = FileScan(network)
    at = 0
    while at < file.size:
        head = file.read(at, 88)
        here = networks_of(head[:4])
        if not here or (scan.network and scan.network not in here):
            start, at = at, _next_magic(file, at + 1, scan.network)
            if at < file.size or any(file.read(start, _SCAN_STEP)):
                _note_gap(file, scan, start, at)
            continue
        scan.network = scan.network or here[0]
        at = _take_record(file, index, scan, at, head)
    return scan


def _note_gap(file: BlockFile, scan: FileScan, start: int, end: int) -> None:
    gap = file.read(start, min(end - start, _SCAN_STEP))
    first = next((i for i, byte in enumerate(gap) if byte), None)
    if first is not None:
        scan.notes.append(
            Note(
                str(file.path.name),
                start + first,
                f"{end - start - first:,} bytes are no block record",
            )
        )


def _take_record(
    file: BlockFile, index: int, scan: FileScan, at: int, head: bytes
) -> int:
    name = str(file.path.name)
    size = struct.unpack("<I", head[4:8])[0] if len(head) >= 8 else 0
    left = file.size - at - 8
    if len(head) < 88 or not 81 <= size <= MAX_BLOCK_BYTES:
        what = "ends inside a record's head" if len(head) < 88 else "is no block's size"
        scan.notes.append(Note(name, at, f"a record of {size:,} bytes {what}"))
        return _next_magic(file, at + 4, scan.network)
    if size > left:
        problem = f"truncated tail: a record claims {size:,} bytes, {left:,} are left"
        scan.notes.append(Note(name, at, problem))
        return _next_magic(file, at + 4, scan.network)
    assert scan.network is not None
    try:
        header, body = header_at(file, at + 8, size, scan.network)
        scan.records.append(Record(index, at + 8, size, header, body))
    except BlockDataError as error:
        scan.notes.append(Note(name, at, f"refused: {error.message}"))
    return at + 8 + size
