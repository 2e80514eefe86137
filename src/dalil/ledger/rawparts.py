"""The bytes behind a ledger's rows, and what proves that they are in a block."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.inclusion import check_inclusion
from dalil.chains.bitcoin.merkle import merkle_branch
from dalil.errors import InputError, NotFoundError, StoreError
from dalil.ids import format_txid
from dalil.ledger.rawfiles import RawFiles
from dalil.ledger.snapshot import Columns

if TYPE_CHECKING:
    from dalil.ledger.proofs import Proofs

__all__ = ["RawParts"]


class RawParts(Columns):
    """Raw blocks and transactions of a snapshot, and Merkle branches."""

    _proofs: Proofs | None

    def txid(self, tx: int) -> str:
        """Name a transaction."""
        return format_txid(self.tx_txid[tx].tobytes())

    @cached_property
    def _raw(self) -> RawFiles:
        names = self._commit.block_files
        return RawFiles(self.path, self.network, names, self._mapped)

    def tx_position(self, tx: int) -> int:
        """Position of a transaction in its block.

        In a ledger of single transactions the position that is proven; where
        there is no proof, only its rank among those of the block held here.
        """
        proven = self._proofs.of(tx) if self._proofs else None
        if proven is not None:
            return proven[0]
        return tx - int(self.block_first_tx[int(self.block_of_tx(tx))])

    def raw_block(self, block: int) -> bytes:
        """Read a block's bytes from the file it came from, as they are now.

        Raises
        ------
        NotFoundError
            If that file is gone, or the ledger was not built from blocks.
        """
        return self._raw.block(block)

    def raw_tx(self, tx: int) -> bytes:
        """Read a transaction's bytes from the block file they came from.

        Raises
        ------
        NotFoundError
            If that file is gone or changed; the bytes are checked by txid.
        """
        from dalil.chains.bitcoin.family.txid import txid_of

        block = int(self.block_of_tx(tx))
        n_tx = int(self.block_first_tx[block + 1] - self.block_first_tx[block])
        raw = self._raw.single(tx)
        if raw is None:
            raw = self._raw.tx(block, self.tx_position(tx), n_tx)
        if txid_of(raw, self.network.form) != self.tx_txid[tx].tobytes():
            raise NotFoundError("the block file holds other bytes now", self.txid(tx))
        return raw

    def merkle_branch(self, tx: int) -> list[bytes]:
        """List a transaction's siblings up to its block's Merkle root.

        Raises
        ------
        NotFoundError
            If the ledger holds neither the whole block nor a proof.
        StoreError
            If the proof it holds does not lead to the block's header.
        """
        block = int(self.block_of_tx(tx))
        if self.source != "blocks":
            return self._proven_branch(tx, self.block_header[block].tobytes())
        first, last = (int(n) for n in self.block_first_tx[block : block + 2])
        leaves = [row.tobytes() for row in self.tx_txid[first:last]]
        return merkle_branch(leaves, tx - first)

    def _proven_branch(self, tx: int, header: bytes) -> list[bytes]:
        proven = self._proofs.of(tx) if self._proofs else None
        if proven is None:
            raise NotFoundError("no Merkle proof of it is here", self.txid(tx))
        position, branch = proven
        try:
            check_inclusion(self.tx_txid[tx].tobytes(), position, branch, header)
        except InputError as error:
            raise StoreError(
                "the Merkle proof kept with the ledger does not hold", self.txid(tx)
            ) from error
        return branch
