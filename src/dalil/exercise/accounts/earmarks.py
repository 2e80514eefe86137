"""Which part of a balance is donations: one true allocation among those possible.

Whoever passes donations on keeps them apart in his own mind. Out of an account
that holds S, of which t are donations, a payment of v takes between
max(0, v - (S - t)) and min(v, t) of them; chance decides how many. So the truth
conserves value at every step, and every sound interval has to contain it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.exercise.accounts.coins import DOLLAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.exercise.accounts.chain import AccountChain, Move
    from dalil.exercise.dice import Dice

__all__ = ["Arrival", "Donation", "Earmarks"]


@dataclass(frozen=True, slots=True)
class Donation:
    """A gift as it came in."""

    block: int
    giver: bytes
    to: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """Donations that left those who pass them on."""

    block: int
    payer: bytes
    to: bytes
    moved: int
    """The whole transfer."""
    donations: int
    """Of it."""


class Earmarks:
    """Watches a chain and follows donations to where they first leave.

    Attributes
    ----------
    donations : list of Donation
        Whatever came to an address in `asked` from somebody outside.
    arrivals : list of Arrival
    marked : dict
        Donations that an address still holds.
    """

    def __init__(
        self, dice: Dice, chain: AccountChain, passes_on: Callable[[bytes], bool]
    ) -> None:
        self.donations: list[Donation] = []
        self.arrivals: list[Arrival] = []
        self.marked: defaultdict[bytes, int] = defaultdict(int)
        self.asked: set[bytes] = set()
        self._dice, self._chain, self._passes_on = dice, chain, passes_on
        chain.watchers.append(self._watch)

    def _watch(self, move: Move) -> None:
        if move.amount == 0 or move.coin != DOLLAR:
            return
        inside = self._passes_on(move.payer)
        if not inside and move.payee in self.asked:
            self.marked[move.payee] += move.amount
            height = self._chain.height
            self.donations.append(Donation(height, move.payer, move.payee, move.amount))
        elif inside:
            self._pass(move)

    def _pass(self, move: Move) -> None:
        held = self.marked[move.payer]
        # the chain calls after it has booked the payment
        rest = self._chain.balance[move.coin, move.payer]
        if move.payee == move.payer:
            return
        least, most = max(0, held - rest), min(move.amount, held)
        part = self._dice.between(least, most)
        self.marked[move.payer] -= part
        if self._passes_on(move.payee):
            self.marked[move.payee] += part
        elif part:
            self.arrivals.append(
                Arrival(self._chain.height, move.payer, move.payee, move.amount, part)
            )
