"""TRON's blocks as its nodes print them, put into rows; every hash is checked.

The block's id is recomputed from its header, each transaction's id from its
bytes, and the tree over transactions with their results must come to the
header's root. So what the transactions themselves move and whether they took
effect is proven; logs, fees and internal transfers are the node's word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.chains import tron
from dalil.chains.accounts import (
    BEHIND_LOGS,
    NO_LOG,
    NOBODY,
    TokenKind,
    TransferKind,
    TxStatus,
)
from dalil.chains.evm.calls import read_call
from dalil.chains.evm.events import Log
from dalil.chains.tokens import known_token
from dalil.chains.tron.block import block_id, header_raw, read_header
from dalil.chains.tron.contracts import (
    Action,
    ActionKind,
    event_of,
    read_action,
    transfers_of,
)
from dalil.chains.tron.merkle import merkle_root
from dalil.chains.tron.transaction import hex_bytes, raw_data, tx_leaf, tx_status
from dalil.errors import DalilError, InputError
from dalil.sources.accounts.numbers import clip, data_of, decimal_of, hash_of
from dalil.sources.accounts.shaping import BlockRows, EventRow, TransferRow, TxRows
from dalil.sources.accounts.telling import add_logs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dalil.sources.accounts.report import SourceReport

__all__ = ["header_of", "tron_block"]

Json = dict[str, Any]
_SUN = (1 << 63) - 1
_MOST = 100_000
_FINE = (None, "SUCCESS", "DEFAULT")


def header_of(block: object) -> BlockRows:
    """Read a block's own words and recompute its id.

    Raises
    ------
    DalilError
        If it is no block, or not the one it says it is.
    """
    if not isinstance(block, dict):
        raise InputError("not a block of TRON", clip(block))
    raw = header_raw(block)
    name = block_id(raw)
    header = read_header(raw)
    if name != hash_of(block.get("blockID")):
        raise InputError("a block whose id is not its header's", name.hex())
    return BlockRows(header.number, name, header.parent, header.time_ms // 1000)


def tron_block(
    block: Json,
    infos: list[Any] | None,
    chain: str,
    report: SourceReport,
    *,
    complete: bool = False,
) -> BlockRows:
    """Read a block and what a node says of its transactions.

    Parameters
    ----------
    block : dict
        An answer of ``wallet/getblockbynum``.
    infos : list, optional
        An answer of ``wallet/gettransactioninfobyblocknum``, or some of it.
        For a transaction without, a successful call of a known plain token's
        ``transfer`` or ``transferFrom`` counts as the transfer, and the report
        counts it as taken from a call: that no log is there to confirm it.
    complete : bool
        Refuse a transaction that `infos` does not name.

    Raises
    ------
    DalilError
        If a hash does not fit, or the answers contradict each other.
    """
    rows = header_of(block)
    where = f"block {rows.number}"
    txs = block.get("transactions") or []
    if not isinstance(txs, list) or len(txs) > _MOST:
        raise InputError(f"no list of transactions in {where}", clip(txs))
    for tx in txs:
        if not isinstance(tx, dict):
            raise InputError(f"not a transaction in {where}", clip(tx))
    _check_root(block, txs, where)
    told = _by_id(infos or [], rows.number)
    seen: set[bytes] = set()
    n_logs = 0
    for place, tx in enumerate(txs):
        raw = raw_data(tx)
        name = hex_bytes(tx, "txID")
        if name in seen:
            raise InputError(f"a transaction stands twice in {where}", name.hex())
        seen.add(name)
        info = told.pop(name, None)
        if complete and info is None:
            raise InputError(f"nothing is told of a transaction in {where}", name.hex())
        made = TxRows(name, place, tx_status(tx))
        logs = _logs(info, n_logs) if info else []
        n_logs += len(logs)
        _fill(made, raw, info, logs, chain, report)
        rows.txs.append(made)
    if told:
        stranger = next(iter(told)).hex()
        raise InputError(f"told of {where}, but not in it", stranger)
    return rows


def _check_root(block: Json, txs: list[Json], where: str) -> None:
    root = merkle_root([tx_leaf(tx) for tx in txs])
    if root != read_header(header_raw(block)).tx_root:
        raise InputError(
            f"the transactions of {where} are not those of its root", root.hex()
        )


def _by_id(infos: list[Any], number: int) -> dict[bytes, Json]:
    found: dict[bytes, Json] = {}
    for info in infos:
        if not isinstance(info, dict):
            raise InputError("not a transaction's info", clip(info))
        name = hash_of(info.get("id"))
        if decimal_of(info.get("blockNumber")) != number:
            raise InputError(f"info of another block than {number}", name.hex())
        if found.setdefault(name, info) != info:
            raise InputError("two different infos of one transaction", name.hex())
    return found


def _account(value: object) -> bytes:
    """Read an account however a node spells it: base58, 41-hex, plain 20 bytes."""
    if not isinstance(value, str) or len(value) > 64:
        raise InputError("not an address of TRON", clip(value))
    if len(value) == 40:
        return data_of(value, 20)
    return tron.decode_address(value)


def _logs(info: Json, first: int) -> list[tuple[int, Log]]:
    """Read logs and number them; nodes do not, so their order is the number."""
    found = []
    logs = info.get("log") or []
    if not isinstance(logs, list) or len(logs) > _MOST:
        raise InputError("no list of logs", clip(logs))
    for i, log in enumerate(logs):
        if not isinstance(log, dict) or not isinstance(log.get("topics", []), list):
            raise InputError("not a log", clip(log))
        topics = [data_of(topic, 64) for topic in log.get("topics", [])[:9]]
        data = data_of(log.get("data") or "")
        found.append((first + i, Log(_account(log.get("address")), topics, data)))
    return found


def _failed(info: Json) -> bool:
    receipt = info.get("receipt") or {}
    said = receipt.get("result") if isinstance(receipt, dict) else "?"
    return said not in _FINE or info.get("result") == "FAILED"


def _fill(
    tx: TxRows,
    raw: bytes,
    info: Json | None,
    logs: list[tuple[int, Log]],
    chain: str,
    report: SourceReport,
) -> None:
    where = f"transaction {tx.hash.hex()}"
    try:
        action = read_action(raw)
    except DalilError as error:
        report.note(where, f"not read: {error}")
        action = None
    if action is not None:
        tx.sender = action.owner
    if tx.status == TxStatus.DONE and info is not None and _failed(info):
        report.note(where, "the node says it failed, its block that it did not")
        tx.status = TxStatus.FAILED
    if tx.status == TxStatus.FAILED:
        report.n_failed += 1
        return
    if action is not None:
        for move in transfers_of(action):
            kind = TokenKind.ASSET if any(move.token) else TokenKind.NATIVE
            row = TransferRow(
                move.kind,
                kind,
                move.token,
                move.sender,
                move.recipient,
                NO_LOG,
                move.amount,
            )
            tx.transfers.append(row)
        if (event := event_of(action)) is not None:
            tx.events.append(
                EventRow(
                    event.kind, NOBODY, event.subject, event.other, NO_LOG, event.amount
                )
            )
    if info is None:
        if action is not None and action.kind is ActionKind.TRIGGER:
            _from_call(tx, action, chain, report)
        return
    to, data = (action.to, action.data) if action is not None else (b"", b"")
    add_logs(tx, logs, report, to=to, data=data, tron=True)
    _add_internal(tx, info)
    if fee := decimal_of(info.get("fee", 0), _SUN):
        row = TransferRow(
            TransferKind.FEE, TokenKind.NATIVE, NOBODY, tx.sender, NOBODY, NO_LOG, fee
        )
        tx.transfers.append(row)


def _from_call(tx: TxRows, action: Action, chain: str, report: SourceReport) -> None:
    token = known_token(chain, TokenKind.CONTRACT, action.to)
    call = read_call(action.data, tron=True)
    if token is None or not token.plain or call is None:
        return
    if call.name == "transfer":
        source, to = action.owner, call.addresses[0]
    elif call.name == "transferFrom":
        source, to = call.addresses[0], call.addresses[1]
    else:
        return
    report.n_from_calls += 1
    tx.transfers.append(
        TransferRow(
            TransferKind.TOKEN,
            TokenKind.CONTRACT,
            action.to,
            source,
            to,
            NO_LOG,
            call.numbers[0],
        )
    )


def _add_internal(tx: TxRows, info: Mapping[str, Any]) -> None:
    inside = info.get("internal_transactions") or []
    if not isinstance(inside, list) or len(inside) > _MOST:
        raise InputError("no list of internal transactions", clip(inside))
    for i, each in enumerate(inside):
        if not isinstance(each, dict):
            raise InputError("not an internal transaction", clip(each))
        values = each.get("callValueInfo") or []
        if each.get("rejected") or not isinstance(values, list):
            continue
        for value in values:
            amount = decimal_of(value.get("callValue", 0), _SUN)
            if not amount:
                continue
            number = decimal_of(str(value.get("tokenId") or "0"), _SUN)
            tx.transfers.append(
                TransferRow(
                    TransferKind.INTERNAL,
                    TokenKind.ASSET if number else TokenKind.NATIVE,
                    number.to_bytes(20, "big"),
                    _account(each.get("caller_address")),
                    _account(each.get("transferTo_address")),
                    BEHIND_LOGS + i,
                    amount,
                )
            )
