"""A ledger as anyone would first write it: lists and dicts, the whole chain at once.

It is the judge of the real one: it knows nothing of batches, segments, runs,
commits or reorgs. It takes the blocks of a chain and says what every table
must hold. `Twig` makes the blocks: tiny ones, valid in work, Merkle root and
links, spelled out byte by byte.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.networks import REGTEST

if TYPE_CHECKING:
    import random

NONE = 0xFFFF_FFFF


def sha256d(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


@dataclass(frozen=True)
class Tx:
    """A transaction without witness: spends (txid, index) and (value, script) pays."""

    spends: tuple[tuple[bytes, int], ...]
    pays: tuple[tuple[int, bytes], ...]
    tag: bytes = b""
    locktime: int = 0

    @property
    def raw(self) -> bytes:
        parts = [struct.pack("<iB", 2, len(self.spends))]
        for txid, index in self.spends:
            parts.append(txid + struct.pack("<IB", index, len(self.tag)) + self.tag)
            parts.append(struct.pack("<I", 0xFFFF_FFFE))
        parts.append(bytes([len(self.pays)]))
        for value, script in self.pays:
            parts.append(struct.pack("<qB", value, len(script)) + script)
        return b"".join([*parts, struct.pack("<I", self.locktime)])

    @property
    def txid(self) -> bytes:
        return sha256d(self.raw)


@dataclass(frozen=True)
class Block:
    """A block on its parent; height counts from the genesis block."""

    header: bytes
    txs: tuple[Tx, ...]
    parent: Block | None
    height: int
    unspent: dict[tuple[bytes, int], int] = field(repr=False, compare=False)

    @property
    def hash(self) -> bytes:
        return sha256d(self.header)

    @property
    def raw(self) -> bytes:
        return self.header + bytes([len(self.txs)]) + b"".join(t.raw for t in self.txs)

    @property
    def chain(self) -> list[Block]:
        """From the genesis block to this one."""
        chain, at = [], self
        while at is not None:
            chain.append(at)
            at = at.parent  # type: ignore[assignment]
        return chain[::-1]


def _root(txids: list[bytes]) -> bytes:
    while len(txids) > 1:
        if len(txids) % 2:
            txids.append(txids[-1])
        txids = [sha256d(a + b) for a, b in zip(txids[::2], txids[1::2], strict=True)]
    return txids[0]


def script(rng: random.Random, wallet: int) -> bytes:
    """One of few scripts, so that addresses come again; some have no address."""
    key = sha256(bytes([wallet])).digest()
    return rng.choice(
        [
            b"\x00\x14" + key[:20],
            b"\x76\xa9\x14" + key[:20] + b"\x88\xac",
            b"\xa9\x14" + key[:20] + b"\x87",
            b"\x51\x20" + key,
            b"\x21\x02" + key + b"\xac",
            b"\x60\x02" + key[:2],
            b"\x6a\x04note",
            b"\x01",
        ]
    )


def grow(parent: Block | None, rng: random.Random) -> Block:
    """Make a block on `parent` that spends some of what is unspent there."""
    height = parent.height + 1 if parent else 0
    unspent = dict(parent.unspent) if parent else {}
    prefix = struct.pack("<BI", 4, height) + rng.randbytes(4)
    txs = [Tx(((bytes(32), NONE),), ((5_000_000_000, script(rng, 0)),), prefix)]
    unspent[txs[0].txid, 0] = 5_000_000_000
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        picked = rng.sample(
            sorted(unspent), min(len(unspent), rng.choice([1, 1, 2, 3]))
        )
        total = sum(unspent.pop(outpoint) for outpoint in picked)
        n = rng.choice([1, 2, 2, 5])
        pays = tuple((total // n, script(rng, rng.randrange(6))) for _ in range(n))
        tx = Tx(tuple(picked), pays, locktime=rng.randrange(1 << 31))
        txs.append(tx)
        unspent.update({(tx.txid, i): value for i, (value, _) in enumerate(pays)})
    previous = parent.hash if parent else bytes(32)
    root, nonce = _root([tx.txid for tx in txs]), 0
    while True:
        time = 1_600_000_000 + 600 * height
        header = struct.pack(
            "<i32s32sIII", 4, previous, root, time, REGTEST.limit_bits, nonce
        )
        if sha256d(header)[31] < 0x80:
            return Block(header, tuple(txs), parent, height, unspent)
        nonce += 1


def _key(raw: bytes) -> tuple[int, bytes] | None:
    """Type and 32-byte key of an address, or None where a script has none."""
    if raw[:2] == b"\x00\x14":
        return 4, raw[2:] + bytes(12)
    if raw[0] == 0x76:
        return 2, raw[3:23] + bytes(12)
    if raw[0] == 0xA9:
        return 3, raw[2:22] + bytes(12)
    if raw[:2] == b"\x51\x20":
        return 6, raw[2:]
    if raw[0] == 0x21:
        return 1, sha256(raw).digest()
    return (7, sha256(raw).digest()) if raw[0] == 0x60 else None


def tables(chain: list[Block]) -> dict[str, list[Any]]:
    """Say what each table of the chain's ledger must hold, by plain loops."""
    made: dict[tuple[bytes, int], int] = {}
    known: dict[tuple[int, bytes], int] = {}
    out: dict[str, list[Any]] = {
        name: []
        for name in (
            *("block", "txid", "first_input", "first_output", "spends", "value"),
            *("address", "key", "spent_by", "history"),
        )
    }
    for block in chain:
        out["block"].append((block.height, block.hash, len(out["txid"])))
        for tx in block.txs:
            out["txid"].append(tx.txid)
            out["first_input"].append(len(out["spends"]))
            out["first_output"].append(len(out["value"]))
            for outpoint in tx.spends:
                source = -2 if outpoint == (bytes(32), NONE) else made[outpoint]
                if source >= 0:
                    out["spent_by"][source] = len(out["spends"])
                out["spends"].append(source)
            for i, (value, raw) in enumerate(tx.pays):
                made[tx.txid, i] = len(out["value"])
                key = _key(raw)
                if key and key not in known:
                    known[key] = len(known)
                    out["key"].append(key)
                    out["history"].append([])
                if key:
                    out["history"][known[key]].append(len(out["value"]))
                out["address"].append(known[key] if key else NONE)
                out["value"].append(value)
                out["spent_by"].append(-1)
    return out
