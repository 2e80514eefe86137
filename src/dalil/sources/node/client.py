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

from dalil.chains.bitcoin.family.headers import header_room, read_header
from dalil.chains.bitcoin.networks import ALL_NETWORKS, Network
from dalil.errors import DalilError, NodeError
from dalil.ids import format_txid, parse_txid
from dalil.settings import MAX_BLOCK_BYTES
from dalil.sources.node.spent import from_prevouts, from_spent_outputs, undo_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.chains.bitcoin.header import Header
    from dalil.sources.node.patience import Patience
    from dalil.sources.node.rpc import Rpc

__all__ = ["Node"]

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
            ``wrong_network`` if Dalil does not know it, or its headers carry
            more than 80 bytes (Dogecoin, Zcash).

        Notes
        -----
        Where two chains share their first blocks, a later block tells them
        apart; a regtest chain that two share is taken for Bitcoin's.
        """
        genesis = format_txid(self.hash_at(0))
        for network in ALL_NETWORKS:
            if network.genesis == genesis and not self._has_any(network.others_blocks):
                if header_room(network) == _HEADER:
                    return network
                why = "a node whose headers are not 80 bytes cannot be followed"
                raise NodeError("wrong_network", why, network.name)
        why = "the node's chain starts with a block of no network known here"
        raise NodeError("wrong_network", why, genesis)

    def _has_any(self, blocks: Iterable[str]) -> bool:
        """Tell whether the main chain holds a block that marks another's chain."""
        return any(self.height_of(parse_txid(b)) is not None for b in blocks)

    @cached_property
    def has_rest(self) -> bool:
        """Whether the node serves REST, asked once."""
        genesis = self.network.genesis
        raw = self.rest(f"headers/1/{genesis}.bin", _HEADER)
        if raw is None or len(raw) != _HEADER:
            return False
        first, _ = read_header(self.network, raw)
        return format_txid(first.hash) == genesis

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
            raise self.bad("a header without height or confirmations")
        return height if confirmations > 0 else None

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
        raw = self.rest(f"block/{name}.bin", MAX_BLOCK_BYTES) if self.has_rest else None
        if raw is None:
            told = self.rpc.call("getblock", name, 0, limit=2 * MAX_BLOCK_BYTES + 1000)
            raw = self.unhex(told)
        if raw[:_HEADER] != header.raw or len(raw) <= _HEADER:
            raise self.bad(f"it is not block {name}")
        return raw

    def undo(self, block: bytes) -> bytes:
        """Fetch what a block's inputs spent, as Core's undo data.

        By ``spenttxouts`` where the node serves it, else from ``getblock``
        with prevouts, which are much longer.

        Raises
        ------
        NodeError
            As `block`; the number of transactions must be the block's.
        """
        name = format_txid(read_header(self.network, block)[0].hash)
        spent = None
        if self.has_rest and self._spent_by_rest:
            raw = self.rest(f"spenttxouts/{name}.bin", 4 * MAX_BLOCK_BYTES)
            self._spent_by_rest = raw is not None
            spent = None if raw is None else from_spent_outputs(raw)
        if spent is None:
            with self._one_at_a_time:  # such an answer takes a gigabyte as objects
                told = self.rpc.call("getblock", name, 3, limit=_VERBOSE_LIMIT)
                spent = from_prevouts(told)
        return undo_bytes(block, spent)

    def rest(self, path: str, limit: int) -> bytes | None:
        """Read ``/rest/<path>``; None where the node does not serve it."""

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
            raise self.bad("no block hash") from None

    def unhex(self, told: Any, size: int | None = None) -> bytes:  # noqa: ANN401 - JSON
        """Read the bytes an answer spells.

        Raises
        ------
        NodeError
            ``bad_answer`` if it spells none, or not `size` of them.
        """
        try:
            raw = bytes.fromhex(told)
        except (TypeError, ValueError):
            raise self.bad("no hex") from None
        if size is not None and len(raw) != size:
            raise self.bad(f"{len(raw)} bytes where {size} are due")
        return raw

    def bad(self, what: str) -> NodeError:
        """Make the error that refuses an answer."""
        return NodeError(
            "bad_answer", f"the node's answer is refused: {what}", self.rpc.access.name
        )
