"""Stretch a file of real blocks into a long, valid-looking regtest chain.

Repeating a file repeats its blocks, and a ledger rightly takes a block once.
To measure a build of millions of distinct transactions with real shapes, each
copy gets other lock times (so other txids), spends within a copy are pointed
at the copy's own txids, Merkle roots and headers are made anew and mined at
regtest's difficulty. Scripts, sizes, addresses and links stay as they were.

    python bench/stretch.py blk00000.dat 45 out/blk00000.dat
"""

from __future__ import annotations

import struct
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.forms import BITCOIN, HEADER_BYTES
from dalil.chains.bitcoin.header import header_hash
from dalil.chains.bitcoin.merkle import fold_level
from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.parse import tx_offsets
from dalil.chains.bitcoin.sha256 import sha256d_three
from dalil.chains.bitcoin.wire import read_compact, skim_tx
from dalil.kernels import kernel
from dalil.sources.blockfolder import open_blocks
from dalil.sources.chainchoice import most_work_chain

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel
def _rename(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    old: NDArray[np.uint8],
    new: NDArray[np.uint8],
    known: NDArray[np.int64],
    copy: int,
) -> None:
    """Give each transaction of a block the copy's lock time and spends."""
    row = 0
    for t in range(offsets.size - 1):
        at, end = offsets[t], offsets[t + 1]
        parts = skim_tx(data, at, end, BITCOIN)
        n_in, pos = read_compact(data, parts.inputs, end)
        for _ in range(n_in):
            if known[row] >= 0:
                data[pos : pos + 32] = new[known[row]]
            row += 1
            size, pos = read_compact(data, pos + 36, end)
            pos += size + 4
        for i in range(4):
            data[end - 4 + i] = copy >> (8 * i) & 0xFF
        spans = (at, at + 4, parts.body, parts.body_end, parts.tail, end)
        sha256d_three(data, spans, old[t])


@kernel
def _root(txids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    level, size = txids.copy(), txids.shape[0]
    pair = np.empty(64, np.uint8)
    while size > 1:
        size = fold_level(level, size, pair)
    root: NDArray[np.uint8] = level[0]
    return root


def _mine(version: int, previous: bytes, root: bytes, time: int) -> bytes:
    for nonce in range(1 << 32):
        raw = struct.pack(
            "<i32s32sIII", version, previous, root, time, REGTEST.limit_bits, nonce
        )
        if header_hash(raw)[31] < 0x80:
            return raw
    raise AssertionError


def stretch(source: Path, copies: int, target: Path) -> int:
    """Write `copies` copies; returns the number of transactions."""
    folder = open_blocks(source)
    chain = most_work_chain(folder.records).records
    blocks = [folder.files[r.file].read(r.at, r.size) for r in chain]
    parsed = []
    first_seen: dict[bytes, int] = {}
    for raw in blocks:
        data = np.frombuffer(raw, np.uint8)
        n_tx = int(read_compact(data, 80, data.size)[0])
        offsets = tx_offsets(data, HEADER_BYTES, n_tx, BITCOIN)
        known = _links(data, offsets, first_seen)
        parsed.append((data, offsets, known))
    total = len(first_seen)
    previous, time = bytes.fromhex(REGTEST.genesis)[::-1], 1_548_000_000
    with target.open("wb") as out:
        for copy in range(1, copies + 1):
            new, base = np.zeros((total, 32), np.uint8), 0
            for data, offsets, known in parsed:
                mine, n_tx = data.copy(), offsets.size - 1
                rows = new[base : base + n_tx]
                _rename(mine, offsets, rows, new, known, copy)
                root = _root(rows).tobytes()
                version = struct.unpack("<i", mine[:4].tobytes())[0]
                header = _mine(version, previous, root, time)
                mine[:80] = np.frombuffer(header, np.uint8)
                out.write(REGTEST.magic + struct.pack("<I", mine.size))
                out.write(mine.tobytes())
                previous, time, base = header_hash(header), time + 600, base + n_tx
    return total * copies


def _links(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], seen: dict[bytes, int]
) -> NDArray[np.int64]:
    """For each input the row of the transaction it spends, or -1; fills `seen`."""
    known = []
    txid = np.zeros(32, np.uint8)
    for at, end in pairwise(offsets.tolist()):
        parts = skim_tx(data, at, end, BITCOIN)
        n_in, pos = read_compact(data, parts.inputs, end)
        for _ in range(n_in):
            known.append(seen.get(data[pos : pos + 32].tobytes(), -1))
            size, pos = read_compact(data, pos + 36, end)
            pos += size + 4
        spans = (at, at + 4, parts.body, parts.body_end, parts.tail, end)
        sha256d_three(data, spans, txid)
        seen[txid.tobytes()] = len(seen)
    return np.array(known, np.int64)


if __name__ == "__main__":
    source, copies, target = sys.argv[1:]
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    print(f"{stretch(Path(source), int(copies), Path(target)):,} transactions")
