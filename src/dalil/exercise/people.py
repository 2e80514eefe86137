"""Ordinary people: they pay each other and shops, save, and mine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.scripts import ScriptType

if TYPE_CHECKING:
    from dalil.exercise.locks import Lock
    from dalil.exercise.minichain import Paid
    from dalil.exercise.services import Exchange, Processor
    from dalil.exercise.stage import Stage
    from dalil.exercise.wallet import Wallet

__all__ = ["PAYMENT_SAT", "Crowd", "Miners", "Person"]

_KINDS = (
    *[ScriptType.P2WPKH] * 11,
    *[ScriptType.P2PKH] * 3,
    *[ScriptType.P2SH] * 3,
    *[ScriptType.P2TR] * 3,
)
PAYMENT_SAT = (20_000, 80_000, 200_000, 600_000, 3_000_000)
"""Quantiles of everyday payments."""
_WITHDRAWAL_SAT = (2_000_000, 4_000_000, 7_000_000, 12_000_000, 40_000_000)
_SAVING_SAT = (25_000_000, 40_000_000, 60_000_000, 120_000_000)
_FEE_ROOM = 60_000


@dataclass
class Person:
    """Someone with a wallet and an account at an exchange."""

    wallet: Wallet
    exchange: Exchange
    withdrawals: tuple[int, ...]
    asked: int = field(default=-10_000)
    """The tick in which a withdrawal was last asked for."""

    def can_pay(self, value: int) -> bool:
        """Tell whether the coins cover `value` and a fee."""
        return self.wallet.balance >= value + _FEE_ROOM


class Crowd:
    """All ordinary people, and what they do in a tick.

    `savers` hold larger coins and are those who join CoinJoins.
    """

    def __init__(
        self,
        stage: Stage,
        exchanges: list[Exchange],
        shops: list[Wallet],
        processor: Processor,
    ) -> None:
        self._dice = stage.dice("crowd")
        self._shops = shops
        self._processor = processor
        self.people: list[Person] = []
        self.savers: list[Person] = []
        for i in range(120 * stage.scale):
            kind = self._dice.choice(_KINDS)
            self.people.append(self._person(stage, exchanges, i, kind))
        for i in range(60 + 4 * stage.scale):
            kind = ScriptType.P2TR if i % 4 == 3 else ScriptType.P2WPKH
            saver = self._person(stage, exchanges, len(self.people), kind, _SAVING_SAT)
            saver.wallet.reuses = False
            self.people.append(saver)
            self.savers.append(saver)

    def _person(
        self,
        stage: Stage,
        exchanges: list[Exchange],
        i: int,
        kind: ScriptType,
        withdrawals: tuple[int, ...] = _WITHDRAWAL_SAT,
    ) -> Person:
        actor = stage.cast(f"person_{i}", f"Exercise person {i}", "person")
        reuses = self._dice.chance(15)
        wallet = stage.wallet(actor, "wallet", kind, reuses=reuses)
        return Person(wallet, self._dice.choice(exchanges), withdrawals)

    def act(self, stage: Stage) -> None:
        """Let some people do something; newcomers and savers get coins first."""
        for _ in range(self._dice.times(18 * stage.scale, stage.ticks_per_day)):
            self._one_deed(stage)
        if stage.day < 40:
            n_savers = len(self.savers)
            for _ in range(self._dice.times(n_savers * 3, 20 * stage.ticks_per_day)):
                self.tops_up(stage, self._dice.choice(self.savers))

    def gives(self, stage: Stage, to: Lock, value: int) -> Paid | None:
        """Let somebody who can afford it pay; None if nobody was found in time."""
        for _ in range(8):
            person = self._dice.choice(self.people)
            if person.can_pay(value):
                return person.wallet.pays(to, value)
            self.tops_up(stage, person)
        return None

    def tops_up(self, stage: Stage, person: Person) -> None:
        """Withdraw from the exchange, at most once in two days."""
        if stage.tick - person.asked >= 2 * stage.ticks_per_day:
            person.asked = stage.tick
            value = self._dice.amount(person.withdrawals)
            person.exchange.withdraw(person.wallet.lock(), value)

    def _one_deed(self, stage: Stage) -> None:
        value = self._dice.amount(PAYMENT_SAT)
        deed = self._dice.below(100)
        if deed < 20:
            self.tops_up(stage, self._dice.choice(self.people))
        elif deed < 55:
            self.gives(stage, self._dice.choice(self.people).wallet.lock(), value)
        elif deed < 70:
            self.gives(stage, self._dice.choice(self._shops).lock(), value)
        elif deed < 85:
            self.gives(stage, self._processor.invoices.lock(), value)
        else:
            person = self._dice.choice(self.people)
            if person.can_pay(value):
                to = person.exchange.deposit_lock(person.wallet)
                person.wallet.pays(to, value)


class Miners:
    """Pools that sell most of what they mine."""

    def __init__(
        self, stage: Stage, exchanges: list[Exchange], names: list[str]
    ) -> None:
        self.wallets: list[Wallet] = []
        self._exchanges = exchanges
        for name in names:
            actor = stage.cast(name.lower().replace(" ", "_"), name, "mining_pool")
            wallet = stage.wallet(actor, "rewards", ScriptType.P2PKH, reuses=True)
            self.wallets.append(wallet)

    def of(self, tick: int) -> Wallet:
        """Return the wallet that earns the block of this tick."""
        return self.wallets[tick % len(self.wallets)]

    def act(self, stage: Stage) -> None:
        """Sell every other day: rewards to the exchange."""
        if not stage.is_day(every=2, tick=1):
            return
        for i, wallet in enumerate(self.wallets):
            coins = [*wallet.coins.values()][:100]
            if sum(coin.value for coin in coins) > 10_000_000:
                exchange = self._exchanges[(i + stage.day) % len(self._exchanges)]
                wallet.sweeps(exchange.deposit_lock(wallet), coins)
