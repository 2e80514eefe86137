"""What the public knows of an exercise: part of the truth, some of it stale.

As in life: hot wallets are tagged, most deposit addresses are not; one tag
outlives the exchange it names, and one address has two tags that contradict
each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.exercise.givers import CLOSING_DAY
from dalil.exercise.stage import DAY, START_UTC
from dalil.units import utc_day

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.exercise.cast import Cast
    from dalil.exercise.stage import Actor, Stage
    from dalil.exercise.wallet import Wallet

__all__ = ["FILES", "PublicTags"]

FILES = ("actors.yaml", "services.yaml", "hearsay.yaml")
_TAGGED_DEPOSITS = 3
_CATEGORY = {
    "exchange": "exchange",
    "payment_processor": "payment_processor",
    "broker": "broker",
    "mixer": "mixing_service",
    "charity": "donation",
    "mining_pool": "miner",
}


@dataclass(frozen=True, slots=True)
class _Entry:
    address: str
    actor: Actor
    label: str
    valid_to: str = ""


class PublicTags:
    """Chooses what is tagged and writes it as TagPacks and an ActorPack.

    Attributes
    ----------
    tagged : dict
        Actor id of every address that is rightly tagged.
    traps : list of dict
        The stale tag and the contradictory pair, as in ``truth.json``.
    """

    def __init__(self, stage: Stage, cast: Cast) -> None:
        self._stage = stage
        self._entries = [*self._services(cast)]
        self.tagged = {entry.address: entry.actor.id for entry in self._entries}
        cobalt = cast.exchanges[2]
        disputed = self._addresses(cobalt.deposits)[_TAGGED_DEPOSITS]
        right = _Entry(disputed, cobalt.actor, "deposit address")
        self._entries.append(right)
        self.tagged[disputed] = cobalt.actor.id
        self._hearsay = _Entry(disputed, cast.processor.actor, "seen in a forum")
        closed = cast.closed
        address = self._addresses(closed.account)[0]
        self._entries.append(
            _Entry(address, closed.actor, "customer account", _last_day_open())
        )
        self.tagged[address] = closed.actor.id
        self.traps = [
            {
                "trap": "stale tag",
                "address": address,
                "true_until": _last_day_open(),
                "then": "liquidator",
            },
            {
                "trap": "contradictory tags",
                "address": disputed,
                "truth": cobalt.actor.id,
                "hearsay": cast.processor.actor.id,
            },
        ]

    def _addresses(self, wallet: Wallet) -> list[str]:
        return self._stage.chain.addresses(wallet)

    def _services(self, cast: Cast) -> list[_Entry]:
        entries: list[_Entry] = []
        for exchange in cast.exchanges:
            entries += self._some(exchange.actor, exchange.hot, "hot wallet", 1)
            deposits = exchange.deposits
            entries += self._some(
                exchange.actor, deposits, "deposit address", _TAGGED_DEPOSITS
            )
        entries += self._some(
            cast.exchanges[0].actor, cast.exchanges[0].cold, "cold", 1
        )
        processor = cast.processor
        entries += self._some(processor.actor, processor.settlement, "settlement", 1)
        entries += self._some(processor.actor, processor.invoices, "invoice", 2)
        entries += self._some(cast.broker.actor, cast.broker.desk, "desk", 1)
        for mixer in (cast.rounds, cast.whirlpool):
            entries += self._some(mixer.actor, mixer.fees, "coordinator's fee", 1)
        for charity in cast.charities:
            entries += self._some(charity.actor, charity.published, "published", 1)
        return entries

    def _some(
        self, actor: Actor, wallet: Wallet, label: str, most: int
    ) -> list[_Entry]:
        found = self._addresses(wallet)[:most]
        return [_Entry(address, actor, label) for address in found]

    def write(self, folder: Path) -> None:
        """Write the packs into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        actors = {entry.actor.id: entry.actor for entry in self._entries}
        for name, text in (
            ("actors.yaml", _actorpack([*actors.values()])),
            ("services.yaml", _tagpack("services", "service_data", self._entries)),
            ("hearsay.yaml", _tagpack("hearsay", "web_crawl", [self._hearsay])),
        ):
            part = folder / f"{name}.part"
            part.write_text(text, encoding="utf-8")
            part.replace(folder / name)


def _last_day_open() -> str:
    return utc_day(START_UTC + (CLOSING_DAY - 1) * DAY)


def _actorpack(actors: list[Actor]) -> str:
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
            f"    categories: [{_CATEGORY[actor.kind]}]",
        ]
    return "\n".join(lines) + "\n"


def _tagpack(title: str, confidence: str, entries: list[_Entry]) -> str:
    lines = [
        f"title: EXERCISE {title} / تمرين",
        "creator: dalil exercise",
        "description: Invented tags on a private regtest chain",
        f"source: https://exercise.example/{title}",
        "currency: BTC",
        "network: BTC",
        f"confidence: {confidence}",
        f"lastmod: {utc_day(START_UTC)}",
        "tags:",
    ]
    for entry in entries:
        lines += [
            f"  - address: {entry.address}",
            f"    label: {entry.actor.name}, {entry.label}",
            f"    actor: {entry.actor.id}",
            f"    category: {_CATEGORY[entry.actor.kind]}",
        ]
        if entry.valid_to:
            lines += [
                f"    valid_from: {utc_day(START_UTC)}",
                f"    valid_to: {entry.valid_to}",
            ]
    return "\n".join(lines) + "\n"
