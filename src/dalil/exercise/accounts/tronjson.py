"""What a TRON node answers: blocks, and what came of their transactions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dalil.chains import tron
from dalil.chains.accounts import NO_LOG, EventKind, TransferKind, TxStatus
from dalil.chains.evm import keccak256
from dalil.exercise.accounts.tronform import call_data, filler

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dalil.exercise.accounts.chain import Block, Move, Told, Tx

__all__ = ["ANSWERS", "block_json", "infos_json", "write_tron_json"]

ANSWERS = "answers.jsonl"
_TYPES = "type.googleapis.com/protocol."
_TRANSFER = "Transfer(address,address,uint256)"
_EVENTS = {
    EventKind.FREEZE: "AddedBlackList(address)",
    EventKind.UNFREEZE: "RemovedBlackList(address)",
    EventKind.SUBMISSION: "Submission(uint256)",
    EventKind.UNFREEZE_SUBMISSION: "Submission(uint256)",
    EventKind.CONFIRMATION: "Confirmation(address,uint256)",
    EventKind.EXECUTION: "Execution(uint256)",
}
_DESTROYED = "DestroyedBlackFunds(address,uint256)"


def write_tron_json(folder: Path, blocks: Iterable[Block]) -> None:
    """Write ``answers.jsonl``: for each block an answer of either kind, a line each."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ANSWERS).open("w") as out:
        for block in blocks:
            out.write(json.dumps(block_json(block)) + "\n")
            out.write(json.dumps(infos_json(block)) + "\n")


def block_json(block: Block) -> dict[str, Any]:
    """Answer ``wallet/getblockbynum``, addresses in hex."""
    answer: dict[str, Any] = {
        "blockID": block.hash.hex(),
        "block_header": {
            "raw_data": {
                "number": block.number,
                "txTrieRoot": block.header.tx_root.hex(),
                "witness_address": tron.hex_form(block.header.witness),
                "parentHash": block.parent.hex(),
                "version": 29,
                "timestamp": block.time_utc * 1000,
            },
            "witness_signature": block.header.signature.hex(),
        },
    }
    if block.txs:  # a node leaves empty lists out
        answer["transactions"] = [_tx_json(tx) for tx in block.txs]
    return answer


def infos_json(block: Block) -> list[dict[str, Any]]:
    """Answer ``wallet/gettransactioninfobyblocknum``."""
    return [_info_json(block, tx) for tx in block.txs]


def _tx_json(tx: Tx) -> dict[str, Any]:
    done = tx.status is TxStatus.DONE
    target = tron.hex_form(tx.call.target)
    value: dict[str, Any] = {"owner_address": tron.hex_form(tx.sender)}
    kind = tx.call.name
    if kind == "TransferContract":
        value |= {"to_address": target, "amount": tx.call.values[0]}
    elif kind == "AccountCreateContract":
        value |= {"account_address": target}
    elif kind == "DelegateResourceContract":
        value |= {"receiver_address": target, "balance": tx.call.values[0]}
        value |= {"resource": "ENERGY"}
    else:
        kind = "TriggerSmartContract"
        value |= {"contract_address": target, "data": call_data(tx.call).hex()}
    parameter = {"value": value, "type_url": _TYPES + kind}
    return {
        "ret": [{"contractRet": "SUCCESS" if done else "REVERT"}],
        "signature": [filler(tx.hash).hex()],
        "txID": tx.hash.hex(),
        "raw_data": {"contract": [{"parameter": parameter, "type": kind}]},
        "raw_data_hex": tx.raw.hex(),
    }


def _info_json(block: Block, tx: Tx) -> dict[str, Any]:
    done = tx.status is TxStatus.DONE
    answer: dict[str, Any] = {
        "id": tx.hash.hex(),
        "blockNumber": block.number,
        "blockTimeStamp": block.time_utc * 1000,
        "contractResult": [""],
        "receipt": {"net_usage": 300},
    }
    if "(" in tx.call.name:
        answer["contract_address"] = tron.hex_form(tx.call.target)
        answer["receipt"]["result"] = "SUCCESS" if done else "REVERT"
    if not done:
        answer["result"] = "FAILED"
    logs = [_transfer_log(m) for m in tx.moves if m.log != NO_LOG]
    logs += [_event_log(e) for e in tx.told if e.log != NO_LOG]
    by_place = {place: log for place, log in logs if log}
    if by_place:
        answer["log"] = [by_place[place] for place in sorted(by_place)]
    return answer


def _transfer_log(move: Move) -> tuple[int, dict[str, Any]]:
    if move.kind is TransferKind.DESTROY:
        words = _word(move.payer) + move.amount.to_bytes(32, "big")
        return move.log, _log(move.coin.key, [_DESTROYED], words)
    topics: list[str | bytes] = [_TRANSFER, move.payer, move.payee]
    return move.log, _log(move.coin.key, topics, move.amount.to_bytes(32, "big"))


def _event_log(event: Told) -> tuple[int, dict[str, Any]]:
    if event.kind is EventKind.DESTROY:  # told by the transfer's own log
        return event.log, {}
    name = _EVENTS[event.kind]
    if event.ref < 0:
        return event.log, _log(event.contract, [name], _word(event.subject))
    topics: list[str | bytes] = [name, event.ref.to_bytes(32, "big")]
    if event.kind is EventKind.CONFIRMATION:
        topics.insert(1, event.other)
    return event.log, _log(event.contract, topics, b"")


def _log(contract: bytes, topics: list[str | bytes], data: bytes) -> dict[str, Any]:
    hashed = [keccak256(t.encode()) if isinstance(t, str) else _word(t) for t in topics]
    return {
        "address": contract.hex(),
        "topics": [topic.hex() for topic in hashed],
        "data": data.hex(),
    }


def _word(raw: bytes) -> bytes:
    return raw.rjust(32, b"\0")
