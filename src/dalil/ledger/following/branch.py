"""Where a ledger and a node part, and what of the node's chain has more work."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dalil.chains.bitcoin.header import Header, work_of
from dalil.errors import InputError, NodeError
from dalil.ids import format_txid
from dalil.sources.node.headers import headers_from

if TYPE_CHECKING:
    from dalil.ledger.reader import Ledger
    from dalil.sources.node.client import Node

__all__ = ["Branch", "better_branch", "check_same_chain", "first_branch"]


class Branch(NamedTuple):
    """The node's headers after the last block in common, lowest first.

    So many as `least` must be taken in one go to have more work than what
    they replace. There may be more blocks than headers.
    """

    headers: list[Header]
    least: int


def check_same_chain(ledger: Ledger, node: Node, from_height: int | None) -> None:
    """Refuse a ledger of another network, another source or another beginning.

    Raises
    ------
    NodeError
        ``wrong_network``.
    InputError
        If the ledger is no chain of blocks, or starts elsewhere.
    """
    if ledger.network is not node.network:
        raise NodeError(
            "wrong_network",
            f"the node's network is {node.network.name}, the ledger's",
            ledger.network.name,
        )
    if ledger.source != "blocks":
        raise InputError(
            "this ledger was not built from blocks; follow into another", ledger.path
        )
    first = int(ledger.block_height[0])
    if from_height is not None and ledger.heights_known and first != from_height:
        raise InputError(
            f"this ledger starts at height {first}, not {from_height}; leave "
            "--from-height out, or make another ledger",
            ledger.path,
        )


def first_branch(node: Node, height: int) -> Branch:
    """Give what a new ledger takes first, from a height on."""
    return Branch(_headers(node, node.hash_at(height)), 1)


def _headers(node: Node, block: bytes) -> list[Header]:
    headers = headers_from(node, block)
    if not headers:
        raise NodeError("unknown_block", "the node's chain turned", format_txid(block))
    return headers


def better_branch(ledger: Ledger, node: Node) -> Branch | None:
    """Find the node's blocks after the last one in common, if they have more work.

    Costs one question where nothing is new, two or three more where the
    ledger's tip is on the node's main chain, and some 2·log2(depth) after a
    reorg; one for each 2,000 headers that replace the ledger's.

    Raises
    ------
    NodeError
        ``no_common_block``, or as the node's questions do.
    """
    if ledger.block_hash[-1].tobytes() == node.tip():
        return None
    fork = _last_in_common(ledger, node)
    headers = _headers(node, ledger.block_hash[fork].tobytes())[1:]
    behind = sum(
        work_of(int.from_bytes(raw[72:76].tobytes(), "little"))
        for raw in ledger.block_header[fork + 1 :]
    )
    work = least = 0
    while work <= behind:
        if least == len(headers):
            more = headers_from(node, headers[-1].hash)[1:] if headers else []
            if not more:
                return None
            headers += more
        work += headers[least].work
        least += 1
    return Branch(headers, least)


def _last_in_common(ledger: Ledger, node: Node) -> int:
    """Find the ledger's last block on the node's main chain.

    If one is on it, all before it are: steps double back from the tip, and
    the gap they leave is halved.
    """

    def shared(block: int) -> bool:
        return node.height_of(ledger.block_hash[block].tobytes()) is not None

    high, low, step = ledger.n_blocks, ledger.n_blocks - 1, 1
    while not shared(low):
        if low == 0:
            raise NodeError(
                "no_common_block",
                "no block of the ledger is on the node's main chain; a ledger "
                "cannot be turned back beyond its first block",
                format_txid(ledger.block_hash[0].tobytes()),
            )
        high, low, step = low, max(low - step, 0), step * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if shared(middle) else (low, middle)
    return low
