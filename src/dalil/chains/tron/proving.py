"""From a node's answers to what a bundle carries for a TRON transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.chains.tron.block import block_id, header_raw, read_header
from dalil.chains.tron.merkle import merkle_branch, merkle_root
from dalil.chains.tron.transaction import hex_bytes, tx_leaf
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["tron_proof"]


def tron_proof(
    block: Mapping[str, Any], index: int, followers: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Make the proof of one transaction, for `check_tron`.

    Parameters
    ----------
    block : mapping
        ``wallet/getblockbynum``.
    index : int
        The transaction's place in the block.
    followers : sequence of mapping
        The blocks on top of it, in order; their headers are enough. With those
        of more than two thirds of the producers the block is solid.

    Raises
    ------
    BlockDataError
        If they are malformed, or do not give the block's id and root.
    IndexError
        If there is no such transaction.
    """
    transactions = block.get("transactions", [])
    if not isinstance(transactions, list) or not all(
        isinstance(tx, dict) for tx in transactions
    ):
        raise BlockDataError("a block without a list of transactions")
    leaves = [tx_leaf(tx) for tx in transactions]
    produced = _produced(block)
    if merkle_root(leaves) != read_header(header_raw(block)).tx_root:
        raise BlockDataError("transactions that are not the block's")
    proof: dict[str, Any] = {
        "transaction": leaves[index].hex(),
        "branch": [step.hex() for step in merkle_branch(leaves, index)],
        **produced,
    }
    if followers:
        proof["followers"] = [_produced(follower) for follower in followers]
    return proof


def _produced(block: Mapping[str, Any]) -> dict[str, str]:
    raw = header_raw(block)
    if block_id(raw) != hex_bytes(block, "blockID"):
        raise BlockDataError("a header that does not hash to its block's name")
    signature = hex_bytes(block["block_header"], "witness_signature")
    return {"header": raw.hex(), "witness_signature": signature.hex()}
