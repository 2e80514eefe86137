"""What a findings document says of chains that keep accounts: walks and assets.

Amounts are decimal strings of base units, since a token's may need 256 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dalil.evidence.canonical import content_hash, plain

if TYPE_CHECKING:
    from dalil.evidence.document import Money, PriceFacts

__all__ = [
    "AccountEnd",
    "AccountTrace",
    "Asset",
    "AssetStop",
    "AssetTarget",
    "WalkedAccount",
    "WalkedTransfer",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEnd:
    """A coin that is not followed on, with its local bounds and conventions.

    `coin` is a transfer, ``txid:place``, or what that left at the account which
    paid it, ``rest of ADDRESS after txid:place``.
    """

    coin: str
    reason: str
    name: str | None
    lower_amount: str
    upper_amount: str
    haircut_amount: str | None
    fifo_amount: str | None
    lifo_amount: str | None
    poison_amount: str | None


@dataclass(frozen=True, slots=True)
class WalkedTransfer:
    """One transfer to or from an account of the walk."""

    name: str
    from_: str
    to: str
    amount: str
    time_utc: str


@dataclass(frozen=True, slots=True)
class WalkedAccount:
    """An account that seed money came to and left again.

    `first` is the first transfer counted, and `before_amount` what it held
    ahead of that; null where that is not known.
    """

    address: str
    first: str
    before_amount: str | None


@dataclass(frozen=True, kw_only=True)
class AccountTrace:
    """One walk over the accounts of one token, as token flows cite it.

    Parameters
    ----------
    seeds : tuple of str
        Transfers that brought the money in question, by name.
    accounts : tuple of WalkedAccount
    transfers : tuple of WalkedTransfer
        Every transfer of the token to or from these accounts from the first
        of each on, in the ledger's order; what is worth nothing, and what an
        account sends itself, left out.
    ends : tuple of AccountEnd
        Every coin of value that stops.
    reentry : str, optional
        Why seed money may have come back unseen.
    """

    chain: str
    token: str
    direction: Literal["forward", "backward"]
    seeds: tuple[str, ...]
    seed_addresses: tuple[str, ...]
    accounts: tuple[WalkedAccount, ...]
    transfers: tuple[WalkedTransfer, ...]
    ends: tuple[AccountEnd, ...]
    reentry: str | None

    @property
    def id(self) -> str:
        """SHA-256 of the record in canonical form."""
        return content_hash(self)

    def to_json(self) -> dict[str, Any]:
        """Lay the record out with its id."""
        return {"id": self.id, **plain(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetStop:
    """A place where the trace of an asset ends, as the report lists it."""

    reason: str
    where: str
    name: str | None
    lower_amount: str
    upper_amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetTarget:
    """One line of an asset's summary; its figures are those of its finding."""

    name: str
    finding: str
    service: str | None
    direct_amount: str
    lower_amount: str
    upper_amount: str
    haircut_amount: str | None
    fifo_amount: str | None
    lifo_amount: str | None
    poison_amount: str | None
    received_amount: str
    money: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One token of one ledger: what the seeds received, and where it went.

    `symbol` and `decimals` are null for a token that Dalil does not know: its
    own words for itself are nobody's evidence.
    """

    chain: str
    token: str
    symbol: str | None
    decimals: int | None
    seed_amount: str
    n_seeds: int
    trace: str | None
    prices: PriceFacts | None = None
    targets: tuple[AssetTarget, ...] = ()
    stops: tuple[AssetStop, ...] = ()
