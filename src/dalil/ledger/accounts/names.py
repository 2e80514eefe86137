"""Ids for what batches name: known from this build, from runs, or new."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.accounts import TokenKind
from dalil.ledger.accounts.interning import (
    ADDRESS_WORDS,
    TOKEN_WORDS,
    Met,
    Named,
    fill_marks,
    meet,
    new_seen,
    roomier,
    see,
)
from dalil.ledger.accounts.keyindex import find_keys
from dalil.ledger.accounts.marks import words
from dalil.ledger.accounts.view import NO_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dalil.chains.accounts import AccountBatch
    from dalil.ledger.accounts.keyindex import KeyIndex

__all__ = ["BYTES_A_NAME", "Ids", "Names"]

BYTES_A_NAME = 60
"""Of memory, at the most, for each address that a session knows."""


class Ids(NamedTuple):
    """What a batch names, by id, and what of it is new.

    `known` (n_tx, 2) int64: addresses and tokens of the ledger once each
    transaction is added.
    """

    named: Named
    known: NDArray[np.int64]
    new_addresses: NDArray[np.uint8]
    new_tokens: NDArray[np.uint8]
    new_token_kinds: NDArray[np.uint8]


class Names:
    """Gives ids in order of first appearance.

    Parameters
    ----------
    address_key : (n_addresses, 20) uint8
        The ledger's addresses as the session begins.
    indexes : sequence of KeyIndex
        That cover them.
    token_kind, token_key : (n_tokens,), (n_tokens, 20) uint8
        The ledger's tokens.
    seed : int
    """

    def __init__(
        self,
        address_key: NDArray[np.uint8],
        indexes: Sequence[KeyIndex],
        token_kind: NDArray[np.uint8],
        token_key: NDArray[np.uint8],
        seed: int,
    ) -> None:
        self._keys, self._indexes, self._seed = words(address_key), indexes, seed
        self.n_addresses = address_key.shape[0]
        self._addresses = new_seen(seed, ADDRESS_WORDS)
        self._ids = np.zeros(0, np.uint32)
        self._tokens = new_seen(seed, TOKEN_WORDS)
        held = np.empty((token_kind.size, TOKEN_WORDS), np.uint32)
        held[:, :ADDRESS_WORDS] = words(token_key).reshape(-1, ADDRESS_WORDS)
        held[:, ADDRESS_WORDS] = token_kind
        for row in range(token_kind.size):
            self._need(0, 1)
            see(self._tokens, held.reshape(-1), row * TOKEN_WORDS)

    @property
    def session_size(self) -> int:
        """Addresses held in memory."""
        return int(self._addresses.used[0])

    def name(self, batch: AccountBatch) -> Ids:
        """Give ids to all that a batch names."""
        met = self._met(batch)
        n, n_events, n_tx = met.token_kind.size, batch.event_kind.size, met.sender.size
        n_tx //= ADDRESS_WORDS
        sizes = (n, n, n, n_events, n_events, n_events, n_tx)
        a, b, c, d, e, f, g = (np.empty(size, np.uint32) for size in sizes)
        named = Named(a, b, c, d, e, f, g, np.empty((n_tx, 2), np.int64))
        first_token = int(self._tokens.used[0])
        self._meet(met, named)
        before = self._ids.size
        fresh = self._look_up(before)
        grown = self.n_addresses - fresh.size
        new = np.zeros(self.session_size - before + 1, np.int64)
        new[1:][fresh] = 1
        known = named.met.copy()
        known[:, 0] = grown + np.cumsum(new)[np.maximum(known[:, 0] - before, 0)]
        self._replace(named)
        tokens = self._tokens.keys.reshape(-1, TOKEN_WORDS)
        added = tokens[first_token : int(self._tokens.used[0])]
        addresses = self._addresses.keys.reshape(-1, ADDRESS_WORDS)[before:]
        return Ids(
            named,
            known,
            _bytes(addresses[fresh]),
            _bytes(added[:, :ADDRESS_WORDS]),
            added[:, ADDRESS_WORDS].astype(np.uint8),
        )

    def _met(self, batch: AccountBatch) -> Met:
        token, kind = batch.transfer_token, batch.transfer_token_kind
        if np.any(kind == TokenKind.NATIVE):
            token = np.where((kind == TokenKind.NATIVE)[:, None], np.uint8(0), token)
        source, to = words(batch.transfer_from), words(batch.transfer_to)
        marks = np.empty((2, kind.size), np.uint64)
        fill_marks(self._addresses, source, marks[0])
        fill_marks(self._addresses, to, marks[1])
        return Met(
            np.ascontiguousarray(batch.tx_first_transfer, np.int64),
            np.ascontiguousarray(batch.tx_first_event, np.int64),
            words(token),
            np.ascontiguousarray(kind, np.uint8),
            source,
            marks[0],
            to,
            marks[1],
            words(batch.event_contract),
            words(batch.event_subject),
            words(batch.event_other),
            words(batch.tx_sender),
        )

    def _meet(self, met: Met, named: Named) -> None:
        buffer, done = np.empty(TOKEN_WORDS, np.uint32), 0
        n_tx = named.sender.size
        while True:
            done = meet(met, self._addresses, self._tokens, named, done, buffer)
            if done == n_tx:
                return
            n = int(met.tx_first_transfer[done + 1] - met.tx_first_transfer[done])
            events = int(met.tx_first_event[done + 1] - met.tx_first_event[done])
            self._need(2 * n + 3 * events + 1, n)

    def _need(self, addresses: int, tokens: int) -> None:
        """Have room for so many more keys."""
        while (
            int(self._addresses.used[0]) + addresses
            > self._addresses.keys.size // ADDRESS_WORDS
        ):
            self._addresses = roomier(self._addresses)
        while int(self._tokens.used[0]) + tokens > (
            self._tokens.keys.size // TOKEN_WORDS
        ):
            self._tokens = roomier(self._tokens)

    def _look_up(self, before: int) -> NDArray[np.int64]:
        """Find ids of what the session met for the first time; give those new to all.

        Returns
        -------
        (n_new,) int64
            Their places, counted from `before`.
        """
        wanted = self._addresses.keys[
            before * ADDRESS_WORDS : self.session_size * ADDRESS_WORDS
        ]
        found = np.full(self.session_size - before, -1, np.int64)
        seed = np.uint64(self._seed)
        for index in reversed(self._indexes):
            find_keys(wanted, ADDRESS_WORDS, seed, index, self._keys, found)
        fresh = np.flatnonzero(found < 0)
        found[fresh] = self.n_addresses + np.arange(fresh.size)
        self.n_addresses += int(fresh.size)
        self._ids = np.concatenate([self._ids, found.astype(np.uint32)])
        return fresh

    def _replace(self, named: Named) -> None:
        """Turn places into ids; tokens' are the same, all of them being held."""
        if self._ids.size == self.n_addresses and not self._indexes:
            return
        ids = self._ids
        for places in (named.source, named.to):
            np.take(ids, places, out=places)
        for places in (named.contract, named.subject, named.other, named.sender):
            some = places != NO_ADDRESS
            places[some] = ids[places[some]]


def _bytes(keys: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(keys).view(np.uint8).reshape(-1, 20)
