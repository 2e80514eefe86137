"""What a server on this machine knows of a chain: plain dictionaries, or a ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dalil.chains.bitcoin.address import decode_address, script_of
from dalil.chains.bitcoin.merkle import merkle_branch
from dalil.chains.bitcoin.transaction import Transaction, TxOutput, parse_tx, read_tx
from dalil.ids import format_txid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.ledger import Ledger

__all__ = ["Book", "LedgerBook", "Stand", "Told", "reached"]


class Stand(NamedTuple):
    """Where a transaction stands."""

    height: int
    position: int


class Told(Protocol):
    """What the servers of these tests answer from."""

    genesis: bytes
    tip: int

    def raw(self, txid: str) -> bytes | None: ...
    def stand(self, txid: str) -> Stand | None: ...
    def header(self, height: int) -> bytes | None: ...
    def branch(self, txid: str) -> list[bytes]: ...
    def prevout(self, txid: str, n: int) -> TxOutput | None: ...
    def spender(self, txid: str, n: int) -> str | None: ...
    def history(self, script_sha256: bytes) -> list[str]: ...
    def pending(self, script_sha256: bytes) -> list[str]: ...


def _transactions(block: bytes) -> list[Transaction]:
    first = block[80]
    width = {0xFD: 2, 0xFE: 4}.get(first, 0)
    n = int.from_bytes(block[81 : 81 + width], "little") if width else first
    at, txs = 81 + width, []
    for _ in range(n):
        tx, at = read_tx(block, at)
        txs.append(tx)
    assert at == len(block)
    return txs


@dataclass
class Book:
    """A chain from its blocks, read one transaction after another."""

    blocks: Sequence[bytes]
    mempool: Sequence[Transaction] = ()
    txs: dict[str, Transaction] = field(default_factory=dict)
    stands: dict[str, Stand] = field(default_factory=dict)
    paid: dict[bytes, list[str]] = field(default_factory=dict)
    waiting: dict[bytes, list[str]] = field(default_factory=dict)
    spends: dict[tuple[str, int], str] = field(default_factory=dict)
    leaves: list[list[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for height, block in enumerate(self.blocks):
            txs = _transactions(block)
            self.leaves.append([tx.txid for tx in txs])
            for position, tx in enumerate(txs):
                self._enter(tx, self.paid)
                self.stands[format_txid(tx.txid)] = Stand(height, position)
        for tx in self.mempool:
            self._enter(tx, self.waiting)
        self.genesis, self.tip = self.blocks[0][:80], len(self.blocks) - 1

    def _enter(self, tx: Transaction, index: dict[bytes, list[str]]) -> None:
        txid = format_txid(tx.txid)
        self.txs[txid] = tx
        scripts = [output.script for output in tx.outputs]
        if not tx.is_coinbase:
            for spend in tx.inputs:
                source = format_txid(spend.txid)
                scripts.append(self.txs[source].outputs[spend.index].script)
                self.spends[source, spend.index] = txid
        for script in dict.fromkeys(scripts):
            index.setdefault(sha256(script).digest(), []).append(txid)

    def raw(self, txid: str) -> bytes | None:
        return self.txs[txid].serialise() if txid in self.txs else None

    def stand(self, txid: str) -> Stand | None:
        return self.stands.get(txid)

    def header(self, height: int) -> bytes | None:
        return self.blocks[height][:80] if 0 <= height <= self.tip else None

    def branch(self, txid: str) -> list[bytes]:
        stand = self.stands[txid]
        return merkle_branch(self.leaves[stand.height], stand.position)

    def prevout(self, txid: str, n: int) -> TxOutput | None:
        return self.txs[txid].outputs[n] if txid in self.txs else None

    def spender(self, txid: str, n: int) -> str | None:
        return self.spends.get((txid, n))

    def history(self, script_sha256: bytes) -> list[str]:
        return self.paid.get(script_sha256, [])

    def pending(self, script_sha256: bytes) -> list[str]:
        return self.waiting.get(script_sha256, [])


class LedgerBook:
    """A chain from a ledger of whole blocks: what a server of real blocks answers."""

    def __init__(self, ledger: Ledger, genesis: bytes) -> None:
        self.ledger = ledger
        self.genesis = genesis
        self.tip = int(ledger.block_height[-1])
        self._scripts: dict[bytes, int] = {}

    def learn(self, script: bytes, address: str) -> None:
        """Make a script's history answerable; a ledger knows addresses only."""
        found = self.ledger.find_address(address)
        assert found is not None
        self._scripts[sha256(script).digest()] = found

    def learn_around(self, txids: Sequence[str]) -> None:
        ledger = self.ledger
        for txid in txids:
            tx = ledger.find_tx(txid)
            assert tx is not None
            outs = range(*(int(n) for n in ledger.tx_first_output[tx : tx + 2]))
            for output in outs:
                address = int(ledger.output_address[output])
                if address < ledger.n_addresses:
                    text = ledger.address_text(address)
                    script = script_of(*decode_address(ledger.network, text))
                    self._scripts[sha256(script).digest()] = address

    def raw(self, txid: str) -> bytes | None:
        tx = self.ledger.find_tx(txid)
        return None if tx is None else self.ledger.raw_tx(tx)

    def stand(self, txid: str) -> Stand | None:
        tx = self.ledger.find_tx(txid)
        if tx is None:
            return None
        block = int(self.ledger.block_of_tx(tx))
        return Stand(int(self.ledger.block_height[block]), self.ledger.tx_position(tx))

    def header(self, height: int) -> bytes | None:
        row = height - int(self.ledger.block_height[0])
        if height == 0:
            return self.genesis
        if not 0 <= row < self.ledger.n_blocks:
            return None
        return bytes(self.ledger.block_header[row])

    def branch(self, txid: str) -> list[bytes]:
        tx = self.ledger.find_tx(txid)
        assert tx is not None
        return self.ledger.merkle_branch(tx)

    def prevout(self, txid: str, n: int) -> TxOutput | None:
        raw = self.raw(txid)
        return None if raw is None else parse_tx(raw).outputs[n]

    def spender(self, txid: str, n: int) -> str | None:
        tx = self.ledger.find_tx(txid)
        assert tx is not None
        output = int(self.ledger.tx_first_output[tx]) + n
        by = int(self.ledger.output_spent_by[output])
        return None if by < 0 else self.ledger.txid(int(self.ledger.tx_of_input(by)))

    def history(self, script_sha256: bytes) -> list[str]:
        address = self._scripts.get(script_sha256)
        if address is None:
            return []
        ledger = self.ledger
        outputs = ledger.outputs_of_address(address)
        spenders = ledger.output_spent_by[outputs]
        inputs = [int(n) for n in spenders[spenders >= 0]]
        inputs += [int(n) for n in ledger.outside_inputs_of_address(address)]
        rows = {int(n) for n in ledger.tx_of_output(outputs)}
        rows |= {int(ledger.tx_of_input(n)) for n in inputs}
        return [ledger.txid(row) for row in sorted(rows)]

    def pending(self, script_sha256: bytes) -> list[str]:
        return []


def reached(
    book: Book,
    seeds: Sequence[str | bytes],
    hops: int,
    direction: str = "both",
    most: int = 1_000,
) -> dict[str, int]:
    """Every transaction within so many hops, the slow and obvious way."""
    found: dict[str, int] = {}
    level: set[str] = set()
    for seed in seeds:
        if isinstance(seed, str):
            level |= {seed} & set(book.stands)
        elif len(book.history(sha256(seed).digest())) <= most:
            level |= set(book.history(sha256(seed).digest()))
    for hop in range(hops + 1):
        found |= dict.fromkeys(level - set(found), hop)
        next_level: set[str] = set()
        for txid in level:
            tx = book.txs[txid]
            for n, output in enumerate(tx.outputs):
                by = book.spender(txid, n)
                short = len(book.history(sha256(output.script).digest())) <= most
                if direction != "backward" and by in book.stands and short:
                    assert by is not None
                    next_level.add(by)
            for spend in tx.inputs if not tx.is_coinbase else ():
                source = format_txid(spend.txid)
                script = book.txs[source].outputs[spend.index].script
                short = len(book.history(sha256(script).digest())) <= most
                if direction != "forward" and short:
                    next_level.add(source)
        level = next_level - set(found)
    return found
