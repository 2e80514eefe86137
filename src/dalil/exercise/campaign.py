"""The donation campaign: five ways in, a hub, an operational wallet, ways out.

Typologies as the field numbers them: a static appeal address (P1), a rotating
pool (P2), an address per donor (P3), a deposit address at an exchange (P4), a
chain of hubs (P5), round amounts to a broker and to exchanges (P6), a part
through a mixer (P9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.exercise.givers import DONATION_SAT, receipt_of
from dalil.exercise.services import sweep_all

if TYPE_CHECKING:
    from dalil.exercise.givers import Broker, ClosedExchange
    from dalil.exercise.locks import Lock
    from dalil.exercise.people import Crowd
    from dalil.exercise.services import Exchange
    from dalil.exercise.stage import Actor, Stage
    from dalil.exercise.truth import Receipt
    from dalil.exercise.wallet import Wallet
    from dalil.exercise.whirlpool import Guest, Whirlpool

__all__ = ["Campaign", "Outlets", "Posting"]

POOL_SIZE = 17
_POOL_DAYS = 3
_MIX_DAYS = (50, 64)
_UNMIX_DAY = 86
_CAPTURE_DAYS = (33, 47, 61, 75)
_FEE_ROOM = 60_000


@dataclass(frozen=True, slots=True)
class Posting:
    """An address the campaign published, when and by which route."""

    time_utc: int
    route: str
    address: str


@dataclass(frozen=True)
class Outlets:
    """Where the campaign's money leaves."""

    hosted: Exchange
    """Keeps the campaign's donation account (P4)."""
    cash_out: Exchange
    after_mix: Exchange
    closed: ClosedExchange
    broker: Broker
    mixer: Whirlpool


class Campaign:
    """Receives through five routes and spends through `Outlets`.

    Attributes
    ----------
    postings : list of Posting
        What its appeals may name.
    receipts : list of Receipt
        Every donation.
    """

    def __init__(
        self, stage: Stage, actor: Actor, crowd: Crowd, outlets: Outlets
    ) -> None:
        self.actor = actor
        self.postings: list[Posting] = []
        self.receipts: list[Receipt] = []
        self._crowd = crowd
        self._out = outlets
        self._dice = stage.dice("campaign")
        self._static = stage.wallet(actor, "static", ScriptType.P2PKH, reuses=True)
        self._pool = stage.wallet(actor, "pool")
        self._site = stage.wallet(actor, "site", ScriptType.P2SH)
        self._layers = [stage.wallet(actor, f"layer{i}") for i in range(2)]
        self._hub = stage.wallet(actor, "hub")
        self._ops = stage.wallet(actor, "operational")
        self._pool_locks: list[Lock] = []
        self._guest: Guest | None = None

    def act(self, stage: Stage) -> None:
        """Publish, receive, gather and spend what is due in this tick."""
        self._receive_static(stage)
        self._receive_pool(stage)
        self._receive_site(stage)
        self._receive_hosted(stage)
        self._gather(stage)
        self._spend(stage)
        self._mix(stage)

    def _post(self, stage: Stage, route: str, lock: Lock) -> None:
        self.postings.append(Posting(stage.time_utc, route, lock.address))

    def _donations(
        self, stage: Stage, route: str, lock: Lock | None, per_week: int
    ) -> None:
        """Receive as many donations as a tick has; without a lock, one each."""
        n = self._dice.times(per_week * stage.scale, 7 * stage.ticks_per_day)
        for _ in range(n):
            self._donate(stage, route, lock or self._site.lock())

    def _donate(self, stage: Stage, route: str, lock: Lock) -> None:
        value = self._dice.amount(DONATION_SAT)
        paid = self._crowd.gives(stage, lock, value)
        if paid is not None:
            self.receipts.append(receipt_of(stage, paid, self.actor, route))

    def _receive_static(self, stage: Stage) -> None:
        if stage.day == 5 and stage.is_day(every=1):
            self._post(stage, "P1", self._static.lock())
        if 5 <= stage.day < 60:
            self._donations(stage, "P1", self._static.lock(), 9)

    def _receive_pool(self, stage: Stage) -> None:
        age = stage.day - 20
        if age < 0 or age >= POOL_SIZE * _POOL_DAYS + 9:
            return
        turn = min(age // _POOL_DAYS, POOL_SIZE - 1)
        while len(self._pool_locks) <= turn:
            self._pool_locks.append(self._pool.lock())
            self._post(stage, "P2", self._pool_locks[-1])
        self._donations(stage, "P2", self._pool_locks[turn], 11)

    def _receive_site(self, stage: Stage) -> None:
        """Mint an address per visitor; some visitors' pages were captured."""
        if not 30 <= stage.day < 80:
            return
        self._donations(stage, "P3", None, 6)
        if stage.day in _CAPTURE_DAYS and stage.is_day(every=1, tick=2):
            lock = self._site.lock()
            self._post(stage, "P3", lock)
            if stage.day != _CAPTURE_DAYS[-1]:  # the last visitor never paid
                self._donate(stage, "P3", lock)

    def _receive_hosted(self, stage: Stage) -> None:
        if not 25 <= stage.day < 80:
            return
        account = self._out.hosted.deposit_lock(self._ops)
        if stage.day == 25 and stage.is_day(every=1):
            self._post(stage, "P4", account)
        self._donations(stage, "P4", account, 4)

    def _gather(self, stage: Stage) -> None:
        """Pass everything on towards the operational wallet."""
        first, second = self._layers
        moves: list[tuple[int, int, int, Wallet, Wallet]] = [
            (4, 1, 0, self._static, first),
            (4, 1, 2, first, second),
            (4, 2, 1, second, self._hub),
            (7, 2, 3, self._pool, self._hub),
            (7, 3, 3, self._site, self._hub),
            (7, 4, 1, self._hub, self._ops),
        ]
        for every, offset, tick, source, target in moves:
            if stage.is_day(every=every, offset=offset, tick=tick):
                sweep_all(source, target.lock())
        if stage.is_day(every=10, offset=6) and stage.day > 20:
            own = self._dice.between(300_000, 900_000) * stage.scale
            self._out.hosted.withdraw(self._ops.lock(), own)

    def _spend(self, stage: Stage) -> None:
        """Pay broker and exchanges in round amounts, weekly from day 26."""
        if stage.day < 26:
            return
        if stage.is_day(every=7, offset=5, tick=2):
            self._pay_round(self._out.broker.desk.lock(), 3)
        if stage.is_day(every=7, offset=6, tick=1):
            self._pay_round(self._out.cash_out.deposit_lock(self._ops), 4)
        if stage.is_day(every=14, offset=2, tick=3):
            self._pay_round(self._out.closed.lock(stage), 5)

    def _pay_round(self, to: Lock, share: int) -> None:
        """Pay about a part of the balance, as 1, 2 or 5 and zeros."""
        most = self._ops.balance // share
        rounds = [f * 10**e for e in range(5, 11) for f in (1, 2, 5)]
        fitting = [value for value in rounds if value <= most]
        if fitting and self._ops.balance > fitting[-1] + _FEE_ROOM:
            self._ops.pays(to, fitting[-1])

    def _mix(self, stage: Stage) -> None:
        mixer = self._out.mixer
        if stage.day in _MIX_DAYS and stage.is_day(every=1, tick=3):
            if self._guest is None:
                self._guest = mixer.guest(stage, self.actor, self._ops)
                self._guest.stays = False
            n_coins = min(4, self._ops.balance * 2 // (3 * mixer.denomination))
            if n_coins:
                mixer.enter(self._guest, n_coins)
        if stage.day == _UNMIX_DAY and stage.is_day(every=1) and self._guest:
            to = self._out.after_mix.deposit_lock(self._ops)
            for coin in mixer.leave(self._guest):
                self._guest.postmix.sweeps(to, [coin])
