"""Exchanges with sweeps, brokers who serve many, and an energy-rental service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.accounts import EventKind
from dalil.exercise.accounts.chain import Told
from dalil.exercise.accounts.coins import DOLLAR, NATIVE
from dalil.exercise.accounts.stage import DOLLARS
from dalil.exercise.accounts.tronform import Call

if TYPE_CHECKING:
    from dalil.exercise.accounts.coins import Coin
    from dalil.exercise.accounts.stage import AccountActor, AccountStage

__all__ = ["AccountBroker", "AccountExchange", "EnergyRental"]

_LENT = 32_000 * DOLLARS


class AccountExchange:
    """Gives every customer a deposit address and empties it into a hot wallet."""

    def __init__(self, stage: AccountStage, actor: AccountActor) -> None:
        self.actor = actor
        self.hot = stage.account(actor, "hot")
        self.fuel = stage.account(actor, "fuel")
        self._deposits: dict[bytes, bytes] = {}
        self._dice = stage.dice(actor.id)

    def deposit_of(self, stage: AccountStage, customer: bytes) -> bytes:
        """Return the address where a customer pays in; always the same."""
        if customer not in self._deposits:
            self._deposits[customer] = stage.account(self.actor, "deposit")
        return self._deposits[customer]

    def withdraw(
        self, stage: AccountStage, to: bytes, amount: int, coin: Coin = DOLLAR
    ) -> None:
        """Pay a customer out of the hot wallet."""
        stage.chain.pay(coin, self.hot, to, amount)

    def act(self, stage: AccountStage) -> None:
        """Sweep what was paid in, every sixth hour."""
        if stage.hour % 6 != 5:
            return
        for deposit in self._deposits.values():
            if held := stage.held(deposit):
                stage.fuel(self.fuel, deposit, 5 * DOLLARS)
                stage.chain.pay(DOLLAR, deposit, self.hot, held)


class AccountBroker:
    """An OTC desk: takes dollars on the chain, pays cash; and the other way.

    Most of what it takes in has nothing to do with any campaign.
    """

    def __init__(
        self, stage: AccountStage, actor: AccountActor, exchange: AccountExchange
    ) -> None:
        self.actor = actor
        self.desk = stage.account(actor, "desk")
        self._exchange = exchange
        self._dice = stage.dice(actor.id)

    def act(self, stage: AccountStage) -> None:
        """Sell surplus at the exchange, twice a week."""
        if not stage.is_hour(15, every=3, offset=self._dice.below(3)):
            return
        surplus = stage.held(self.desk) // 2 // DOLLARS * DOLLARS
        if surplus > 1_000 * DOLLARS:
            to = self._exchange.deposit_of(stage, self.desk)
            stage.chain.pay(DOLLAR, self.desk, to, surplus)

    def sell(self, stage: AccountStage, to: bytes, amount: int) -> None:
        """Hand out dollars for cash, if the desk holds as much."""
        if stage.held(self.desk) >= amount:
            stage.chain.pay(DOLLAR, self.desk, to, amount)


class EnergyRental:
    """Lends energy to whoever pays a little, and opens accounts on request.

    It lends to the campaign and to everybody else: it links nobody.
    """

    def __init__(self, stage: AccountStage, actor: AccountActor) -> None:
        self.actor = actor
        self.pool = stage.account(actor, "pool")
        self._per_hour = -(-stage.size.n_children // (stage.size.days * 24))
        self._left = stage.size.n_children

    def act(self, stage: AccountStage) -> None:
        """Serve strangers: accounts that appear once and never again."""
        for _ in range(min(self._per_hour, self._left)):
            stranger = stage.account(self.actor, "stranger")
            self.open(stage, stranger)
            self.lend(stage, stranger)
            self._left -= 1

    def open(self, stage: AccountStage, account: bytes) -> None:
        """Activate an account."""
        chain = stage.chain
        tx = chain.act(self.pool, Call("AccountCreateContract", account))
        opened = Told(EventKind.ACTIVATION, bytes(20), account, self.pool)
        chain.tell(tx, opened, in_log=False)

    def lend(self, stage: AccountStage, account: bytes) -> None:
        """Delegate energy for an hour's transfers; the customer pays if he can."""
        chain = stage.chain
        if stage.held(account, NATIVE) > 20 * DOLLARS:
            chain.pay(NATIVE, account, self.pool, 3 * DOLLARS)
        call = Call("DelegateResourceContract", account, (_LENT,))
        lent = Told(EventKind.DELEGATION, bytes(20), account, self.pool, _LENT)
        chain.tell(chain.act(self.pool, call), lent, in_log=False)
        stage.children.append(account)
