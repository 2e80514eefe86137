"""From a node's answers to what a bundle carries for an Ethereum transaction.

Everything is encoded again and hashed before it is given out, so a node that
left out a log or changed a field is found out here and not by the reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.chains.evm.events import Log
from dalil.chains.evm.header import block_hash, header_rlp, read_evm_header
from dalil.chains.evm.hexfields import hex_bytes, hex_number
from dalil.chains.evm.receipts import Receipt, encode_receipt
from dalil.chains.evm.transaction import transaction_rlp
from dalil.chains.evm.trie import trie_proof, trie_root
from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ethereum_proof", "receipt_of"]


def ethereum_proof(
    block: Mapping[str, Any], receipts: Sequence[Mapping[str, Any]], index: int
) -> dict[str, Any]:
    """Make the proof of one transaction, for `check_ethereum`.

    Parameters
    ----------
    block : mapping
        ``eth_getBlockByNumber`` with whole transactions.
    receipts : sequence of mapping
        ``eth_getBlockReceipts`` of the same block, in order.
    index : int
        The transaction's place in the block.

    Raises
    ------
    BlockDataError
        If they are malformed, or do not give the block's hash and roots.
    IndexError
        If there is no such transaction.
    """
    header = header_rlp(block)
    if block_hash(header) != hex_bytes(block.get("hash")):
        raise BlockDataError("a header that does not hash to its block's name")
    roots = read_evm_header(header)
    told = block.get("transactions")
    if not isinstance(told, list) or not all(isinstance(tx, dict) for tx in told):
        raise BlockDataError("a block without its whole transactions")
    transactions = [transaction_rlp(tx) for tx in told]
    if trie_root(transactions) != roots.transactions_root:
        raise BlockDataError("transactions that are not the block's")
    try:
        results = [encode_receipt(receipt_of(receipt)) for receipt in receipts]
    except ValueError as error:
        raise BlockDataError(str(error)) from None
    if trie_root(results) != roots.receipts_root:
        raise BlockDataError("receipts that are not the block's")
    return {
        "header": header.hex(),
        "index": index,
        "receipt_proof": [node.hex() for node in trie_proof(results, index)],
        "transaction_proof": [node.hex() for node in trie_proof(transactions, index)],
    }


def receipt_of(receipt: Mapping[str, Any]) -> Receipt:
    """Read a receipt from a node's answer.

    Raises
    ------
    BlockDataError
        If a field is missing or malformed.
    """
    logs = receipt.get("logs")
    if not isinstance(logs, list) or not all(isinstance(log, dict) for log in logs):
        raise BlockDataError("a receipt without its logs")
    if receipt.get("status") is None:
        status: int | bytes = hex_bytes(receipt.get("root"))
    else:
        status = hex_number(receipt["status"])
    kind = hex_number(receipt.get("type", "0x0"))
    gas = hex_number(receipt.get("cumulativeGasUsed"))
    return Receipt(kind, status, gas, [_log(log) for log in logs])


def _log(log: Mapping[str, Any]) -> Log:
    topics = log.get("topics")
    if not isinstance(topics, list) or len(topics) > 4:
        raise BlockDataError("a log without its topics")
    words = [hex_bytes(topic) for topic in topics]
    return Log(hex_bytes(log.get("address")), words, hex_bytes(log.get("data")))
