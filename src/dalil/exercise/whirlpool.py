"""A Whirlpool-shaped mixer: tx0, then five coins in and five equal coins out."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.exercise.locks import data_script
from dalil.exercise.wallet import Payee, Share, fee_for

if TYPE_CHECKING:
    from dalil.exercise.people import Crowd
    from dalil.exercise.signing import Coin
    from dalil.exercise.stage import Actor, Stage
    from dalil.exercise.wallet import Wallet

__all__ = ["Guest", "Whirlpool"]

_PARTIES = 5
_MIX_FEE = 302
_POOL_FEE_PERCENT = 5


@dataclass(eq=False)
class Guest:
    """Who mixes: where the coins come from and where they wait."""

    source: Wallet
    premix: Wallet
    postmix: Wallet
    stays: bool = True
    """Whether finished coins wait for further mixes."""
    done: list[Coin] = field(default_factory=list)


class Whirlpool:
    """One pool of one denomination, with its coordinator.

    `tx0` cuts a guest's coins into premix coins, each a little above the
    denomination; every mix takes premix and finished coins of five different
    guests and gives each one coin of exactly the denomination.
    """

    def __init__(self, stage: Stage, crowd: Crowd, denomination: int) -> None:
        actor = stage.cast("coordinator_juniper", "Exercise Mixer Juniper", "mixer")
        self.actor = actor
        self.fees = stage.wallet(actor, "fees")
        stage.following.absorbing.add(self.fees.number)
        self.denomination = denomination
        self._premix: list[tuple[Guest, Coin]] = []
        self._remix: list[tuple[Guest, Coin]] = []
        self._crowd = crowd
        self._guests: dict[int, Guest] = {}
        self._dice = stage.dice("whirlpool")

    def act(self, stage: Stage) -> None:
        """Take in a saver or two now and then, and mix while five differ."""
        if stage.day < 25:
            return
        per_four_days = 1 + stage.scale // 4
        for _ in range(self._dice.times(per_four_days, 4 * stage.ticks_per_day)):
            self._recruit(stage)
        if stage.is_day(every=2, tick=1):
            for _ in range(1 + stage.scale // 4):
                self._mix(stage)

    def enter(self, guest: Guest, n_coins: int) -> None:
        """Cut coins of the guest's source into `n_coins` premix coins (tx0).

        Raises
        ------
        InputError
            If the source cannot pay for them.
        """
        ready = self.denomination + _MIX_FEE * 2
        payees = [Payee(ready, guest.premix.lock()) for _ in range(n_coins)]
        pool_fee = self.denomination * _POOL_FEE_PERCENT // 100
        payees.append(Payee(pool_fee, self.fees.lock()))
        total = ready * n_coins + pool_fee
        coins = guest.source.pick(total, n_coins + 3)
        tag = sha256(coins[0].txid).digest()
        note = Payee(0, script=data_script(tag + tag))
        rest = sum(c.value for c in coins) - total - fee_for(coins, n_coins + 4, 3)
        if rest > 1_000:
            payees.append(Payee(rest, guest.source.lock()))
        paid = guest.source.chain.transact([Share(coins, [*payees, note])])
        for coin in paid.made[0][:n_coins]:
            assert coin is not None
            self._premix.append((guest, coin))

    def leave(self, guest: Guest) -> list[Coin]:
        """Return the guest's finished coins, which the pool forgets."""
        mine = [coin for who, coin in self._remix if who is guest]
        self._remix = [entry for entry in self._remix if entry[0] is not guest]
        return mine + guest.done

    def guest(self, stage: Stage, actor: Actor, source: Wallet) -> Guest:
        """Open the wallets an owner mixes with."""
        premix = stage.wallet(actor, "premix")
        postmix = stage.wallet(actor, "postmix")
        return Guest(source, premix, postmix)

    def _recruit(self, stage: Stage) -> None:
        person = self._dice.choice(self._crowd.savers)
        wallet = person.wallet
        n_coins = self._dice.between(3, 6)
        if wallet.kind is not ScriptType.P2WPKH:
            return
        if wallet.balance < self.denomination * (n_coins + 1):
            return
        guest = self._guests.get(wallet.number)
        if guest is None:
            actor = stage.owner[wallet.number][0]
            guest = self._guests[wallet.number] = self.guest(stage, actor, wallet)
        self.enter(guest, n_coins)

    def _mix(self, stage: Stage) -> None:
        fresh = self._draw(self._premix, 2 + self._dice.below(2), [])
        finished = self._draw(self._remix, _PARTIES - len(fresh), fresh)
        more = _PARTIES - len(fresh) - len(finished)
        fresh += self._draw(self._premix, more, fresh + finished)
        chosen = fresh + finished
        if len(chosen) < _PARTIES or not fresh:
            return
        shares = [
            Share([coin], [Payee(self.denomination, guest.postmix.lock())])
            for guest, coin in chosen
        ]
        for entry in chosen:
            (self._premix if entry in self._premix else self._remix).remove(entry)
        paid = stage.chain.transact(shares)
        stage.coinjoins[paid.id] = "whirlpool"
        for (guest, _), (coin,) in zip(chosen, paid.made, strict=True):
            assert coin is not None
            if guest.stays and len(self._remix) < 40 + 10 * stage.scale:
                self._remix.append((guest, coin))
            else:
                guest.done.append(coin)

    def _draw(
        self,
        pool: list[tuple[Guest, Coin]],
        n: int,
        beside: list[tuple[Guest, Coin]],
    ) -> list[tuple[Guest, Coin]]:
        """Draw up to `n` coins of guests that differ from each other."""
        taken = {id(guest) for guest, _ in beside}
        drawn: list[tuple[Guest, Coin]] = []
        for entry in self._dice.shuffled(pool[:200]):
            if len(drawn) == n:
                break
            if id(entry[0]) not in taken:
                taken.add(id(entry[0]))
                drawn.append(entry)
        return drawn
