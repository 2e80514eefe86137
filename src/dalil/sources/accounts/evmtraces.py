"""Internal transfers out of a node's traces: told by the node, in no hash.

Delegate and static calls move nothing, whatever value a trace prints for them;
what is undone with a failed call above it is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.chains.accounts import BEHIND_LOGS, NOBODY, TokenKind, TransferKind, TxStatus
from dalil.errors import SourceError
from dalil.sources.accounts.numbers import clip, fixed_of, hash_of, quantity
from dalil.sources.accounts.shaping import TransferRow

if TYPE_CHECKING:
    from dalil.sources.accounts.shaping import BlockRows, TxRows

__all__ = ["add_call_tree", "add_flat"]

Json = dict[str, Any]
_MOVERS = frozenset({"CALL", "CREATE", "CREATE2", "SELFDESTRUCT", "SUICIDE"})
_MOST = 1 << 20


def add_call_tree(block: BlockRows, answers: object) -> None:
    """Add what ``debug_traceBlockByNumber`` with ``callTracer`` tells.

    Raises
    ------
    InputError, SourceError
        If it is malformed, or of other transactions.
    """
    if not isinstance(answers, list) or len(answers) != len(block.txs):
        raise SourceError("another number of traces than of transactions", block.number)
    for tx, answer in zip(block.txs, answers, strict=True):
        told = answer if isinstance(answer, dict) else {}
        if told.get("txHash") is not None and hash_of(told["txHash"]) != tx.hash:
            raise SourceError("a trace of another transaction", tx.hash.hex())
        root = told.get("result")
        if not isinstance(root, dict):
            raise SourceError("a transaction without its trace", tx.hash.hex())
        if tx.status != TxStatus.FAILED:
            _walk(tx, root)


def _walk(tx: TxRows, root: Json) -> None:
    """Go through calls in the order they were made; the first is no internal one."""
    waiting: list[object] = [root]
    n_calls = 0
    while waiting:
        call = waiting.pop()
        if not isinstance(call, dict) or not isinstance(call.get("calls", []), list):
            raise SourceError("not a call in a trace", clip(call))
        if call.get("error") is not None:
            continue
        if n_calls and str(call.get("type")).upper() in _MOVERS:
            value = quantity(call.get("value") or "0x0")
            if value:
                source, to = (_account(call.get(key)) for key in ("from", "to"))
                tx.transfers.append(_row(source, to, n_calls, value))
        n_calls += 1
        if n_calls > _MOST:
            raise SourceError("a trace of too many calls", tx.hash.hex())
        waiting += reversed(call.get("calls", []))


def add_flat(block: BlockRows, traces: object) -> None:
    """Add what ``trace_block`` tells.

    Raises
    ------
    InputError, SourceError
        If it is malformed, or of other transactions.
    """
    if not isinstance(traces, list) or len(traces) > _MOST:
        raise SourceError("no list of traces", block.number)
    by_hash = {tx.hash: tx for tx in block.txs}
    undone: dict[bytes, list[tuple[int, ...]]] = {}
    for i, trace in enumerate(traces):
        action = trace.get("action") if isinstance(trace, dict) else None
        if not isinstance(action, dict):
            raise SourceError("not a trace", clip(trace))
        if trace.get("transactionHash") is None:
            continue  # a reward
        tx = by_hash.get(hash_of(trace["transactionHash"]))
        if tx is None or hash_of(trace.get("blockHash")) != block.hash:
            raise SourceError("a trace of another block", block.number)
        path = _path(trace.get("traceAddress"))
        failed = undone.setdefault(tx.hash, [])
        if any(path[: len(above)] == above for above in failed):
            continue
        if trace.get("error") is not None:
            failed.append(path)
            continue
        kind = str(action.get("callType") or trace.get("type")).upper()
        value = quantity(action.get("value") or action.get("balance") or "0x0")
        if not path or not value or kind not in _MOVERS or tx.status == TxStatus.FAILED:
            continue
        made = trace.get("result") or {}
        source = action.get("from") or action.get("address")
        to = action.get("to") or action.get("refundAddress") or made.get("address")
        tx.transfers.append(_row(_account(source), _account(to), i, value))


def _path(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or any(type(step) is not int for step in value):
        raise SourceError("a trace without its place", clip(value))
    return tuple(value)


def _account(value: object) -> bytes:
    return fixed_of(value, 20)


def _row(source: bytes, to: bytes, place: int, amount: int) -> TransferRow:
    kind, token_kind = TransferKind.INTERNAL, TokenKind.NATIVE
    return TransferRow(
        kind, token_kind, NOBODY, source, to, BEHIND_LOGS + place, amount
    )
