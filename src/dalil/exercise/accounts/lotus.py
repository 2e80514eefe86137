"""A service wallet that took in 82 million, of which 450 thousand went astray.

The field's best-known error, planted: whoever calls the 82 million the listed
party's is wrong by a factor of 182.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.exercise.accounts.coins import DOLLAR
from dalil.exercise.accounts.stage import DOLLARS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.exercise.accounts.services import AccountExchange
    from dalil.exercise.accounts.stage import AccountActor, AccountStage

__all__ = ["Lotus"]

_IN = 82_000_000 * DOLLARS
_TO_LISTED = (200_000 * DOLLARS, 150_000 * DOLLARS, 100_000 * DOLLARS)


class Lotus:
    """A payment service: takes in from exchanges, pays out to exchanges.

    Attributes
    ----------
    wallet, listed : bytes
    taken_in, to_listed : int
        Base units.
    """

    def __init__(
        self,
        stage: AccountStage,
        actor: AccountActor,
        listed: AccountActor,
        exchanges: Sequence[AccountExchange],
    ) -> None:
        self.actor = actor
        self.wallet = stage.account(actor, "wallet")
        self.listed = stage.account(listed, "listed")
        self.taken_in, self.to_listed = 0, 0
        self._exchanges = exchanges
        self._dice = stage.dice(actor.id)
        self._days = stage.size.days - 2

    def act(self, stage: AccountStage) -> None:
        """Take in every day, pay on every day; three payments to a listed wallet."""
        if stage.is_hour(8) and stage.day < self._days:
            self._take(stage)
        if stage.is_hour(20) and stage.day:
            self._pay_on(stage)
        third = self._days // 4
        if stage.is_hour(13) and stage.day in (third, 2 * third, 3 * third):
            amount = _TO_LISTED[stage.day // third - 1]
            stage.chain.pay(DOLLAR, self.wallet, self.listed, amount)
            self.to_listed += amount

    def _take(self, stage: AccountStage) -> None:
        last = stage.day == self._days - 1
        share = _IN // self._days // DOLLARS * DOLLARS
        wanted = _IN - self.taken_in if last else share
        exchange = self._dice.choice(self._exchanges)
        exchange.withdraw(stage, self.wallet, wanted)
        self.taken_in += wanted

    def _pay_on(self, stage: AccountStage) -> None:
        """Pay three quarters on; the rest waits for the next day."""
        exchange = self._dice.choice(self._exchanges)
        amount = stage.held(self.wallet) * 3 // 4 // DOLLARS * DOLLARS
        if amount:
            to = exchange.deposit_of(stage, self.wallet)
            stage.chain.pay(DOLLAR, self.wallet, to, amount)
