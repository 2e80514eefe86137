"""Headers of a node's main chain: linked, and each with its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.family.headers import proves_work, read_header
from dalil.ids import format_txid

if TYPE_CHECKING:
    from dalil.chains.bitcoin.header import Header
    from dalil.sources.node.client import Node

__all__ = ["HEADERS_AT_ONCE", "headers_from"]

HEADERS_AT_ONCE = 2000
_SIZE = 80


def headers_from(
    node: Node, block: bytes, count: int = HEADERS_AT_ONCE
) -> list[Header]:
    """Read headers of the main chain, from one of its blocks on.

    Parameters
    ----------
    block : bytes
        Hash of the first; `count` headers at most, 2,000 being what REST gives.

    Returns
    -------
    list of Header
        `block`'s own first, each the next one's parent, each with its work;
        empty if `block` is not on the main chain (any more).

    Raises
    ------
    NodeError
        ``bad_answer`` if they do not link or do not prove work.
    """
    path = f"headers/{count}/{format_txid(block)}.bin"
    raw = node.rest(path, count * _SIZE) if node.has_rest else None
    if raw is None:
        raw = _by_rpc(node, block, count)
    if len(raw) % _SIZE:
        raise node.bad("headers of odd size")
    found = [
        read_header(node.network, raw[at : at + _SIZE])[0]
        for at in range(0, len(raw), _SIZE)
    ]
    for i, header in enumerate(found):
        linked = found[i - 1].hash == header.previous if i else header.hash == block
        if not linked:
            raise node.bad("headers that do not follow one another")
        if not proves_work(header, node.network):
            raise node.bad(f"{format_txid(header.hash)} proves no work")
    return found


def _by_rpc(node: Node, block: bytes, count: int) -> bytes:
    height = node.height_of(block)
    if height is None:
        return b""
    tip = node.rpc.call("getblockcount")
    if type(tip) is not int:
        raise node.bad("no block count")
    heights = range(height, min(height + count, tip + 1))
    hashes = node.rpc.batch("getblockhash", [[h] for h in heights])
    told = node.rpc.batch("getblockheader", [[each, False] for each in hashes])
    # The chain may have turned between the questions: keep what links.
    kept: list[bytes] = []
    last = block
    for each in told:
        raw = node.unhex(each, _SIZE)
        header, _ = read_header(node.network, raw)
        if (header.previous if kept else header.hash) != last:
            break
        kept.append(raw)
        last = header.hash
    return b"".join(kept)
