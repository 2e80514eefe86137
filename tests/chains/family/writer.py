"""Blocks of Bitcoin's family, written the plain way: what the kernels are held to."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from hashlib import blake2b, scrypt, sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SPENDS_NOTHING = (bytes(32), 0xFFFFFFFF)


def sha256d(raw: bytes) -> bytes:
    return sha256(sha256(raw).digest()).digest()


def scrypt_work(header: bytes) -> bytes:
    return scrypt(header, salt=header, n=1024, r=1, p=1, dklen=32)


def count(n: int) -> bytes:
    if n < 253:
        return bytes([n])
    return (
        b"\xfd" + struct.pack("<H", n) if n < 65536 else b"\xfe" + struct.pack("<I", n)
    )


def pushed(raw: bytes) -> bytes:
    return count(len(raw)) + raw


def number(n: int) -> bytes:
    """A script number as a push."""
    raw = b""
    while n:
        raw, n = raw + bytes([n & 0xFF]), n >> 8
    return pushed(raw + b"\x00" if raw and raw[-1] & 0x80 else raw)


@dataclass
class Tx:
    """A transaction of any chain; `raw` is as it stands in a block."""

    inputs: Sequence[tuple[bytes, int]]
    outputs: Sequence[tuple[int, bytes]]
    script: bytes = b""
    version: int = 2
    locktime: int = 0
    tail: bytes = b""
    """Behind the lock time: Dash's payload, Zcash's shielded parts."""
    head: bytes = b""
    """Behind the version: Zcash's group."""

    @property
    def middle(self) -> bytes:
        made = [
            txid + struct.pack("<I", n) + pushed(self.script) + b"\xff" * 4
            for txid, n in self.inputs
        ]
        paid = [
            struct.pack("<q", value) + pushed(script) for value, script in self.outputs
        ]
        return count(len(made)) + b"".join(made) + count(len(paid)) + b"".join(paid)

    @property
    def raw(self) -> bytes:
        lock = struct.pack("<I", self.locktime)
        version = struct.pack("<I", self.version & 0xFFFFFFFF)
        return version + self.head + self.middle + lock + self.tail

    @property
    def txid(self) -> bytes:
        return sha256d(self.raw)


@dataclass
class HogEx(Tx):
    """Litecoin's last transaction of a block with an extension."""

    @property
    def raw(self) -> bytes:
        plain = super().raw
        return plain[:4] + b"\x00\x08" + plain[4:-4] + b"\x00" + plain[-4:]

    @property
    def txid(self) -> bytes:
        return sha256d(super().raw)


@dataclass
class TxV5(Tx):
    """Zcash's version 5; `shielded` is Sapling's and Orchard's part."""

    branch: int = 0xC2D6D0B4
    expiry: int = 0
    shielded: bytes = b"\x00\x00\x00"
    digests: tuple[bytes, bytes] = field(default=(b"", b""))

    @property
    def first(self) -> bytes:
        return struct.pack(
            "<IIIII", 0x80000005, 0x26A7270A, self.branch, self.locktime, self.expiry
        )

    @property
    def raw(self) -> bytes:
        return self.first + self.middle + self.shielded

    @property
    def txid(self) -> bytes:
        def named(name: bytes, raw: bytes) -> bytes:
            return blake2b(raw, digest_size=32, person=name).digest()

        prevouts = b"".join(txid + struct.pack("<I", n) for txid, n in self.inputs)
        paid = b"".join(struct.pack("<q", v) + pushed(s) for v, s in self.outputs)
        transparent = b""
        if self.inputs or self.outputs:
            transparent = (
                named(b"ZTxIdPrevoutHash", prevouts)
                + named(b"ZTxIdSequencHash", b"\xff" * 4 * len(self.inputs))
                + named(b"ZTxIdOutputsHash", paid)
            )
        sapling, orchard = self.digests
        return named(
            b"ZcashTxHash_" + struct.pack("<I", self.branch),
            named(b"ZTxIdHeadersHash", self.first)
            + named(b"ZTxIdTranspaHash", transparent)
            + (sapling or named(b"ZTxIdSaplingHash", b""))
            + (orchard or named(b"ZTxIdOrchardHash", b"")),
        )


def merkle_root(txids: Sequence[bytes]) -> bytes:
    level = list(txids)
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        level = [sha256d(a + b) for a, b in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def header(previous: bytes, root: bytes, time: int, bits: int, nonce: int = 0, version: int = 4) -> bytes:  # fmt: skip
    return struct.pack("<I32s32sIII", version, previous, root, time, bits, nonce)


def coinbase(height: int, value: int, script: bytes) -> Tx:
    return Tx([SPENDS_NOTHING], [(value, script)], number(height) + b"\x00")


def body(txs: Sequence[Tx]) -> bytes:
    return count(len(txs)) + b"".join(tx.raw for tx in txs)


def p2pkh(key_hash: bytes) -> bytes:
    return b"\x76\xa9\x14" + key_hash + b"\x88\xac"
