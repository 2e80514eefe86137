"""Nodes that speak Ethereum's JSON-RPC, asked for one token's logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.chains.tokens import parse_token
from dalil.errors import SourceError
from dalil.sources.accounts.evmasked import EvmAsked
from dalil.sources.accounts.grouping import grouped
from dalil.sources.accounts.numbers import clip
from dalil.sources.accounts.tokenlogs import follow_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress
    from dalil.sources.accounts.place import NodePlace

__all__ = ["EvmToken"]


class EvmToken(EvmAsked):
    """A source that asks a node for one contract's logs; `follow_token` walks it.

    Parameters
    ----------
    place : NodePlace
    token : str
        A name as `dalil.chains.tokens.parse_token` reads it.
    chain : str, optional
        CAIP-2 the node must be of; by default what it says it is.
    first, last : int, optional
        Blocks, both included; to the node's newest by default.
    pause : float
        Seconds before a second try; see `Pace`.
    """

    def __init__(
        self,
        place: NodePlace,
        token: str,
        *,
        chain: str | None = None,
        first: int | None = None,
        last: int | None = None,
        pause: float = 1.0,
    ) -> None:
        super().__init__(place, chain, pause=pause)
        self._token = token
        self._contract = b""
        self._first, self._last = first, last

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give blocks with such logs up to the newest; see `AccountSource`."""
        chain = self.chain
        _, self._contract = parse_token(self._token, chain)
        first, last = self._first or 0, self._last
        blocks = follow_token(self, after, known, self.report, first=first, last=last)
        try:
            yield from grouped(
                chain, blocks, self.report, progress, after=after, sparse=True
            )
        finally:
            self._rpc.close()

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        """Call the node."""
        return self._rpc.call(method, *params)

    def logs(self, first: int, last: int) -> list[dict[str, Any]]:
        """Ask for the contract's logs in a stretch of blocks, both ends included.

        Raises
        ------
        RpcError
            If the node refuses, maybe since there are too many.
        SourceError
            If it answers with something else.
        """
        question = {
            "address": "0x" + self._contract.hex(),
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        logs = self.ask("eth_getLogs", question)
        if not isinstance(logs, list) or not all(isinstance(log, dict) for log in logs):
            raise SourceError("no list of logs", clip(logs))
        return logs
