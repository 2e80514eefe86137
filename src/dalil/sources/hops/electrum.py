"""Asking an Electrum server: histories, transactions, branches, headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil import __version__
from dalil.chains.bitcoin.header import header_hash
from dalil.chains.bitcoin.transaction import parse_tx
from dalil.errors import BlockDataError, NotFoundError, SourceError
from dalil.ids import format_txid
from dalil.sources.hops.answers import (
    History,
    Place,
    SaidProof,
    SaidTx,
    hash_of,
    integer,
    script_hash,
)
from dalil.sources.hops.esplora import said_proof
from dalil.sources.hops.lines import Lines, RpcError
from dalil.sources.hops.pace import GaveUp

if TYPE_CHECKING:
    from dalil.sources.hops.pace import Pace
    from dalil.sources.hops.spec import SourceSpec

__all__ = ["ElectrumServer"]

_GREETING = ("server.version", (f"Dalil {__version__}", "1.4"))


class ElectrumServer:
    """What an Electrum server says, read but not believed.

    Protocol 1.4. It knows scripts, not spends: who spends an output is found by
    reading the history of its script, and no value is told that bytes do not
    show.
    """

    by_script = True

    def __init__(
        self,
        spec: SourceSpec,
        pace: Pace,
        *,
        pin: str | None = None,
        proxy: str | None = None,
        timeout: float = 60.0,
    ) -> None:
        self._lines = Lines(
            spec, pace, pin=pin, proxy=proxy, timeout=timeout, greeting=_GREETING
        )

    def _call(self, method: str, *parameters: Any) -> Any:  # noqa: ANN401 - JSON
        try:
            return self._lines.call(method, *parameters)
        except RpcError as error:
            text = error.message.lower()
            if "not found" in text or "no such" in text or "missing" in text:
                raise NotFoundError(
                    "the server does not know this", parameters[:1]
                ) from None
            raise SourceError(
                f"the server refuses {method}: {error.message}", parameters[:1]
            ) from error

    def genesis(self) -> str:
        """Hash of block 0, as hex, from its header."""
        return format_txid(header_hash(self.header(Place(0))))

    def tip(self) -> Place:
        """Name the newest block."""
        raw = self._call("blockchain.headers.subscribe")
        told = raw if isinstance(raw, dict) else {}
        header = _bytes(told.get("hex"), "tip")
        return Place(integer(told.get("height"), "height"), header_hash(header))

    def tx(self, txid: str) -> SaidTx:
        """Fetch a transaction; its place is not told with it."""
        raw = _bytes(self._call("blockchain.transaction.get", txid), txid)
        try:
            tx = parse_tx(raw)
        except BlockDataError as error:
            raise SourceError(
                f"the server's transaction is wrong: {error}", txid
            ) from None
        if format_txid(tx.txid) != txid:
            raise SourceError("the server gave another transaction", txid)
        return SaidTx(tx, (None,) * len(tx.inputs))

    def place(self, txid: str) -> Place | None:
        """Find a place by txid alone, which not every server can; None where not."""
        try:
            raw = self._call("blockchain.transaction.get", txid, True)  # noqa: FBT003
            n = integer(raw["confirmations"], "confirmations")
        except GaveUp:
            raise
        except (SourceError, NotFoundError, KeyError, TypeError):
            return None
        return Place(self.tip().height - n + 1) if n else None

    def header(self, place: Place) -> bytes:
        """Fetch a header by height."""
        raw = self._call("blockchain.block.header", place.height)
        return _bytes(raw, str(place.height))

    def proof(self, txid: str, place: Place) -> SaidProof | None:
        """Fetch a transaction's Merkle branch."""
        try:
            raw = self._call("blockchain.transaction.get_merkle", txid, place.height)
        except NotFoundError:
            return None
        return said_proof(raw, txid)

    def spenders(self, txid: str) -> list[str | None]:
        """Refuse: this protocol does not tell."""
        raise SourceError("an Electrum server does not tell spends", txid)

    def history(
        self, script: bytes, most: int, known: tuple[tuple[str, int], ...]
    ) -> History:
        """List a script's history, whole."""
        del known
        name = script_hash(script)[::-1].hex()
        try:
            raw = self._call("blockchain.scripthash.get_history", name)
        except SourceError as error:
            text = error.message.lower()
            if "too large" in text or "too many" in text or "more than" in text:
                return History(None, None)
            raise
        if not isinstance(raw, list):
            raise SourceError("the server's history is no list", name)
        found: dict[str, int] = {}
        pending = []
        for item in raw:
            entry = item if isinstance(item, dict) else {}
            txid = format_txid(hash_of(entry.get("tx_hash"), "txid"))
            if entry.get("height") in (0, -1):
                pending.append(txid)
            else:
                found[txid] = integer(entry.get("height"), "height")
        n = len(found)
        txs = tuple(sorted(found.items(), key=lambda entry: entry[1]))
        return History(n, txs if n <= most else None, tuple(pending))

    def close(self) -> None:
        """Hang up."""
        self._lines.close()


def _bytes(value: object, what: str) -> bytes:
    try:
        return bytes.fromhex(value if isinstance(value, str) else "not hex")
    except ValueError as error:
        raise SourceError("the server's answer is not hex", what) from error
