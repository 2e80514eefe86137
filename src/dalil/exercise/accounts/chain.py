"""A tiny chain that keeps accounts, and refuses what a token contract would."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from dalil.chains.accounts import (
    NO_LOG,
    NOBODY,
    EventKind,
    TransferKind,
    TxStatus,
)
from dalil.exercise.accounts.coins import COINS, NATIVE, Coin, exercise_key
from dalil.exercise.accounts.tronform import (
    BlockHeader,
    Call,
    Producer,
    leaf_of,
    raw_transaction,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["AccountChain", "Block", "Move", "Told", "Tx"]


class Move(NamedTuple):
    """One transfer."""

    kind: TransferKind
    coin: Coin
    payer: bytes
    payee: bytes
    amount: int
    log: int


class Told(NamedTuple):
    """One event; see `EventKind` for what its parts mean."""

    kind: EventKind
    contract: bytes
    subject: bytes = b""
    other: bytes = b""
    amount: int = 0
    ref: int = -1
    log: int = NO_LOG


@dataclass(slots=True)
class Tx:
    """A transaction; one that failed has its call and nothing else."""

    hash: bytes
    raw: bytes
    """What the hash is of."""
    sender: bytes
    call: Call
    status: TxStatus = TxStatus.DONE
    moves: list[Move] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """A block that is closed."""

    number: int
    time_utc: int
    hash: bytes
    parent: bytes
    header: BlockHeader
    txs: list[Tx]


class AccountChain:
    """Moves coins between accounts; nobody pays more than he holds.

    Attributes
    ----------
    blocks : list of Block
        Closed blocks, from 0 on.
    watchers : list
        Called with every transfer as it happens.
    time_utc : int
        Of the block that is open; whoever keeps the clock sets it.
    balance : dict
        Base units by (coin, address).
    frozen : set
        (coin, address) that may not pay.
    """

    def __init__(self, name: str) -> None:
        self.time_utc = 0
        self.blocks: list[Block] = []
        self.watchers: list[Callable[[Move], None]] = []
        self.balance: defaultdict[tuple[Coin, bytes], int] = defaultdict(int)
        self.frozen: set[tuple[Coin, bytes]] = set()
        self._name, self._producer = name, Producer(name)
        self._open: list[Tx] = []
        self._n_logs = 0
        self._n_tx = 0

    @property
    def height(self) -> int:
        """Number of the block that is open."""
        return len(self.blocks)

    @property
    def last_hash(self) -> bytes:
        """Hash of the transaction that was begun last in the open block."""
        return self._open[-1].hash

    def close(self) -> None:
        """Close the open block, empty or not."""
        parent = self.blocks[-1].hash if self.blocks else bytes(32)
        leaves = [
            leaf_of(tx.raw, tx.hash, done=tx.status is TxStatus.DONE)
            for tx in self._open
        ]
        header = self._producer.seal(self.height, self.time_utc, parent, leaves)
        name = header.block_id
        block = Block(self.height, self.time_utc, name, parent, header, self._open)
        self.blocks.append(block)
        self._open, self._n_logs = [], 0

    def mint(self, coin: Coin, sender: bytes, payee: bytes, amount: int) -> None:
        """Make new coins out of nothing, told by a transfer from nobody."""
        if coin == NATIVE:
            tx = self._begin(NOBODY, Call("TransferContract", payee, (amount,)))
        else:
            call = Call("mint(address,uint256)", coin.key, (payee, amount))
            tx = self._begin(sender, call)
        self._move(tx, coin, NOBODY, payee, amount)

    def pay(self, coin: Coin, payer: bytes, payee: bytes, amount: int) -> bool:
        """Pay, in a transaction of its own; a token's may fail, and moves nothing.

        Raises
        ------
        ValueError
            If the network's own coin does not suffice: no block would hold it.
        """
        if coin == NATIVE:
            call = Call("TransferContract", payee, (amount,))
        else:
            call = Call("transfer(address,uint256)", coin.key, (payee, amount))
        lacks = self.balance[coin, payer] < amount
        if lacks and coin == NATIVE:
            raise ValueError("pays more than it holds")
        tx = self._begin(payer, call)
        if lacks or (coin, payer) in self.frozen:
            tx.status = TxStatus.FAILED
            return False
        self._move(tx, coin, payer, payee, amount)
        return True

    def pretend(
        self, sender: bytes, coin: Coin, claims: Sequence[tuple[bytes, bytes, int]]
    ) -> None:
        """Emit transfers that no payer asked for, in one transaction.

        A real token lets anyone move nothing at all from anybody; a fake one
        says whatever its maker likes, and its balances mean nothing.

        Raises
        ------
        ValueError
            If it claims an amount of a real token.
        """
        call = Call("spray(bytes32)", exercise_key(f"{self._name} spray"), (sender,))
        tx = self._begin(sender, call)
        for payer, payee, amount in claims:
            if amount and coin in COINS:
                raise ValueError("nobody moves what another one holds")
            self._move(tx, coin, payer, payee, amount)

    def act(self, sender: bytes, call: Call) -> Tx:
        """Begin a transaction whose events the caller adds with `tell`."""
        return self._begin(sender, call)

    def tell(self, tx: Tx, event: Told, *, in_log: bool = True) -> None:
        """Add an event; one that is no log stands ahead of the logs."""
        tx.told.append(event._replace(log=self._log() if in_log else NO_LOG))

    def wipe(self, tx: Tx, coin: Coin, account: bytes) -> int:
        """Take a frozen balance out of being; how much it was."""
        held = self.balance[coin, account]
        log = self._log()
        moved = Move(TransferKind.DESTROY, coin, account, NOBODY, held, log)
        self._book(tx, moved)
        tx.told.append(Told(EventKind.DESTROY, coin.key, account, b"", held, -1, log))
        return held

    def _begin(self, sender: bytes, call: Call) -> Tx:
        self._n_tx += 1
        parent = self.blocks[-1].hash if self.blocks else bytes(32)
        raw = raw_transaction(self._n_tx, self.time_utc, parent, sender, call)
        tx = Tx(sha256(raw).digest(), raw, sender, call)
        self._open.append(tx)
        return tx

    def _log(self) -> int:
        self._n_logs += 1
        return self._n_logs - 1

    def _move(
        self, tx: Tx, coin: Coin, payer: bytes, payee: bytes, amount: int
    ) -> None:
        native = coin == NATIVE
        kind = TransferKind.NATIVE if native else TransferKind.TOKEN
        log = NO_LOG if native else self._log()
        self._book(tx, Move(kind, coin, payer, payee, amount, log))

    def _book(self, tx: Tx, move: Move) -> None:
        if move.payer != NOBODY:
            self.balance[move.coin, move.payer] -= move.amount
        if move.payee != NOBODY:
            self.balance[move.coin, move.payee] += move.amount
        tx.moves.append(move)
        for watch in self.watchers:
            watch(move)
