"""A node that speaks Ethereum's JSON-RPC: every block, or one token's logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.chains import tron
from dalil.chains.tokens import parse_token
from dalil.errors import InputError, SourceError
from dalil.sources.accounts.evmblocks import header_of, read_block
from dalil.sources.accounts.evmtraces import add_call_tree, add_flat
from dalil.sources.accounts.following import follow
from dalil.sources.accounts.grouping import grouped
from dalil.sources.accounts.jsonrpc import JsonRpc, RpcError
from dalil.sources.accounts.numbers import hash_of, quantity
from dalil.sources.accounts.report import SourceReport
from dalil.sources.accounts.tokenlogs import follow_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress
    from dalil.sources.accounts.place import NodePlace
    from dalil.sources.accounts.shaping import BlockRows

__all__ = ["EvmNode"]

_TRIES = 3
_GENESIS_OF_TRON = {tron.NETWORKS[0]: 728126428, tron.NETWORKS[1]: 3448148188}
"""What TRON's nodes answer to eth_chainId: the last four bytes of the genesis."""


class EvmNode:
    """A source that asks a node; it serves `follow` as a `BlockNode` as well.

    Parameters
    ----------
    place : NodePlace
    chain : str, optional
        CAIP-2 the node must be of; by default what it says it is.
    first, last : int, optional
        Blocks, both included; to the node's newest by default.
    token : str, optional
        Only this contract's logs are asked for.
    traces : bool
        Ask for internal transfers too.
    pause : float
        Seconds before a second try; see `Pace`.
    """

    kind = "rpc"

    def __init__(
        self,
        place: NodePlace,
        *,
        chain: str | None = None,
        first: int | None = None,
        last: int | None = None,
        token: str | None = None,
        traces: bool = False,
        pause: float = 1.0,
    ) -> None:
        self.report = SourceReport()
        self._rpc = JsonRpc(place, pause=pause)
        self._first, self._last = first, last
        self._token, self._traces = token, traces
        self._wanted = chain
        self._chain: str | None = None
        self._whole_receipts = True
        self._tree = True

    @property
    def chain(self) -> str:
        """CAIP-2, as the node says, checked against what was asked for."""
        if self._chain is None:
            try:
                number = quantity(self._rpc.call("eth_chainId"), 1 << 63)
            except InputError as error:
                raise SourceError("the node names no chain", error.value) from error
            finally:
                self._rpc.close()
            known = {n: name for name, n in _GENESIS_OF_TRON.items()}
            said = known.get(number, f"eip155:{number}")
            if self._wanted not in (None, said):
                raise SourceError(f"the node is of {said}, not of", self._wanted)
            self._chain = said
        return self._chain

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give blocks up to the newest; see `AccountSource`."""
        chain = self.chain
        first = self._first or 0
        blocks: Iterator[BlockRows]
        if self._token is None:
            blocks = follow(
                self, after, known, self.report, first=first, last=self._last
            )
        else:
            _, key = parse_token(self._token, chain)
            blocks = follow_token(
                self, key, after, known, self.report, first=first, last=self._last
            )
        sparse = self._token is not None
        try:
            yield from grouped(
                chain, blocks, self.report, progress, after=after, sparse=sparse
            )
        finally:
            self._rpc.close()

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        """Call the node."""
        return self._rpc.call(method, *params)

    def newest(self) -> int:
        """Height of the newest block."""
        try:
            return quantity(self._rpc.call("eth_blockNumber"), 1 << 40)
        except InputError as error:
            raise SourceError("the node names no newest block", error.value) from error

    def header(self, number: int) -> BlockRows:
        """Ask for a block without what it did."""
        block = self._rpc.call("eth_getBlockByNumber", hex(number), False)  # noqa: FBT003
        return self._named(lambda: header_of(block, number), number)

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
                return self._named(lambda: self._block(number), number)
            except RpcError:
                raise
            except SourceError:
                if attempt + 1 == _TRIES:
                    raise
        raise AssertionError

    def _named(self, read: Callable[[], BlockRows], number: int) -> BlockRows:
        try:
            return read()
        except InputError as error:
            message = (
                f"the node's answer for block {number} is refused: {error.message}"
            )
            raise SourceError(message, error.value) from error

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
