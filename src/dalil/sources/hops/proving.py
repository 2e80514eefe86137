"""Holding a transaction's place against proof of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalil.chains.bitcoin.header import Header, coinbase_height
from dalil.chains.bitcoin.inclusion import check_inclusion
from dalil.errors import BlockDataError, NotFoundError, SourceError
from dalil.ids import format_txid, parse_txid
from dalil.sources.hops.answers import Place, SaidProof, hash_of, integer

if TYPE_CHECKING:
    from dalil.chains.bitcoin.transaction import Transaction
    from dalil.sources.hops.library import Library

__all__ = ["Proven", "Prover"]

_HEADER_BYTES = 80


@dataclass(frozen=True, slots=True)
class Proven:
    """Where a transaction stands. `branch` is None where no proof was to be had.

    The header proves its own work and, by the branch, that its maker took the
    transaction in. That it stands at `height`, and in the chain with most
    work, is the server's word.
    """

    height: int
    header: Header
    position: int | None
    branch: tuple[bytes, ...] | None


class Prover:
    """Checks places, one after another, and that they agree with one another.

    Parameters
    ----------
    library : Library
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._cache = library.cache
        self._headers: dict[int, Header] = {}
        self._depths: dict[bytes, int] = {}

    def place(self, txid: str, place: Place) -> Proven:
        """Prove a place, or say which part of the proof is missing.

        Raises
        ------
        SourceError
            If what the server shows does not hold: a header without work or of
            another block, a branch that leads elsewhere.
        NotFoundError
            If there is no server to ask, and no header in the cache.
        """
        tx = self._library.tx(txid)
        header = self._header(place)
        try:
            proof = self._kept(txid, place, header) or self._asked(txid, place)
            if proof is not None:
                self._check(tx, proof, place.height, header)
        except BlockDataError as error:
            raise SourceError(
                f"the server's proof does not hold: {error}", txid
            ) from error
        if proof is None:
            return Proven(place.height, header, None, None)
        self._keep(txid, header, proof)
        return Proven(place.height, header, proof.position, proof.branch)

    # -- headers -------------------------------------------------------------

    def _header(self, place: Place) -> Header:
        known = self._headers.get(place.height)
        if known is None:
            known = self._kept_header(place) or self._asked_header(place)
            self._check_neighbours(known, place.height)
            self._headers[place.height] = known
        if place.block_hash not in (None, known.hash):
            raise SourceError(
                "the server names two blocks at one height; the chain may be "
                "reorganising, run the command again",
                place.height,
            )
        return known

    def _kept_header(self, place: Place) -> Header | None:
        block = place.block_hash or self._library.words.block_at(place.height)
        if block is None:
            return None
        raw = self._cache.read("block", format_txid(block))
        if raw is None or len(raw) != _HEADER_BYTES:
            return None
        header = Header.parse(raw)
        if header.hash == block and self._works(header):
            return header
        self._cache.n_damaged += 1
        return None

    def _asked_header(self, place: Place) -> Header:
        server = self._library.server
        if server is None:
            raise NotFoundError("the cache does not hold this header", place.height)
        raw = server.header(place)
        if len(raw) != _HEADER_BYTES:
            raise SourceError("the server's header is not 80 bytes", place.height)
        header = Header.parse(raw)
        if place.block_hash not in (None, header.hash):
            raise SourceError("the server gave another block's header", place.height)
        if not self._works(header):
            raise SourceError(
                "the server's header proves no work this network accepts",
                format_txid(header.hash),
            )
        self._cache.write("block", format_txid(header.hash), raw)
        self._library.words.keep_block_at(place.height, header.hash)
        return header

    def _works(self, header: Header) -> bool:
        return header.meets_target(self._library.network.limit_bits)

    def _check_neighbours(self, header: Header, height: int) -> None:
        before, after = self._headers.get(height - 1), self._headers.get(height + 1)
        torn = (before is not None and header.previous != before.hash) or (
            after is not None and after.previous != header.hash
        )
        if torn:
            raise SourceError("the server's blocks do not follow one another", height)

    # -- branches --------------------------------------------------------------

    def _kept(self, txid: str, place: Place, header: Header) -> SaidProof | None:
        raw = self._cache.read_json("proof", txid)
        if raw is None or raw.get("block") != format_txid(header.hash):
            return None
        try:
            proof = _proof_of(raw)
            check_inclusion(parse_txid(txid), proof.position, proof.branch, header.raw)
        except (SourceError, BlockDataError, KeyError, TypeError):
            proof = None
        if proof is not None and proof.height == place.height:
            return proof
        self._cache.n_damaged += 1
        return None

    def _asked(self, txid: str, place: Place) -> SaidProof | None:
        server = self._library.server
        return server.proof(txid, place) if server is not None else None

    def _check(
        self, tx: Transaction, proof: SaidProof, height: int, header: Header
    ) -> None:
        """Check all that one proof, and the proofs of one block together, show."""
        if proof.height != height:
            raise BlockDataError("the proof is for another height", proof.height)
        check_inclusion(tx.txid, proof.position, proof.branch, header.raw)
        if tx.is_coinbase != (proof.position == 0):
            raise BlockDataError("a coinbase stands first, and nothing else does")
        depth = self._depths.setdefault(header.hash, len(proof.branch))
        if depth != len(proof.branch):
            raise BlockDataError("two leaves of one block at different depths")
        if tx.is_coinbase:
            network = self._library.network.name
            stated = coinbase_height(tx.inputs[0].script, header.version, network)
            if stated not in (None, height):
                raise BlockDataError("the coinbase states another height", stated)

    def _keep(self, txid: str, header: Header, proof: SaidProof) -> None:
        block = format_txid(header.hash)
        word: dict[str, Any] = {"block": block, "height": proof.height}
        word |= {"position": proof.position}
        word |= {"branch": [format_txid(one) for one in proof.branch]}
        if self._cache.read_json("proof", txid) != word:
            self._cache.write_json("proof", txid, word)


def _proof_of(raw: dict[str, Any]) -> SaidProof:
    return SaidProof(
        integer(raw["height"], "height"),
        integer(raw["position"], "position"),
        tuple(hash_of(one, "sibling") for one in raw["branch"]),
    )
