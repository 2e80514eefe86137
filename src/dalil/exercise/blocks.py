"""Transactions into valid regtest blocks, and blocks into ``blk*.dat`` files."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.transaction import (
    Transaction,
    TxInput,
    TxOutput,
    double_sha256,
)
from dalil.sources.blockfiles import record_head

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO, Self

__all__ = [
    "GENESIS",
    "BlockFiles",
    "assemble_block",
    "coinbase",
    "merkle_root",
    "mine",
    "subsidy",
]

BITS = 0x207F_FFFF
_TARGET = 0x7F_FFFF << 232
_HALVING = 150
_BLOCK_VERSION = 0x2000_0000
_FILE_BYTES = 128 * 1024 * 1024
_COMMITMENT = bytes.fromhex("6a24aa21a9ed")
_GENESIS_TIME = 1_296_688_602
_GENESIS_KEY = bytes.fromhex(
    "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6"
    "49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f"
)
_HEADLINE = b"The Times 03/Jan/2009 Chancellor on brink of second bailout for banks"


def subsidy(height: int) -> int:
    """Satoshi a regtest block may mint; it halves every 150 blocks.

    >>> subsidy(149), subsidy(150)
    (5000000000, 2500000000)
    """
    halvings = height // _HALVING
    return 50 * 100_000_000 >> halvings if halvings < 64 else 0


def coinbase(
    height: int,
    outputs: Sequence[tuple[int, bytes]],
    wtxids: Sequence[bytes] = (),
) -> Transaction:
    """Make the transaction that mints a block's reward.

    Parameters
    ----------
    height : int
        Stated in the script, as BIP 34 asks.
    outputs : sequence of (int, bytes)
        Satoshi and script; together at most subsidy and fees.
    wtxids : sequence of bytes
        Of the block's other transactions, if any has a witness: then a
        commitment to them is added (BIP 141).
    """
    outs = [TxOutput(value, script) for value, script in outputs]
    witness: tuple[bytes, ...] = ()
    if wtxids:
        witness = (bytes(32),)
        root = merkle_root([bytes(32), *wtxids])
        outs.append(TxOutput(0, _COMMITMENT + double_sha256(root + witness[0])))
    script = _height_push(height) + b"\x08EXERCISE"
    spend = TxInput(bytes(32), 0xFFFF_FFFF, script, 0xFFFF_FFFF, witness)
    return Transaction(2, (spend,), tuple(outs))


def assemble_block(
    previous: bytes, time_utc: int, txids: Sequence[bytes], body: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Put a header that meets regtest's target before serialised transactions.

    Returns
    -------
    tuple of bytes
        The block's hash, in hash order, and the block.
    """
    block_hash, header = mine(previous, merkle_root(txids), time_utc)
    return block_hash, b"".join([header, _compact(len(body)), *body])


def mine(previous: bytes, root: bytes, time_utc: int) -> tuple[bytes, bytes]:
    """Make a header that meets regtest's target; returns its hash, and it."""
    head = struct.pack("<i32s32sII", _BLOCK_VERSION, previous, root, time_utc, BITS)
    for nonce in range(1 << 32):
        header = head + struct.pack("<I", nonce)
        block_hash = double_sha256(header)
        if int.from_bytes(block_hash, "little") <= _TARGET:
            return block_hash, header
    raise AssertionError("half of all nonces meet regtest's target")


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Hash leaves pairwise up to one, the last one doubled where it is odd."""
    level = list(leaves)
    while len(level) > 1:
        if len(level) % 2:
            level.append(level[-1])
        level = [
            double_sha256(level[i] + level[i + 1]) for i in range(0, len(level), 2)
        ]
    return level[0]


class BlockFiles:
    """Writes blocks as ``blk00000.dat`` and on, each file appearing whole.

    A file is written beside its place and renamed when it is full or when
    the writer closes, so that a reader never meets half a file.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._number = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._finish(keep=kind is None)

    def append(self, block: bytes) -> None:
        """Frame one block with regtest's magic and its length."""
        if self._file is not None and self._file.tell() + len(block) + 8 > _FILE_BYTES:
            self._finish(keep=True)
        if self._file is None:
            self._file = self._part.open("wb")
        self._file.write(record_head(REGTEST, len(block)))
        self._file.write(block)

    @property
    def _part(self) -> Path:
        return self._folder / f"blk{self._number:05d}.dat.part"

    def _finish(self, *, keep: bool) -> None:
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        if keep:
            self._part.replace(self._part.with_suffix(""))
            self._number += 1
        else:
            self._part.unlink()


def _height_push(height: int) -> bytes:
    """Push a height as Core compares it: small numbers have opcodes of their own."""
    if height <= 16:
        return bytes([0x50 + height]) if height else b"\x00"
    size = height.bit_length() // 8 + 1
    return bytes([size]) + height.to_bytes(size, "little")


def _compact(n: int) -> bytes:
    return bytes([n]) if n < 0xFD else b"\xfd" + struct.pack("<H", n)


def _genesis() -> bytes:
    """Build regtest's genesis block, which every node knows by heart."""
    script = bytes.fromhex("04ffff001d0104") + bytes([len(_HEADLINE)]) + _HEADLINE
    spend = TxInput(bytes(32), 0xFFFF_FFFF, script, 0xFFFF_FFFF)
    output = TxOutput(50 * 100_000_000, b"\x41" + _GENESIS_KEY + b"\xac")
    tx = Transaction(1, (spend,), (output,))
    fields = (1, bytes(32), tx.txid, _GENESIS_TIME, BITS, 2)
    return struct.pack("<i32s32sIII", *fields) + b"\x01" + tx.serialise()


GENESIS = _genesis()
"""Regtest's genesis block, 285 bytes; its reward cannot be spent."""
