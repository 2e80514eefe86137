"""One token's logs over a stretch of chain: pages that fit what a node allows.

Far fewer questions than asking for every block, and silent on all else: on
failed calls, on the chain's own coin, on blocks without the token. A block that
a chain's reorganisation put in place of another is told by its hash.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

from dalil.chains.accounts import TxStatus
from dalil.chains.evm.events import TRANSFER, Log, topic_of
from dalil.errors import InputError, SourceError
from dalil.sources.accounts.evmblocks import log_of
from dalil.sources.accounts.following import Trail
from dalil.sources.accounts.jsonrpc import RpcError
from dalil.sources.accounts.numbers import data_of, fixed_of, hash_of, quantity
from dalil.sources.accounts.shaping import BlockRows, TxRows
from dalil.sources.accounts.telling import add_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dalil.sources.accounts.report import SourceReport

__all__ = ["TokenNode", "follow_token"]

Json = dict[str, Any]
_FIRST_PAGE, _WIDEST_PAGE = 1_000, 20_000
_MANY = 5_000
"""Logs in a page after which the next is not made wider."""
_MOST_TORN = 100
_PLAIN = (TRANSFER, topic_of("Approval(address,address,uint256)"))
"""Events that say all there is to know without the transaction's own call."""


class TokenNode(Protocol):
    """A node as far as one contract's logs need it."""

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        """Call it."""

    def logs(self, first: int, last: int) -> list[dict[str, Any]]:
        """Give the contract's logs in a stretch of blocks, both ends included."""

    def newest(self) -> int:
        """Height of the newest block."""

    def header(self, number: int) -> BlockRows:
        """Give a block's number, hash, parent and time."""


def follow_token(
    node: TokenNode,
    after: int | None,
    known: Callable[[int], bytes | None],
    report: SourceReport,
    *,
    first: int = 0,
    last: int | None = None,
) -> Iterator[BlockRows]:
    """Give the blocks in which a contract logged; where it forked, from there on.

    After a fork the first block given is the first that differs, if need be
    without anything in it, so that what it replaces is gone for sure.

    Raises
    ------
    SourceError
        If a log is not of the block it says, or contradicts another.
    """
    trail = Trail(known, node.header, report)
    at = first
    if after is not None:
        at = trail.shared(after) + 1 if trail.at(after) is not None else after + 1
        if at <= after:
            report.note(f"block {at}", "the ledger's blocks from here on are replaced")
            yield node.header(at)
    end = node.newest() if last is None else min(last, node.newest())
    width = _FIRST_PAGE
    n_torn = 0
    pages: list[int] = []  # last block of each page that was given
    while at <= end:
        to = min(at + width - 1, end)
        mark = node.header(to).hash
        if pages and trail.at(pages[-1]) != node.header(pages[-1]).hash:
            at = trail.turn(pages[-1] + 1) + 1
            pages = [page for page in pages if page < at]
            yield node.header(at)
            continue
        try:
            logs = node.logs(at, to)
        except RpcError as error:
            if not error.too_wide or to == at:
                raise
            width = max(1, (to - at + 1) // 2)
            continue
        found = list(_blocks(node, logs, at, to, report))
        if node.header(to).hash != mark:
            n_torn += 1
            if n_torn > _MOST_TORN:
                raise SourceError("the node's chain changes without end", to)
            continue
        # Its last block is what it was, so nothing below it changed meanwhile.
        for rows in found:
            trail.add(rows.number, rows.hash)
            yield rows
        trail.add(to, mark)
        pages.append(to)
        at = to + 1
        if len(logs) < _MANY:
            width = min(width * 2, _WIDEST_PAGE)


def _blocks(
    node: TokenNode, logs: list[Json], first: int, last: int, report: SourceReport
) -> Iterator[BlockRows]:
    """Put a page's logs into blocks, in order and once each."""
    try:
        placed = [_place(log) for log in logs]
    except InputError as error:
        raise SourceError(f"a log is refused: {error.message}", error.value) from error
    if placed and not (first <= min(placed)[0] and max(placed)[0] <= last):
        raise SourceError("logs of blocks that were not asked for", f"{first}–{last}")
    if placed != sorted(placed):
        report.note(f"blocks {first}–{last}", "the node sent logs out of order; sorted")
    order = sorted(range(len(logs)), key=placed.__getitem__)
    for number, group in groupby(order, key=lambda i: placed[i][0]):
        block = node.header(number)
        try:
            _fill(node, block, _once([logs[i] for i in group], block, report), report)
        except InputError as error:
            message = f"a log of block {number} is refused: {error.message}"
            raise SourceError(message, error.value) from error
        yield block


def _place(log: Json) -> tuple[int, int]:
    return quantity(log.get("blockNumber"), 1 << 40), quantity(
        log.get("logIndex"), 1 << 30
    )


def _once(
    logs: list[Json], block: BlockRows, report: SourceReport
) -> list[tuple[int, int, bytes, Log]]:
    """Read logs, ascending; those repeated in everything are dropped and counted."""
    found: list[tuple[int, int, bytes, Log]] = []
    for each in logs:
        log = log_of(each, block)
        if found and found[-1][0] == log[0]:
            if found[-1] != log:
                raise SourceError(
                    "two different logs of one index", f"{block.number}, {log[0]}"
                )
            report.n_duplicates_dropped += 1
            continue
        if found and log[1] < found[-1][1]:
            raise SourceError("logs and transactions disagree in order", block.number)
        found.append(log)
    return found


def _fill(
    node: TokenNode,
    block: BlockRows,
    logs: list[tuple[int, int, bytes, Log]],
    report: SourceReport,
) -> None:
    names: dict[bytes, int] = {}
    for (place, name), group in groupby(logs, key=lambda log: log[1:3]):
        if names.setdefault(name, place) != place or place in [*names.values()][:-1]:
            raise SourceError("a transaction in two places", name.hex())
        told = [(index, log) for index, _, _, log in group]
        tx = TxRows(name, place, TxStatus.DONE)
        to, data = b"", b""
        if any(log.topics and log.topics[0] not in _PLAIN for _, log in told):
            tx.sender, to, data = _call(node, name, block)
        add_logs(tx, told, report, to=to, data=data)
        block.txs.append(tx)


def _call(node: TokenNode, name: bytes, block: BlockRows) -> tuple[bytes, bytes, bytes]:
    """Ask for a transaction's sender, the contract it calls, and its call data."""
    tx = node.ask("eth_getTransactionByHash", "0x" + name.hex())
    if not isinstance(tx, dict) or hash_of(tx.get("hash")) != name:
        raise SourceError("not the transaction that was asked for", name.hex())
    if hash_of(tx.get("blockHash")) != block.hash:
        raise SourceError("a transaction of another block", name.hex())
    to = fixed_of(tx["to"], 20) if tx.get("to") else b""
    return fixed_of(tx.get("from"), 20), to, data_of(tx.get("input") or "0x")
