"""Bulk-made transfers: a chain whose every balance can be told from its start."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains.accounts import (
    NO_LOG,
    NOBODY,
    AccountBatch,
    TransferKind,
    TxStatus,
    whole,
)
from dalil.errors import InputError
from dalil.exercise.accounts import bulk_address, bulk_transfers
from dalil.exercise.accounts.bulk_kernels import N_HOT


def joined(batches: list[AccountBatch], column: str) -> bytes:
    return b"".join(getattr(batch, column).tobytes() for batch in batches)


def moves(batch: AccountBatch) -> list[tuple[bytes, bytes, bytes, int]]:
    return list(
        zip(
            map(bytes, batch.transfer_token),
            map(bytes, batch.transfer_from),
            map(bytes, batch.transfer_to),
            whole(batch.transfer_amount),
            strict=True,
        )
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(64, 4_000), st.integers(0, 2**40), st.integers(64, 700))
def test_nobody_pays_more_than_he_holds(n: int, seed: int, n_addresses: int) -> None:
    held: defaultdict[tuple[bytes, bytes], int] = defaultdict(int)
    made = 0
    for batch in bulk_transfers(n, seed=seed, batch=500, n_addresses=n_addresses):
        for token, payer, payee, amount in moves(batch):
            made += 1
            assert 0 < amount < 10**28
            if payer != NOBODY:
                held[token, payer] -= amount
                assert held[token, payer] >= 0
            held[token, payee] += amount
    assert made == n
    assert len({who for _, who in held}) <= n_addresses


@pytest.mark.parametrize("batch", [1, 700, 10**6], ids=lambda n: f"batches of {n}")
def test_batches_do_not_change_the_chain(batch: int) -> None:
    once = list(bulk_transfers(5_000, seed=3, batch=2_000))
    again = list(bulk_transfers(5_000, seed=3, batch=batch))
    for column in (
        *("block_number", "block_hash", "block_parent", "block_time"),
        *("tx_hash", "tx_place", "tx_status", "tx_sender"),
        *("transfer_kind", "transfer_token", "transfer_from", "transfer_to"),
        *("transfer_log", "transfer_amount"),
    ):
        assert joined(once, column) == joined(again, column)


def test_another_seed_is_another_chain_of_other_addresses() -> None:
    [one], [two] = bulk_transfers(200, seed=1), bulk_transfers(200, seed=2)
    assert not set(map(bytes, one.transfer_to)) & set(map(bytes, two.transfer_to))


def test_every_column_keeps_the_shape_and_order_of_a_batch() -> None:
    number, previous = 0, bytes(32)
    for batch in bulk_transfers(20_000, batch=4_000):
        n_tx, n = batch.tx_hash.shape[0], batch.transfer_kind.size
        assert batch.block_number.tolist() == [
            *range(number, number + batch.block_number.size)
        ]
        number += batch.block_number.size
        assert batch.block_parent[0].tobytes() == previous
        assert (batch.block_parent[1:] == batch.block_hash[:-1]).all()
        previous = batch.block_hash[-1].tobytes()
        assert batch.block_first_tx[[0, -1]].tolist() == [0, n_tx]
        assert batch.tx_first_transfer[[0, -1]].tolist() == [0, n]
        assert batch.tx_first_event.tolist() == [0] * (n_tx + 1)
        assert len(set(map(bytes, batch.tx_hash))) == n_tx
        counts = np.diff(batch.tx_first_transfer)
        assert ((counts > 0) == (batch.tx_status == TxStatus.DONE)).all()
        for i in range(batch.block_number.size):
            txs = slice(*batch.block_first_tx[i : i + 2])
            assert batch.tx_place[txs].tolist() == [*range(txs.stop - txs.start)]
            rows = slice(*batch.tx_first_transfer[[txs.start, txs.stop]])
            logs = batch.transfer_log[rows]
            assert logs[logs != NO_LOG].tolist() == [*range((logs != NO_LOG).sum())]
        first = np.zeros(n, bool)
        first[batch.tx_first_transfer[:-1][counts > 0]] = True
        native = batch.transfer_kind == TransferKind.NATIVE
        assert ((batch.transfer_log == NO_LOG) == native).all()
        assert first[native].all()
        for column in batch[1:-1]:
            assert isinstance(column, np.ndarray)
            assert column.flags.c_contiguous


def test_it_begins_with_mints_and_a_few_are_busy() -> None:
    [batch] = bulk_transfers(40_000)
    minted = np.flatnonzero(batch.transfer_kind == TransferKind.MINT)
    assert not batch.transfer_from[: 4 * N_HOT].any()
    assert (~batch.transfer_from[minted].any(axis=1)).all()
    paid = Counter(map(bytes, batch.transfer_to))
    hot = {bulk_address(number) for number in range(N_HOT)}
    assert sum(paid[key] for key in hot) > 4_000  # sweeps
    assert paid[bulk_address(N_HOT)] > 300
    assert sum(n == 1 for n in paid.values()) > len(paid) // 4
    assert batch.transfer_amount[:, 1].any()


@pytest.mark.parametrize("n", [0, 63])
def test_refuses_what_does_not_hold_the_first_block(n: int) -> None:
    with pytest.raises(InputError, match="64 transfers"):
        bulk_transfers(n)
