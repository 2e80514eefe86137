"""The block being filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.transaction import double_sha256

if TYPE_CHECKING:
    from dalil.chains.bitcoin.transaction import Transaction

__all__ = ["PendingBlock"]

_MAX_WEIGHT = 3_900_000
_MAX_SIGOPS = 70_000


class PendingBlock:
    """Transactions waiting for their block, in order.

    Weight and signature operations are counted on the safe side, so that a
    block that `fits` everything stays below consensus' limits.
    """

    def __init__(self) -> None:
        self.txids: list[bytes] = []
        self.wtxids: list[bytes] = []
        self.body: list[bytes] = []
        self.fee = 0
        self.has_witness = False
        self._weight = 2_000
        self._sigops = 400

    def fits(self, tx: Transaction) -> bool:
        """Say whether there is room for one more."""
        size = len(tx.serialise())
        sigops = 4 * len(tx.outputs) + 4 * len(tx.inputs)
        return (
            self._weight + 4 * size <= _MAX_WEIGHT
            and self._sigops + sigops <= _MAX_SIGOPS
        )

    def add(self, tx: Transaction, fee: int) -> bytes:
        """Append a transaction; return its txid."""
        raw = tx.serialise()
        wtxid = double_sha256(raw)
        bare = tx.serialise(witness=False) if tx.has_witness else raw
        txid = double_sha256(bare) if tx.has_witness else wtxid
        self.txids.append(txid)
        self.wtxids.append(wtxid)
        self.body.append(raw)
        self.fee += fee
        self.has_witness = self.has_witness or tx.has_witness
        self._weight += 3 * len(bare) + len(raw)
        self._sigops += 4 * len(tx.outputs) + 4 * len(tx.inputs)
        return txid
