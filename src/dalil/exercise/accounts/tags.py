"""What the public knows of an account exercise: services' own addresses, mostly.

Hot wallets and desks are tagged, a few deposit addresses are; the campaign is
not: its addresses are known from its appeals alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dalil.exercise.stage import START_UTC
from dalil.units import utc_day

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dalil.exercise.accounts.stage import AccountActor, AccountStage

__all__ = ["FILES", "PublicAccounts"]

FILES = ("actors.yaml", "services.yaml")
_PUBLIC = {
    "exchange": ("exchange", {"hot": 1, "deposit": 2}),
    "broker": ("broker", {"desk": 1}),
    "charity": ("donation", {"collector": 1, "pool": 1}),
    "listed": ("sanction", {"listed": 1}),
}
"""Category of each kind of party, and how many of its addresses are known."""


class _Entry(NamedTuple):
    address: str
    actor: AccountActor
    role: str


class PublicAccounts:
    """Chooses what is tagged and writes it as a TagPack and an ActorPack.

    Attributes
    ----------
    tagged : dict
        Actor id by address as text; all of it is right.
    """

    def __init__(self, stage: AccountStage, text: Callable[[bytes], str]) -> None:
        self._entries = [
            _Entry(text(key), actor, role)
            for actor in stage.actors
            for role, most in _PUBLIC.get(actor.kind, ("", {}))[1].items()
            for key in actor.accounts.get(role, [])[:most]
        ]
        self.tagged = {entry.address: entry.actor.id for entry in self._entries}

    def write(self, folder: Path, currency: str) -> None:
        """Write the packs into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        actors = {entry.actor.id: entry.actor for entry in self._entries}
        texts = (_actorpack([*actors.values()]), _tagpack(self._entries, currency))
        for name, text in zip(FILES, texts, strict=True):
            (folder / name).write_text(text, encoding="utf-8")


def _actorpack(actors: list[AccountActor]) -> str:
    lines = [
        "title: EXERCISE actors / تمرين",
        "creator: dalil exercise",
        "description: Invented parties of a synthetic world",
        f"lastmod: {utc_day(START_UTC)}",
        "actors:",
    ]
    for actor in actors:
        lines += [
            f"  - id: {actor.id}",
            f"    label: {actor.name}",
            "    uri: https://exercise.example/",
            f"    categories: [{_PUBLIC[actor.kind][0]}]",
        ]
    return "\n".join(lines) + "\n"


def _tagpack(entries: list[_Entry], currency: str) -> str:
    lines = [
        "title: EXERCISE services / تمرين",
        "creator: dalil exercise",
        "description: Invented tags on a test network",
        "source: https://exercise.example/services",
        f"currency: {currency}",
        "confidence: service_data",
        f"lastmod: {utc_day(START_UTC)}",
        "tags:",
    ]
    for entry in entries:
        lines += [
            f"  - address: {entry.address}",
            f"    label: {entry.actor.name}, {entry.role}",
            f"    actor: {entry.actor.id}",
            f"    category: {_PUBLIC[entry.actor.kind][0]}",
        ]
    return "\n".join(lines) + "\n"
