"""Little account chains made by hand or by lot, and what they must come to.

A chain is a list of `Block`, every one of plain Python values. `batches` lays
some out as columns; `Naive` reads a whole chain the obvious way.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.chains.accounts import NOBODY, AccountBatch, limbs_of
from dalil.sources.accounts.report import SourceReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    from dalil.progress import Progress

CHAIN = "tron:0xcd8690dc"


class Move(NamedTuple):
    """A transfer."""

    token: tuple[int, bytes]
    source: bytes
    to: bytes
    amount: int
    log: int = 0
    kind: int = 0


class Word(NamedTuple):
    """An event."""

    kind: int
    contract: bytes = NOBODY
    subject: bytes = NOBODY
    other: bytes = NOBODY
    amount: int = 0
    log: int = 0
    ref: int = -1


@dataclass
class Tx:
    """A transaction."""

    hash: bytes
    moves: list[Move] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    status: int = 1
    sender: bytes = NOBODY


@dataclass
class Block:
    """A block."""

    number: int
    hash: bytes
    parent: bytes
    txs: list[Tx]


def key(word: str) -> bytes:
    """Name twenty bytes."""
    return hashlib.sha256(word.encode()).digest()[:20]


def hash_of(*parts: object) -> bytes:
    """Name thirty-two bytes."""
    return hashlib.sha256(repr(parts).encode()).digest()


USDT = (1, key("usdt"))


def _keys(parts: list[bytes], width: int) -> Any:
    return np.frombuffer(b"".join(parts), np.uint8).reshape(-1, width)


def _firsts(sizes: list[int]) -> Any:
    return np.cumsum([0, *sizes], dtype=np.int64)


def batch_of(blocks: Sequence[Block], *, contiguous: bool = True) -> AccountBatch:
    """Lay blocks out as columns."""
    txs = [tx for block in blocks for tx in block.txs]
    moves = [move for tx in txs for move in tx.moves]
    words = [word for tx in txs for word in tx.words]

    def ints(values: list[int], kind: Any) -> Any:
        return np.array(values, kind)

    return AccountBatch(
        CHAIN,
        ints([b.number for b in blocks], np.int64),
        _keys([b.hash for b in blocks], 32),
        _keys([b.parent for b in blocks], 32),
        ints([1_700_000_000 + 3 * b.number for b in blocks], np.int64),
        _firsts([len(b.txs) for b in blocks]),
        _keys([tx.hash for tx in txs], 32),
        ints([i for b in blocks for i in range(len(b.txs))], np.int32),
        ints([tx.status for tx in txs], np.uint8),
        _keys([tx.sender for tx in txs], 20),
        _firsts([len(tx.moves) for tx in txs]),
        _firsts([len(tx.words) for tx in txs]),
        ints([m.kind for m in moves], np.uint8),
        ints([m.token[0] for m in moves], np.uint8),
        _keys([m.token[1] for m in moves], 20),
        _keys([m.source for m in moves], 20),
        _keys([m.to for m in moves], 20),
        ints([m.log for m in moves], np.int32),
        limbs_of([m.amount for m in moves]),
        ints([w.kind for w in words], np.uint8),
        _keys([w.contract for w in words], 20),
        _keys([w.subject for w in words], 20),
        _keys([w.other for w in words], 20),
        ints([w.log for w in words], np.int32),
        limbs_of([w.amount for w in words]),
        ints([w.ref for w in words], np.int64),
        contiguous,
    )


class Made:
    """A source that gives what it is told to."""

    kind = "made"
    chain = CHAIN

    def __init__(self, *batches: AccountBatch) -> None:
        self._batches = batches
        self.report = SourceReport()

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give every batch, whatever is held already."""
        del after, known, progress
        yield from self._batches


def cut(rng: Random, blocks: list[Block]) -> list[AccountBatch]:
    """Lay blocks out in batches of any sizes."""
    made = []
    while blocks:
        n = rng.randint(1, len(blocks))
        made.append(batch_of(blocks[:n]))
        blocks = blocks[n:]
    return made


PEOPLE = [key(f"person {i}") for i in range(14)] + [NOBODY]
TOKENS = [USDT, (1, key("other")), (0, NOBODY), (2, (1004937).to_bytes(20, "big"))]
AMOUNTS = (0, 1, 5, 10**6, 2**64 - 1, 2**64, 2**128 + 7, 2**256 - 1)


def grow(rng: Random, blocks: list[Block], n: int, branch: object) -> list[Block]:
    """Add `n` blocks by lot."""
    chain = list(blocks)
    for _ in range(n):
        number = chain[-1].number + 1 if chain else 0
        parent = chain[-1].hash if chain else bytes(32)
        name = branch, number, rng.random()
        txs = [_tx(rng, (*name, i)) for i in range(rng.choice((0, 1, 1, 2, 4)))]
        chain.append(Block(number, hash_of(name), parent, txs))
    return chain


def _tx(rng: Random, name: object) -> Tx:
    tx = Tx(hash_of("tx", name), sender=rng.choice(PEOPLE))
    if rng.random() < 0.1:
        tx.status = 0
        return tx
    for log in range(rng.choice((0, 1, 1, 1, 3))):
        who = rng.choice(PEOPLE), rng.choice(PEOPLE)
        amount = rng.choice(AMOUNTS) if rng.random() < 0.2 else rng.randrange(1000)
        tx.moves.append(Move(rng.choice(TOKENS), *who, amount, log))
    for log in range(rng.choice((0, 0, 0, 1, 2))):
        a, b, c = (rng.choice(PEOPLE) for _ in range(3))
        tx.words.append(Word(rng.randint(1, 14), a, b, c, rng.choice(AMOUNTS), log))
    return tx


class Naive:
    """A chain read the obvious way; everything is Python lists."""

    def __init__(self, blocks: Sequence[Block], anchored: Sequence[bytes] = ()) -> None:
        self.blocks = list(blocks)
        self.txs = [tx for block in blocks for tx in block.txs]
        self.moves = [(tx, m) for tx in self.txs for m in tx.moves]
        self.words = [(tx, w) for tx in self.txs for w in tx.words]
        self.addresses: dict[bytes, int] = {}
        self.tokens: dict[tuple[int, bytes], int] = {}
        for who in anchored:
            self._name(who)
        for tx in self.txs:
            for move in tx.moves:
                self.tokens.setdefault(move.token, len(self.tokens))
                self._name(move.source)
                self._name(move.to)
            for word in tx.words:
                for who in (word.contract, word.subject, word.other):
                    if who != NOBODY:
                        self._name(who)
            if tx.sender != NOBODY:
                self._name(tx.sender)

    def _name(self, who: bytes) -> None:
        self.addresses.setdefault(who, len(self.addresses))

    def moved(self, who: bytes, token: Any = None, *, out: bool) -> list[int]:
        """List transfers out of an address, or to it."""
        return [
            i
            for i, (_, m) in enumerate(self.moves)
            if (m.source if out else m.to) == who and token in (None, m.token)
        ]

    def balance(
        self, who: bytes, token: tuple[int, bytes], number: int, opening: int = 0
    ) -> int | None:
        """Follow one balance; None where it is ever negative."""
        held = opening
        for block in self.blocks:
            if block.number > number:
                break
            for tx in block.txs:
                for move in tx.moves:
                    if move.token == token:
                        held += move.amount * ((move.to == who) - (move.source == who))
                if held < 0:
                    return None
        return held
