"""Checking a ledger of accounts: its bytes, its order, everything derived from it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.accounts import EventKind, TokenKind, TransferKind, TxStatus
from dalil.errors import DalilError, StoreError
from dalil.ledger.accounts.appearance import check_appearance
from dalil.ledger.accounts.interning import ADDRESS_WORDS
from dalil.ledger.accounts.keyindex import find_keys
from dalil.ledger.accounts.layout import CHUNK_BYTES, COLUMNS
from dalil.ledger.accounts.marks import words
from dalil.ledger.accounts.runfile import HASH_WORDS, make_run
from dalil.ledger.accounts.view import NO_ADDRESS
from dalil.ledger.verifying.verify import Check, Verified
from dalil.progress import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dalil.ledger.accounts.reader import AccountLedger
    from dalil.progress import Progress

__all__ = ["verify_accounts"]

_READ_BYTES = 1 << 20
_FIRSTS = (
    ("block.first_tx", "n_tx"),
    ("block.first_event", "n_events"),
    ("tx.first_transfer", "n_transfers"),
    ("block.first_wide", "n_wide"),
)
_NOT_CHECKED = (
    "that the blocks are the ones the world uses: compare the last block's hash",
    "that transfers and events are all that the blocks hold, and true: what a source "
    "says is taken as it is; proofs of single transactions are kept apart",
    "opening balances: whoever gave an anchor vouches for it",
)


def verify_accounts(ledger: AccountLedger, progress: Progress = silent) -> Verified:
    """Check a ledger against its manifest and against itself.

    Every chunk is hashed again; order, ids, sums of rows and wide amounts are
    looked at; addresses and tokens must have their ids by first appearance; every
    run is made again from the columns and must come out the same, and every
    address and transaction must be found by its key. Where bytes are not what
    was written, what they mean is not asked.

    Notes
    -----
    What this does not prove: that the source spoke the truth; `not_checked` says
    so. Memory: 28 bytes for each transfer of the largest run, and the columns
    that are looked at, mapped.
    """
    done = Verified(ledger.manifest_sha256, not_checked=list(_NOT_CHECKED))
    stages = (
        (("chunks hashed", _chunks),),
        (("rows in order", _order), ("ids in their tables", _ranges)),
        (
            ("blocks follow one another", _links),
            ("wide amounts", _wide),
            ("ids by first appearance", check_appearance),
            ("runs made again", _runs),
            ("addresses and hashes found", _found),
        ),
    )
    for stage in stages:
        sound = done.ok
        for name, check in stage:
            if sound:
                done.checks.append(_made(name, check, ledger, progress))
            else:
                why = "not made: a check before it failed"
                done.checks.append(Check(name, 0, skipped=why))
    return done


def _made(
    name: str,
    check: Callable[[AccountLedger], Iterator[int]],
    ledger: AccountLedger,
    progress: Progress,
) -> Check:
    n = 0
    try:
        for step in check(ledger):
            n += step
            progress(name, n, 0)
    except DalilError as error:
        return Check(name, n, str(error))
    return Check(name, n)


def _refuse_if(wrong: object, what: str, where: object) -> None:
    if wrong:
        raise StoreError(what, where)


def _chunks(ledger: AccountLedger) -> Iterator[int]:
    commit = ledger.commit
    for name, column in COLUMNS.items():
        size = commit.n_rows(name) * column.row_bytes
        told = commit.manifest["columns"][name]["chunks"]
        for i, file in enumerate(commit.files(ledger.path, name)):
            left, hasher = min(CHUNK_BYTES, size - i * CHUNK_BYTES), sha256()
            with file.open("rb") as opened:
                while left and (part := opened.read(min(left, _READ_BYTES))):
                    hasher.update(part)
                    left -= len(part)
            _refuse_if(
                hasher.hexdigest() != told[i], "a chunk is not what was written", file
            )
            yield 1


def _order(ledger: AccountLedger) -> Iterator[int]:
    sizes = {"n_wide": int(ledger.wide_transfer.size)}
    for name, counted in _FIRSTS:
        first = ledger.column(name)
        total = sizes.get(counted, getattr(ledger, counted, -1))
        ends = int(first[0]), int(first[-1])
        wrong = ends != (0, total) or np.any(np.diff(first) < 0)
        _refuse_if(wrong, "rows do not add up", name)
        yield first.size
    for name in ("block.number", "wide.transfer"):
        rows = ledger.column(name)
        _refuse_if(np.any(np.diff(rows) <= 0), "rows do not ascend", name)
        yield rows.size
    _refuse_if(np.any(np.diff(ledger.event_tx) < 0), "events are not in order", "")
    every = np.arange(1, ledger.n_transfers)
    down = every[ledger.transfer_log[1:] < ledger.transfer_log[:-1]]
    same = ledger.tx_of_transfer(down) == ledger.tx_of_transfer(down - 1)
    _refuse_if(same.any(), "transfers are not in order", "transfer.log")
    down = np.flatnonzero(ledger.event_log[1:] < ledger.event_log[:-1])
    same = ledger.event_tx[down] == ledger.event_tx[down + 1]
    _refuse_if(same.any(), "events of a transaction are not in order", "event.log")
    yield ledger.n_transfers + ledger.n_events


def _ranges(ledger: AccountLedger) -> Iterator[int]:
    n_addresses, n_tokens = ledger.n_addresses, ledger.n_tokens
    for name, limit in (
        ("transfer.from", n_addresses),
        ("transfer.to", n_addresses),
        ("anchor.address", n_addresses),
        ("transfer.token", n_tokens),
        ("anchor.token", n_tokens),
        ("wide.transfer", ledger.n_transfers),
        ("event.tx", ledger.n_tx),
        ("tx.status", max(TxStatus) + 1),
        ("transfer.kind", max(TransferKind) + 1),
        ("event.kind", max(EventKind) + 1),
        ("token.kind", max(TokenKind) + 1),
    ):
        rows = ledger.column(name)
        high = rows.size and int(rows.max()) >= limit
        low = rows.size and int(rows.min()) < 0
        _refuse_if(high or low, "a row leads out of its table", name)
        yield rows.size
    for name in ("tx.sender", "event.contract", "event.subject", "event.other"):
        rows = ledger.column(name)
        wrong = (rows >= n_addresses) & (rows != NO_ADDRESS)
        _refuse_if(wrong.any(), "a row leads out of its table", name)
        yield rows.size


def _links(ledger: AccountLedger) -> Iterator[int]:
    number, follows = ledger.block_number, ledger.column("block.follows")
    steps = np.diff(number)
    jumped = (follows[1:] != 0) & (steps != 1)
    _refuse_if(jumped.any(), "blocks are missing where none is said to be", number.size)
    hashes, parents = ledger.block_hash[:-1], ledger.block_parent[1:]
    told = hashes.any(axis=1) & parents.any(axis=1) & (steps == 1)
    wrong = told & (hashes != parents).any(axis=1)
    _refuse_if(wrong.any(), "a block's parent is not the one before", number.size)
    yield number.size


def _wide(ledger: AccountLedger) -> Iterator[int]:
    empty = ~ledger.wide_high.any(axis=1)
    _refuse_if(empty.any(), "an amount is wide and has no upper limbs", "wide.high")
    first = ledger.column("block.first_wide")
    stops = ledger.tx_first_transfer[ledger.block_first_tx]
    wrong = np.searchsorted(ledger.wide_transfer, stops) != first
    _refuse_if(wrong.any(), "rows do not add up", "block.first_wide")
    first = ledger.column("block.first_event")
    wrong = np.searchsorted(ledger.event_tx, ledger.block_first_tx) != first
    _refuse_if(wrong.any(), "rows do not add up", "block.first_event")
    yield ledger.wide_transfer.size


def _runs(ledger: AccountLedger) -> Iterator[int]:
    with ThreadPoolExecutor(2) as threads:
        for run, named in zip(ledger.runs, ledger.commit.runs, strict=True):
            again = make_run(ledger.column, run.spans, ledger.commit.seed, threads)
            held = run.arrays()
            for name, array in again.arrays().items():
                same = np.array_equal(array, held[name])
                _refuse_if(not same, f"a run's {name} is not what its rows give", named)
            yield 1


def _found(ledger: AccountLedger) -> Iterator[int]:
    seed = np.uint64(ledger.commit.seed)
    keyed = (
        ("address.key", ADDRESS_WORDS, [run.address for run in ledger.runs]),
        ("tx.hash", HASH_WORDS, [run.tx for run in ledger.runs]),
    )
    for name, width, indexes in keyed:
        keys = words(ledger.column(name))
        found = np.full(keys.size // width, -1)
        for index in indexes:
            find_keys(keys, width, seed, index, keys, found)
        wrong = np.flatnonzero(found != np.arange(found.size))
        _refuse_if(wrong.size, "a key is there twice, or is not found", name)
        yield found.size
    pairs = {
        (int(kind), key.tobytes())
        for kind, key in zip(ledger.token_kind, ledger.token_key, strict=True)
    }
    _refuse_if(len(pairs) != ledger.n_tokens, "a token is there twice", "token.key")
    yield ledger.n_tokens
