"""A plain reader of the family's transactions: slow, and nothing but slices."""

from __future__ import annotations

from typing import NamedTuple

from dalil.chains.bitcoin.networks import Form
from tests.chains.family.writer import sha256d


class Plain(NamedTuple):
    end: int
    n_in: int
    n_out: int
    txid: bytes | None
    """None where only the tree of ZIP 244 tells."""


class _Short(Exception):  # noqa: N818 - an ending, not an error
    pass


class _Bytes:
    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def take(self, n: int) -> bytes:
        if n < 0 or self.at + n > len(self.raw):
            raise _Short
        self.at += n
        return self.raw[self.at - n : self.at]

    def size(self) -> int:
        first = self.take(1)[0]
        if first < 253:
            return first
        n = int.from_bytes(self.take({253: 2, 254: 4, 255: 8}[first]), "little")
        if first == 255 or n < (253 if first == 253 else 65536):
            raise _Short
        return n

    def rows(self, before: int, behind: int) -> int:
        n = self.size()
        for _ in range(n):
            self.take(before)
            self.take(self.size())
            self.take(behind)
        return n

    def many(self, each: int) -> int:
        n = self.size()
        self.take(n * each)
        return n


def read_plain(raw: bytes, form: Form) -> Plain | None:
    """Read the transaction that `raw` starts with; None where it is none."""
    it = _Bytes(raw)
    try:
        if form is Form.LITECOIN:
            return _litecoin(it)
        return _zcash(it) if form is Form.ZCASH else _plain(it, form)
    except _Short:
        return None


def _litecoin(it: _Bytes) -> Plain | None:
    version, flags = it.take(4), 0
    if it.raw[it.at : it.at + 1] == b"\x00":
        flags = it.take(2)[1]
        if flags not in (1, 8, 9):
            return None
    start = it.at
    n_in, n_out = it.rows(36, 4), it.rows(8, 0)
    middle = it.raw[start : it.at]
    if n_out == 0 or (n_in == 0 and flags < 8):
        return None
    if flags & 1:
        stacks = [[it.take(it.size()) for _ in range(it.size())] for _ in range(n_in)]
        if not any(stacks):
            return None
    if flags & 8 and it.take(1) != b"\x00":
        return None
    return Plain(it.at + 4, n_in, n_out, sha256d(version + middle + it.take(4)))


def _plain(it: _Bytes, form: Form) -> Plain | None:
    version = int.from_bytes(it.take(4), "little")
    n_in, n_out = it.rows(36, 4), it.rows(8, 0)
    it.take(4)
    if form is Form.DASH and version & 0xFFFF >= 3 and version >> 16:
        it.take(it.size())
    elif not n_in or not n_out:
        return None
    return Plain(it.at, n_in, n_out, sha256d(it.raw[: it.at]))


_GROUPS = {3: 0x03C48270, 4: 0x892F2085, 5: 0x26A7270A}


def _zcash(it: _Bytes) -> Plain | None:
    head = int.from_bytes(it.take(4), "little")
    version, wintered = head & 0x7FFFFFFF, head >> 31 == 1
    if version not in ((3, 4, 5) if wintered else (1, 2)):
        return None
    if wintered and int.from_bytes(it.take(4), "little") != _GROUPS[version]:
        return None
    if version == 5:
        return _version_5(it)
    n_in, n_out = it.rows(36, 4), it.rows(8, 0)
    it.take(8 if wintered else 4)
    shielded = 0
    if version == 4:
        it.take(8)
        shielded = it.many(32 * 4 + 192 + 64) + it.many(32 * 3 + 580 + 80 + 192)
    if version >= 2:
        proof = 192 if version == 4 else 296
        if it.many(8 + 8 + 32 + 64 + 64 + 32 + 32 + 64 + proof + 2 * 601):
            it.take(32 + 64)
    it.take(64 if shielded else 0)
    return Plain(it.at, n_in, n_out, sha256d(it.raw[: it.at]))


def _version_5(it: _Bytes) -> Plain:
    it.take(12)
    n_in, n_out = it.rows(36, 4), it.rows(8, 0)
    spends, made = it.many(96), it.many(32 * 3 + 580 + 80)
    if spends + made:
        it.take(8 + (32 if spends else 0))
        it.take(spends * (192 + 64) + made * 192 + 64)
    actions = it.many(32 * 5 + 580 + 80)
    if actions:
        it.take(1 + 8 + 32)
        it.take(it.size())
        it.take(64 * actions + 64)
    return Plain(it.at, n_in, n_out, None)
