"""Ethereum's blocks as nodes answer for them, checked word for word.

Where the header's fields hash to the block's name, receipts must come to the
header's root: then status and logs are as sure as the hash. Chains with other
headers are taken at their node's word, and the report says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.chains.accounts import NO_LOG, NOBODY, TokenKind, TransferKind, TxStatus
from dalil.chains.evm.events import Log
from dalil.chains.evm.header import block_hash, header_rlp
from dalil.chains.evm.receipts import Receipt, encode_receipt
from dalil.chains.evm.trie import trie_root
from dalil.errors import BlockDataError, SourceError
from dalil.sources.accounts.numbers import clip, data_of, fixed_of, hash_of, quantity
from dalil.sources.accounts.shaping import BlockRows, TransferRow, TxRows
from dalil.sources.accounts.telling import add_logs

if TYPE_CHECKING:
    from dalil.sources.accounts.report import SourceReport

__all__ = ["header_of", "log_of", "read_block"]

Json = dict[str, Any]
_HEIGHT, _INDEX = 1 << 40, 1 << 30
_STRICT = "eip155:1"
_MOST = 1 << 20


def header_of(block: object, number: int) -> BlockRows:
    """Read the block that was asked for, without what it did.

    Raises
    ------
    InputError, SourceError
        If it is missing, another, or malformed.
    """
    if block is None:
        raise SourceError("the node lacks a block between others", number)
    if not isinstance(block, dict):
        raise SourceError("not a block", clip(block))
    said = quantity(block.get("number"), _HEIGHT)
    if said != number:
        raise SourceError(f"block {said} where {number} was asked for", number)
    return BlockRows(
        number,
        hash_of(block.get("hash")),
        hash_of(block.get("parentHash")),
        quantity(block.get("timestamp"), 1 << 40),
    )


def _is_proven(block: Json, name: bytes, chain: str, report: SourceReport) -> bool:
    """Tell whether the header hashes to its name; note it where it does not.

    Raises
    ------
    SourceError
        On Ethereum itself, where it must.
    """
    try:
        fits = block_hash(header_rlp(block)) == name
    except BlockDataError:
        fits = False
    if fits:
        return True
    if chain == _STRICT:
        raise SourceError("a block's header does not hash to its name", name.hex())
    said = (
        "headers do not hash to their blocks' names here: the node is taken at its word"
    )
    if not any(note.problem == said for note in report.notes):
        report.note(chain, said)
    return False


def log_of(log: object, block: BlockRows) -> tuple[int, int, bytes, Log]:
    """Read a log of a block: its index, its transaction's place and hash, itself.

    Raises
    ------
    InputError, SourceError
        If it is malformed, withdrawn (``removed``), or of another block.
    """
    if not isinstance(log, dict):
        raise SourceError("not a log", clip(log))
    if log.get("removed") not in (None, False):
        raise SourceError("the node sends a withdrawn log", block.number)
    if quantity(log.get("blockNumber"), _HEIGHT) != block.number:
        raise SourceError("a log of another block", f"{block.number}: {clip(log)}")
    if hash_of(log.get("blockHash")) != block.hash:
        raise SourceError("a log of another block of the same height", block.number)
    topics = log.get("topics")
    if not isinstance(topics, list) or len(topics) > 4:
        raise SourceError("a log without a list of topics", block.number)
    return (
        quantity(log.get("logIndex"), _INDEX),
        quantity(log.get("transactionIndex"), _INDEX),
        hash_of(log.get("transactionHash")),
        Log(
            fixed_of(log.get("address"), 20),
            [fixed_of(topic, 32) for topic in topics],
            data_of(log.get("data")),
        ),
    )


def read_block(
    block: Json,
    receipts: object,
    number: int,
    chain: str,
    report: SourceReport,
) -> BlockRows:
    """Read a block with its whole transactions, and their receipts.

    Raises
    ------
    InputError, SourceError
        If anything is missing, malformed, out of order or of another block.
    """
    rows = header_of(block, number)
    txs = block.get("transactions")
    if not isinstance(txs, list) or len(txs) > _MOST:
        raise SourceError("a block without a list of transactions", number)
    if not isinstance(receipts, list) or len(receipts) != len(txs):
        raise SourceError("another number of receipts than of transactions", number)
    proven = _is_proven(block, rows.hash, chain, report)
    n_logs = 0
    encoded: list[bytes] = []
    seen: set[bytes] = set()
    for place, (tx, receipt) in enumerate(zip(txs, receipts, strict=True)):
        made, logs, status = _outcome(tx, receipt, rows, place)
        if made.hash in seen:
            raise SourceError("a transaction stands twice in a block", made.hash.hex())
        seen.add(made.hash)
        if [index for index, _ in logs] != [*range(n_logs, n_logs + len(logs))]:
            raise SourceError("logs that are repeated, missing or out of order", number)
        n_logs += len(logs)
        if proven:
            encoded.append(_encoded(receipt, status, [log for _, log in logs]))
        _fill(made, tx, receipt, logs, report)
        rows.txs.append(made)
    if proven and trie_root(encoded) != hash_of(block.get("receiptsRoot")):
        raise SourceError("the receipts are not those of the block's root", number)
    return rows


def _outcome(
    tx: object, receipt: object, block: BlockRows, place: int
) -> tuple[TxRows, list[tuple[int, Log]], int | bytes]:
    """Read a transaction and its receipt, which must speak of each other."""
    if not isinstance(tx, dict) or not isinstance(receipt, dict):
        raise SourceError("not a transaction with its receipt", block.number)
    name = hash_of(tx.get("hash"))
    for each, key in ((tx, "hash"), (receipt, "transactionHash")):
        if (
            hash_of(each.get(key)) != name
            or quantity(each.get("transactionIndex"), _INDEX) != place
            or hash_of(each.get("blockHash")) != block.hash
        ):
            raise SourceError(
                "a transaction or receipt of another place or block", name.hex()
            )
    status: int | bytes
    if receipt.get("status") is None:  # before 2017-10: a state root, which tells less
        status, kind = fixed_of(receipt.get("root"), 32), TxStatus.UNTOLD
    else:
        status = quantity(receipt.get("status"), 1)
        kind = TxStatus.DONE if status else TxStatus.FAILED
    logs = receipt.get("logs")
    if not isinstance(logs, list) or len(logs) > _MOST:
        raise SourceError("a receipt without a list of logs", name.hex())
    found = []
    for each in logs:
        index, at, of, log = log_of(each, block)
        if at != place or of != name:
            raise SourceError("a log of another transaction", name.hex())
        found.append((index, log))
    if kind == TxStatus.FAILED and found:
        raise SourceError("a failed transaction with logs", name.hex())
    sender = fixed_of(tx.get("from"), 20)
    return TxRows(name, place, kind, sender), found, status


def _encoded(receipt: Json, status: int | bytes, logs: list[Log]) -> bytes:
    kind = quantity(receipt.get("type", "0x0"), 127)
    gas = quantity(receipt.get("cumulativeGasUsed"))
    try:
        return encode_receipt(Receipt(kind, status, gas, logs))
    except ValueError as error:
        raise SourceError(f"a receipt that cannot be checked: {error}", kind) from None


def _fill(
    tx: TxRows,
    told: Json,
    receipt: Json,
    logs: list[tuple[int, Log]],
    report: SourceReport,
) -> None:
    if tx.status == TxStatus.FAILED:
        report.n_failed += 1
        return
    to = told.get("to") or receipt.get("contractAddress")
    target = fixed_of(to, 20) if to is not None else NOBODY
    value = quantity(told.get("value"))
    if value and to is None:
        report.note(f"transaction {tx.hash.hex()}", "pays nobody that is named")
    elif value:
        tx.transfers.append(_coin(TransferKind.NATIVE, tx.sender, target, value))
    fee = quantity(receipt.get("gasUsed", "0x0")) * quantity(
        receipt.get("effectiveGasPrice", told.get("gasPrice", "0x0"))
    )
    fee += quantity(receipt.get("blobGasUsed", "0x0")) * quantity(
        receipt.get("blobGasPrice", "0x0")
    )
    if fee >> 256:
        raise SourceError("a fee beyond 2**256", tx.hash.hex())
    if fee:
        tx.transfers.append(_coin(TransferKind.FEE, tx.sender, NOBODY, fee))
    data = data_of(told.get("input") or "0x")
    add_logs(tx, logs, report, to=target, data=data)


def _coin(kind: TransferKind, source: bytes, to: bytes, amount: int) -> TransferRow:
    return TransferRow(kind, TokenKind.NATIVE, NOBODY, source, to, NO_LOG, amount)
