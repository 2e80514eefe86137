"""Walking out from seeds, hop by hop, and counting where the walk stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.address import (
    classify_script,
    decode_address,
    encode_address,
    script_of,
)
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES
from dalil.errors import DalilError, NotFoundError, SourceError
from dalil.ids import format_txid, parse_txid
from dalil.progress import silent
from dalil.sources.hops.answers import script_hash
from dalil.sources.hops.pace import GaveUp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from dalil.chains.bitcoin.networks import Network
    from dalil.progress import Progress
    from dalil.sources.hops.library import Library

__all__ = ["Expansion", "Limits", "expand", "read_seed"]

_SPARE = 100
"""Names to know beyond `max_tx`, for those that turn out to be in no block."""
_MOST_REFUSED = 50
"""So many wrong answers in one run are no accident."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far to walk. Longest histories are the library's to know."""

    hops: int = 1
    forward: bool = True
    backward: bool = True
    max_tx: int = 2_000


@dataclass(slots=True)
class Expansion:
    """What was reached, and every place where the walk stopped short."""

    kept: dict[str, int] = field(default_factory=dict)
    """txid to the hop on which it was reached, in that order."""
    borders: dict[str, int | None] = field(default_factory=dict)
    """Address (or script) not walked through, to the length of its history."""
    pending: set[str] = field(default_factory=set)
    """Known by name, in no block when the run began."""
    beyond: set[str] = field(default_factory=set)
    """Known by name, left out by `max_tx`."""
    n_unasked: int = 0
    """Inputs and outputs not even asked about, there being no room by far."""
    missing: set[str] = field(default_factory=set)
    """What neither the server nor the cache had."""
    refused: dict[str, str] = field(default_factory=dict)
    """txid to what was wrong with the answer."""

    def refuse(self, txid: str, reason: str) -> None:
        """Count a wrong answer.

        Raises
        ------
        SourceError
            If there have been fifty: the server is broken, or lies.
        """
        self.refused[txid] = reason
        if len(self.refused) >= _MOST_REFUSED:
            raise SourceError(
                f"{_MOST_REFUSED} answers of this server were wrong, the last", reason
            )


def read_seed(network: Network, text: str) -> bytes | str:
    """Read a seed: a txid, or an address into its output script.

    Raises
    ------
    AddressError
        If it is neither.
    """
    if len(text) == 64:
        return format_txid(parse_txid(text))
    return script_of(*decode_address(network, text))


def expand(
    library: Library,
    seeds: Sequence[bytes | str],
    limits: Limits,
    progress: Progress = silent,
) -> Expansion:
    """Reach transactions around seeds, breadth first.

    Parameters
    ----------
    library : Library
    seeds : sequence of bytes or str
        Output scripts (all their transactions are hop 0) and txids.
    limits : Limits
        Forward, a hop leads to the transactions that spend a transaction's
        outputs; backward, to those it spends.

    Returns
    -------
    Expansion
        `kept` depends on the chain, the seeds and the limits only. A script
        with a longer history than the library lists is a border: it is named
        and not walked through in either direction.

    Raises
    ------
    GaveUp
        If the server stops answering; what it said is in the cache.
    SourceError
        If fifty of its answers were wrong.
    """
    walk = _Walk(library, limits, progress)
    level = walk.start(seeds)
    for hop in range(limits.hops + 1):
        level = walk.take(level, hop)
        if not level:
            break
    return walk.found


class _Walk:
    """One expansion under way."""

    def __init__(self, library: Library, limits: Limits, progress: Progress) -> None:
        self._library = library
        self._limits = limits
        self._progress = progress
        self._seen: set[str] = set()
        self._named: set[str] = set()
        self.found = Expansion()

    def start(self, seeds: Sequence[bytes | str]) -> list[str]:
        """List the transactions of hop 0."""
        level: list[str] = []
        for seed in seeds:
            if isinstance(seed, str):
                level.append(seed)
                continue
            try:
                if not self._border(seed):
                    listed = self._library.history(seed).txs or ()
                    level += [txid for txid, _ in listed]
                    self._named |= {txid for txid, _ in listed}
            except GaveUp:
                raise
            except NotFoundError:
                self.found.missing.add(self._name(seed))
            except SourceError as error:
                self._refuse(self._name(seed), str(error))
        return self._new(level)

    def take(self, level: list[str], hop: int) -> list[str]:
        """Keep a level's transactions; list those one hop further on."""
        further: dict[str, None] = {}
        for txid in level:
            with_neighbours = hop < self._limits.hops
            try:
                if self._keep(txid, hop) and with_neighbours:
                    further |= dict.fromkeys(self._neighbours(txid, further))
            except GaveUp:
                raise
            except NotFoundError:
                self._miss(txid)
            except DalilError as error:
                self._refuse(txid, str(error))
            self._progress(f"hop {hop}", len(self.found.kept), 0)
        return self._new(list(further))

    def _refuse(self, name: str, reason: str) -> None:
        self._library.cache.doubt()
        self.found.refuse(name, reason)

    def _miss(self, txid: str) -> None:
        """Count what is not to be had; a server has what it names itself."""
        if txid in self._named and self._library.server is not None:
            self._refuse(txid, "the server names a transaction it does not have")
        else:
            self.found.missing.add(txid)

    def _new(self, txids: list[str]) -> list[str]:
        fresh = [txid for txid in dict.fromkeys(txids) if txid not in self._seen]
        self._seen |= set(fresh)
        return fresh

    def _keep(self, txid: str, hop: int) -> bool:
        if len(self.found.kept) >= self._limits.max_tx:
            self.found.beyond.add(txid)
            return False
        self._library.tx(txid)
        if self._library.place(txid) is None:
            self.found.pending.add(txid)
            return False
        self.found.kept[txid] = hop
        return True

    def _neighbours(self, txid: str, known: Collection[str]) -> Iterator[str]:
        """Name the transactions one hop away, while there may be room for them."""
        tx = self._library.tx(txid)
        steps = []
        if self._limits.forward:
            steps += [(self._forward, n) for n in range(len(tx.outputs))]
        if self._limits.backward and not tx.is_coinbase:
            steps += [(self._backward, n) for n in range(len(tx.inputs))]
        room = self._limits.max_tx - len(self.found.kept) + _SPARE - len(known)
        for step, n in steps:
            if room <= 0:
                self.found.n_unasked += 1
                continue
            for reached in self._edge(step, txid, n):
                room -= reached not in self._seen
                yield reached

    def _edge(
        self, step: Callable[[str, int], str | None], txid: str, n: int
    ) -> Iterator[str]:
        """Take one step; a bad answer costs that step only."""
        try:
            reached = step(txid, n)
        except GaveUp:
            raise
        except NotFoundError as error:
            self._miss(str(error.value))
        except SourceError as error:
            self._refuse(f"{txid}:{n}", str(error))
        else:
            if reached is not None:
                yield reached

    def _forward(self, txid: str, n: int) -> str | None:
        script = self._library.tx(txid).outputs[n].script
        if not self._library.may_be_spent(txid, n) or self._border(script):
            return None
        spender = self._library.spender(txid, n)
        if spender is not None:
            self._named.add(spender)
        return spender

    def _backward(self, txid: str, n: int) -> str | None:
        spent = self._library.tx(txid).inputs[n]
        source = format_txid(spent.txid)
        told = self._library.told(txid)[n]
        if told is None:
            outputs = self._library.tx(source).outputs
            if spent.index >= len(outputs):
                raise SourceError("the server gave a source without that output", txid)
            told = outputs[spent.index]
        return None if self._border(told.script) else source

    def _border(self, script: bytes) -> bool:
        if not self._library.too_long(script):
            return False
        self.found.borders[self._name(script)] = self._library.size(script)
        return True

    def _name(self, script: bytes) -> str:
        kind, payload = classify_script(script)
        if kind in ADDRESS_TYPES:
            return encode_address(self._library.network, kind, payload)
        return f"script {script_hash(script).hex()}"
