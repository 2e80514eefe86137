"""The truth of an exercise, in one file: who is who, who paid whom, what is where."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError
from dalil.exercise.following import FEE, Hop, Part

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["NOTICE", "SCHEMA", "Receipt", "Truth", "hop_to_json", "write_json"]

SCHEMA = "dalil-exercise-truth/1"
NOTICE = (
    "EXERCISE / تمرين: invented parties, invented money on a private regtest "
    "chain; nothing here says anything about anybody."
)
PASSING = ("campaign", "impostor")
"""Kinds of actors that only pass on what they receive."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A donation as it arrived; `held_by` holds the address's key."""

    time_utc: int
    to: str
    route: str
    held_by: str
    address: str
    outpoint: str
    value: int

    def to_json(self) -> dict[str, Any]:
        """Return the form in ``truth.json``."""
        return {
            "outpoint": self.outpoint,
            "value_sat": self.value,
            "address": self.address,
            "to": self.to,
            "route": self.route,
            "held_by": self.held_by,
            "time_utc": self.time_utc,
        }


@dataclass(frozen=True)
class Truth:
    """What scoring needs of ``truth.json``.

    Attributes
    ----------
    owner : dict
        Wallet (``actor/role``) of every address.
    kind : dict
        Kind of every actor, by id.
    tagged : dict
        Actor that an address is rightly tagged with.
    document : dict
        The whole file.
    """

    owner: dict[str, str]
    kind: dict[str, str]
    tagged: dict[str, str]
    receipts: tuple[Receipt, ...]
    hops: tuple[Hop, ...]
    coinjoins: dict[str, str]
    document: dict[str, Any]

    @property
    def passing(self) -> frozenset[str]:
        """Actors that only pass money on."""
        return frozenset(actor for actor, kind in self.kind.items() if kind in PASSING)

    def actor_of(self, address: str) -> str | None:
        """Return the actor that issued an address, or None if nobody here did."""
        wallet = self.owner.get(address)
        return wallet and wallet.partition("/")[0]

    @classmethod
    def load(cls, path: Path) -> Truth:
        """Read ``truth.json``.

        Raises
        ------
        InputError
            If the file is missing or not an exercise's truth.
        """
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                "no truth to read; make one with `dalil exercise make`", path
            ) from error
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise InputError(f"not the truth of an exercise ({SCHEMA})", path)
        return cls.from_json(document)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Truth:
        """Build from the parsed file."""
        actors = document["actors"]
        owner = {
            address: f"{actor['id']}/{role}"
            for actor in actors
            for role, addresses in actor["wallets"].items()
            for address in addresses
        }
        receipts = tuple(
            Receipt(
                entry["time_utc"],
                entry["to"],
                entry["route"],
                entry["held_by"],
                entry["address"],
                entry["outpoint"],
                entry["value_sat"],
            )
            for entry in document["receipts"]
        )
        return cls(
            owner,
            {actor["id"]: actor["kind"] for actor in actors},
            document["tagged"],
            receipts,
            tuple(_hop_of(entry) for entry in document["hops"]),
            document["coinjoins"],
            document,
        )


def hop_to_json(hop: Hop) -> dict[str, Any]:
    """Return a hop's form in ``truth.json``."""
    return {
        "txid": hop.txid,
        "parts": [
            [part.outpoint, "fee" if part.output == FEE else part.output, part.value]
            for part in hop.parts
        ],
        "outputs": {str(n): list(owner) for n, owner in sorted(hop.owners.items())},
    }


def _hop_of(entry: dict[str, Any]) -> Hop:
    parts = tuple(
        Part(outpoint, FEE if n == "fee" else n, value)
        for outpoint, n, value in entry["parts"]
    )
    owners = {int(n): (actor, addr) for n, (actor, addr) in entry["outputs"].items()}
    return Hop(entry["txid"], parts, owners)


def write_json(path: Path, sections: Iterable[tuple[str, Any]]) -> None:
    """Write one object atomically, a line for each member of its sections.

    A list or an iterator is written entry by entry, so that a large one need
    not be held in memory.
    """
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as out:
        for i, (name, value) in enumerate(sections):
            out.write(("{" if i == 0 else ",") + f"\n{json.dumps(name)}: ")
            if isinstance(value, str | int | dict):
                out.write(json.dumps(value, ensure_ascii=False))
                continue
            out.write("[")
            for k, entry in enumerate(value):
                out.write(",\n " if k else "\n ")
                out.write(json.dumps(entry, ensure_ascii=False))
            out.write("\n]")
        out.write("\n}\n")
    part.replace(path)
