"""Tags that cannot both be right: kept both, and shown.

Two tags of one address contradict each other where they name different actors
for the same time, or concepts that exclude each other: an address is not both
a market's and a ransomware gang's. Which of them is right, if any, is not
decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from dalil.attribution.names import plain_name
from dalil.attribution.services import ABUSES, service_kind, service_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.attribution.model import Tag

__all__ = ["Conflict", "actor_key", "conflicts"]

_COMPATIBLE = frozenset(
    {
        "bridge",
        "broker",
        "custody",
        "defi",
        "exchange",
        "mining_pool",
        "money_service",
        "payment_processor",
        "service",
    }
)
"""Lines of business that one house may well have together."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two tags of one address that contradict each other."""

    kind: str
    """``actors`` or ``concepts``."""
    why: str
    first: Tag
    second: Tag

    def to_json(self) -> dict[str, Any]:
        """Return the conflict as it goes over the wire."""
        return {
            "kind": self.kind,
            "why": self.why,
            "between": [_brief(self.first), _brief(self.second)],
        }


def actor_key(tag: Tag) -> str | None:
    """Name the tag's actor so that spellings of one actor compare equal."""
    if tag.actor is None:
        return None
    service = service_of(tag)
    if service is not None:
        return service.key
    return tag.actor_id or plain_name(tag.actor)


def conflicts(tags: Sequence[Tag]) -> list[Conflict]:
    """List the contradictions among the tags of one address.

    Each pair of claims is listed once, by the first tags (by file and line)
    that make them. Tags whose days do not overlap do not contradict each
    other: custody changed.

    Notes
    -----
    Actors are compared by ActorPack id where one is imported, else by plain
    name. Two names of one actor that neither knows show as a conflict; that
    is for a person to settle.
    """
    ordered = sorted(tags, key=lambda tag: (tag.file_name, tag.line, tag.label))
    found: dict[tuple[str, frozenset[str]], Conflict] = {}
    for first, second in combinations(_distinct(ordered), 2):
        if first.address != second.address or not _overlap(first, second):
            continue
        for kind, sides in _contradictions(first, second):
            why = f"{kind}: {sides[0]} or {sides[1]}"
            found.setdefault(
                (kind, frozenset(sides)), Conflict(kind, why, first, second)
            )
    return list(found.values())


def _distinct(tags: Sequence[Tag]) -> list[Tag]:
    """Keep the first tag of each claim, so that pairs stay few."""
    claims = {
        (tag.address, actor_key(tag), _role(tag), tag.valid_from, tag.valid_to): tag
        for tag in reversed(tags)
    }
    return list(reversed(claims.values()))


def _contradictions(first: Tag, second: Tag) -> list[tuple[str, tuple[str, str]]]:
    found = []
    one, other = actor_key(first), actor_key(second)
    if one is not None and one == other:
        return []
    if one is not None and other is not None:
        found.append(("actors", (str(first.actor), str(second.actor))))
    roles = _role(first), _role(second)
    if roles[0] and roles[1] and _exclude(roles[0], roles[1]):
        found.append(("concepts", (roles[0], roles[1])))
    return found


def _role(tag: Tag) -> str | None:
    kind = service_kind(tag)
    if kind is not None:
        return kind
    for concept in tag.concepts:
        if concept in ABUSES:
            return concept
    return None


def _exclude(one: str, other: str) -> bool:
    if one == other:
        return False
    if {one, other} <= ABUSES:
        return False  # who extorts may well deceive
    return not {one, other} <= _COMPATIBLE


def _overlap(first: Tag, second: Tag) -> bool:
    starts = [day for day in (first.valid_from, second.valid_from) if day]
    ends = [day for day in (first.valid_to, second.valid_to) if day]
    return not starts or not ends or max(starts) <= min(ends)


def _brief(tag: Tag) -> dict[str, Any]:
    return {
        "label": tag.label,
        "actor": tag.actor,
        "concepts": list(tag.concepts),
        "file_name": tag.file_name,
        "file_sha256": tag.file_sha256,
        "line": tag.line,
    }
