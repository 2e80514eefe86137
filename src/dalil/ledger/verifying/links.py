"""Whether what runs tell agrees with the columns, both ways."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import numpy as np

from dalil.errors import StoreError
from dalil.ledger.marks import words
from dalil.ledger.runs import Runs
from dalil.ledger.verifying.sums import (
    entries_sum,
    keys_sum,
    listed_sum,
    pairs_sum,
    rows_sum,
    spenders_sum,
    spends_sum,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dalil.ledger.index import Index
    from dalil.ledger.reader import Ledger
    from dalil.ledger.runs.postings import Postings

__all__ = ["check_histories", "check_indexes", "check_keys_once", "check_spends"]

_AT_ONCE = 1 << 18
_64_BITS = (1 << 64) - 1
_NOBODY = np.zeros(0, np.uint32)


class _Sum:
    """Adds up pieces of two lists, modulo 2⁶⁴, under a number nobody knows."""

    def __init__(self) -> None:
        self.secret = np.uint64(secrets.randbits(64))
        self._difference = 0

    def column(self, part: np.uint64) -> None:
        self._difference += int(part)

    def run(self, part: np.uint64) -> None:
        self._difference -= int(part)

    @property
    def equal(self) -> bool:
        return self._difference & _64_BITS == 0


def _parts(start: int, stop: int) -> Iterator[tuple[int, int]]:
    for at in range(start, stop, _AT_ONCE):
        yield at, min(at + _AT_ONCE, stop)


def check_spends(ledger: Ledger) -> Iterator[int]:
    """Each run's spenders are its inputs' spends, and nothing is spent twice.

    Reads columns and runs front to back; what a run spends of earlier ones is
    besides looked up in them.
    """
    for r, run in enumerate(ledger.runs.runs):
        both, inputs = _Sum(), run.rows.input
        for at, end in _parts(*inputs):
            spends = ledger.input_spends[at:end]
            both.column(spends_sum(spends, at, both.secret))
            yield end - at
        first = run.rows.output[0]
        for at, end in _parts(0, run.spent.own.size):
            own = run.spent.own[at:end]
            both.run(spenders_sum(own, first + at, both.secret))
            yield end - at
        before = Runs(ledger.runs.runs[:r], ledger.commit.seed)
        for at, end in _parts(0, run.spent.older.shape[0]):
            pairs = run.spent.older[at:end]
            both.run(pairs_sum(pairs, both.secret))
            if np.any(before.spent_by(np.ascontiguousarray(pairs[:, 0])) >= 0):
                raise StoreError("an output is spent in two runs", run.path)
        if not both.equal:
            raise StoreError("a run's spenders are not its inputs' spends", run.path)
        run.drop()


def check_histories(ledger: Ledger) -> Iterator[int]:
    """Each run's histories are its outputs by address, and so for outside."""
    for run in ledger.runs.runs:
        for what, column, lists, span, first_own in (
            ("output", ledger.output_address, run.history, run.rows.output, 0),
            ("outside", ledger.outside_address, run.outside, run.rows.outside, 1),
        ):
            both = _Sum()
            for at, end in _parts(*span):
                both.column(rows_sum(column[at:end], at, both.secret))
                yield end - at
            own = run.rows.address[first_own]
            for part in _listed(lists, own, span[0], both.secret):
                both.run(part)
                yield 0
            if not both.equal:
                what = f"a run's histories are not its {what} rows by address"
                raise StoreError(what, run.path)
        run.drop()


def _listed(
    lists: Postings, own: int, first: int, secret: np.uint64
) -> Iterator[np.uint64]:
    for at, end in _parts(0, lists.older.size):
        owners, ends = lists.older[at:end], lists.offsets[at : end + 1]
        yield listed_sum(owners, 0, ends, lists.rows, first, secret)
    for at, end in _parts(0, lists.own.size - 1):
        ends = lists.own[at : end + 1]
        yield listed_sum(_NOBODY, own + at, ends, lists.rows, first, secret)


def check_indexes(ledger: Ledger) -> Iterator[int]:
    """Each run's indexes are the marks of its txids and addresses, by row."""
    seed, no_kinds = np.uint64(ledger.commit.seed), np.zeros(0, np.uint8)
    txids, keys = words(ledger.tx_txid), words(ledger.address_key)

    def of_txs(at: int, end: int) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        return txids[at:end], no_kinds

    def of_addresses(at: int, end: int) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        return keys[at:end], ledger.address_type[at:end]

    for run in ledger.runs.runs:
        for what, index, part, span in (
            ("transactions", run.tx_index, of_txs, run.rows.tx),
            ("addresses", run.address_index, of_addresses, run.rows.address),
        ):
            both = _Sum()
            for at, end in _parts(*span):
                mine = part(at, end)
                both.column(keys_sum(*mine, at - span[0], seed, both.secret))
                yield end - at
            for at, end in _parts(0, index.entries.shape[0]):
                both.run(entries_sum(index.entries[at:end], both.secret))
            if not both.equal:
                what = f"a run's index does not find its {what}"
                raise StoreError(what, run.path)
        run.drop()


def check_keys_once(ledger: Ledger) -> Iterator[int]:
    """No address has two rows, in one run or in two.

    Entries of one mark stand side by side in a run; the addresses of all runs
    but the first are looked up in those before.
    """
    keys, kinds = words(ledger.address_key), ledger.address_type
    for r, run in enumerate(ledger.runs.runs):
        before = Runs(ledger.runs.runs[:r], ledger.commit.seed)
        for at, end in _parts(*run.rows.address) if r else ():
            wanted = keys[at:end], kinds[at:end]
            if np.any(before.find_addresses(wanted, keys, kinds) >= 0):
                raise StoreError("an address has rows in two runs", run.path)
            yield 0
        for one, other in _same_marks(run.address_index):
            if kinds[one] == kinds[other] and np.array_equal(keys[one], keys[other]):
                raise StoreError("an address has two rows", int(other))
        yield run.rows.size("address")
        run.drop()


def _same_marks(index: Index) -> Iterator[tuple[int, int]]:
    """Rows of neighbours in an index whose 96 bits are the same."""
    for at, end in _parts(0, index.entries.shape[0]):
        part = index.entries[at : end + 1]
        same = part[1:, 0] == part[:-1, 0]
        same &= part[1:, 1] >> np.uint64(32) == part[:-1, 1] >> np.uint64(32)
        for k in np.flatnonzero(same).tolist():
            low = [int(part[i, 1]) & 0xFFFF_FFFF for i in (k, k + 1)]
            yield index.first + low[0], index.first + low[1]
