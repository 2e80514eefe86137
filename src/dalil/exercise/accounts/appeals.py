"""Those who ask for gifts: a campaign, and charities of the very same shape.

Addresses rotate in one channel, each for a few days; all are emptied into one
collector, which pays brokers and exchanges in round sums. Nothing on the chain
tells the campaign from a charity that uses a payment processor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.exercise.accounts.coins import DOLLAR
from dalil.exercise.accounts.stage import DOLLARS, HOURS_A_DAY, Posting

if TYPE_CHECKING:
    from dalil.exercise.accounts.people import AccountCrowd
    from dalil.exercise.accounts.services import AccountExchange, EnergyRental
    from dalil.exercise.accounts.stage import AccountActor, AccountStage

__all__ = ["POOL_SIZE", "Appeal", "Outlet"]

POOL_SIZE = 17
_FIRST_DAY = 3
_ROUND = [f * 10**e * DOLLARS for e in range(6) for f in (1, 2, 5)]


@dataclass(frozen=True, slots=True)
class Outlet:
    """Somewhere the collector pays: every so many days, a part of what it holds."""

    to: bytes
    every: int
    offset: int
    share: int


class Appeal:
    """Rotating addresses, one collector, and outlets.

    Attributes
    ----------
    postings : list of Posting
        What the channel named, in order.
    collector : bytes
    """

    def __init__(
        self,
        stage: AccountStage,
        actor: AccountActor,
        crowd: AccountCrowd,
        rental: EnergyRental,
        *,
        pool_size: int = POOL_SIZE,
        gifts_a_day: int = 8,
    ) -> None:
        self.actor = actor
        self.postings: list[Posting] = []
        self.collector = stage.account(actor, "collector")
        self.fuel = stage.account(actor, "fuel")
        self.outlets: list[Outlet] = []
        self.own_money: AccountExchange | None = None
        """Where the collector gets money that is no gift, now and then."""
        self._pool = [stage.account(actor, "pool") for _ in range(pool_size)]
        self._crowd, self._rental = crowd, rental
        self._gifts = gifts_a_day
        self._dice = stage.dice(actor.id)
        days = stage.size.days - 2 * _FIRST_DAY
        self._turn_hours = max(1, days * HOURS_A_DAY // pool_size)
        if actor.kind == "campaign":
            stage.earmarks.asked.update(self._pool)

    def act(self, stage: AccountStage) -> None:
        """Publish, receive, gather and spend what is due in this hour."""
        since = stage.hour - _FIRST_DAY * HOURS_A_DAY
        if since < 0:
            return
        turn = min(since // self._turn_hours, len(self._pool) - 1)
        if since == 0:
            stage.fuel(self.fuel, self.collector)
        while len(self.postings) <= turn:
            self._post(stage)
        if since < self._turn_hours * len(self._pool):
            for _ in range(self._dice.times(self._gifts, HOURS_A_DAY)):
                self._crowd.gives(stage, self._pool[turn])
        if stage.is_hour(22):
            self._gather(stage, turn)
        self._spend(stage)

    def _post(self, stage: AccountStage) -> None:
        """Name the next address; its fees come from one purse, energy is rented."""
        address = self._pool[len(self.postings)]
        stage.fuel(self.fuel, address)
        self._rental.lend(stage, address)
        self.postings.append(Posting(stage.time_utc, address))

    def _gather(self, stage: AccountStage, turn: int) -> None:
        for address in self._pool[: turn + 1]:
            if held := stage.held(address):
                stage.chain.pay(DOLLAR, address, self.collector, held)

    def _spend(self, stage: AccountStage) -> None:
        """Pay a part of the balance as 1, 2 or 5 and zeros."""
        if self.own_money and stage.is_hour(3, every=9, offset=5):
            self.own_money.withdraw(stage, self.collector, 700 * DOLLARS)
        for outlet in self.outlets:
            if not stage.is_hour(10, every=outlet.every, offset=outlet.offset):
                continue
            most = stage.held(self.collector) // outlet.share
            fitting = [amount for amount in _ROUND if amount <= most]
            if fitting:
                stage.chain.pay(DOLLAR, self.collector, outlet.to, fitting[-1])
