"""Servers and cache behind one desk: what leaves it has been checked."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.transaction import parse_tx
from dalil.errors import DalilError, NotFoundError, SourceError
from dalil.ids import format_txid, parse_txid
from dalil.sources.hops.answers import History, Place, SaidTx, script_hash
from dalil.sources.hops.words import Words

if TYPE_CHECKING:
    from dalil.chains.bitcoin.networks import Network
    from dalil.chains.bitcoin.transaction import Transaction, TxOutput
    from dalil.sources.hops.answers import Server
    from dalil.sources.hops.cache import Cache

__all__ = ["Library", "ambiguous", "unspendable"]

_AMBIGUOUS_BYTES = 64


class Library:
    """Transactions, places, histories and spends, each asked for once at most.

    What hashes can check is checked here: transactions by txid, spenders by
    what they spend. Places and histories are the server's word; `proving`
    checks places afterwards. What happened after the block that was newest
    when the desk opened counts as not happened, so that one run sees one
    state of the chain.

    Parameters
    ----------
    cache : Cache
    server : Server or None
        None: the cache alone answers.
    network : Network
    most : int
        Histories longer than this are counted, not listed.
    by_script : bool
        Of the kind of server (see `Server`), also where none is asked.
    """

    def __init__(
        self,
        cache: Cache,
        server: Server | None,
        network: Network,
        *,
        most: int,
        by_script: bool,
    ) -> None:
        self.network = network
        self.server = server
        self.cache = cache
        self._most = most
        self.words = Words(cache, server, by_script=by_script)
        self._txs: dict[str, SaidTx] = {}
        self._places: dict[str, Place | None] = {}
        self._heights: dict[str, int] = {}
        self._pending: set[str] = set()
        self._histories: dict[bytes, History] = {}
        self._sizes: dict[bytes, int | None] = {}
        self._spenders: dict[str, list[str | None]] = {}

    @property
    def tip(self) -> int:
        """Height of the newest block this run looks at."""
        return self.words.tip.height

    # -- transactions ------------------------------------------------------

    def tx(self, txid: str) -> Transaction:
        """Give a transaction whose bytes hash to `txid`.

        Raises
        ------
        NotFoundError
            If nobody asked has it.
        SourceError
            If the server gives another.
        """
        return self._said_tx(txid).tx

    def told(self, txid: str) -> tuple[TxOutput | None, ...]:
        """Say what each input spends in the server's word alone."""
        return self._said_tx(txid).prevouts

    def prevouts(self, txid: str) -> list[TxOutput | None]:
        """Say what each input spends: by its source's bytes, else as told.

        Raises
        ------
        SourceError
            If what was told is not what the source's bytes say.
        """
        said = self._said_tx(txid)
        found: list[TxOutput | None] = []
        for spend, told in zip(said.tx.inputs, said.prevouts, strict=True):
            source = self._txs.get(format_txid(spend.txid))
            if source is None or said.tx.is_coinbase:
                found.append(None if said.tx.is_coinbase else told)
                continue
            outputs = source.tx.outputs
            true = outputs[spend.index] if spend.index < len(outputs) else None
            if true is None or (told is not None and told != true):
                raise SourceError("the server told a wrong value or script", txid)
            found.append(true)
        return found

    def _said_tx(self, txid: str) -> SaidTx:
        if txid not in self._txs:
            said = self._stored_tx(txid)
            if said is None:
                said = self.words.online("transaction", txid).tx(txid)
                self._take(txid, said)
            self._txs[txid] = said
        return self._txs[txid]

    def _stored_tx(self, txid: str) -> SaidTx | None:
        raw = self.cache.read("tx", txid)
        if raw is None:
            return None
        try:
            tx = parse_tx(raw)
        except DalilError:
            tx = None
        if tx is None or format_txid(tx.txid) != txid or ambiguous(tx):
            self.cache.n_damaged += 1
            return None
        prevouts = self.words.stored_prevouts(txid, len(tx.inputs))
        if prevouts is None and self.server is not None and not self.words.by_script:
            return None
        return SaidTx(tx, prevouts or (None,) * len(tx.inputs))

    def _take(self, txid: str, said: SaidTx) -> None:
        """Keep a transaction that came from the server, hash checked there."""
        if ambiguous(said.tx):
            raise SourceError(
                "a transaction of 64 bytes cannot be told from two hashes", txid
            )
        self.cache.write("tx", txid, said.tx.serialise())
        if said.place_told:
            self.words.keep_prevouts(txid, said.prevouts)
            self.words.keep_place(txid, said.place)

    # -- places --------------------------------------------------------------

    def place(self, txid: str) -> Place | None:
        """Say which block holds a transaction, in the server's word; None: none yet.

        Raises
        ------
        NotFoundError
            If nobody asked tells.
        """
        if txid not in self._places:
            place = self.words.place(txid, lambda: self._ask_place(txid))
            late = place is not None and place.height > self.tip
            self._places[txid] = None if late else place
        return self._places[txid]

    def _ask_place(self, txid: str) -> Place | None:
        server = self.words.online("place", txid)
        if not server.by_script:
            return server.place(txid)
        if txid not in self._heights:
            for output in self.tx(txid).outputs:
                if not unspendable(output.script):
                    self.history(output.script)
                if txid in self._heights or txid in self._pending:
                    break
        if txid in self._heights:
            return Place(self._heights[txid])
        if txid in self._pending:
            return None
        place = server.place(txid)
        if place is None:
            raise NotFoundError("the server does not tell where it stands", txid)
        return place

    # -- histories -------------------------------------------------------------

    def history(self, script: bytes) -> History:
        """List a script's confirmed transactions by (height, txid), or count them."""
        if script not in self._histories:
            name = script_hash(script).hex()
            said = self.words.history(name, script, self._most)
            txs = said.txs
            if txs is not None:
                seen = sorted((h, txid) for txid, h in txs if h <= self.tip)
                txs = tuple((txid, h) for h, txid in seen)
                self._heights |= dict(txs)
            self._pending |= set(said.pending)
            for txid, body in said.bodies.items():
                if txid not in self._txs and self._stored_tx(txid) is None:
                    with suppress(SourceError):  # refused when it is asked for
                        self._take(txid, body)
            self._histories[script] = History(said.n, txs, said.pending)
        return self._histories[script]

    def too_long(self, script: bytes) -> bool:
        """Tell whether a script's history is longer than is listed: a border."""
        n = self.size(script)
        return n is None or n > self._most

    def size(self, script: bytes) -> int | None:
        """Count a script's transactions; None where they are too many to tell."""
        if script not in self._sizes:
            if script in self._histories or self.words.by_script:
                self._sizes[script] = self.history(script).n
            else:
                name = script_hash(script).hex()
                self._sizes[script] = self.words.size(name, script, self._most)
        return self._sizes[script]

    # -- spends ------------------------------------------------------------------

    def may_be_spent(self, txid: str, n: int) -> bool:
        """Tell whether it is worth asking who spends an output."""
        if unspendable(self.tx(txid).outputs[n].script):
            return False
        if self.words.by_script:
            return True
        return self._told_spenders(txid)[n] is not None

    def spender(self, txid: str, n: int) -> str | None:
        """Name the confirmed transaction that spends an output, having read it.

        Raises
        ------
        SourceError
            If the one that was named spends something else.
        """
        outpoint = (parse_txid(txid), n)
        if not self.words.by_script:
            named = self._told_spenders(txid)[n]
            if named is None or self._spends(named, outpoint):
                return named
            raise SourceError("the server names a spender that is none", named)
        listed = self.history(self.tx(txid).outputs[n].script).txs or ()
        since = self._heights.get(txid, 0)
        for named, height in listed:
            if height >= since and named != txid and self._spends(named, outpoint):
                return named
        return None

    def _spends(self, txid: str, outpoint: tuple[bytes, int]) -> bool:
        return any((i.txid, i.index) == outpoint for i in self.tx(txid).inputs)

    def _told_spenders(self, txid: str) -> list[str | None]:
        if txid not in self._spenders:
            told = self.words.spenders(txid, len(self.tx(txid).outputs))
            self._spenders[txid] = told
        return self._spenders[txid]


def ambiguous(tx: Transaction) -> bool:
    """Tell whether a transaction has the size of two hashes inside a Merkle tree."""
    return len(tx.serialise(witness=False)) == _AMBIGUOUS_BYTES


def unspendable(script: bytes) -> bool:
    """Tell whether no transaction can ever spend such an output."""
    return script[:1] == b"\x6a" or len(script) > 10_000
