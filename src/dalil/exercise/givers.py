"""Charities, a broker with many customers, an impostor, an exchange that closed.

The benign ones take small donations of the same size and rhythm as the
campaign: nothing about the shape of their income tells them apart.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.exercise.services import sweep_all
from dalil.exercise.truth import Receipt
from dalil.ids import format_outpoint

if TYPE_CHECKING:
    from dalil.exercise.locks import Lock
    from dalil.exercise.minichain import Paid
    from dalil.exercise.people import Crowd
    from dalil.exercise.services import Exchange
    from dalil.exercise.stage import Actor, Stage

__all__ = [
    "DONATION_SAT",
    "Broker",
    "Charity",
    "ClosedExchange",
    "Impostor",
    "receipt_of",
]

DONATION_SAT = (20_000, 80_000, 150_000, 250_000, 450_000, 3_000_000)
"""Quantiles of every donation, the campaign's and the charities' alike."""

CLOSING_DAY = 35
"""The day the closed exchange's addresses pass to its liquidator."""


class Charity:
    """A charity with one published address; `layers` hops before it sells.

    With layers it is the benign twin of the campaign's hub chain (P5).
    """

    def __init__(
        self, stage: Stage, actor: Actor, crowd: Crowd, exchange: Exchange, layers: int
    ) -> None:
        self.actor = actor
        self.published = stage.wallet(actor, "published", reuses=True)
        self.address = self.published.address()
        self._layers = [stage.wallet(actor, f"layer{i}") for i in range(layers)]
        self._crowd = crowd
        self._exchange = exchange
        self._dice = stage.dice(actor.id)

    def act(self, stage: Stage) -> None:
        """Receive donations; pass them on once a week, a hop a day."""
        for _ in range(self._dice.times(stage.scale, stage.ticks_per_day)):
            value = self._dice.amount(DONATION_SAT)
            self._crowd.gives(stage, self.published.lock(), value)
        chain = [self.published, *self._layers]
        for hop, wallet in enumerate(chain):
            if stage.is_day(every=7, offset=hop + 1, tick=3):
                last = hop + 1 == len(chain)
                account = self._exchange.deposit_lock(self.published)
                sweep_all(wallet, account if last else chain[hop + 1].lock())


class Broker:
    """An over-the-counter desk: round amounts in, from anybody, and sold on."""

    def __init__(
        self, stage: Stage, actor: Actor, crowd: Crowd, exchange: Exchange
    ) -> None:
        self.actor = actor
        self.desk = stage.wallet(actor, "desk", ScriptType.P2PKH, reuses=True)
        stage.following.absorbing.add(self.desk.number)
        self._crowd = crowd
        self._exchange = exchange
        self._dice = stage.dice(actor.id)

    def act(self, stage: Stage) -> None:
        """Serve customers; sell every four days."""
        for _ in range(self._dice.times(stage.scale, stage.ticks_per_day)):
            value = self._dice.choice((500_000, 1_000_000, 2_000_000, 5_000_000))
            self._crowd.gives(stage, self.desk.lock(), value)
        if stage.is_day(every=4, offset=2, tick=3):
            sweep_all(self.desk, self._exchange.deposit_lock(self.desk))


class Impostor:
    """Copies the campaign's appeal with an address of his own (P1's trap)."""

    def __init__(
        self, stage: Stage, actor: Actor, crowd: Crowd, exchange: Exchange
    ) -> None:
        self.actor = actor
        self.purse = stage.wallet(actor, "purse", reuses=True)
        self.address = self.purse.address()
        self.receipts: list[Receipt] = []
        self._crowd = crowd
        self._exchange = exchange
        self._dice = stage.dice(actor.id)

    def act(self, stage: Stage) -> None:
        """Take what comes between day 40 and 60; then sell it."""
        if 40 <= stage.day < 60:
            for _ in range(self._dice.times(stage.scale, 2 * stage.ticks_per_day)):
                value = self._dice.amount(DONATION_SAT)
                paid = self._crowd.gives(stage, self.purse.lock(), value)
                if paid is not None:
                    self.receipts.append(receipt_of(stage, paid, self.actor, "copy"))
        elif stage.day == 70 and stage.is_day(every=1, tick=1):
            sweep_all(self.purse, self._exchange.deposit_lock(self.purse))


class ClosedExchange:
    """An exchange that closes on `CLOSING_DAY`; a liquidator takes its keys.

    A tag on its address is true until then and false afterwards (P17).
    """

    def __init__(self, stage: Stage, crowd: Crowd) -> None:
        self.actor = stage.cast("exchange_date", "Exercise Exchange Date", "exchange")
        heir = stage.cast("liquidator", "Exercise Liquidator", "liquidator")
        self.account = stage.wallet(
            self.actor, "account", ScriptType.P2PKH, reuses=True
        )
        self._estate = stage.wallet(heir, "estate", ScriptType.P2PKH, reuses=True)
        numbers = {self.account.number, self._estate.number}
        stage.following.absorbing |= numbers
        self._crowd = crowd
        self._dice = stage.dice("exchange_date")

    def lock(self, stage: Stage) -> Lock:
        """Return the address's lock, owned by whoever holds its key today."""
        lock = self.account.lock()
        if stage.day >= CLOSING_DAY:
            return replace(lock, owner=self._estate.number)
        return lock

    def act(self, stage: Stage) -> None:
        """Serve a few customers while it is open."""
        if stage.day < CLOSING_DAY and stage.is_day(every=2, tick=2):
            value = self._dice.between(200_000, 2_000_000)
            self._crowd.gives(stage, self.account.lock(), value)


def receipt_of(stage: Stage, paid: Paid, to: Actor, route: str) -> Receipt:
    """Note the payment's first output as a donation, and follow it from now on."""
    coin = paid.made[0][0]
    assert coin is not None
    stage.following.mark(coin)
    return Receipt(
        stage.time_utc,
        to.id,
        route,
        stage.owner[coin.lock.owner][0].id,
        coin.lock.address,
        format_outpoint(coin.txid, coin.index),
        coin.value,
    )
