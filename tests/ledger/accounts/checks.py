"""Holding a ledger of accounts against the same chain read the obvious way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.accounts import NOBODY, whole
from dalil.ledger.accounts.view import NO_ADDRESS

if TYPE_CHECKING:
    from dalil.ledger.accounts import AccountLedger
    from tests.ledger.accounts.chains import Naive


def check_all(ledger: AccountLedger, naive: Naive) -> None:
    """Hold every column and every way through the ledger against the naive reading."""
    check_columns(ledger, naive)
    check_ways(ledger, naive)


def check_columns(ledger: AccountLedger, naive: Naive) -> None:
    """Columns say what the chain says, in its order."""
    ids, tokens = naive.addresses, naive.tokens
    assert [k.tobytes() for k in ledger.address_key] == list(ids)
    held = zip(ledger.token_kind.tolist(), ledger.token_key, strict=True)
    assert [(kind, k.tobytes()) for kind, k in held] == list(tokens)
    assert ledger.block_number.tolist() == [b.number for b in naive.blocks]
    assert [h.tobytes() for h in ledger.block_hash] == [b.hash for b in naive.blocks]
    assert [h.tobytes() for h in ledger.tx_hash] == [tx.hash for tx in naive.txs]
    assert ledger.tx_status.tolist() == [tx.status for tx in naive.txs]
    senders = [ids.get(tx.sender, NO_ADDRESS) for tx in naive.txs]
    if NOBODY in ids:
        senders = [NO_ADDRESS if s == ids[NOBODY] else s for s in senders]
    assert ledger.tx_sender.tolist() == senders
    every = np.arange(ledger.n_transfers)
    moves = [m for _, m in naive.moves]
    assert ledger.transfer_token.tolist() == [tokens[m.token] for m in moves]
    assert ledger.transfer_from.tolist() == [ids[m.source] for m in moves]
    assert ledger.transfer_to.tolist() == [ids[m.to] for m in moves]
    assert ledger.amounts(every) == [m.amount for m in moves]
    assert ledger.transfer_log.tolist() == [m.log for m in moves]
    txs = ledger.tx_of_transfer(every)
    assert [naive.txs[i] for i in txs] == [tx for tx, _ in naive.moves]
    numbers = ledger.block_number[ledger.block_of_tx(np.arange(ledger.n_tx))]
    assert numbers.tolist() == [b.number for b in naive.blocks for _ in b.txs]
    words = [w for _, w in naive.words]
    assert ledger.event_kind.tolist() == [w.kind for w in words]
    subjects = [NO_ADDRESS if w.subject == NOBODY else ids[w.subject] for w in words]
    assert ledger.event_subject.tolist() == subjects
    assert whole(ledger.event_amount) == [w.amount for w in words]
    of = ledger.tx_of_event(np.arange(ledger.n_events))
    assert [naive.txs[i] for i in of] == [tx for tx, _ in naive.words]
    assert np.diff(ledger.tx_first_event).tolist() == [len(t.words) for t in naive.txs]


def check_ways(ledger: AccountLedger, naive: Naive) -> None:
    """Look-ups, postings and balances say what the chain says."""
    for row, tx in enumerate(naive.txs):
        assert ledger.find_tx(tx.hash.hex()) == row
    assert ledger.find_tx("00" * 32) is None
    everyone = np.arange(ledger.n_addresses)
    last = naive.blocks[-1].number if naive.blocks else 0
    for token, t in naive.tokens.items():
        both = (
            ledger.transfers_from_many(everyone, t),
            ledger.transfers_to_many(everyone, t),
        )
        for who, a in naive.addresses.items():
            lists = (
                naive.moved(who, token, out=True),
                naive.moved(who, token, out=False),
            )
            assert ledger.transfers_from(a, t).tolist() == lists[0]
            assert ledger.transfers_to(a, t).tolist() == lists[1]
            for (first, rows), told in zip(both, lists, strict=True):
                assert rows[first[a] : first[a + 1]].tolist() == told
            for number in {last, last // 2}:
                told_by = naive.balance(who, token, number)
                if ledger.opening_balance(a, t) == 0:
                    assert ledger.balance(a, t, number) == told_by
    for who, a in naive.addresses.items():
        assert ledger.find_key(who) == a
        assert ledger.find_address(ledger.address_text(a)) == a
        assert ledger.transfers_from(a).tolist() == naive.moved(who, out=True)
        assert ledger.transfers_to(a).tolist() == naive.moved(who, out=False)
        about = [
            i for i, (_, w) in enumerate(naive.words) if w.subject == who != NOBODY
        ]
        assert ledger.events_about(a).tolist() == about
