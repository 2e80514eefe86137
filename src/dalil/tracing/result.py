"""What a trace found: targets with their bounds, stops, and what never moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.tracing.groups import coins_with
from dalil.tracing.request import Direction
from dalil.tracing.stops import StopCode
from dalil.units import format_btc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dalil.tracing.amounts import Amounts, Figures
    from dalil.tracing.columns import LedgerColumns
    from dalil.tracing.graph import FlowGraph
    from dalil.tracing.groups import Meeting
    from dalil.tracing.request import TraceRequest
    from dalil.tracing.seeds import Seeds

__all__ = ["Stop", "StopTotal", "Target", "Trace"]


@dataclass(frozen=True, slots=True)
class Target:
    """One name that money met, and how much of it.

    Parameters
    ----------
    name : str
    reason : str
        The kind of service, or ``target``.
    direct_sat : int
        Satoshi paid to the name's own addresses (backward: by them) in
        transactions all of whose input value is seed money (backward: is
        theirs); exact, and never above the lower bound.
    amounts : Amounts
        With set bounds.
    coins : tuple of int
        The ends, by coin of the trace's graph.
    n_by_cluster : int
        How many of them lie at addresses the name holds by cluster only.
    received_sat : int, optional
        Where the ledger has gaps: all the name took in, a cap on `upper_sat`.
    """

    name: str
    reason: str
    direct_sat: int
    amounts: Amounts
    coins: tuple[int, ...]
    n_by_cluster: int = 0
    received_sat: int | None = None
    direct_coins: tuple[int, ...] = ()
    """The coins that make up `direct_sat`; backward, seeds."""

    def headline(self) -> str:
        """Say it in one line: the direct amount first, then the interval.

        A lower bound of 0 is said in words, so that nobody quotes the upper
        one as if it were found.
        """
        low, high = self.amounts.lower_sat, self.amounts.upper_sat
        direct = f"direct {format_btc(self.direct_sat)} BTC"
        if low == 0:
            return f"{direct}; not determinable, between 0 and {format_btc(high)} BTC"
        if low == high:
            return f"{direct}; exactly {format_btc(low)} BTC in all"
        return f"{direct}; between {format_btc(low)} and {format_btc(high)} BTC in all"

    def to_json(self) -> dict[str, Any]:
        """Lay out the target under its keys on the wire."""
        return {
            "name": self.name,
            "reason": self.reason,
            "direct_sat": self.direct_sat,
            **self.amounts.to_json(),
            "determinable": self.amounts.determinable,
            "n_outputs": len(self.coins),
            "n_outputs_by_cluster": self.n_by_cluster,
            "headline": self.headline(),
        }


@dataclass(frozen=True, slots=True)
class Stop:
    """One place where the trace ends, with the amount that ends there.

    `where` is an outpoint: the output that was not followed on (backward: back).
    Its bounds are local, so they may not be added up.
    """

    reason: str
    where: str
    value_sat: int | None
    amounts: Amounts
    name: str | None = None
    address: str | None = None
    coinjoin: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Lay out the stop under its keys on the wire."""
        return {
            "reason": self.reason,
            "where": self.where,
            "name": self.name,
            "address": self.address,
            "coinjoin": self.coinjoin,
            "value_sat": self.value_sat,
            **self.amounts.to_json(),
        }


@dataclass(frozen=True, slots=True)
class StopTotal:
    """All stops for one reason together, with set bounds."""

    reason: str
    n_stops: int
    amounts: Amounts

    def to_json(self) -> dict[str, Any]:
        """Lay out the total."""
        return {
            "reason": self.reason,
            "n_stops": self.n_stops,
            **self.amounts.to_json(),
        }


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trace:
    """A finished trace.

    Attributes
    ----------
    targets : list of Target
        By name. Every name met, services and others.
    stops : list of Stop
        In the order money was followed; unspent outputs and fees are apart.
    stop_totals : list of StopTotal
        By reason, named addresses left out: those are `targets`.
    unspent, fees : Amounts
        What never moved on, and what went to miners, with set bounds.
    unspent_outputs : list of Stop
    reentry : str or None
        Where the ledger has gaps: why upper bounds are wider for it.
    """

    ledger: LedgerColumns
    request: TraceRequest
    seeds: Seeds
    graph: FlowGraph
    figures: Figures
    met: dict[int, Meeting]
    unspent: Amounts
    fees: Amounts
    targets: list[Target] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    stop_totals: list[StopTotal] = field(default_factory=list)
    unspent_outputs: list[Stop] = field(default_factory=list)
    seeds_on_services: list[dict[str, str]] = field(default_factory=list)
    reentry: str | None = None

    @property
    def gaps(self) -> NDArray[np.bool_] | None:
        """(n_coins,) where money may leave sight and return; None if nowhere."""
        if self.reentry is None:
            return None
        forward = self.graph.direction is Direction.FORWARD
        leaving = StopCode.UNSPENT if forward else StopCode.BORDER
        return coins_with(self.graph, leaving)

    def target(self, name: str) -> Target | None:
        """Find a target by its name."""
        return next((t for t in self.targets if t.name == name), None)

    def _seeds_json(self) -> dict[str, Any]:
        seeds = self.seeds
        return {
            "n": self.graph.n_seeds,
            "total_sat": self.graph.seed_total,
            "n_change_left_out": seeds.n_change,
            "n_unsure": seeds.n_unsure,
            "n_outside_left_out": seeds.n_outside,
            "outside_left_out_sat": seeds.outside_sat,
            "n_outside_time_limit": seeds.n_outside_window,
            "on_services": self.seeds_on_services,
        }

    def to_json(self) -> dict[str, Any]:
        """Lay out the trace under its keys on the wire.

        Amounts are integers in satoshi; null is "not computable here".
        """
        limits = self.request.limits
        return {
            "direction": str(self.graph.direction),
            "seeds": self._seeds_json(),
            "targets": [target.to_json() for target in self.targets],
            "stops": [stop.to_json() for stop in self.stops],
            "stop_totals": [total.to_json() for total in self.stop_totals],
            "unspent": {
                **self.unspent.to_json(),
                "outputs": [stop.to_json() for stop in self.unspent_outputs],
            },
            "fees": self.fees.to_json(),
            "n_transactions": int(self.graph.tx.size),
            "reentry": self.reentry is not None,
            "reentry_reason": self.reentry,
            "coinjoins_heeded": self.request.coinjoin is not None,
            "limits": {name: getattr(limits, name) for name in limits.__slots__},
        }
