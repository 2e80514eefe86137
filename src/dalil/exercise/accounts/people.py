"""Ordinary people with dollars: they pay, save, sell, give, and mistype."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.exercise.accounts.coins import DOLLAR
from dalil.exercise.accounts.stage import DOLLARS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.exercise.accounts.services import (
        AccountBroker,
        AccountExchange,
        EnergyRental,
    )
    from dalil.exercise.accounts.stage import AccountStage

__all__ = ["GIFT", "AccountCrowd"]

_PAYMENT = tuple(n * DOLLARS for n in (5, 25, 60, 180, 900))
"""Quantiles of everyday payments."""
_SALARY = tuple(n * DOLLARS for n in (200, 500, 900, 1_500, 6_000))
GIFT = tuple(n * DOLLARS for n in (5, 50, 100, 250, 1_000))
"""Quantiles of donations: the same for a campaign and for charities."""


class AccountCrowd:
    """All ordinary people, each with an account at an exchange.

    Attributes
    ----------
    people : list of bytes
    """

    def __init__(
        self,
        stage: AccountStage,
        exchanges: Sequence[AccountExchange],
        brokers: Sequence[AccountBroker],
        rental: EnergyRental,
    ) -> None:
        self._dice = stage.dice("crowd")
        self._brokers, self._rental = brokers, rental
        actor = stage.cast("people", "Exercise people", "people")
        self.people = [
            stage.account(actor, f"person_{i}") for i in range(stage.size.n_people)
        ]
        self._exchange = {who: self._dice.choice(exchanges) for who in self.people}

    def act(self, stage: AccountStage) -> None:
        """Let as many people act as an hour has."""
        if stage.hour == 1:
            for who in self.people:
                stage.fuel(self._exchange[who].hot, who)
        if stage.hour < 2:
            return
        for _ in range(self._dice.times(len(self.people), 60)):
            self._something(stage, self._dice.choice(self.people))

    def _something(self, stage: AccountStage, who: bytes) -> None:
        way, chain = self._dice.below(100), stage.chain
        exchange, broker = self._exchange[who], self._dice.choice(self._brokers)
        amount = min(self._dice.amount(_PAYMENT), stage.held(who))
        if way < 30 or amount < DOLLARS:
            exchange.withdraw(stage, who, self._dice.amount(_SALARY))
        elif way < 55:
            chain.pay(DOLLAR, who, self._dice.choice(self.people), amount)
        elif way < 72:
            chain.pay(DOLLAR, who, exchange.deposit_of(stage, who), stage.held(who))
        elif way < 84:
            chain.pay(DOLLAR, who, broker.desk, amount)
        elif way < 90:
            broker.sell(stage, who, amount)
        elif way < 97:
            self._rental.lend(stage, who)
        else:  # more than is there: it fails, and fees are gone
            other = self._dice.choice(self.people)
            chain.pay(DOLLAR, who, other, stage.held(who) + amount)

    def gives(self, stage: AccountStage, to: bytes) -> None:
        """Let somebody give; who lacks it takes it from his exchange first."""
        who, gift = self._dice.choice(self.people), self._dice.amount(GIFT)
        if stage.held(who) < gift:
            self._exchange[who].withdraw(stage, who, gift)
        stage.chain.pay(DOLLAR, who, to, gift)
