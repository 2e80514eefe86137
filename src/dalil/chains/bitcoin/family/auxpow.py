"""AuxPoW: work done on another chain, shown to have been done for this one too.

Behind the 80 bytes of a header whose version has bit 8 set stand the other
chain's coinbase, its Merkle branch, a branch that leads from this block's hash
to a root written into that coinbase, and the other chain's header, which has
done the work. The rules are those of Dogecoin Core's ``auxpow.cpp``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from dalil.chains.bitcoin.transaction import Transaction, double_sha256, read_tx
from dalil.errors import BlockDataError

__all__ = ["AUXPOW_BIT", "AuxPow", "chain_id_of", "read_auxpow"]

AUXPOW_BIT = 0x100
_MARK = b"\xfa\xbemm"
_MAX_BRANCH = 30
_OLD_PLACE = 20
"""Without the mark, the root must begin in so many first bytes of the script."""
_HEADER = 80


def chain_id_of(version: int) -> int:
    """Name the chain a header's version states, as merged mining counts them."""
    return version >> 16 & 0xFFFF


@dataclass(frozen=True, slots=True)
class AuxPow:
    """The proof as it stands in the block; hashes in hash order."""

    coinbase: Transaction
    coinbase_branch: tuple[bytes, ...]
    coinbase_index: int
    chain_branch: tuple[bytes, ...]
    chain_index: int
    parent: bytes
    """80 bytes: the header that did the work."""

    def fault(self, block_hash: bytes, chain_id: int, *, strict: bool = True) -> str:
        """Tell why this commits to no block of that hash; empty where it does.

        The parent's own work is not looked at here. `strict` refuses a parent
        of the same chain.
        """
        if self.coinbase_index != 0:
            return "its AuxPoW is not by a coinbase"
        parents = chain_id_of(int.from_bytes(self.parent[:4], "little"))
        if strict and parents == chain_id:
            return "its AuxPoW's parent is of its own chain"
        if len(self.chain_branch) > _MAX_BRANCH:
            return "its AuxPoW's branch is too long"
        if _climb(self.coinbase.txid, self.coinbase_branch, 0) != self.parent[36:68]:
            return "its AuxPoW's coinbase is not in the parent block"
        root = _climb(block_hash, self.chain_branch, self.chain_index)[::-1]
        return self._fault_of_script(root, chain_id)

    def _fault_of_script(self, root: bytes, chain_id: int) -> str:
        script = self.coinbase.inputs[0].script
        at = script.find(root)
        if at < 0:
            return "its AuxPoW's parent does not commit to it"
        mark = script.find(_MARK)
        if mark >= 0:
            if script.find(_MARK, mark + 1) >= 0:
                return "its AuxPoW's parent commits twice"
            if mark + len(_MARK) != at:
                return "its AuxPoW's root is not behind the mark"
        elif at > _OLD_PLACE:
            return "its AuxPoW's root stands too far back"
        tail = script[at + len(root) : at + len(root) + 8]
        if len(tail) < 8:
            return "its AuxPoW states no size of the tree"
        size, nonce = struct.unpack("<II", tail)
        height = len(self.chain_branch)
        if size != 1 << height or self.chain_index != _slot(nonce, chain_id, height):
            return "its AuxPoW stands at the wrong place of the tree"
        return ""


def read_auxpow(data: bytes, offset: int) -> tuple[AuxPow, int]:
    """Read the proof at `offset`; return it and the offset after it.

    Raises
    ------
    BlockDataError
        If the bytes are none, or end early.
    """
    coinbase, at = read_tx(data, offset)
    at += 32  # the parent's hash, which nothing relies on
    coinbase_branch, at = _branch(data, at)
    coinbase_index, at = _index(data, at)
    chain_branch, at = _branch(data, at)
    chain_index, at = _index(data, at)
    parent = data[at : at + _HEADER]
    if len(parent) != _HEADER:
        raise BlockDataError("an AuxPoW ends early", f"offset {at}")
    proof = AuxPow(
        coinbase, coinbase_branch, coinbase_index, chain_branch, chain_index, parent
    )
    return proof, at + _HEADER


def _branch(data: bytes, at: int) -> tuple[tuple[bytes, ...], int]:
    """Read a row of hashes; a tree of more than 2**252 leaves is none."""
    n = data[at] if at < len(data) else 0xFF
    end = at + 1 + 32 * n
    if n >= 0xFD or end > len(data):
        raise BlockDataError("an AuxPoW's branch is none", f"offset {at}")
    return tuple(data[i : i + 32] for i in range(at + 1, end, 32)), end


def _index(data: bytes, at: int) -> tuple[int, int]:
    raw = data[at : at + 4]
    if len(raw) != 4:
        raise BlockDataError("an AuxPoW ends early", f"offset {at}")
    return int.from_bytes(raw, "little"), at + 4


def _climb(leaf: bytes, branch: tuple[bytes, ...], index: int) -> bytes:
    for other in branch:
        leaf = double_sha256(other + leaf if index & 1 else leaf + other)
        index >>= 1
    return leaf


def _slot(nonce: int, chain_id: int, height: int) -> int:
    """Give the one place of the tree where a chain may stand, so it mines once."""
    rand = (nonce * 1103515245 + 12345 + chain_id) & 0xFFFF_FFFF
    rand = (rand * 1103515245 + 12345) & 0xFFFF_FFFF
    return rand % (1 << height)
