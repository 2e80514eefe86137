"""A TRON full node by its own HTTP calls: ``wallet/getblockbynum`` and its kin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dalil.chains import tron
from dalil.errors import DalilError, InputError, SourceError
from dalil.sources.accounts.following import follow
from dalil.sources.accounts.grouping import grouped
from dalil.sources.accounts.numbers import hash_of
from dalil.sources.accounts.report import SourceReport
from dalil.sources.accounts.strictjson import parse
from dalil.sources.accounts.tronblocks import header_of, tron_block
from dalil.sources.hops.http import Http
from dalil.sources.hops.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress
    from dalil.sources.accounts.place import NodePlace
    from dalil.sources.accounts.shaping import BlockRows

__all__ = ["TronNode"]

_MOST = 1 << 27
_RATE_REMOTE = 10.0
_TRIES = 3


class TronNode:
    """A source that asks a node; it serves `follow` as a `BlockNode` as well.

    Parameters
    ----------
    place : NodePlace
    chain : str
        CAIP-2; held against the node's genesis block.
    first, last : int, optional
        Blocks, both included; to the node's newest by default.
    pause : float
        Seconds before a second try; see `Pace`.
    """

    kind = "tron"

    def __init__(
        self,
        place: NodePlace,
        *,
        chain: str = tron.CAIP2,
        first: int | None = None,
        last: int | None = None,
        pause: float = 1.0,
    ) -> None:
        self.chain = chain
        self.report = SourceReport()
        self._place = place
        self._pace = Pace(None if place.local else _RATE_REMOTE, pause=pause)
        self._http: Http | None = None
        self._first, self._last = first, last

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give blocks up to the newest; see `AccountSource`.

        Raises
        ------
        SourceError
            If the node is of another network, or lies.
        """
        self._http = Http(self._place.base, self._pace)
        try:
            # Its header names no account as producer, so only its name is read.
            genesis = self._genesis()
            if genesis[-4:].hex() != self.chain.partition(":0x")[2]:
                raise SourceError(
                    f"the node's first block is of another network than {self.chain}",
                    genesis.hex(),
                )
            blocks = follow(
                self, after, known, self.report, first=self._first or 1, last=self._last
            )
            yield from grouped(self.chain, blocks, self.report, progress, after=after)
        finally:
            self._http.close()
            self._http = None

    def _genesis(self) -> bytes:
        block = self._ask("getblockbynum", {"num": 0})
        try:
            return hash_of(block.get("blockID") if isinstance(block, dict) else None)
        except InputError as error:
            raise SourceError("the node lacks its first block", error.value) from error

    def newest(self) -> int:
        """Height of the newest block."""
        return self._read(lambda: header_of(self._ask("getnowblock", {})), -1).number

    def header(self, number: int) -> BlockRows:
        """Ask for a block; its header only is looked at."""
        return self._read(lambda: self._numbered(number)[1], number)

    def block(self, number: int) -> BlockRows:
        """Ask for a block and what the node tells of its transactions.

        A node may change its mind between questions, so what does not fit is
        asked for three times.

        Raises
        ------
        SourceError
            If it does not fit then either.
        """
        for attempt in range(_TRIES):
            n_failed, n_wrong = self.report.n_failed, self.report.n_wrong_logs
            try:
                return self._read(lambda: self._block(number), number)
            except SourceError:
                if attempt + 1 == _TRIES:
                    raise
                self.report.n_failed, self.report.n_wrong_logs = n_failed, n_wrong
        raise AssertionError

    def _block(self, number: int) -> BlockRows:
        block, _ = self._numbered(number)
        infos: Any = []
        if block.get("transactions"):
            infos = self._ask("gettransactioninfobyblocknum", {"num": number})
        if not isinstance(infos, list):
            raise InputError("no list of infos", str(type(infos).__name__))
        return tron_block(block, infos, self.chain, self.report, complete=True)

    def _numbered(self, number: int) -> tuple[dict[str, Any], BlockRows]:
        block = self._ask("getblockbynum", {"num": number})
        if block == {}:
            raise SourceError("the node lacks a block between others", number)
        rows = header_of(block)
        if rows.number != number:
            raise SourceError(
                f"block {rows.number} where {number} was asked for", number
            )
        return block, rows

    def _read(self, read: Callable[[], BlockRows], number: int) -> BlockRows:
        try:
            return read()
        except SourceError:
            raise
        except DalilError as error:
            where = f"block {number}" if number >= 0 else "the newest block"
            message = f"the node's answer for {where} is refused: {error.message}"
            raise SourceError(message, error.value) from error

    def _ask(self, name: str, question: dict[str, object]) -> Any:  # noqa: ANN401 - JSON
        assert self._http is not None  # only asked while batches are taken
        body = json.dumps(question).encode()
        path = f"{self._place.path}/wallet/{name}"
        answer = parse(self._http.post(path, body, name, _MOST), name)
        if isinstance(answer, dict) and "Error" in answer:
            raise SourceError(f"the node refuses {name}", str(answer["Error"])[:200])
        return answer
