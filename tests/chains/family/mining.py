"""Small chains of each kind, mined by plain Python: easy work, every commitment real."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.family.x11 import x11
from dalil.chains.bitcoin.networks import Form, Network, Work
from tests.chains.family.writer import (
    SPENDS_NOTHING,
    Tx,
    body,
    count,
    header,
    merkle_root,
    pushed,
    scrypt_work,
    sha256d,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AUX_VERSION = 0x62 << 16 | 0x100 | 4


def is_work(raw: bytes, bits: int) -> bool:
    target = (bits & 0x7FFFFF) << 8 * ((bits >> 24) - 3)
    return int.from_bytes(raw, "little") <= target


def mined(make: Callable[[int], bytes], hashed: Callable[[bytes], bytes], bits: int) -> bytes:  # fmt: skip
    for nonce in range(1 << 16):
        raw = make(nonce)
        if is_work(hashed(raw), bits):
            return raw
    raise AssertionError("no nonce found")


@dataclass
class Aux:
    """What a merged-mined block shows, made for its hash; fields may be spoilt."""

    block_hash: bytes
    bits: int
    slot_nonce: int = 7
    branch: tuple[bytes, ...] = ()
    chain_index: int = 0
    mark: bytes = b"\xfa\xbemm"
    parent_version: int = 2
    filler: bytes = b"\x03abc"
    size: int | None = None
    twice: bool = False
    work: bool = True

    @property
    def raw(self) -> bytes:
        root, index = self.block_hash, self.chain_index
        for other in self.branch:
            root = sha256d(other + root if index & 1 else root + other)
            index >>= 1
        size = 1 << len(self.branch) if self.size is None else self.size
        script = self.filler + self.mark + root[::-1]
        script += struct.pack("<II", size, self.slot_nonce)
        script += self.mark if self.twice else b""
        first = Tx([SPENDS_NOTHING], [(1, b"\x51")], script)
        second = Tx([(b"\x11" * 32, 0)], [(2, b"\x51")])
        root = merkle_root([first.txid, second.txid])
        parent = self._parent(root)
        return (
            first.raw
            + sha256d(parent)
            + count(1)
            + second.txid
            + bytes(4)
            + count(len(self.branch))
            + b"".join(self.branch)
            + struct.pack("<I", self.chain_index)
            + parent
        )

    def _parent(self, root: bytes) -> bytes:
        for nonce in range(200):
            raw = header(b"\x22" * 32, root, 5, 0x1D00FFFF, nonce, self.parent_version)
            if is_work(scrypt_work(raw), self.bits) == self.work:
                return raw
        raise AssertionError("no nonce found")


def solve(head: bytes, n: int = 48, k: int = 5) -> bytes | None:
    """Find an Equihash solution for 140 bytes by Wagner's way; None if there is none."""
    step, per_hash = n // (k + 1), 512 // n
    person = b"ZcashPoW" + struct.pack("<II", n, k)
    rows: list[tuple[int, tuple[int, ...]]] = []
    for index in range(1 << (step + 1)):
        whole = blake2b(
            head + struct.pack("<I", index // per_hash),
            digest_size=per_hash * n // 8,
            person=person,
        ).digest()
        at = index % per_hash * n // 8
        rows.append((int.from_bytes(whole[at : at + n // 8], "big"), (index,)))
    for level in range(1, k + 1):
        shift = n - level * step if level < k else 0
        groups: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
        for value, tree in rows:
            groups.setdefault(value >> shift, []).append((value, tree))
        rows = []
        for group in groups.values():
            for i, (a, left) in enumerate(group):
                for b, right in group[i + 1 :]:
                    if not set(left) & set(right):
                        tree = left + right if left[0] < right[0] else right + left
                        rows.append((a ^ b, tree))
    for _, tree in rows:
        bits = "".join(f"{index:0{step + 1}b}" for index in tree)
        return int(bits, 2).to_bytes(len(bits) // 8, "big")
    return None


@dataclass
class FamilyChain:
    """A chain on a network's regtest, block by block."""

    network: Network
    blocks: list[bytes] = field(default_factory=list)
    tip: bytes = bytes(32)
    hashes: list[bytes] = field(default_factory=list)

    def add(
        self, txs: Sequence[Tx], behind: bytes = b"", *, aux: bool = False
    ) -> bytes:
        root, bits = merkle_root([tx.txid for tx in txs]), self.network.limit_bits
        time = 1_700_000_000 + 60 * len(self.blocks)
        if self.network.form is Form.ZCASH:
            head = self._zcash_header(root, time, bits)
            name = sha256d(head)
        elif aux:
            plain = header(self.tip, root, time, bits, 0, AUX_VERSION)
            name = sha256d(plain)
            head = plain + Aux(name, bits).raw
        else:
            hashed = self._work
            head = mined(
                lambda nonce: header(self.tip, root, time, bits, nonce, 4), hashed, bits
            )
            name = hashed(head) if self.network.work is Work.X11 else sha256d(head)
        raw = head + body(txs) + behind
        self.blocks.append(raw)
        self.hashes.append(name)
        self.tip = name
        return raw

    def _work(self, raw: bytes) -> bytes:
        if self.network.work is Work.X11:
            return x11(raw)
        return scrypt_work(raw) if self.network.work is Work.SCRYPT else sha256d(raw)

    def _zcash_header(self, root: bytes, time: int, bits: int) -> bytes:
        for nonce in range(400):
            head = struct.pack(
                "<I32s32s32sII", 4, self.tip, root, bytes(32), time, bits
            )
            head += nonce.to_bytes(32, "little")
            solution = solve(head)
            if solution is not None:
                whole = head + pushed(solution)
                if is_work(sha256d(whole), bits):
                    return whole
        raise AssertionError("no solution found")

    @property
    def framed(self) -> bytes:
        magic = self.network.disk_magic or self.network.magic
        return b"".join(magic + struct.pack("<I", len(b)) + b for b in self.blocks)
