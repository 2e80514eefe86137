"""Everyday business that misleads simple rules, all of it benign.

Wages are equal amounts from one purse, not a CoinJoin; a payroll coin that
shrinks payment by payment is a peel chain, not a cash-out; in a PayJoin two
owners spend together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.exercise.people import PAYMENT_SAT
from dalil.exercise.wallet import DUST_SAT, Payee, Share, fee_for

if TYPE_CHECKING:
    from dalil.exercise.people import Crowd
    from dalil.exercise.services import Exchange
    from dalil.exercise.stage import Stage
    from dalil.exercise.wallet import Wallet

__all__ = ["PayJoins", "Peeler", "Shops"]

_WAGE_STEP = 10_000


class Shops:
    """Tills that fill with customers' coins and pay equal wages from them."""

    def __init__(self, stage: Stage, tills: list[Wallet], crowd: Crowd) -> None:
        self._tills = tills
        self._crowd = crowd
        self._dice = stage.dice("shops")

    def act(self, stage: Stage) -> None:
        """Pay two to five people the same, once a week."""
        for i, till in enumerate(self._tills):
            if not stage.is_day(every=7, offset=i, tick=2):
                continue
            n_staff = self._dice.between(2, 5)
            due = till.balance // (n_staff + 1)
            wage = min(due, 2_000_000) // _WAGE_STEP * _WAGE_STEP
            if wage >= 10 * _WAGE_STEP:
                staff = [self._dice.choice(self._crowd.people) for _ in range(n_staff)]
                till.pays_all([Payee(wage, who.wallet.lock()) for who in staff])


class PayJoins:
    """Payments in which the payee brings a coin too, so that co-spending misleads.

    They look like ordinary payments: no rule types them, and a tool that
    joins their inputs joins two owners. That error belongs in its score.
    """

    def __init__(self, stage: Stage, crowd: Crowd) -> None:
        self.txids: list[str] = []
        self._crowd = crowd
        self._dice = stage.dice("payjoins")

    def act(self, stage: Stage) -> None:
        """Let two people pay so every ten days, from the thirtieth on."""
        if stage.day >= 30 and stage.is_day(every=10, tick=1):
            for _ in range(stage.scale):
                self._pay(stage)

    def _pay(self, stage: Stage) -> None:
        payer, payee = (self._dice.choice(self._crowd.people) for _ in range(2))
        value = self._dice.amount(PAYMENT_SAT)
        if payer is payee or not payer.can_pay(value) or not payee.wallet.coins:
            return
        brought = next(iter(payee.wallet.coins.values()))
        coins = payer.wallet.pick(value, 3)
        rest = (
            sum(coin.value for coin in coins) - value - fee_for([*coins, brought], 2, 5)
        )
        if rest <= DUST_SAT:
            return
        share = Share(
            [*coins, brought],
            [
                Payee(brought.value + value, payee.wallet.lock()),
                Payee(rest, payer.wallet.lock()),
            ],
        )
        self.txids.append(stage.chain.transact([share]).id)


class Peeler:
    """A large coin peeled small payment by small payment: a benign peel chain."""

    def __init__(self, stage: Stage, crowd: Crowd, exchange: Exchange) -> None:
        actor = stage.cast("peeler", "Exercise payroll office", "business")
        self.wallet = stage.wallet(actor, "payroll")
        self._crowd = crowd
        self._exchange = exchange
        self._dice = stage.dice("peeler")

    def act(self, stage: Stage) -> None:
        """Buy once, then pay somebody every day."""
        if stage.day == 3 and stage.is_day(every=1):
            self._exchange.withdraw(self.wallet.lock(), 300_000_000)
        elif stage.is_day(every=1, tick=1) and self.wallet.balance > 10_000_000:
            person = self._dice.choice(self._crowd.people)
            self.wallet.pays(person.wallet, self._dice.between(1_000_000, 4_000_000))
