"""What a trace of accounts found as a whole: targets, stops, what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.tracing.accounts.findings import (
    AccountStop,
    AccountStopTotal,
    AccountTarget,
    Payer,
    amounts_json,
)
from dalil.tracing.groups import coins_with
from dalil.tracing.request import Direction
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.accounts.graph import AccountGraph
    from dalil.tracing.accounts.naming import Unit
    from dalil.tracing.accounts.request import AccountRequest
    from dalil.tracing.accounts.seeds import AccountSeeds
    from dalil.tracing.amounts import Amounts, Figures
    from dalil.tracing.groups import Meeting

__all__ = [
    "APART",
    "HELD",
    "AccountStop",
    "AccountStopTotal",
    "AccountTarget",
    "AccountTrace",
    "Payer",
    "amounts_json",
    "leaving_sight",
]


HELD = (StopCode.UNSPENT, StopCode.FROZEN)
"""Codes of what is still held."""

APART = (StopCode.CARRIED, StopCode.EMPTY, StopCode.FEE, *HELD)
"""Codes that results do not list as stops."""


@dataclass(frozen=True, eq=False, repr=False)
class AccountTrace:
    """A finished trace of one token.

    Attributes
    ----------
    graph : AccountGraph
    figures : Figures
        Base units; int64, or Python's integers where sums pass 2**61.
    targets : list of AccountTarget
        By name. Every name met, services and others.
    unspent, frozen, fees : Amounts
        What is still held, that part of it which is frozen, and what was spent
        on transactions, with set bounds.
    assumptions : list of str
        What the bounds rest on, or why lower ones are 0.
    reentry : str or None
        Where the ledger has gaps: why upper bounds are wider for it.
    """

    ledger: AccountView
    request: AccountRequest
    unit: Unit
    seeds: AccountSeeds
    graph: AccountGraph
    figures: Figures
    met: dict[int, Meeting]
    unspent: Amounts
    frozen: Amounts
    fees: Amounts
    describe: Callable[[NDArray[np.bool_]], list[AccountStop]]
    targets: list[AccountTarget] = field(default_factory=list)
    stop_totals: list[AccountStopTotal] = field(default_factory=list)
    seeds_on_services: list[dict[str, str]] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    reentry: str | None = None

    @cached_property
    def stops(self) -> list[AccountStop]:
        """Describe every end, in the order money was followed, but `unspent_outputs`.

        Fees, and amounts of nothing, are left out too. Naming many takes longer
        than following them: it is done when asked for.
        """
        return self.describe(~self._coded(*APART))

    @cached_property
    def unspent_outputs(self) -> list[AccountStop]:
        """Describe what is still held."""
        return self.describe(self._coded(*HELD))

    def _coded(self, *codes: StopCode) -> NDArray[np.bool_]:
        return np.isin(self.graph.flow.code, np.array(codes, dtype=np.uint8))

    @property
    def gaps(self) -> NDArray[np.bool_] | None:
        """(n_coins,) where money may leave sight and return; None if nowhere."""
        return None if self.reentry is None else leaving_sight(self.graph)

    def target(self, name: str) -> AccountTarget | None:
        """Find a target by its name."""
        return next((t for t in self.targets if t.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Lay the trace out under its keys on the wire.

        Amounts are decimal strings of base units; null is "not computable".
        """
        limits, flow = self.request.limits, self.graph.flow
        return {
            "direction": str(flow.direction),
            "token": self.unit.token,
            "decimals": self.unit.decimals,
            "symbol": self.unit.symbol,
            "seeds": {
                "n": flow.n_seeds,
                "total_amount": str(flow.seed_total),
                "n_change_left_out": self.seeds.n_inner,
                "n_noise_left_out": self.seeds.n_noise,
                "n_opening_left_out": self.seeds.n_opening,
                "n_outside_time_limit": self.seeds.n_outside_window,
                "on_services": self.seeds_on_services,
            },
            "targets": [target.to_json() for target in self.targets],
            "stops": [stop.to_json() for stop in self.stops],
            "stop_totals": [total.to_json() for total in self.stop_totals],
            "unspent": {
                **amounts_json(self.unspent),
                "outputs": [stop.to_json() for stop in self.unspent_outputs],
            },
            "frozen": amounts_json(self.frozen),
            "fees": amounts_json(self.fees),
            "n_transactions": int(flow.tx.size),
            "assumptions": self.assumptions,
            "reentry": self.reentry is not None,
            "reentry_reason": self.reentry,
            "limits": {name: getattr(limits, name) for name in limits.__slots__},
        }


def leaving_sight(graph: AccountGraph) -> NDArray[np.bool_]:
    """(n_coins,) where money was last seen, if blocks are missing."""
    flow = graph.flow
    if flow.direction is Direction.BACKWARD:
        return coins_with(flow, StopCode.BORDER)
    return coins_with(flow, StopCode.UNSPENT) | coins_with(flow, StopCode.FROZEN)
