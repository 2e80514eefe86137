"""The findings document as a report reads it: grouped, joined, never changed.

Nothing is computed here that the findings do not already state. Grouping
only puts beside each other what belongs together: a payment and its value,
the tags of an address, a critical question that many findings answer alike.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalil.evidence.report.open_points import unchecked, unknowns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "KINDS",
    "REST",
    "Asset",
    "Question",
    "Reading",
    "Target",
    "in_units",
    "whole",
]

KINDS = (
    "appears", "pays", "same_cluster", "tagged", "flow", "valued", "transfers",
    "token_flow", "linked", "frozen",
)  # fmt: skip
HELD = ("held", "held, frozen")
MOST_DECIMALS = 77
"""Of a token with more, not one whole unit fits into 256 bits."""

REST = re.compile(r"rest of ([0-9A-Za-z]{1,64}) after (\S{1,100})")
"""What a payment left at the account that made it."""
_BASE_UNITS = re.compile("[0-9]{1,80}", re.ASCII)

Json = dict[str, Any]
Whole = int | str
"""An amount; as it stands in the document where it is no number."""


def whole(value: int | str | None) -> Whole | None:
    """Read an amount of satoshi or of base units.

    >>> whole("450000"), whole(450), whole(None), whole("no number")
    (450000, 450, None, 'no number')
    """
    if isinstance(value, str) and _BASE_UNITS.fullmatch(value):
        return int(value)
    return value


def in_units(asset: Json) -> bool:
    """Whether an asset is a known token, so that it is not in base units.

    What a source says of the decimals of any other is nobody's evidence.
    """
    decimals = asset["decimals"]
    known = asset["symbol"] is not None and decimals is not None
    return known and decimals <= MOST_DECIMALS


@dataclass(frozen=True, slots=True)
class Target:
    """A line of the summary, or of an asset, with the flow finding it quotes."""

    line: Json
    flow: Json | None
    asset: Json | None = None

    def figure(self, name: str) -> Whole | None:
        """Read one of the line's amounts."""
        unit = "_sat" if self.asset is None else "_amount"
        return whole(self.line[name + unit])

    @property
    def rank(self) -> tuple[bool, int, str]:
        """Where it stands: named parties first, the largest ahead."""
        upper = self.figure("upper")
        most = upper if isinstance(upper, int) else 0
        return self.line["service"] is not None, -most, self.line["name"]

    @property
    def direction(self) -> str:
        """Which way the money was followed."""
        return str(self.flow["statement"]["direction"]) if self.flow else "forward"

    @property
    def received(self) -> Whole | None:
        """All the target took in: what its share is a share of."""
        if self.asset is not None:
            return self.figure("received")
        return self.flow["premises"]["receipts_sat"] if self.flow else None

    @property
    def reentry(self) -> bool:
        """Whether seed money may have come back unseen."""
        return bool(self.flow and self.flow["premises"]["reentry"])

    def n_addresses(self, by: str) -> int:
        """How many of its addresses count by tag, cluster, deposit or on request."""
        rows = self.flow["premises"]["addresses"] if self.flow else []
        return sum(row["by"] == by for row in rows)


@dataclass(frozen=True, slots=True)
class Asset:
    """One token of one ledger, with its lines in the order they are printed."""

    body: Json
    targets: list[Target]
    walked: Mapping[str, str]
    """Per transfer of its walk, who received it."""

    @property
    def seed_amount(self) -> Whole | None:
        """What the addresses in question took in, from anybody."""
        return whole(self.body["seed_amount"])

    def holder(self, coin: str) -> str | None:
        """Say at whose address a coin lies."""
        rest = REST.fullmatch(coin)
        return rest[1] if rest else self.walked.get(coin)

    def stops(self, *, held: bool) -> list[Json]:
        """List where its trace ends: what is held still, or all the rest."""
        return [s for s in self.body["stops"] if (s["reason"] in HELD) is held]


@dataclass(frozen=True, slots=True)
class Question:
    """A critical question with one answer, and every finding that gives it."""

    kind: str
    body: Json
    findings: list[str]


class Reading:
    """A findings document whose shape was checked; see `shape.check_shape`."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.case: Json = document["case"]
        self.summary: Json = document["summary"]
        self._by_id: Mapping[str, Json] = {f["id"]: f for f in document["findings"]}
        self._kinds: dict[str, list[Json]] = defaultdict(list)
        for finding in document["findings"]:
            self._kinds[finding["kind"]].append(finding)

    def of(self, kind: str) -> list[Json]:
        """List the findings of one kind, in the document's order."""
        return self._kinds[kind]

    @property
    def has_coins(self) -> bool:
        """Whether a ledger of outputs has a part in the case."""
        document, summary = self.document, self.summary
        told = document["traces"] or summary["targets"] or summary["seed_sat"]
        return bool(told) or not self.has_accounts or bool(self.ledgers(coins=True))

    @property
    def has_accounts(self) -> bool:
        """Whether a ledger of accounts has a part in the case."""
        kinds = ("transfers", "token_flow", "linked", "frozen")
        told = self.document["assets"] or any(self.of(kind) for kind in kinds)
        return bool(told) or bool(self.ledgers(coins=False))

    def ledgers(self, *, coins: bool) -> list[Json]:
        """List the ledgers of outputs, or those of accounts."""
        told = self.document["ledgers"]
        return [one for one in told if one["chain"].startswith("bip122:") is coins]

    @property
    def targets(self) -> list[Target]:
        """The summary's targets: named parties first, services after them."""
        return self._lines(self.summary["targets"])

    @property
    def assets(self) -> list[Asset]:
        """The tokens of the case: those with targets first, known ones ahead."""
        bodies = sorted(
            self.document["assets"],
            key=lambda asset: (not asset["targets"], asset["symbol"] is None),
        )
        walks = {w["id"]: w["transfers"] for w in self.document["account_traces"]}
        return [
            Asset(
                body,
                self._lines(body["targets"], body),
                {row["name"]: row["to"] for row in walks.get(body["trace"], ())},
            )
            for body in bodies
        ]

    def _lines(self, lines: Iterable[Json], asset: Json | None = None) -> list[Target]:
        told = [Target(one, self._by_id.get(one["finding"]), asset) for one in lines]
        return sorted(told, key=lambda target: target.rank)

    @property
    def all_targets(self) -> list[Target]:
        """The targets of every asset, coin and tokens."""
        return [*self.targets, *(t for asset in self.assets for t in asset.targets)]

    def asset_of(self, token: str) -> Json:
        """Find a token's asset; of one that no trace followed, nothing is known."""
        known = (a for a in self.document["assets"] if a["token"] == token)
        return next(known, {"token": token, "symbol": None, "decimals": None})

    @property
    def transfers(self) -> list[tuple[Json, list[Json]]]:
        """The transfers stated, by their tokens."""
        by_token: dict[str, list[Json]] = defaultdict(list)
        for finding in self.of("transfers"):
            by_token[finding["statement"]["token"]].append(finding)
        return [(self.asset_of(token), rows) for token, rows in by_token.items()]

    @property
    def values(self) -> dict[str, Json]:
        """What each finding's amount was worth, by the finding's id."""
        return {f["statement"]["subject"]: f for f in self.of("valued")}

    @property
    def questions(self) -> list[Question]:
        """Every critical question once for each answer; open ones first."""
        groups: dict[tuple[str, ...], Question] = {}
        for kind in KINDS:
            for finding in self.of(kind):
                for body in finding["questions"]:
                    key = (kind, body["id"], body["status"], body["answer"]["en"])
                    group = groups.setdefault(key, Question(kind, body, []))
                    group.findings.append(finding["id"])
        rank = {"open": 0, "answered": 1}
        return sorted(
            groups.values(),
            key=lambda q: (rank.get(q.body["status"], 2), KINDS.index(q.kind)),
        )

    def ends(self, *reasons: str) -> list[Json]:
        """List stops for the named reasons, or with ``"*"`` for all but two.

        Unspent outputs and fees stand apart; where the document's stops do not
        hold them, the ends of its traces do.
        """
        apart = {"unspent", "fee"}
        told, ends = self.document["stops"], self._ends_of_traces()
        if reasons == ("*",):
            return [stop for stop in told or ends if stop["reason"] not in apart]
        named = [stop for stop in told if stop["reason"] in reasons]
        return named or [end for end in ends if end["reason"] in reasons]

    def _ends_of_traces(self) -> list[Json]:
        arrived = {coin for f in self.of("flow") for coin in f["premises"]["arrivals"]}
        return [
            {**end, "where": end["coin"]}
            for trace in self.document["traces"]
            for end in trace["ends"]
            if end["coin"] not in arrived
        ]

    @property
    def unknowns(self) -> list[str]:
        """Names of what this case could not know, for the opening page."""
        return unknowns(self)

    @property
    def unchecked(self) -> list[str]:
        """Names of what no bundle can show, as far as this case rests on it."""
        return unchecked(self)
