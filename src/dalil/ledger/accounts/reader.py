"""Reading a ledger of accounts: one committed snapshot, looked into both ways."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.accounts import EventKind, TokenKind, whole
from dalil.errors import StoreError
from dalil.ledger.accounts.amounts import whole_at
from dalil.ledger.accounts.balances import balance, net_received
from dalil.ledger.accounts.commit import Commit
from dalil.ledger.accounts.interning import ADDRESS_WORDS
from dalil.ledger.accounts.keyindex import find_keys
from dalil.ledger.accounts.marks import words
from dalil.ledger.accounts.naming import (
    read_account,
    read_tx_hash,
    write_account,
    write_tx_hash,
)
from dalil.ledger.accounts.postings import fill_lists, find_lists, rows_of
from dalil.ledger.accounts.runfile import HASH_WORDS, open_run
from dalil.ledger.accounts.snapshot import Columns
from dalil.ledger.accounts.tokenbook import TokenBook
from dalil.ledger.store.failures import told_by_errno

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.accounts.keyindex import KeyIndex
    from dalil.ledger.accounts.postings import Postings
    from dalil.ledger.accounts.view import I64

__all__ = ["AccountLedger"]


class AccountLedger(Columns):
    """One snapshot of a ledger of accounts: an `AccountView`.

    Every attribute named after a column is a mapped, read-only array whose row
    number is the id. Ids are valid within this snapshot only: name things by
    hash, contract or address outside it. It stays what it is while a writer
    appends, merges or takes blocks back.

    What a ledger of some tokens or some blocks does not show, it does not deny.
    """

    @classmethod
    def open(cls, path: Path) -> AccountLedger:
        """Open the ledger's newest committed snapshot.

        Raises
        ------
        StoreError
            If the folder holds no such ledger, or a damaged one.
        """
        while True:
            commit = Commit.read_file(path)
            try:
                commit.check_files(path)
                with told_by_errno(path):
                    return cls(path, commit)
            except StoreError:
                # A commit made meanwhile may have removed files of this one.
                if Commit.read_file(path).number == commit.number:
                    raise

    def __init__(self, path: Path, commit: Commit) -> None:
        super().__init__(path, commit)
        self.runs = [
            open_run(path / "runs" / run.name, run.spans, run.sha256)
            for run in commit.runs
        ]
        self._addresses = words(self.address_key)
        self._hashes = words(self.tx_hash)

    # -- names --------------------------------------------------------------

    def find_address(self, text: str, /) -> int | None:
        """Find an address by any of its spellings; None if it is not here.

        Raises
        ------
        AddressError
            If it is not an address of this chain at all.
        """
        return self.find_key(read_account(self.chain, text))

    def find_key(self, key: bytes) -> int | None:
        """Find an address by its 20 bytes."""
        indexes = [run.address for run in self.runs]
        return self._find(key, ADDRESS_WORDS, indexes, self._addresses)

    def address_text(self, address: int, /) -> str:
        """Write an address as its chain does."""
        return write_account(self.chain, self.address_key[address].tobytes())

    def txid(self, tx: int, /) -> str:
        """Write a transaction's hash as its chain does."""
        return write_tx_hash(self.chain, self.tx_hash[tx].tobytes())

    def find_tx(self, text: str, /) -> int | None:
        """Find a transaction by its hash, with or without ``0x``.

        Raises
        ------
        InputError
            If it is not 64 hex digits.
        """
        indexes = [run.tx for run in self.runs]
        return self._find(read_tx_hash(text), HASH_WORDS, indexes, self._hashes)

    def _find(
        self,
        key: bytes,
        width: int,
        indexes: Sequence[KeyIndex],
        keys: NDArray[np.uint32],
    ) -> int | None:
        wanted, found = np.frombuffer(key, np.uint32), np.full(1, -1)
        seed = np.uint64(self.commit.seed)
        for index in reversed(indexes):
            find_keys(wanted, width, seed, index, keys, found)
            if found[0] >= 0:
                return int(found[0])
        return None

    @cached_property
    def tokens(self) -> TokenBook:
        """Names and decimals of this ledger's tokens."""
        return TokenBook(self.chain, self.token_kind, self.token_key, self.commit.told)

    def token_name(self, token: int, /) -> str:
        """Name a token: CAIP-19."""
        return self.tokens.name(token)

    def find_token(self, text: str, /) -> int | None:
        """Find a token by CAIP-19, by its contract, or by a known symbol.

        Raises
        ------
        InputError
            If the text names no token.
        """
        return self.tokens.find(text)

    def token_decimals(self, token: int, /) -> int | None:
        """Decimals of a token that Dalil knows or the ledger was told; else None."""
        return self.tokens.decimals(token)

    def block_hash_text(self, block: int) -> str | None:
        """Write a block's hash; None where the source did not tell it."""
        raw = self.block_hash[block].tobytes()
        return write_tx_hash(self.chain, raw) if any(raw) else None

    def find_block(self, number: int) -> int | None:
        """Find the row of a block by its number."""
        row = int(np.searchsorted(self.block_number, number))
        held = row < self.n_blocks and int(self.block_number[row]) == number
        return row if held else None

    # -- transfers ----------------------------------------------------------

    def amounts(self, transfers: I64, /) -> list[int]:
        """Read transfers' whole amounts, exactly."""
        rows = np.asarray(transfers, np.int64)
        return whole_at(self.transfer_amount, self.wide_transfer, self.wide_high, rows)

    def transfers_from(self, address: int, token: int | None = None, /) -> I64:
        """List transfers out of an address, ascending; of one token, or of all."""
        return _joined([rows_of(run.sent, address, token) for run in self.runs])

    def transfers_to(self, address: int, token: int | None = None, /) -> I64:
        """List transfers to an address, ascending; of one token, or of all."""
        return _joined([rows_of(run.received, address, token) for run in self.runs])

    def events_about(self, address: int, /) -> I64:
        """List events whose subject is the address, ascending."""
        return _joined([rows_of(run.about, address, None) for run in self.runs])

    def transfers_from_many(self, addresses: I64, token: int, /) -> tuple[I64, I64]:
        """List transfers of one token out of each address; see `BulkPostings`."""
        return _many([run.sent for run in self.runs], addresses, token)

    def transfers_to_many(self, addresses: I64, token: int, /) -> tuple[I64, I64]:
        """List transfers of one token to each address; see `BulkPostings`."""
        return _many([run.received for run in self.runs], addresses, token)

    def is_frozen(self, address: int, token: int) -> bool:
        """Tell whether the token's contract last said that it froze the address."""
        contract = self.find_key(self.token_key[token].tobytes())
        events = self.events_about(address)
        kinds, spoke = self.event_kind[events], self.event_contract[events]
        told = (kinds == EventKind.FREEZE) | (kinds == EventKind.UNFREEZE)
        last = np.flatnonzero(told & (spoke == (-1 if contract is None else contract)))
        return bool(last.size) and int(kinds[last[-1]]) == EventKind.FREEZE

    # -- balances -----------------------------------------------------------

    def opening_balance(self, address: int, token: int, /) -> int | None:
        """Tell what an address held before the first block; None: not known.

        0 for a contract's token where the ledger begins with the chain's first
        block and lacks none; else what an anchor says, if there is one. The
        chain's own coin and TRC-10 assets come into being without transfers
        (a genesis block's gifts, rewards, issues), so for them only anchors tell.
        """
        if (anchored := self._anchors.get((address, token))) is not None:
            return anchored
        from_genesis = (
            self.contiguous
            and self.n_blocks > 0
            and int(self.block_number[0]) == 0
            and int(self.token_kind[token]) == TokenKind.CONTRACT
        )
        return 0 if from_genesis else None

    @cached_property
    def _anchors(self) -> dict[tuple[int, int], int]:
        pairs = zip(
            self.anchor_address.tolist(), self.anchor_token.tolist(), strict=True
        )
        return dict(zip(pairs, whole(self.anchor_amount), strict=True))

    def net_received(
        self, address: int, token: int, at_block: int | None = None
    ) -> tuple[int, int]:
        """Add up what an address got and gave, in order; see `balances`."""
        return net_received(self, address, token, at_block)

    def balance(
        self, address: int, token: int, at_block: int | None = None
    ) -> int | None:
        """Tell what an address held after a block, in base units; None: not known.

        It is the opening balance and every transfer since. Not known without an
        opening balance, after a block that the ledger does not reach, where
        blocks are missing, for tokens known to rebase or wrap, and where the sum
        was ever below zero: then the token moves in ways of which its transfers
        do not tell.

        Raises
        ------
        InputError
            If there is no such address or token.
        """
        return balance(self, address, token, at_block)


def _joined(lists: Sequence[I64]) -> I64:
    if len(lists) == 1:
        return lists[0]
    return np.concatenate(lists) if lists else np.zeros(0, np.int64)


def _many(runs: Sequence[Postings], addresses: I64, token: int) -> tuple[I64, I64]:
    wanted = np.ascontiguousarray(addresses, np.int64)
    found = [(np.empty_like(wanted), np.empty_like(wanted)) for _ in runs]
    for postings, (start, size) in zip(runs, found, strict=True):
        find_lists(postings, wanted, token, start, size)
    first = np.zeros(wanted.size + 1, np.int64)
    np.cumsum(sum((size for _, size in found), np.zeros_like(wanted)), out=first[1:])
    cursor, transfers = first[:-1].copy(), np.empty(int(first[-1]), np.int64)
    for postings, (start, size) in zip(runs, found, strict=True):
        fill_lists(postings, start, size, cursor, transfers)
    return first, transfers
