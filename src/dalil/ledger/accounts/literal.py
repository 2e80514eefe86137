"""A ledger of accounts written down by hand, for examples and tests.

It shows what any other does (`AccountView`), and has nothing on disk. Addresses
are whatever words one likes; every payment is a transaction and a block of its
own, a minute after the last, unless it is told to be `in_same_tx`.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, TypedDict, Unpack

import numpy as np

from dalil.chains.accounts import EventKind, TokenKind, TransferKind, TxStatus, limbs_of
from dalil.ledger.accounts.view import NO_ADDRESS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64

__all__ = ["HandAccounts", "Said", "When"]

_FIRST_TIME = 1_700_000_000
_SPELLED = re.compile("0x[0-9a-f]{40}")


class When(TypedDict, total=False):
    """When something happens; by default a minute after the last."""

    time: int
    """Unix seconds."""
    in_same_tx: bool


class Said(When, total=False):
    """What an event says beside its kind and subject."""

    contract: str
    other: str
    amount: int
    ref: int


class HandAccounts:
    """A growing ledger of literal payments.

    Parameters
    ----------
    from_genesis : bool
        Whether all balances begin at 0; else they are not known.
    native : str, optional
        Which word for a coin means the chain's own; all others are contracts.

    Examples
    --------
    >>> ledger = HandAccounts()
    >>> ledger.pay("NOBODY", "alice", 50), ledger.pay("alice", "bob", 30)
    (0, 1)
    >>> ledger.transfer_amount.tolist(), ledger.address_text(2)
    ([50, 30], 'bob')
    """

    def __init__(self, *, from_genesis: bool = True, native: str | None = None) -> None:
        self.chain = "eip155:1337"
        self.contiguous = True
        self._from_genesis = from_genesis
        self._native = native
        self._anchors: dict[tuple[int, int], int] = {}
        self._times: list[int] = []
        self._tx_transfers, self._tx_events = [0], [0]
        self._amounts: list[int] = []
        self._transfers: list[tuple[int, int, int, int]] = []
        self._events: list[tuple[int, int, int, int, int]] = []
        self._event_amounts: list[int] = []
        self._names: dict[str, int] = {}
        self._tokens: dict[str, int] = {}

    def name(self, word: str) -> int:
        """Give a word its address id, a new one where it is new."""
        return self._names.setdefault(word, len(self._names))

    def anchor(self, word: str, amount: int, coin: str = "USDT") -> None:
        """Say what an address held before the ledger begins."""
        self._anchors[self.name(word), self._token(coin)] = amount

    def _token(self, word: str) -> int:
        return self._tokens.setdefault(word, len(self._tokens))

    def _begin(self, when: When) -> None:
        if when.get("in_same_tx") and self._times:
            return
        last = self._times[-1] if self._times else _FIRST_TIME - 60
        self._times.append(when.get("time", last + 60))
        self._tx_transfers.append(self._tx_transfers[-1])
        self._tx_events.append(self._tx_events[-1])

    def pay(
        self,
        source: str,
        to: str,
        amount: int,
        coin: str = "USDT",
        *,
        kind: TransferKind = TransferKind.TOKEN,
        **when: Unpack[When],
    ) -> int:
        """Add a transfer; return its id. ``NOBODY`` mints and burns."""
        self._begin(when)
        self._tx_transfers[-1] += 1
        row = (self._token(coin), self.name(source), self.name(to), int(kind))
        self._transfers.append(row)
        self._amounts.append(amount)
        return len(self._amounts) - 1

    def tell(
        self, kind: EventKind, subject: str | None = None, **said: Unpack[Said]
    ) -> int:
        """Add an event; return its id."""
        self._begin(said)
        self._tx_events[-1] += 1
        words = (said.get("contract"), subject, said.get("other"))
        ids = [NO_ADDRESS if w is None else self.name(w) for w in words]
        row = (int(kind), ids[0], ids[1], ids[2], said.get("ref", -1))
        self._events.append(row)
        self._event_amounts.append(said.get("amount", 0))
        return len(self._events) - 1

    def _column(self, part: int) -> I64:
        return np.array([row[part] for row in self._transfers], dtype=np.int64)

    def _event(self, part: int) -> I64:
        return np.array([row[part] for row in self._events], dtype=np.int64)

    @staticmethod
    def _logs(first: list[int]) -> NDArray[np.int32]:
        counts = np.diff(first)
        starts = np.repeat(np.array(first[:-1]), counts)
        logs: NDArray[np.int32] = (np.arange(first[-1]) - starts).astype(np.int32)
        return logs

    block_number = property(lambda self: np.arange(len(self._times)))
    block_time = property(lambda self: np.array(self._times, dtype=np.int64))
    block_first_tx = property(lambda self: np.arange(len(self._times) + 1))
    tx_first_transfer = property(lambda self: np.array(self._tx_transfers))
    tx_first_event = property(lambda self: np.array(self._tx_events))
    tx_status = property(
        lambda self: np.full(len(self._times), TxStatus.DONE, dtype=np.uint8)
    )
    transfer_token = property(lambda self: self._column(0).astype(np.uint32))
    transfer_from = property(lambda self: self._column(1).astype(np.uint32))
    transfer_to = property(lambda self: self._column(2).astype(np.uint32))
    transfer_kind = property(lambda self: self._column(3).astype(np.uint8))
    transfer_log = property(lambda self: self._logs(self._tx_transfers))
    event_kind = property(lambda self: self._event(0).astype(np.uint8))
    event_contract = property(lambda self: self._event(1).astype(np.uint32))
    event_subject = property(lambda self: self._event(2).astype(np.uint32))
    event_other = property(lambda self: self._event(3).astype(np.uint32))
    event_ref = property(lambda self: self._event(4))
    event_log = property(lambda self: self._logs(self._tx_events))
    event_amount = property(lambda self: limbs_of(self._event_amounts))

    @property
    def block_hash(self) -> NDArray[np.uint8]:
        """(n_blocks, 32) the hash of each block's number."""
        rows = range(len(self._times))
        raw = b"".join(hashlib.sha256(b"block %d" % row).digest() for row in rows)
        return np.frombuffer(raw, np.uint8).reshape(-1, 32)

    @property
    def transfer_amount(self) -> NDArray[np.uint64]:
        """(n_transfers,) lowest limb."""
        return np.ascontiguousarray(limbs_of(self._amounts)[:, 0])

    @property
    def wide_transfer(self) -> I64:
        """(n_wide,) transfers of 2**64 and more."""
        return np.flatnonzero(limbs_of(self._amounts)[:, 1:].any(axis=1))

    @property
    def wide_high(self) -> NDArray[np.uint64]:
        """(n_wide, 3) their upper limbs."""
        return limbs_of(self._amounts)[self.wide_transfer, 1:]

    @property
    def address_key(self) -> NDArray[np.uint8]:
        """(n_addresses, 20) what ``0x…`` spells; else the start of a word's hash."""
        raw = b"".join(self._key(word) for word in self._names)
        return np.frombuffer(raw, np.uint8).reshape(-1, 20)

    @staticmethod
    def _key(word: str) -> bytes:
        if word == "NOBODY":
            return bytes(20)
        if _SPELLED.fullmatch(word):
            return bytes.fromhex(word[2:])
        return hashlib.sha256(word.encode()).digest()[:20]

    @property
    def token_kind(self) -> NDArray[np.uint8]:
        """(n_tokens,) `TokenKind`."""
        kinds = [
            TokenKind.NATIVE if word == self._native else TokenKind.CONTRACT
            for word in self._tokens
        ]
        return np.array(kinds, dtype=np.uint8)

    @property
    def token_key(self) -> NDArray[np.uint8]:
        """(n_tokens, 20)."""
        raw = b"".join(
            self._key("NOBODY" if word == self._native else "token " + word)
            for word in self._tokens
        )
        return np.frombuffer(raw, np.uint8).reshape(-1, 20)

    def find_address(self, text: str, /) -> int | None:
        """Find an address by its word."""
        return self._names.get(text)

    def address_text(self, address: int, /) -> str:
        """Write an address."""
        return list(self._names)[address]

    def token_name(self, token: int, /) -> str:
        """Name a token: CAIP-19 of a made-up contract."""
        key = self.token_key[token].tobytes().hex()
        return f"{self.chain}/erc20:0x{key}"

    def find_token(self, text: str, /) -> int | None:
        """Find a token by its word or its name."""
        for token, word in enumerate(self._tokens):
            if text in (word, self.token_name(token)):
                return token
        return None

    def token_decimals(self, token: int, /) -> int | None:
        """Decimals: six, as USDT has."""
        return 6 if token < len(self._tokens) else None

    def txid(self, tx: int, /) -> str:
        """Name a transaction by the hash of its row."""
        return "0x" + hashlib.sha256(b"tx %d" % tx).hexdigest()

    def find_tx(self, text: str, /) -> int | None:
        """Find a transaction by its name, the slow way."""
        rows = range(len(self._times))
        return next((row for row in rows if self.txid(row) == text), None)

    def tx_of_transfer(self, transfers: I64, /) -> I64:
        """Transaction of each transfer."""
        return np.searchsorted(self.tx_first_transfer, transfers, side="right") - 1

    def tx_of_event(self, events: I64, /) -> I64:
        """Transaction of each event."""
        return np.searchsorted(self.tx_first_event, events, side="right") - 1

    def block_of_tx(self, txs: I64, /) -> I64:
        """Block of each transaction: one each."""
        return np.asarray(txs)

    def amounts(self, transfers: I64, /) -> list[int]:
        """Read whole amounts."""
        return [self._amounts[row] for row in transfers.tolist()]

    def _moved(self, part: int, address: int, token: int | None) -> I64:
        mine = self._column(part) == address
        if token is not None:
            mine &= self._column(0) == token
        return np.flatnonzero(mine)

    def transfers_from(self, address: int, token: int | None = None, /) -> I64:
        """List transfers out of an address."""
        return self._moved(1, address, token)

    def transfers_to(self, address: int, token: int | None = None, /) -> I64:
        """List transfers to an address."""
        return self._moved(2, address, token)

    def events_about(self, address: int, /) -> I64:
        """List events about an address."""
        return np.flatnonzero(self._event(2) == address)

    def opening_balance(self, address: int, token: int, /) -> int | None:
        """Tell what was anchored; else 0 or not known."""
        return self._anchors.get((address, token), 0 if self._from_genesis else None)
