"""Every figure for the same money, side by side: conventions, bounds, direct.

The conventions agree on nothing but the total; each is one way among many
that conserve value. So each lies within the set bounds, except poison, which
counts the whole of everything touched and may exceed them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from dalil.tracing.haircut import haircut
from dalil.tracing.local import local_bounds
from dalil.tracing.lots import ordered
from dalil.tracing.request import Direction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.columns import I64
    from dalil.tracing.graph import FlowGraph
    from dalil.tracing.setbounds import SetBounds

__all__ = ["Amounts", "AmountsJson", "Figures", "direct_coins", "figures"]


class AmountsJson(TypedDict):
    """`Amounts` under their names on the wire."""

    lower_sat: int
    upper_sat: int
    haircut_sat: int | None
    fifo_sat: int | None
    lifo_sat: int | None
    poison_sat: int | None


@dataclass(frozen=True, slots=True)
class Amounts:
    """One set of ends in every reading, in satoshi; None is not computable.

    `lower_sat` and `upper_sat` are set bounds, or for a single output its
    local ones.
    """

    lower_sat: int
    upper_sat: int
    haircut_sat: int | None
    fifo_sat: int | None
    lifo_sat: int | None
    poison_sat: int | None

    @property
    def determinable(self) -> bool:
        """Whether anything is certain: a lower bound of 0 says nothing is."""
        return self.lower_sat > 0

    def to_json(self) -> AmountsJson:
        """Lay the figures out under their names on the wire."""
        return AmountsJson(
            lower_sat=self.lower_sat,
            upper_sat=self.upper_sat,
            haircut_sat=self.haircut_sat,
            fifo_sat=self.fifo_sat,
            lifo_sat=self.lifo_sat,
            poison_sat=self.poison_sat,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Per coin, (n_coins,) int64 satoshi, -1 for null.

    Poison is a coin's whole value: everything in a traced graph has been
    touched, or it would not be there.
    """

    lower: I64
    upper: I64
    haircut: I64
    fifo: I64
    lifo: I64
    poison: I64

    def of_coin(self, coin: int) -> Amounts:
        """Read one coin's figures; its bounds are local."""
        told = [
            None if column[coin] < 0 else int(column[coin])
            for column in (self.haircut, self.fifo, self.lifo, self.poison)
        ]
        return Amounts(int(self.lower[coin]), int(self.upper[coin]), *told)

    def of_ends(self, ends: NDArray[np.bool_], bounds: SetBounds) -> Amounts:
        """Add up the conventions over ends, beside their set bounds."""
        sums = [
            None if (column[ends] < 0).any() else sum(column[ends].tolist())
            for column in (self.haircut, self.fifo, self.lifo, self.poison)
        ]
        return Amounts(bounds.lower, bounds.upper, *sums)


def figures(graph: FlowGraph) -> Figures:
    """Compute every reading of a traced graph.

    Notes
    -----
    Linear in the graph, lots apart (see `dalil.tracing.lots.ordered`).
    """
    lower, upper = local_bounds(graph)
    return Figures(
        lower=lower,
        upper=upper,
        haircut=haircut(graph),
        fifo=ordered(graph),
        lifo=ordered(graph, last_in_first_out=True),
        poison=graph.value,
    )


def direct_coins(
    graph: FlowGraph,
    lower: I64,
    at_home: NDArray[np.bool_],
    named: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Find the coins that one transaction paid with seed money and nothing else.

    Forward: coins of `named` paid by a transaction all of whose inputs are
    seeds, or change at a seed address that is seed money to the last satoshi.
    Backward: seeds that a transaction paid all of whose inputs are `named`.

    Parameters
    ----------
    graph : FlowGraph
    lower : (n_coins,) int64
        Local lower bounds.
    at_home : (n_coins,) bool
        Seeds, and outputs to seed addresses.
    named : (n_coins,) bool
        Ends at the addresses of one name.
    """
    direct = np.zeros_like(named)
    if not graph.tx.size:
        return direct
    if graph.direction is Direction.FORWARD:
        coin = graph.slot_coin
        pure = (coin >= 0) & at_home[coin] & (lower[coin] == graph.slot_value)
        pure |= graph.slot_value == 0
        whole = np.logical_and.reduceat(pure, graph.slot_start[:-1])
        direct[graph.n_seeds :] = np.repeat(whole, np.diff(graph.coin_start))
        return direct & named
    paid = named | (graph.value == 0)
    n_seeds = graph.n_seeds
    whole = np.logical_and.reduceat(paid[n_seeds:], graph.coin_start[:-1] - n_seeds)
    seed = graph.into[:n_seeds]
    direct[:n_seeds] = (seed >= 0) & whole[seed]
    return direct
