"""Services: exchanges and a payment processor, which pool their customers' money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.exercise.wallet import DUST_SAT, Payee, fee_for

if TYPE_CHECKING:
    from dalil.exercise.locks import Lock
    from dalil.exercise.signing import Coin
    from dalil.exercise.stage import Actor, Stage
    from dalil.exercise.wallet import Wallet

__all__ = ["Exchange", "Processor", "sweep_all"]

_SWEEP_COINS = 40
_BATCH = 12
_SWEEP_WORTH = 20_000
_HOT_MOST = 40_000_000_000
_HOT_LEAST = 5_000_000_000


class Exchange:
    """A deposit address per customer, sweeps into one hot wallet, batched payouts.

    What customers pay in loses its identity in the hot wallet; what they take
    out is the exchange's money. That is why a trace must end here.
    """

    def __init__(self, stage: Stage, actor: Actor, hot: ScriptType) -> None:
        self.actor = actor
        self.hot = stage.wallet(actor, "hot", hot, reuses=True)
        self.cold = stage.wallet(actor, "cold", ScriptType.P2WSH, reuses=True)
        self.deposits = stage.wallet(actor, "deposits", hot)
        stage.following.absorbing |= {self.hot.number, self.cold.number}
        self._customers: dict[int, Lock] = {}
        self._queue: list[Payee] = []

    def deposit_lock(self, customer: Wallet) -> Lock:
        """Return the customer's own deposit address, the same one every time."""
        lock = self._customers.get(customer.number)
        if lock is None:
            lock = self._customers[customer.number] = self.deposits.lock()
        return lock

    def withdraw(self, to: Lock, value: int) -> None:
        """Ask for a payout; it goes out with the next batch that can pay it."""
        self._queue.append(Payee(value, to))

    def act(self, stage: Stage) -> None:
        """Sweep, pay out, and keep the hot wallet neither full nor empty."""
        if stage.is_day(every=1, tick=self.actor.number % stage.ticks_per_day):
            sweep_all(self.deposits, self.hot.lock())
            self._balance()
        available = self.hot.balance
        while self._queue and available > 0:
            batch: list[Payee] = []
            value = 0
            while self._queue and len(batch) < _BATCH:
                value += self._queue[0].value
                if value + 1_000_000 > available:
                    break
                batch.append(self._queue.pop(0))
            if not batch:
                break
            self.hot.pays_all(batch, change=self.hot.lock())
            available = self.hot.balance

    def _balance(self) -> None:
        held = self.hot.balance
        if held > _HOT_MOST:
            self.hot.pays(self.cold, held // 2)
        elif held < _HOT_LEAST and self.cold.balance > 2 * _HOT_LEAST:
            self.cold.pays_all(
                [Payee(_HOT_LEAST, self.hot.lock())], change=self.cold.lock()
            )


class Processor:
    """A fresh address per invoice, settled to merchants: P3's benign look-alike."""

    def __init__(self, stage: Stage, actor: Actor, merchants: list[Wallet]) -> None:
        self.actor = actor
        self.invoices = stage.wallet(actor, "invoices", ScriptType.P2SH)
        self.settlement = stage.wallet(
            actor, "settlement", ScriptType.P2WPKH, reuses=True
        )
        stage.following.absorbing |= {self.invoices.number, self.settlement.number}
        self._merchants = merchants

    def act(self, stage: Stage) -> None:
        """Consolidate every day, settle with a merchant every third."""
        if stage.is_day(every=1, tick=2):
            sweep_all(self.invoices, self.settlement.lock())
        if stage.is_day(every=3, tick=3):
            merchant = self._merchants[stage.day // 3 % len(self._merchants)]
            due = self.settlement.balance * 9 // 10
            if due > _SWEEP_WORTH * 10:
                self.settlement.pays_all(
                    [Payee(due, merchant.lock())], change=self.settlement.lock()
                )


def sweep_all(wallet: Wallet, to: Lock) -> None:
    """Send all coins of `wallet` to one lock, some dozens in each transaction."""
    coins = list(wallet.coins.values())
    for at in range(0, len(coins), _SWEEP_COINS):
        chunk: list[Coin] = coins[at : at + _SWEEP_COINS]
        worth = sum([coin.value for coin in chunk])
        if worth - fee_for(chunk, 1, 5) > max(_SWEEP_WORTH, DUST_SAT):
            wallet.sweeps(to, chunk)
