"""Stretch a file of real blocks into a long, valid-looking regtest chain.

Repeating a file repeats its blocks, and a ledger rightly takes a block once.
To measure a build of millions of distinct transactions with real shapes, each
copy gets other lock times (so other txids), spends within a copy are pointed
at the copy's own txids, Merkle roots and headers are made anew and mined at
regtest's difficulty. Scripts, sizes and links stay as they were. Addresses
stay too, so that they do not grow in number; with --fresh each copy has its
own, which is more of them a transaction than any real chain has.

    python bench/stretch.py [--fresh] blk00000.dat 45 out-folder

Copies are made by two threads and written one after the other as blk*.dat of
128 MB: memory is a few copies, however many there are.
"""

from __future__ import annotations

import struct
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.forms import BITCOIN, HEADER_BYTES
from dalil.chains.bitcoin.header import header_hash
from dalil.chains.bitcoin.merkle import merkle_root_into
from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.parse import tx_offsets
from dalil.chains.bitcoin.sha256 import sha256d_into
from dalil.chains.bitcoin.wire import TxParts, read_compact, skim_tx
from dalil.exercise.blocks import BlockFiles
from dalil.kernels import kernel
from dalil.sources.blockfolder import open_blocks
from dalil.sources.chainchoice import most_work_chain
from dalil.words import copy_32, copy_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_START, _STEP = 1_548_000_000, 600
_AHEAD = 2


class _Block(NamedTuple):
    """A real block: bytes, where its transactions start, what each input spends."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    known: NDArray[np.int64]
    """(n_in,) the row, in the copy, of the transaction spent; -1 outside."""


@kernel
def _txid_into(
    data: NDArray[np.uint8],
    at: int,
    parts: TxParts,
    work: NDArray[np.uint8],
    txid: NDArray[np.uint8],
) -> None:
    body, tail = parts.body_end - parts.body, parts.after - parts.tail
    copy_bytes(work, 0, data, at, 4)
    copy_bytes(work, 4, data, parts.body, body)
    copy_bytes(work, 4 + body, data, parts.tail, tail)
    sha256d_into(work, 0, 4 + body + tail, txid)


@kernel
def _freshen(data: NDArray[np.uint8], at: int, size: int, copy: int) -> None:
    """Give an output script another key, where its type is plain to see."""
    key = -1
    if size == 25 and data[at] == 0x76 and data[at + 1] == 0xA9:
        key = at + 3
    elif (size == 23 and data[at] == 0xA9) or (
        size in (22, 34) and data[at + 1] == size - 2
    ):
        key = at + 2
    if key >= 0:
        for i in range(4):
            data[key + i] ^= np.uint8(copy >> (8 * i))


@kernel
def _rename(
    block: _Block,
    base: int,
    names: NDArray[np.uint8],
    copy: int,
    fresh: bool,  # noqa: FBT001 - kernels take no keywords
) -> None:
    """Give a block's transactions the copy's lock time, spends and addresses.

    Their new txids go to `names` from row `base` on.
    """
    data, row = block.data, 0
    work = np.empty(data.size + 64, np.uint8)
    for t in range(block.offsets.size - 1):
        at, end = block.offsets[t], block.offsets[t + 1]
        parts = skim_tx(data, at, end, BITCOIN)
        n_in, pos = read_compact(data, parts.inputs, end)
        for _ in range(n_in):
            if block.known[row] >= 0:
                copy_32(data, pos, names, 32 * block.known[row])
            row += 1
            size, pos = read_compact(data, pos + 36, end)
            pos += size + 4
        n_out, pos = read_compact(data, pos, end)
        for _ in range(n_out):
            size, pos = read_compact(data, pos + 8, end)
            if fresh and size:
                _freshen(data, pos, size, copy)
            pos += size
        for i in range(4):
            data[parts.lock_time + i] = np.uint8(copy >> (8 * i))
        _txid_into(data, at, parts, work, names[base + t])


@kernel
def _txids_and_prevouts(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    txids: NDArray[np.uint8],
    spent: NDArray[np.uint8],
) -> int:
    """Fill the block's txids and the txids it spends; returns the inputs."""
    work, n = np.empty(data.size + 64, np.uint8), 0
    for t in range(offsets.size - 1):
        at, end = offsets[t], offsets[t + 1]
        parts = skim_tx(data, at, end, BITCOIN)
        n_in, pos = read_compact(data, parts.inputs, end)
        for _ in range(n_in):
            copy_32(spent, 32 * n, data, pos)
            n += 1
            size, pos = read_compact(data, pos + 36, end)
            pos += size + 4
        _txid_into(data, at, parts, work, txids[t])
    return n


def _read(source: Path) -> list[_Block]:
    """Read the chain in a file, with what its inputs spend in it."""
    folder = open_blocks(source)
    blocks: list[_Block] = []
    seen: dict[bytes, int] = {}
    for record in most_work_chain(folder.records).records:
        raw = folder.files[record.file].read(record.at, record.size)
        data = np.frombuffer(raw, np.uint8)
        n_tx = int(read_compact(data, HEADER_BYTES, data.size)[0])
        offsets = tx_offsets(data, HEADER_BYTES, n_tx, BITCOIN)
        txids = np.empty((n_tx, 32), np.uint8)
        spent = np.empty((data.size // 41, 32), np.uint8)
        n_in = _txids_and_prevouts(data, offsets, txids, spent)
        for row in txids:
            seen[row.tobytes()] = len(seen)
        known = [seen.get(row.tobytes(), -1) for row in spent[:n_in]]
        blocks.append(_Block(data, offsets, np.array(known, np.int64)))
    return blocks


def _copied(
    blocks: list[_Block], copy: int, *, fresh: bool
) -> list[tuple[NDArray[np.uint8], bytes]]:
    """Make one copy's blocks, each with its Merkle root; headers come later."""
    total = sum(block.offsets.size - 1 for block in blocks)
    names, work = np.zeros((total, 32), np.uint8), np.empty(16 * total + 64, np.uint8)
    made, base, root = [], 0, np.empty(32, np.uint8)
    for block in blocks:
        mine = block._replace(data=block.data.copy())
        _rename(mine, base, names, copy, fresh)
        n_tx = block.offsets.size - 1
        merkle_root_into(names[base : base + n_tx], work, root)
        made.append((mine.data, root.tobytes()))
        base += n_tx
    return made


def _all_copies(
    blocks: list[_Block], copies: int, *, fresh: bool
) -> Iterator[tuple[NDArray[np.uint8], bytes]]:
    with ThreadPoolExecutor(2) as threads:
        coming = deque(
            threads.submit(_copied, blocks, k, fresh=fresh)
            for k in range(1, min(copies, _AHEAD) + 1)
        )
        for copy in range(_AHEAD + 1, copies + _AHEAD + 1):
            yield from coming.popleft().result()
            if copy <= copies:
                coming.append(threads.submit(_copied, blocks, copy, fresh=fresh))
            if not coming:
                return


def _mine(version: int, previous: bytes, root: bytes, time: int) -> bytes:
    for nonce in range(1 << 32):
        raw = struct.pack(
            "<i32s32sIII", version, previous, root, time, REGTEST.limit_bits, nonce
        )
        if header_hash(raw)[31] < 0x80:
            return raw
    raise AssertionError


def stretch(source: Path, copies: int, folder: Path, *, fresh: bool = False) -> int:
    """Write `copies` copies into a folder; returns the number of transactions."""
    blocks = _read(source)
    previous, time = bytes.fromhex(REGTEST.genesis)[::-1], _START
    with BlockFiles(folder) as files:
        for data, root in _all_copies(blocks, copies, fresh=fresh):
            (version,) = struct.unpack("<i", data[:4].tobytes())
            header = _mine(version, previous, root, time)
            data[:80] = np.frombuffer(header, np.uint8)
            files.append(data.tobytes())
            previous, time = header_hash(header), time + _STEP
    return copies * sum(block.offsets.size - 1 for block in blocks)


if __name__ == "__main__":
    source, copies, target = (each for each in sys.argv[1:] if each != "--fresh")
    n_tx = stretch(Path(source), int(copies), Path(target), fresh="--fresh" in sys.argv)
    print(f"{n_tx:,} transactions")
