"""Nodes that speak Ethereum's JSON-RPC, asked for every block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.errors import InputError, SourceError
from dalil.sources.accounts.evmasked import EvmAsked
from dalil.sources.accounts.evmblocks import header_of, read_block
from dalil.sources.accounts.evmtraces import add_call_tree, add_flat
from dalil.sources.accounts.following import follow
from dalil.sources.accounts.grouping import grouped
from dalil.sources.accounts.jsonrpc import RpcError
from dalil.sources.accounts.numbers import hash_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress
    from dalil.sources.accounts.place import NodePlace
    from dalil.sources.accounts.shaping import BlockRows

__all__ = ["EvmNode"]

_TRIES = 3


class EvmNode(EvmAsked):
    """A source that asks a node; it serves `follow` as a `BlockNode` as well.

    Parameters
    ----------
    place : NodePlace
    chain : str, optional
        CAIP-2 the node must be of; by default what it says it is.
    first, last : int, optional
        Blocks, both included; to the node's newest by default.
    traces : bool
        Ask for internal transfers too.
    pause : float
        Seconds before a second try; see `Pace`.
    """

    def __init__(
        self,
        place: NodePlace,
        *,
        chain: str | None = None,
        first: int | None = None,
        last: int | None = None,
        traces: bool = False,
        pause: float = 1.0,
    ) -> None:
        super().__init__(place, chain, pause=pause)
        self._first, self._last = first, last
        self._traces = traces
        self._whole_receipts = True
        self._tree = True

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give blocks up to the newest; see `AccountSource`."""
        chain = self.chain
        first, last = self._first or 0, self._last
        blocks = follow(self, after, known, self.report, first=first, last=last)
        try:
            yield from grouped(chain, blocks, self.report, progress, after=after)
        finally:
            self._rpc.close()

    def block(self, number: int) -> BlockRows:
        """Ask for a block, its receipts, and its traces where they are wanted.

        A node may change its mind between questions, so what does not fit is
        asked for three times.

        Raises
        ------
        SourceError
            If it does not fit then either.
        """
        for attempt in range(_TRIES):
            try:
                return self.told(lambda: self._block(number), number)
            except RpcError:
                raise
            except SourceError:
                if attempt + 1 == _TRIES:
                    raise
        raise AssertionError

    def _block(self, number: int) -> BlockRows:
        block = self._rpc.call("eth_getBlockByNumber", hex(number), True)  # noqa: FBT003
        header_of(block, number)
        counts = (
            self.report.n_failed,
            self.report.n_not_fungible,
            self.report.n_wrong_logs,
        )
        try:
            rows = read_block(
                block, self._receipts(block, number), number, self.chain, self.report
            )
            if self._traces:
                self._add_traces(rows)
        except (InputError, SourceError):
            # Asked again, so not to be counted twice.
            n_failed, n_whole, n_wrong = counts
            self.report.n_failed = n_failed
            self.report.n_not_fungible, self.report.n_wrong_logs = n_whole, n_wrong
            raise
        return rows

    def _receipts(self, block: dict[str, Any], number: int) -> object:
        if self._whole_receipts:
            try:
                return self._rpc.call("eth_getBlockReceipts", hex(number))
            except RpcError as error:
                if not error.unknown_method:
                    raise
                self._whole_receipts = False
        txs = block.get("transactions")
        if not isinstance(txs, list):
            raise SourceError("a block without a list of transactions", number)
        names = ["0x" + hash_of(tx.get("hash")).hex() for tx in txs]
        return [self._rpc.call("eth_getTransactionReceipt", name) for name in names]

    def _add_traces(self, rows: BlockRows) -> None:
        if self._tree:
            try:
                how = {"tracer": "callTracer"}
                told = self._rpc.call("debug_traceBlockByNumber", hex(rows.number), how)
            except RpcError as error:
                if not error.unknown_method:
                    raise
                self._tree = False
            else:
                add_call_tree(rows, told)
                return
        add_flat(rows, self._rpc.call("trace_block", hex(rows.number)))
