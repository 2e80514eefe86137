"""Asking an Esplora server: the HTTP API of blockstream.info and mempool.space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.address import classify_script, encode_address
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES, ScriptType
from dalil.errors import DalilError, InputError, NotFoundError, SourceError
from dalil.ids import format_txid
from dalil.sources.esplora import told_prevouts, transaction_of
from dalil.sources.hops.answers import (
    History,
    Place,
    SaidProof,
    SaidTx,
    hash_of,
    integer,
    json_of,
    script_hash,
)

if TYPE_CHECKING:
    from dalil.chains.bitcoin.networks import Network
    from dalil.sources.hops.http import Http

__all__ = ["EsploraServer", "said_proof", "said_tx"]

_SMALL, _LARGE = 1 << 17, 1 << 26
_TRIES = 3


class EsploraServer:
    """What an Esplora server says, read but not believed.

    Parameters
    ----------
    http : Http
    network : Network
        How addresses are written: histories are asked by address where a
        script has one, else by the script's hash.
    """

    by_script = False

    def __init__(self, http: Http, network: Network) -> None:
        self._http = http
        self._network = network

    def _json(self, path: str, most: int = _SMALL) -> Any:  # noqa: ANN401
        return json_of(self._http.get(path, most), path)

    def _text(self, path: str) -> str:
        raw = self._http.get(path, _SMALL)
        try:
            return raw.decode("ascii").strip()
        except UnicodeDecodeError as error:
            raise SourceError("the server's answer is not ASCII", path) from error

    def genesis(self) -> str:
        """Hash of block 0, as hex."""
        return format_txid(hash_of(self._text("/block-height/0"), "block hash"))

    def tip(self) -> Place:
        """Name the newest block."""
        text = self._text("/blocks/tip/height")[:40]
        height = integer(int(text) if text.isdecimal() else text, "tip height")
        name = self._text(f"/block-height/{height}")
        return Place(height, hash_of(name, "block hash"))

    def tx(self, txid: str) -> SaidTx:
        """Fetch a transaction, with its place and what is said of its inputs."""
        return said_tx(self._json(f"/tx/{txid}", _LARGE), txid)

    def place(self, txid: str) -> Place | None:
        """Where a transaction stands; None before it is in a block."""
        return _place(self._json(f"/tx/{txid}/status"))

    def header(self, place: Place) -> bytes:
        """Fetch a header by its block's hash."""
        if place.block_hash is None:
            name = self._text(f"/block-height/{place.height}")
        else:
            name = format_txid(place.block_hash)
        text = self._text(f"/block/{format_txid(hash_of(name, 'block hash'))}/header")
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            raise SourceError("the server's header is not hex", name) from error

    def proof(self, txid: str, place: Place) -> SaidProof | None:
        """Fetch a transaction's Merkle branch."""
        del place
        try:
            raw = self._json(f"/tx/{txid}/merkle-proof")
        except NotFoundError:
            return None
        return said_proof(raw, txid)

    def spenders(self, txid: str) -> list[str | None]:
        """For each output the txid that spends it."""
        raw = self._json(f"/tx/{txid}/outspends", _LARGE)
        if not isinstance(raw, list):
            raise SourceError("the server's list of spends is no list", txid)
        return [_spender(item, txid) for item in raw]

    def history(
        self, script: bytes, most: int, known: tuple[tuple[str, int], ...]
    ) -> History:
        """List a script's history, newest page first until `known` is met.

        A list that grows while it is read is read again; one that does not
        come out at its own count is refused.
        """
        where = self._place_of(script)
        try:
            for _ in range(_TRIES):
                stats = self._json(where)
                n = _count(stats)
                if n > most:
                    return History(n, None)
                bodies: dict[str, SaidTx] = {}
                found = self._pages(where, n, known, bodies)
                if len(found) == n:
                    return History(n, tuple(found), (), bodies)
                known = ()
        except SourceError as error:
            if "too many" in error.message.lower():
                return History(None, None)
            raise
        raise SourceError("a history does not come out at its own count", where)

    def _place_of(self, script: bytes) -> str:
        kind, payload = classify_script(script)
        if kind in ADDRESS_TYPES and kind is not ScriptType.P2PK:
            return f"/address/{encode_address(self._network, kind, payload)}"
        return f"/scripthash/{script_hash(script).hex()}"

    def _pages(
        self,
        where: str,
        n: int,
        known: tuple[tuple[str, int], ...],
        bodies: dict[str, SaidTx],
    ) -> list[tuple[str, int]]:
        """Turn pages, newest first, down to what `known` holds."""
        found: dict[tuple[str, int], None] = {}
        lowest, path = 1 << 32, f"{where}/txs"
        while True:
            rest = [entry for entry in known if entry[1] < lowest]
            if len(rest) + len(found) >= n:
                break
            page = _page(self._json(path, _LARGE), path, bodies)
            if page and all(entry in found for entry in page):
                raise SourceError("the server's pages go in a circle", path)
            if not page:
                break
            found |= dict.fromkeys(page)
            lowest = min(lowest, page[-1][1])
            path = f"{where}/txs/chain/{page[-1][0]}"
        return [*rest, *found]

    def close(self) -> None:
        """Hang up."""
        self._http.close()


def said_tx(raw: Any, txid: str | None = None) -> SaidTx:  # noqa: ANN401 - JSON
    """Read a transaction; its fields hash to the txid it states, or to `txid`."""
    try:
        tx = transaction_of(raw)
        prevouts = told_prevouts(raw)
        place = _place(raw.get("status"))
    except InputError as error:
        raise SourceError(f"the server's transaction is wrong: {error}", txid) from None
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise SourceError("the server's answer is no transaction", txid) from error
    if txid is not None and format_txid(tx.txid) != txid:
        raise SourceError("the server gave another transaction", txid)
    return SaidTx(tx, prevouts, place, place_told=True)


def said_proof(raw: Any, txid: str) -> SaidProof:  # noqa: ANN401 - JSON
    """Read a Merkle branch as Electrum's protocol and Esplora write it."""
    if not isinstance(raw, dict) or not isinstance(raw.get("merkle"), list):
        raise SourceError("the server's proof is none", txid)
    branch = tuple(hash_of(item, "sibling") for item in raw["merkle"][:64])
    height = integer(raw.get("block_height"), "block height")
    return SaidProof(height, integer(raw.get("pos"), "position"), branch)


def _place(status: Any) -> Place | None:  # noqa: ANN401 - JSON
    if not isinstance(status, dict):
        raise SourceError("the server's answer tells no status", str(status)[:40])
    if not status.get("confirmed"):
        return None
    return Place(
        integer(status.get("block_height"), "block height"),
        hash_of(status.get("block_hash"), "block hash"),
    )


def _spender(item: Any, txid: str) -> str | None:  # noqa: ANN401 - JSON
    if not isinstance(item, dict):
        raise SourceError("the server's list of spends is damaged", txid)
    if not item.get("spent"):
        return None
    return format_txid(hash_of(item.get("txid"), "spender"))


def _count(stats: Any) -> int:  # noqa: ANN401 - JSON
    part = stats.get("chain_stats") if isinstance(stats, dict) else None
    return integer(part.get("tx_count") if isinstance(part, dict) else None, "count")


def _page(
    raw: Any,  # noqa: ANN401 - JSON
    path: str,
    bodies: dict[str, SaidTx],
) -> list[tuple[str, int]]:
    """Name the confirmed transactions of a page; keep the bodies that hash."""
    if not isinstance(raw, list):
        raise SourceError("the server's page is no list", path)
    found = []
    for item in raw:
        place = _place(item.get("status") if isinstance(item, dict) else None)
        if place is None:
            continue
        txid = format_txid(hash_of(item.get("txid"), "txid"))
        found.append((txid, place.height))
        try:
            bodies[txid] = said_tx(item, txid)
        except DalilError:  # asked for alone later on, where a fault is counted
            continue
    return found
