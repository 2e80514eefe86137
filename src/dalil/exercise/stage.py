"""The stage an exercise plays on: a chain, a clock, and who owns which wallet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.exercise.dice import Dice
from dalil.exercise.following import Following
from dalil.exercise.minichain import MiniChain

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.exercise.wallet import Wallet

__all__ = ["DAY", "DAYS", "START_UTC", "Actor", "Player", "Stage", "rounds_for"]

START_UTC = 1_738_368_000
"""2025-02-01, the first day of every exercise."""
DAYS = 90
DAY = 86_400
"""Seconds."""
_WARM_UP_BLOCKS = 140
_WARM_UP_STEP = 4 * 3600


@dataclass
class Actor:
    """A party of the exercise; `kind` is the truth that tools try to find."""

    number: int
    id: str
    name: str
    kind: str
    wallets: list[Wallet] = field(default_factory=list)


class Player(Protocol):
    """Something that acts each time the clock ticks."""

    def act(self, stage: Stage) -> None:
        """Do what there is to do in this tick."""


class Stage:
    """Holds what all players share; its dice fall by seed and purpose.

    Attributes
    ----------
    owner : list of (Actor, str)
        Actor and role of each wallet, by the wallet's number.
    coinjoins : dict
        Type of each CoinJoin, by txid as written.
    """

    def __init__(self, seed: int, scale: int, sink: Callable[[bytes], None]) -> None:
        self.seed = seed
        self.scale = scale
        self.ticks_per_day = 4 * rounds_for(scale, per=60)
        self.tick = 0
        self.actors: list[Actor] = []
        self.owner: dict[int, tuple[Actor, str]] = {}
        self.coinjoins: dict[str, str] = {}
        start = START_UTC - _WARM_UP_BLOCKS * _WARM_UP_STEP - DAY
        self.chain = MiniChain(seed, sink=sink, warm_up=0, start_utc=start)
        self.following = Following(lambda number: self.owner[number][0].id)
        self.chain.watchers.append(self.following.watch)

    def dice(self, purpose: str) -> Dice:
        """Return a stream of chance of its own for `purpose`."""
        return Dice(self.seed, purpose)

    def cast(self, actor_id: str, name: str, kind: str) -> Actor:
        """Bring in a party."""
        actor = Actor(len(self.actors), actor_id, name, kind)
        self.actors.append(actor)
        return actor

    def wallet(
        self,
        actor: Actor,
        role: str,
        kind: ScriptType = ScriptType.P2WPKH,
        *,
        reuses: bool = False,
    ) -> Wallet:
        """Open a wallet for an actor."""
        wallet = self.chain.wallet(f"{actor.id}.{role}", kind)
        wallet.reuses = reuses
        actor.wallets.append(wallet)
        self.owner[wallet.number] = (actor, role)
        return wallet

    @property
    def n_ticks(self) -> int:
        """Ticks from the first day to the last."""
        return DAYS * self.ticks_per_day

    @property
    def day(self) -> int:
        """Whole days since the start."""
        return self.tick // self.ticks_per_day

    @property
    def time_utc(self) -> int:
        """Unix seconds of the tick."""
        return START_UTC + self.tick * DAY // self.ticks_per_day

    def is_day(self, *, every: int, offset: int = 0, tick: int = 0) -> bool:
        """Tell whether this is tick `tick` of a day that comes `every` so often."""
        in_day = self.tick % self.ticks_per_day
        return in_day == tick and (self.day - offset) % every == 0

    def warm_up(self, miners: list[Wallet]) -> None:
        """Mine in turn until enough rewards have matured to start a market."""
        for i in range(_WARM_UP_BLOCKS):
            time_utc = START_UTC - (_WARM_UP_BLOCKS - i) * _WARM_UP_STEP
            self.chain.mine(miners[i % len(miners)], time_utc)


def rounds_for(scale: int, *, per: int) -> int:
    """Return how many of something `scale` needs when one serves `per`."""
    return max(1, -(-scale // per))
