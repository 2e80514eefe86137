"""From what was reached to what a partial ledger is built from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.errors import DalilError, InputError, NotFoundError
from dalil.ids import format_txid, parse_txid
from dalil.progress import silent
from dalil.sources.blockfiles import Note
from dalil.sources.hops.expand import expand
from dalil.sources.hops.pace import GaveUp
from dalil.sources.hops.proving import Prover
from dalil.sources.saved import SavedTx, SavedTxs, in_chain_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.progress import Progress
    from dalil.sources.hops.expand import Expansion, Limits
    from dalil.sources.hops.library import Library

__all__ = ["Collected", "collect"]

_NAMED = 20
"""Notes of one kind at most; the counts tell of all."""


@dataclass(slots=True)
class Collected:
    """Checked transactions, and what is not among them."""

    saved: SavedTxs
    expansion: Expansion
    unproven: list[str] = field(default_factory=list)
    """txids kept without a Merkle proof, in chain order."""

    def counts(self) -> dict[str, int]:
        """Count what was kept and each way a transaction was left out."""
        found = self.expansion
        n_tx = len(self.saved.txs)
        hops = [found.kept[format_txid(one.tx.txid)] for one in self.saved.txs]
        return {
            "n_tx": n_tx,
            "n_proven": n_tx - len(self.unproven),
            "n_unproven": len(self.unproven),
            "n_at_last_hop": hops.count(max(hops)),
            "n_borders": len(found.borders),
            "n_unconfirmed": len(found.pending),
            "n_beyond_max_tx": len(found.beyond),
            "n_unasked": found.n_unasked,
            "n_missing": len(found.missing),
            "n_refused": len(found.refused),
        }


def collect(
    library: Library,
    seeds: Sequence[bytes | str],
    limits: Limits,
    *,
    prove_inputs: bool = False,
    progress: Progress = silent,
) -> Collected:
    """Walk out from seeds, and prove what was reached.

    Parameters
    ----------
    library : Library
    seeds : sequence of bytes or str
        See `expand`.
    limits : Limits
    prove_inputs : bool, default False
        Fetch the transactions that made what is spent, so that every input's
        value comes from bytes that hash to what the input names.

    Raises
    ------
    InputError
        If nothing is left to build from.
    GaveUp
        If the server stops answering.
    SourceError
        If fifty of its answers were wrong.

    Notes
    -----
    A transaction whose proof is wrong is left out; one for which the server
    gives no proof stays, marked. Being listed in a history proves nothing:
    links are read from the transactions themselves.
    """
    found = expand(library, seeds, limits, progress)
    prover = Prover(library)
    kept: dict[bytes, SavedTx] = {}
    for done, txid in enumerate(found.kept):
        progress("proofs", done, len(found.kept))
        try:
            if prove_inputs:
                _fetch_sources(library, txid)
            kept[parse_txid(txid)] = _saved(library, prover, txid)
        except GaveUp:
            raise
        except NotFoundError:
            found.missing.add(txid)
        except DalilError as error:
            library.cache.doubt()
            found.refuse(txid, str(error))
    if not kept:
        reasons = [*found.refused.values(), *_border_words(found)]
        raise InputError(
            "no confirmed transaction was found around these seeds",
            reasons[0] if reasons else None,
        )
    txs = in_chain_order(kept)
    collected = Collected(SavedTxs(library.network, txs), found)
    collected.unproven = [format_txid(t.tx.txid) for t in txs if t.branch is None]
    collected.saved.notes = _notes(collected, library.cache.n_damaged)
    return collected


def _fetch_sources(library: Library, txid: str) -> None:
    tx = library.tx(txid)
    for spend in tx.inputs if not tx.is_coinbase else ():
        library.tx(format_txid(spend.txid))


def _saved(library: Library, prover: Prover, txid: str) -> SavedTx:
    place = library.place(txid)
    assert place is not None
    proven = prover.place(txid, place)
    return SavedTx(
        library.tx(txid),
        proven.height,
        proven.header.hash,
        proven.header.time,
        tuple(library.prevouts(txid)),
        proven.header.raw,
        proven.position,
        proven.branch,
    )


def _border_words(found: Expansion) -> list[str]:
    return [
        f"{name} not expanded: history of {n:,} transactions"
        if n is not None
        else f"{name} not expanded: history longer than the server lists"
        for name, n in found.borders.items()
    ]


def _notes(collected: Collected, n_damaged: int) -> list[Note]:
    found = collected.expansion
    kinds = (
        _border_words(found),
        [f"refused: {name}: {why}" for name, why in found.refused.items()],
        [f"not in a block yet, left out: {txid}" for txid in sorted(found.pending)],
        [f"not to be had, left out: {name}" for name in sorted(found.missing)],
        [f"no proof to be had, kept as told: {txid}" for txid in collected.unproven],
    )
    words = []
    for kind in kinds:
        words += kind[:_NAMED]
        if len(kind) > _NAMED:
            words.append(f"and {len(kind) - _NAMED:,} more like the last")
    if found.beyond:
        words.append(
            f"left out by --max-tx: {len(found.beyond):,} known by name, and what "
            f"{found.n_unasked:,} more inputs and outputs lead to"
        )
    if n_damaged:
        words.append(f"damaged files of the cache, not used: {n_damaged:,}")
    return [Note("server", 0, text) for text in words]
