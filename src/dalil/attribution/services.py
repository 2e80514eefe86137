"""Which tags make an address a border: a service that pools its customers' money.

Behind such an address the ledger no longer tells whose money is whose, so a
trace ends there. The rules err towards a border: an end too many claims less
than the truth, an end too few blames strangers. In order: the tag's own
concepts; then, unless the tag names an abuse (a thief's address is not the
exchange he robbed), the actor's categories, a short table of services that
lists name without saying what they are, and what a name itself declares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.attribution.names import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.attribution.model import Tag

__all__ = [
    "ABUSES",
    "KIND_OF_CONCEPT",
    "KNOWN_SERVICES",
    "KnownService",
    "kind_rank",
    "known_service",
    "service_kind",
    "service_of",
]

KIND_OF_CONCEPT = {
    "exchange": "exchange",
    "p2p_exchange": "exchange",
    "defi_dex": "exchange",
    "mixing_service": "mixer",
    "mixer": "mixer",
    "coinjoin": "mixer",
    "payment_processor": "payment_processor",
    "broker": "broker",
    "otc": "broker",
    "money_service": "money_service",
    "gambling": "gambling",
    "market": "marketplace",
    "marketplace": "marketplace",
    "mining_service": "mining_pool",
    "mining_pool": "mining_pool",
    "miner": "mining_pool",
    "wallet_service": "custody",
    "hosted_wallet": "custody",
    "custody": "custody",
    "defi_bridge": "bridge",
    "bridge": "bridge",
    "defi": "defi",
    "defi_lending": "defi",
    "defi_derivative": "defi",
    "faucet": "service",
    "service": "service",
}
"""Concepts that mean a border, and the kind of border. Where a tag has several,
the first kind in this order stands."""

_ORDER = list(dict.fromkeys(KIND_OF_CONCEPT.values()))

ABUSES = frozenset(
    {
        "extremism",
        "phishing",
        "ponzi_scheme",
        "ransomware",
        "scam",
        "service_hack",
        "sextortion",
        "terrorism",
        "terrorism_financing",
        "theft",
    }
)
"""Concepts that say what was done, not who keeps the keys for whom."""


@dataclass(frozen=True, slots=True)
class KnownService:
    """A service that official lists name without its line of business."""

    key: str
    kind: str
    names: frozenset[str]
    """Plain names; see `names.plain_name`."""
    actor_ids: frozenset[str]
    """GraphSense's ActorPack ids; kept apart, since `hydra` there is another."""
    source: str
    """Where its line of business is published."""


def _known(
    key: str, kind: str, day: str, names: str = "", actor_ids: str = ""
) -> KnownService:
    return KnownService(
        key,
        kind,
        frozenset({key, *names.split()}),
        frozenset(actor_ids.split()),
        f"https://ofac.treasury.gov/recent-actions/{day}",
    )


KNOWN_SERVICES = (
    _known(
        "buycash",
        "money_service",
        "20231018",
        "buycashmoneyandmoneytransfercompany buycashmoneytransfercompany",
    ),
    _known("suex", "exchange", "20210921", "suexotcsro", "suex"),
    _known("chatex", "exchange", "20211108", "", "chatex"),
    _known("garantex", "exchange", "20220405", "garantexeuropeou", "garantex"),
    _known("hydramarket", "marketplace", "20220405", "hydra", "hydramarket"),
    _known("blender", "mixer", "20220506", "blenderio", "blenderio"),
    _known("tornado", "mixer", "20220808", "tornadocash", "tornado"),
    _known("sinbad", "mixer", "20231129", "sinbadio", "sinbadio"),
    _known("cryptex", "exchange", "20240926", "cryptexfinance", "cryptexfinance"),
    _known("grinex", "exchange", "20250814", "", "grinex"),
)
_BY_NAME = {name: service for service in KNOWN_SERVICES for name in service.names}
_BY_ACTOR_ID = {it: service for service in KNOWN_SERVICES for it in service.actor_ids}

_DECLARED = (
    (re.compile(r"\b(?:crypto)?exchange\b", re.IGNORECASE), "exchange"),
    (
        re.compile(r"\bmoney (?:transfer|exchange|service)", re.IGNORECASE),
        "money_service",
    ),
    (re.compile(r"\bOTC\b"), "broker"),
    (re.compile(r"\b(?:mixer|tumbler)\b", re.IGNORECASE), "mixer"),
)


def known_service(name: str | None) -> KnownService | None:
    """Find a name in the shipped table.

    >>> known_service("BUY CASH MONEY AND MONEY TRANSFER COMPANY").kind
    'money_service'
    """
    return _BY_NAME.get(plain_name(name)) if name else None


def service_of(tag: Tag) -> KnownService | None:
    """Find the tag's actor in the shipped table: by ActorPack id, else by name."""
    if tag.actor_id is not None:
        return _BY_ACTOR_ID.get(tag.actor_id)
    return known_service(tag.actor)


def service_kind(tag: Tag) -> str | None:
    """Say which kind of service the tag makes its address, if any.

    Returns
    -------
    str or None
        ``exchange``, ``mixer``, ``payment_processor``, ``broker``,
        ``money_service``, ``gambling``, ``marketplace``, ``mining_pool``,
        ``custody``, ``bridge``, ``defi`` or ``service``. None does not prove a
        private wallet: only that no tag says otherwise.
    """
    own = _first_kind(tag.concepts)
    if own is not None:
        return own
    if not ABUSES.isdisjoint(tag.concepts):
        return None
    service = service_of(tag)
    if service is not None:
        return service.kind
    return _first_kind(tag.actor_concepts) or _declared(tag.actor_name or tag.actor)


def kind_rank(kind: str) -> int:
    """Rank a kind of service: of several, the lowest says most."""
    return _ORDER.index(kind)


def _first_kind(concepts: Iterable[str]) -> str | None:
    kinds = [KIND_OF_CONCEPT[one] for one in concepts if one in KIND_OF_CONCEPT]
    return min(kinds, key=kind_rank, default=None)


def _declared(name: str | None) -> str | None:
    for pattern, kind in _DECLARED:
        if name and pattern.search(name):
            return kind
    return None
