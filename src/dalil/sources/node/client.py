"""What is asked of a node: its network, its main chain, a block, what it spent.

The fast road is REST (binary, no credentials, no hex); where the node does
not serve it, the same comes by RPC. Which of the two is found out by asking,
not by the node's version. Whatever comes is checked as far as it can be: a
header must link and prove work, a block must have the hash that was asked for.
What a node says of *which* chain is its main one is its word; the ledger goes
by the work.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.header import Header, header_hash
from dalil.chains.bitcoin.networks import NETWORKS, Network
from dalil.errors import DalilError, NodeError
from dalil.ids import format_txid, parse_txid
from dalil.settings import MAX_BLOCK_BYTES
from dalil.sources.blockfolder import proves_work
from dalil.sources.node.spent import from_prevouts, from_spent_outputs, undo_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.sources.node.patience import Patience
    from dalil.sources.node.rpc import Rpc

__all__ = ["HEADERS_AT_ONCE", "Node"]

HEADERS_AT_ONCE = 2000
_HEADER = 80
_VERBOSE_LIMIT = 1 << 28
_OK, _UNAVAILABLE = 200, 503


class Node:
    """One node, asked by any number of threads.

    Parameters
    ----------
    rpc : Rpc
        The road that is always there.

    Notes
    -----
    A node that starts, or went away after it had answered once, is waited
    for as long as the `Patience` of `rpc` lasts.
    """

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self._spent_by_rest = True
        self._one_at_a_time = threading.Lock()

    @property
    def patience(self) -> Patience:
        """How the node is waited for."""
        return self.rpc.patience

    @cached_property
    def network(self) -> Network:
        """The network, told by its genesis block.

        Raises
        ------
        NodeError
            ``wrong_network`` if Dalil does not know it.
        """
        genesis = format_txid(self.hash_at(0))
        for network in NETWORKS:
            if network.genesis == genesis and not self._has_any(network.others_blocks):
                return network
        why = "the node's chain starts with a block of no network known here"
        raise NodeError("wrong_network", why, genesis)

    def _has_any(self, blocks: Iterable[str]) -> bool:
        """Tell whether the main chain holds a block that marks another's chain."""
        return any(self.height_of(parse_txid(b)) is not None for b in blocks)

    @cached_property
    def has_rest(self) -> bool:
        """Whether the node serves REST, asked once."""
        genesis = self.network.genesis
        first = self._rest(f"headers/1/{genesis}.bin", _HEADER)
        return first is not None and format_txid(header_hash(first)) == genesis

    def close(self) -> None:
        """Hang up; the next question dials anew."""
        self.rpc.close()

    def tip(self) -> bytes:
        """Give the hash of the block the node holds for the newest."""
        return self._hash(self.rpc.call("getbestblockhash"))

    def hash_at(self, height: int) -> bytes:
        """Give the hash of the main chain's block at a height."""
        return self._hash(self.rpc.call("getblockhash", height))

    def height_of(self, block: bytes) -> int | None:
        """Give a block's height, or None if it is not on the main chain."""
        try:
            told = self.rpc.call("getblockheader", format_txid(block))
        except NodeError as error:
            if error.kind == "unknown_block":
                return None
            raise
        height = told.get("height") if isinstance(told, dict) else None
        confirmations = told.get("confirmations") if isinstance(told, dict) else None
        if type(height) is not int or type(confirmations) is not int or height < 0:
            raise self._bad("a header without height or confirmations")
        return height if confirmations > 0 else None

    def headers_from(self, block: bytes, count: int = HEADERS_AT_ONCE) -> list[Header]:
        """Read headers of the main chain, from one of its blocks on.

        Returns
        -------
        list of Header
            `block`'s own first, each the next one's parent, each with its
            work; empty if `block` is not on the main chain (any more).

        Raises
        ------
        NodeError
            ``bad_answer`` if they do not link or do not prove work.
        """
        raw = self._rest_headers(block, count) if self.has_rest else None
        if raw is None:
            raw = self._rpc_headers(block, count)
        if len(raw) % _HEADER:
            raise self._bad("headers of odd size")
        found = [
            Header.parse(raw[at : at + _HEADER]) for at in range(0, len(raw), _HEADER)
        ]
        for i, header in enumerate(found):
            linked = found[i - 1].hash == header.previous if i else header.hash == block
            if not linked:
                raise self._bad("headers that do not follow one another")
            if not proves_work(header, self.network):
                raise self._bad(f"{format_txid(header.hash)} proves no work")
        return found

    def _rest_headers(self, block: bytes, count: int) -> bytes | None:
        return self._rest(f"headers/{count}/{format_txid(block)}.bin", count * _HEADER)

    def _rpc_headers(self, block: bytes, count: int) -> bytes:
        height = self.height_of(block)
        if height is None:
            return b""
        tip = self.rpc.call("getblockcount")
        if type(tip) is not int:
            raise self._bad("no block count")
        heights = range(height, min(height + count, tip + 1))
        hashes = self.rpc.batch("getblockhash", [[h] for h in heights])
        told = self.rpc.batch("getblockheader", [[each, False] for each in hashes])
        # The chain may have turned between the questions: keep what links.
        kept: list[bytes] = []
        last = block
        for each in told:
            raw = self._hex(each, _HEADER)
            if (raw[4:36] if kept else header_hash(raw)) != last:
                break
            kept.append(raw)
            last = header_hash(raw)
        return b"".join(kept)

    def block(self, header: Header) -> bytes:
        """Fetch a block's bytes, by REST or else by RPC.

        Raises
        ------
        NodeError
            ``pruned``, ``unknown_block``, or ``bad_answer`` if what comes
            does not start with the very header. The transactions are checked
            against that header by the build.
        """
        name = format_txid(header.hash)
        raw = (
            self._rest(f"block/{name}.bin", MAX_BLOCK_BYTES) if self.has_rest else None
        )
        if raw is None:
            told = self.rpc.call("getblock", name, 0, limit=2 * MAX_BLOCK_BYTES + 1000)
            raw = self._hex(told)
        if raw[:_HEADER] != header.raw or len(raw) <= _HEADER:
            raise self._bad(f"it is not block {name}")
        return raw

    def undo(self, block: bytes) -> bytes:
        """Fetch what a block's inputs spent, as Core's undo data.

        By ``spenttxouts`` where the node serves it, else from ``getblock``
        with prevouts, which takes some ten times as long.

        Raises
        ------
        NodeError
            As `block`; the number of transactions must be the block's.
        """
        name = format_txid(header_hash(block[:_HEADER]))
        spent = None
        if self.has_rest and self._spent_by_rest:
            raw = self._rest(f"spenttxouts/{name}.bin", 4 * MAX_BLOCK_BYTES)
            self._spent_by_rest = raw is not None
            spent = None if raw is None else from_spent_outputs(raw)
        if spent is None:
            with self._one_at_a_time:  # such an answer takes a gigabyte as objects
                told = self.rpc.call("getblock", name, 3, limit=_VERBOSE_LIMIT)
                spent = from_prevouts(told)
        return undo_bytes(block, spent)

    def _rest(self, path: str, limit: int) -> bytes | None:
        """Read a REST path; None where the node does not serve it."""

        def ask() -> bytes | None:
            answer = self.rpc.ask("GET", f"/rest/{path}", limit=limit)
            if answer.status == _UNAVAILABLE:
                raise NodeError("busy", "the node is starting or overloaded")
            return answer.body if answer.status == _OK else None

        return self.patience.of(ask)

    def _hash(self, told: object) -> bytes:
        try:
            return parse_txid(str(told))
        except DalilError:
            raise self._bad("no block hash") from None

    def _hex(self, told: Any, size: int | None = None) -> bytes:  # noqa: ANN401 - JSON
        try:
            raw = bytes.fromhex(told)
        except (TypeError, ValueError):
            raise self._bad("no hex") from None
        if size is not None and len(raw) != size:
            raise self._bad(f"{len(raw)} bytes where {size} are due")
        return raw

    def _bad(self, what: str) -> NodeError:
        return NodeError(
            "bad_answer", f"the node's answer is refused: {what}", self.rpc.access.name
        )
