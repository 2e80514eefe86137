"""The stage an account exercise plays on: a chain, a clock, and who holds what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dalil.exercise.accounts.chain import AccountChain
from dalil.exercise.accounts.coins import DOLLAR, NATIVE, exercise_key
from dalil.exercise.accounts.earmarks import Earmarks
from dalil.exercise.dice import Dice
from dalil.exercise.stage import START_UTC

if TYPE_CHECKING:
    from dalil.exercise.accounts.coins import Coin

__all__ = [
    "DOLLARS",
    "HOURS_A_DAY",
    "AccountActor",
    "AccountPlayer",
    "AccountStage",
    "Posting",
    "Size",
]

HOURS_A_DAY = 24
DOLLARS = 10**6
"""Base units of a dollar; of the network's own coin too."""
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is."""

    days: int = 60
    n_people: int = 150
    """Ordinary people: they pay, save, give, and sell to brokers."""
    n_children: int = 600
    """Accounts that rent energy; the brief's service has 50,000."""


class Posting(NamedTuple):
    """An address that an appeal names, and when."""

    time_utc: int
    address: bytes


@dataclass
class AccountActor:
    """A party; `kind` is the truth that tools try to find."""

    id: str
    name: str
    kind: str
    accounts: dict[str, list[bytes]] = field(default_factory=dict)
    """By role, in the order in which they were opened."""


class AccountPlayer(Protocol):
    """Something that acts every hour."""

    def act(self, stage: AccountStage) -> None:
        """Do what is due in this hour."""


class AccountStage:
    """What all players share; its dice fall by seed and purpose.

    Attributes
    ----------
    owner : dict
        Actor and role by address.
    noise : set of bytes
        Hashes of transactions that are poisoning.
    children : list of bytes
        Whoever the energy-rental service ever lent to.
    """

    def __init__(self, seed: int, size: Size) -> None:
        self.seed, self.size, self.hour = seed, size, 0
        self.chain = AccountChain(f"{seed}")
        self.actors: list[AccountActor] = []
        self.owner: dict[bytes, tuple[AccountActor, str]] = {}
        self.noise: set[bytes] = set()
        self.children: list[bytes] = []
        self.earmarks = Earmarks(self.dice("earmarks"), self.chain, self.passes_on)
        self._n_opened: Counter[str] = Counter()

    def dice(self, purpose: str) -> Dice:
        """Return a stream of chance of its own for `purpose`."""
        return Dice(self.seed, f"accounts/{purpose}")

    def cast(self, actor_id: str, name: str, kind: str) -> AccountActor:
        """Bring in a party."""
        actor = AccountActor(actor_id, name, kind)
        self.actors.append(actor)
        return actor

    def account(self, actor: AccountActor, role: str, key: bytes = b"") -> bytes:
        """Open an account; `key` where its bytes are chosen and not drawn."""
        if not key:
            name = f"{self.seed}/{actor.id}/{role}"
            self._n_opened[name] += 1
            key = exercise_key(f"{name}/{self._n_opened[name]}")
        actor.accounts.setdefault(role, []).append(key)
        self.owner[key] = (actor, role)
        return key

    def passes_on(self, address: bytes) -> bool:
        """Tell whether donations are followed through this address."""
        found = self.owner.get(address)
        return found is not None and found[0].kind == "campaign"

    def held(self, address: bytes, coin: Coin = DOLLAR) -> int:
        """Tell a balance, in base units."""
        return self.chain.balance[coin, address]

    def fuel(self, giver: bytes, account: bytes, amount: int = 30 * DOLLARS) -> None:
        """Send some of the network's coin for fees, unless some is there."""
        if self.held(account, NATIVE) < DOLLARS:
            self.chain.pay(NATIVE, giver, account, amount)

    @property
    def day(self) -> int:
        """Whole days since the start."""
        return self.hour // HOURS_A_DAY

    @property
    def time_utc(self) -> int:
        """Unix seconds of the block that is open."""
        return self.time_of(self.hour)

    def time_of(self, hour: int) -> int:
        """Tell when an hour's block is closed."""
        return START_UTC + hour * _HOUR

    def is_hour(self, hour: int, *, every: int = 1, offset: int = 0) -> bool:
        """Tell whether this is `hour` of a day that comes `every` so often."""
        in_day = self.hour % HOURS_A_DAY
        return in_day == hour and (self.day - offset) % every == 0
