"""Transfers in bulk, millions a second, for measuring and for long tests.

Everything begins with mints, and nobody ever pays more than he holds: the
balances of every address and token can be told from the transfers alone. A few
exchanges sweep their customers' deposit addresses; most of it moves one dollar
token. Block and transaction hashes are filler: they commit to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.accounts import AccountBatch
from dalil.errors import InputError
from dalil.exercise.accounts.bulk_kernels import (
    MOST_IN_BLOCK,
    N_HOT,
    fill,
    write_keys,
)
from dalil.exercise.accounts.bulk_state import Columns, State
from dalil.exercise.accounts.coins import CHAIN, COINS
from dalil.exercise.stage import START_UTC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["bulk_address", "bulk_transfers"]

_BLOCK_SECONDS = 3
_BLOCKS, _TXS = np.uint64(1) << np.uint64(62), np.uint64(1) << np.uint64(61)
_QUEUE, _RING = 1 << 20, 1 << 16


def bulk_transfers(
    n: int, *, seed: int = 1, batch: int = 1_000_000, n_addresses: int | None = None
) -> Iterator[AccountBatch]:
    """Make `n` transfers on an exercise chain, from its first block on.

    Parameters
    ----------
    n : int
        At least 64: the first block mints every token for every exchange.
    seed : int
        The same seed, `n` and `n_addresses` give the same chain anywhere.
    batch : int, default 1,000,000
        About how many transfers a batch has; it does not change the chain.
    n_addresses : int, optional
        How many addresses there are in the end, a few exchanges' among them; by
        default one for every eight transfers.

    Yields
    ------
    AccountBatch
        Whole blocks each; 320 bytes of memory for each of `batch`'s transfers.

    Raises
    ------
    InputError
        If `n` or `n_addresses` is too small.

    Notes
    -----
    Some 6 % of the transactions move two things or more, 1.6 % failed and move
    nothing. 0.8 % of the transfers are of a token with 18 decimals, whose
    amounts mostly exceed 64 bits. Memory: 11 bytes an address beside the batch.

    Examples
    --------
    >>> [first] = bulk_transfers(1_000, n_addresses=200)
    >>> first.block_number[:3].tolist(), first.transfer_from[0].tolist() == [0] * 20
    ([0, 1, 2], True)
    """
    n_addresses = max(n // 8, 256) if n_addresses is None else n_addresses
    if n < 4 * N_HOT or n_addresses < 64:
        raise InputError("needs 64 transfers and 64 addresses at least", n)
    return _batches(_new_state(n, seed, n_addresses), batch)


def bulk_address(number: int, *, seed: int = 1) -> bytes:
    """Tell the 20 bytes of an address by its number; the first 16 are exchanges.

    The lower a number, the more transfers it has; 16 is the busiest customer.
    """
    return bytes(_keys(np.array([number]), _salt(seed), 20)[0])


def _new_state(n: int, seed: int, n_addresses: int) -> State:
    few = max(n_addresses >> 3, 64)
    sizes = [n_addresses, few, few, few]
    tally = np.zeros(6, np.int64)
    tally[1] = N_HOT + 16
    return State(
        np.array([seed * 2 + 1], np.uint64),
        tally,
        np.zeros(sum(sizes), np.int64),
        np.cumsum([0, *sizes], dtype=np.int64),
        np.zeros(_QUEUE, np.int64),
        np.zeros(_RING, np.int64),
        _salt(seed),
        n,
    )


def _salt(seed: int) -> np.uint64:
    return np.uint64((seed * 0xD1342543DE82EF95 + 1) % (1 << 60))


def _batches(state: State, batch: int) -> Iterator[AccountBatch]:
    parent = np.zeros((1, 32), np.uint8)
    while state.tally[0] < state.n:
        wanted = min(batch, state.n - int(state.tally[0]))
        columns = _room(wanted + MOST_IN_BLOCK)
        made = _cut(columns, *fill(state, columns, wanted))
        done = _finish(made, state.salt, parent)
        parent = done.block_hash[-1:]
        yield done


def _room(n: int) -> Columns:
    """Set aside memory for `n` transfers, and for what goes with them."""
    n_tx, n_blocks = n + n // 16 + 1_000, n // 50 + 10
    return Columns(
        np.empty(n_blocks, np.int64),
        np.empty(n_blocks + 1, np.int64),
        np.empty(n_tx, np.int32),
        np.empty(n_tx, np.uint8),
        np.empty(n_tx, np.int64),
        np.empty(n_tx + 1, np.int64),
        np.empty(n, np.uint8),
        np.empty(n, np.uint8),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty(n, np.int32),
        np.empty((n, 4), np.uint64),
    )


def _cut(room: Columns, n_blocks: int, n_tx: int, n: int) -> Columns:
    sizes = (n_blocks, n_blocks + 1, n_tx, n_tx, n_tx, n_tx + 1, *[n] * 6)
    pairs: zip[tuple[Any, int]] = zip(room, sizes, strict=True)
    return Columns(*(column[:size] for column, size in pairs))


def _keys(numbers: NDArray[np.int64], salt: np.uint64, size: int) -> NDArray[np.uint8]:
    out = np.empty((numbers.size, size // 4), np.uint32)
    write_keys(out, numbers, salt)
    return out.view(np.uint8)


def _finish(made: Columns, salt: np.uint64, parent: NDArray[np.uint8]) -> AccountBatch:
    """Give everything its bytes: hashes by place in the chain, addresses by number."""
    blocks = made.block_number
    block_hash = _keys(blocks, salt ^ _BLOCKS, 32)
    block_hash[:, :8] = blocks.astype(">i8").view(np.uint8).reshape(-1, 8)
    n_in_block = np.diff(made.block_first_tx)
    named = np.repeat(blocks, n_in_block) << 20 | made.tx_place
    kinds = np.array([coin.kind for coin in COINS], np.uint8)
    keys = np.frombuffer(b"".join(coin.key for coin in COINS), np.uint8)
    tokens = made.transfer_token
    none = np.zeros(0, np.uint8)
    nobody = np.zeros((0, 20), np.uint8)
    return AccountBatch(
        CHAIN,
        blocks,
        block_hash,
        np.concatenate([parent, block_hash[:-1]]),
        START_UTC + _BLOCK_SECONDS * blocks,
        made.block_first_tx,
        _keys(named, salt ^ _TXS, 32),
        made.tx_place,
        made.tx_status,
        _keys(made.tx_sender, salt, 20),
        made.tx_first_transfer,
        np.zeros(made.tx_first_transfer.size, np.int64),
        made.transfer_kind,
        kinds[tokens],
        keys.reshape(-1, 20)[tokens],
        _keys(made.transfer_from, salt, 20),
        _keys(made.transfer_to, salt, 20),
        made.transfer_log,
        made.transfer_amount,
        none,
        nobody,
        nobody,
        nobody,
        none.astype(np.int32),
        np.zeros((0, 4), np.uint64),
        none.astype(np.int64),
    )
