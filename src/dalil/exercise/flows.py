"""True flows: how much of some donations reached whom, as the wallets meant it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dalil.exercise.following import FEE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dalil.exercise.truth import Truth

__all__ = ["TrueFlow", "true_flows"]


@dataclass
class TrueFlow:
    """What one party received of the seeds' money; satoshi.

    Attributes
    ----------
    arrived : int
        On any address of the party's, without passing a CoinJoin.
    reached_tagged : int
        The part of `arrived` that got to a publicly tagged address of it:
        less by what sweeps paid in fees, or zero where none is tagged.
    behind_coinjoin : int
        What arrived after a CoinJoin. No deterministic trace may claim it.
    """

    arrived: int = 0
    reached_tagged: int = 0
    behind_coinjoin: int = 0


@dataclass(frozen=True, slots=True)
class _Lot:
    """Some satoshi within a coin."""

    value: int
    seeded: bool
    mixed: bool = False
    arrived: str = ""
    tagged: bool = False


def true_flows(truth: Truth, seeds: Iterable[str]) -> dict[str, TrueFlow]:
    """Follow the money of `seeds` through every noted transaction.

    Parameters
    ----------
    truth : Truth
        Receipts, hops, CoinJoins and tagged addresses of one exercise.
    seeds : iterable of str
        Outpoints of receipts; others are unknown here and count nothing.

    Returns
    -------
    dict
        By actor id. The campaign and the impostor, who only pass money on,
        are not in it.
    """
    inside: dict[str, list[_Lot]] = {}
    flows: dict[str, TrueFlow] = defaultdict(TrueFlow)
    owned = _Owned(truth.passing, truth.tagged, flows)
    wanted = set(seeds)
    for receipt in truth.receipts:
        lot = _Lot(receipt.value, receipt.outpoint in wanted)
        inside[receipt.outpoint] = [owned.settle(lot, receipt.held_by, receipt.address)]
    for hop in truth.hops:
        mixing = hop.txid in truth.coinjoins
        for part in hop.parts:
            lots = inside.setdefault(part.outpoint, [_Lot(2**63, seeded=False)])
            taken = _take(lots, part.value)
            if part.output == FEE:
                continue
            actor, address = hop.owners[part.output]
            heir = inside.setdefault(f"{hop.txid}:{part.output}", [])
            for lot in taken:
                moved = replace(lot, mixed=lot.mixed or mixing)
                heir.append(owned.settle(moved, actor, address))
    return dict(flows)


@dataclass
class _Owned:
    """Counts a lot where it first meets a party, and a tagged address of it."""

    passing: frozenset[str]
    tagged: Mapping[str, str]
    flows: dict[str, TrueFlow]

    def settle(self, lot: _Lot, actor: str, address: str) -> _Lot:
        if not lot.seeded or actor in self.passing:
            return lot
        if not lot.arrived:
            if lot.mixed:
                self.flows[actor].behind_coinjoin += lot.value
            else:
                self.flows[actor].arrived += lot.value
            lot = replace(lot, arrived=actor)
        here = lot.arrived == actor and self.tagged.get(address) == actor
        if here and not lot.tagged:
            if not lot.mixed:
                self.flows[actor].reached_tagged += lot.value
            lot = replace(lot, tagged=True)
        return lot


def _take(lots: list[_Lot], value: int) -> list[_Lot]:
    """Take `value` satoshi from the front of a coin's lots."""
    taken: list[_Lot] = []
    while value and lots:
        first = lots[0]
        if first.value <= value:
            taken.append(lots.pop(0))
            value -= first.value
        else:
            taken.append(replace(first, value=value))
            lots[0] = replace(first, value=first.value - value)
            value = 0
    return taken
