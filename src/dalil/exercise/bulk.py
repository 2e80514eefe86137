"""Long chains in bulk: valid regtest blocks, some hundred thousand payments a second.

For measuring, and for tests that need more than `MiniChain` can make: real
proof of work at regtest's difficulty, Merkle roots, coinbases with their height
(BIP 34), txids linked both ways, money conserved. Signatures are filler, so a
node refuses the blocks, except those of the shape `OPEN` with
``commit=True``. All of it is invented: no key exists for any address.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.merkle import merkle_root_into
from dalil.chains.bitcoin.networks import REGTEST
from dalil.errors import InputError
from dalil.exercise.blocks import GENESIS, BlockFiles, coinbase, mine, subsidy
from dalil.exercise.bulk_kernels import (
    fill_block,
    put_coins,
    wtxids_of,
)
from dalil.exercise.bulk_pool import ADDRESSES, HOT, INPUTS, OUTPUTS, Pool, new_pool
from dalil.exercise.bulk_scripts import guard_scripts
from dalil.exercise.bulk_shape import MIXED, Shape, Tables, tables_of
from dalil.progress import silent

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.progress import Progress

__all__ = ["FUNDING_BLOCKS", "BulkMade", "make_bulk"]

FUNDING_BLOCKS = 150
"""The first blocks hold only a coinbase with many outputs; it is the same for
every seed."""

_MATURITY = 100
_BLOCK_TX = 100_000
_POOL = 1 << 23
_START, _STEP = 1_300_000_000, 600
_MINTED = 1 << 40
"""Addresses of coinbases are numbered from here."""


class BulkMade(NamedTuple):
    """What was made, counted as a ledger counts it: coinbases and genesis too."""

    n_blocks: int
    n_tx: int
    n_inputs: int
    n_outputs: int
    n_paid: int
    """Distinct addresses the payments went to; coinbases pay others."""
    n_bytes: int
    """Of the blocks, without the 8 bytes that frame each in its file."""


class _Body(NamedTuple):
    """A block's transactions but for the coinbase; arrays are used in turns."""

    out: NDArray[np.uint8]
    txids: NDArray[np.uint8]
    ends: NDArray[np.int64]
    n: int = 0


def make_bulk(
    folder: Path,
    n_tx: int,
    shape: Shape = MIXED,
    *,
    seed: int = 1,
    commit: bool = False,
    progress: Progress = silent,
) -> BulkMade:
    """Write ``blk00000.dat`` and on, holding `n_tx` payments and the coinbases.

    Parameters
    ----------
    folder : Path
        Made if absent.
    n_tx : int
        Payments, on top of genesis and one coinbase a block.
    shape : Shape, optional
        What the payments look like.
    seed : int, optional
        The same seed, shape and number give the same bytes on any machine.
    commit : bool, optional
        Commit to witnesses in coinbases (BIP 141), as full validation asks;
        about twice as slow.

    Raises
    ------
    InputError
        If the shape cannot be made, or spends more outputs than it makes.

    Notes
    -----
    Linear in bytes: one thread draws, writes and hashes, the other folds and
    writes files. Memory is bounded: 400 MB for the pool of coins once it is
    full, and some 30 MB beside it.
    """
    maker = _Maker(shape, seed, commit=commit)
    with BlockFiles(folder) as files:
        maker.fund(files)
        made = 0
        with ThreadPoolExecutor(1) as ahead:
            coming = maker.start(ahead, n_tx)
            while made < n_tx:
                body = coming.result()
                if body.n == 0:
                    raise InputError(
                        "the shape spends more outputs than it makes; payments made",
                        made,
                    )
                made += body.n
                coming = maker.start(ahead, n_tx - made)
                maker.close(files, body)
                progress("making transactions", made, n_tx)
    return maker.counted()


class _Maker:
    """The chain's end, and the pool; one block is filled while one is closed."""

    def __init__(self, shape: Shape, seed: int, *, commit: bool) -> None:
        self.tables: Tables = tables_of(shape)
        self.pool: Pool = new_pool(seed, _POOL, shape.recent)
        self.pool.tally[HOT] = shape.hot_outputs
        self.commit, self.funding = commit, shape.funding_outputs
        self.bodies = [_new_body(shape.block_weight) for _ in range(3)]
        self.work = np.empty(16 * (_BLOCK_TX + 1) + 64, np.uint8)
        self.root = np.empty(32, np.uint8)
        self.unripe: deque[tuple[NDArray[np.uint8], NDArray[np.int64]]] = deque()
        self.previous, self.height = bytes.fromhex(REGTEST.genesis)[::-1], 0
        self.n_tx, self.n_minted, self.n_bytes = 1, 1, len(GENESIS)

    def fund(self, files: BlockFiles) -> None:
        """Write genesis and the blocks whose coinbases everything starts from."""
        files.append(GENESIS)
        for _ in range(FUNDING_BLOCKS):
            self.close(files, self.bodies[0], self.funding)

    def start(self, ahead: ThreadPoolExecutor, n_tx: int) -> Future[_Body]:
        """Let the other thread fill the next block with at most `n_tx`."""
        self.bodies.append(self.bodies.pop(0))
        while len(self.unripe) > _MATURITY:
            txid, values = self.unripe.popleft()
            first = self.height - len(self.unripe)
            put_coins(self.pool, txid, values, _numbers(first, values.size))
        return ahead.submit(self._fill, self.bodies[-1], n_tx)

    def _fill(self, body: _Body, n_tx: int) -> _Body:
        ends = body.ends[:n_tx]
        n = fill_block(body.out, body.txids, ends, self.pool, self.tables)
        return body._replace(n=n)

    def close(self, files: BlockFiles, body: _Body, n_outputs: int = 1) -> None:
        """Add the coinbase, the Merkle root and the work; write the block."""
        self.height += 1
        reward = subsidy(self.height)
        values = np.full(n_outputs, reward // n_outputs, np.int64)
        scripts = np.empty((n_outputs, 34), np.uint8)
        guard_scripts(_numbers(self.height, n_outputs), scripts)
        outputs = [(reward // n_outputs, script.tobytes()) for script in scripts]
        first = coinbase(self.height, outputs, self._wtxids(body))
        txid = np.frombuffer(first.txid, np.uint8)
        self.unripe.append((txid, values))
        body.txids[0] = txid
        merkle_root_into(body.txids[: body.n + 1], self.work, self.root)
        time = _START + _STEP * self.height
        self.previous, header = mine(self.previous, self.root.tobytes(), time)
        size = int(body.ends[body.n - 1]) if body.n else 0
        parts = [header, _count(body.n + 1), first.serialise()]
        block = b"".join([*parts, body.out[:size].data])
        files.append(block)
        self.n_tx += body.n + 1
        self.n_minted += len(first.outputs)
        self.n_bytes += len(block)

    def _wtxids(self, body: _Body) -> list[bytes]:
        if not self.commit or not body.n:
            return []
        wtxids = np.empty((body.n, 32), np.uint8)
        wtxids_of(body.out, body.ends, wtxids)
        return [row.tobytes() for row in wtxids]

    def counted(self) -> BulkMade:
        tally, n_blocks = self.pool.tally, self.height + 1
        return BulkMade(
            n_blocks,
            self.n_tx,
            int(tally[INPUTS]) + n_blocks,
            int(tally[OUTPUTS]) + self.n_minted,
            int(tally[ADDRESSES]),
            self.n_bytes,
        )


def _new_body(weight: int) -> _Body:
    return _Body(
        np.empty(weight + (1 << 20), np.uint8),
        np.empty((_BLOCK_TX + 1, 32), np.uint8),
        np.empty(_BLOCK_TX, np.int64),
    )


def _numbers(height: int, n: int) -> NDArray[np.int64]:
    """Give numbers to the addresses a coinbase pays; nobody else is paid there."""
    return _MINTED + height * 10_000 + np.arange(n)


def _count(n: int) -> bytes:
    if n < 0xFD:
        return bytes([n])
    size = 2 if n <= 0xFFFF else 4
    return bytes([0xFD if size == 2 else 0xFE]) + n.to_bytes(size, "little")
