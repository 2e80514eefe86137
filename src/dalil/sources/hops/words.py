"""A server's word, kept with the block that was newest when it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from dalil.chains.bitcoin.transaction import TxOutput
from dalil.errors import NotFoundError, SourceError
from dalil.ids import format_txid
from dalil.sources.hops.answers import History, Place, hash_of, integer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dalil.sources.hops.answers import Server
    from dalil.sources.hops.cache import Cache

__all__ = ["SETTLED", "Words"]

SETTLED = 100
"""Blocks on top after which a place is not asked for again."""
_MAX_VALUE = 1 << 63
_COUNTS = 1 << 40
T = TypeVar("T")


class Words:
    """What one server said, asked again only where it may have changed.

    A word holds while the newest block is the one it was given under: no
    confirmed transaction can have come since. Places with 100 blocks on top
    hold for good, and so do spends and history entries that rest on them.

    Parameters
    ----------
    cache : Cache
    server : Server or None
        None: only what is kept is told.
    by_script : bool
        Of the kind of server that is asked, or was.

    Raises
    ------
    NotFoundError
        If there is no server, and nothing of it is kept.
    """

    def __init__(self, cache: Cache, server: Server | None, *, by_script: bool) -> None:
        self._cache = cache
        self._server = server
        self.by_script = by_script
        if server is not None:
            cache.begin_anew()
            self.tip = server.tip()
            cache.write_said("tip", "tip", self._stamp())
            return
        kept = cache.read_said("tip", "tip")
        tip = self._of(kept, lambda raw: _place_of(raw["at"], raw["tip"]))
        if tip is None:
            raise NotFoundError("the cache holds nothing this server said")
        self.tip = tip

    def online(self, what: str, name: str) -> Server:
        """Give the server.

        Raises
        ------
        NotFoundError
            If there is none: the cache does not hold what is asked for.
        """
        if self._server is None:
            raise NotFoundError(f"the cache does not hold this {what}", name)
        return self._server

    def _stamp(self) -> dict[str, Any]:
        assert self.tip.block_hash is not None
        return {"at": self.tip.height, "tip": format_txid(self.tip.block_hash)}

    def _fresh(self, raw: dict[str, Any]) -> bool:
        return self._server is None or raw.get("tip") == self._stamp()["tip"]

    def _of(
        self, raw: dict[str, Any] | None, read: Callable[[dict[str, Any]], T]
    ) -> T | None:
        """Read a kept word; damaged ones count as absent."""
        if raw is None:
            return None
        try:
            integer(raw["at"], "tip")
            return read(raw)
        except (KeyError, TypeError, ValueError, SourceError):
            self._cache.n_damaged += 1
            return None

    # -- places ------------------------------------------------------------

    def place(self, txid: str, ask: Callable[[], Place | None]) -> Place | None:
        """Say where a transaction stands; `ask` where that may have changed."""
        kept = self._kept_place(txid)
        if kept is not None:
            place, holds = kept
            if holds:
                return place
        place = ask()
        self.keep_place(txid, place)
        return place

    def _kept_place(self, txid: str) -> tuple[Place | None, bool] | None:
        def read(raw: dict[str, Any]) -> tuple[Place | None, bool]:
            if raw["height"] is None:
                return None, self._fresh(raw)
            place = _place_of(raw["height"], raw["block"])
            settled = place.height + SETTLED <= raw["at"]
            return place, settled or self._fresh(raw)

        return self._of(self._cache.read_said("place", txid), read)

    def keep_place(self, txid: str, place: Place | None) -> None:
        """Keep where a transaction is said to stand."""
        block = place.block_hash if place else None
        self._cache.write_said(
            "place",
            txid,
            self._stamp()
            | {
                "height": place.height if place else None,
                "block": format_txid(block) if block else None,
            },
        )

    def block_at(self, height: int) -> bytes | None:
        """Name the block seen at a height; None where that may have changed."""

        def read(raw: dict[str, Any]) -> bytes | None:
            holds = height + SETTLED <= raw["at"] or self._fresh(raw)
            return hash_of(raw["block"], "block hash") if holds else None

        return self._of(self._cache.read_said("height", str(height)), read)

    def keep_block_at(self, height: int, block_hash: bytes) -> None:
        """Keep which block stands at a height."""
        word = self._stamp() | {"block": format_txid(block_hash)}
        self._cache.write_said("height", str(height), word)

    # -- histories -----------------------------------------------------------

    def history(self, name: str, script: bytes, most: int) -> History:
        """List a script's history, or count it where it is longer than `most`."""
        raw = self._cache.read_said("history", name)
        kept = self._of(raw, _history_of)
        settled: tuple[tuple[str, int], ...] = ()
        if raw is not None and kept is not None:
            long = kept.n is None or kept.n > most
            if self._fresh(raw) and (kept.txs is not None or long):
                return History(kept.n, None if long else kept.txs, kept.pending)
            deep = raw["at"] - SETTLED
            settled = tuple(entry for entry in kept.txs or () if entry[1] <= deep)
        said = self.online("history", name).history(script, most, settled)
        listed = None if said.txs is None else [list(entry) for entry in said.txs]
        word = {"n": said.n, "pending": list(said.pending), "txs": listed}
        self._cache.write_said("history", name, self._stamp() | word)
        return said

    def size(self, name: str, script: bytes, most: int) -> int | None:
        """Count a script's transactions; None where they are too many to tell.

        One that was longer than `most` before is not asked for again.
        """
        for kind in ("history", "size"):
            raw = self._cache.read_said(kind, name)
            kept = self._of(raw, _history_of)
            if raw is not None and kept is not None:
                long = kept.n is None or kept.n > most
                if long or self._fresh(raw):
                    return kept.n
        said = self.online("history", name).history(script, 0, ())
        word: dict[str, Any] = {"n": said.n, "pending": [], "txs": None}
        self._cache.write_said("size", name, self._stamp() | word)
        return said.n

    # -- spends ----------------------------------------------------------------

    def spenders(self, txid: str, n_outputs: int) -> list[str | None]:
        """For each output the txid said to spend it."""
        raw = self._cache.read_said("spenders", txid)
        kept = self._of(raw, lambda word: [_named(one) for one in word["by"]])
        if raw is not None and kept is not None and len(kept) == n_outputs:
            done = self._fresh(raw) or all(one and self._settled(one) for one in kept)
            if done:
                return kept
        told = self.online("list of spends", txid).spenders(txid)
        if len(told) != n_outputs:
            raise SourceError("the server lists spends of other outputs", txid)
        self._cache.write_said("spenders", txid, self._stamp() | {"by": told})
        return told

    def _settled(self, txid: str) -> bool:
        kept = self._kept_place(txid)
        return kept is not None and kept[0] is not None and kept[1]

    # -- what inputs are said to spend -------------------------------------------

    def keep_prevouts(self, txid: str, told: Sequence[TxOutput | None]) -> None:
        """Keep the values and scripts told with a transaction."""
        rows = [[one.value, one.script.hex()] if one else None for one in told]
        self._cache.write_said("prevouts", txid, self._stamp() | {"of": rows})

    def stored_prevouts(self, txid: str, n: int) -> tuple[TxOutput | None, ...] | None:
        """Give what was told of `n` inputs; None where nothing is kept."""

        def read(raw: dict[str, Any]) -> tuple[TxOutput | None, ...]:
            rows = tuple(
                TxOutput(integer(row[0], "value", _MAX_VALUE), bytes.fromhex(row[1]))
                if row is not None
                else None
                for row in raw["of"]
            )
            if len(rows) != n:
                raise ValueError(n)
            return rows

        return self._of(self._cache.read_said("prevouts", txid), read)


def _place_of(height: object, block: object) -> Place:
    named = None if block is None else hash_of(block, "block hash")
    return Place(integer(height, "height"), named)


def _named(txid: object) -> str | None:
    return None if txid is None else format_txid(hash_of(txid, "txid"))


def _history_of(raw: dict[str, Any]) -> History:
    n = raw["n"]
    txs = raw["txs"]
    listed = None
    if txs is not None:
        listed = tuple(
            (format_txid(hash_of(txid, "txid")), integer(height, "height"))
            for txid, height in txs
        )
    return History(
        None if n is None else integer(n, "count", _COUNTS),
        listed,
        tuple(format_txid(hash_of(txid, "txid")) for txid in raw["pending"]),
    )
