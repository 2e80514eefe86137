"""From tags to marks: who is named, which services spread over their clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.attribution import Tag
from dalil.tracing.naming import marks_from_tags, spread_over_clusters
from dalil.tracing.request import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable

CHAIN = "bip122:0f9188f13cb7b2c71f2a335e3a4fc328"


def tag(address: str, label: str, **more: Any) -> Tag:
    given: dict[str, Any] = {
        "address": address,
        "chain": CHAIN,
        "chains": (CHAIN,),
        "checksum": "valid",
        "label": label,
        "actor": None,
        "concepts": (),
        "source": "EXERCISE / تمرين",
        "confidence": None,
        "valid_from": None,
        "valid_to": None,
        "retrieved": None,
        "currency": "BTC",
        "file_sha256": "",
        "file_name": "exercise.yaml",
        "line": 1,
    }
    return Tag(**{**given, **more})


@dataclass
class Claims:
    """Tags and a ledger's addresses in one small thing."""

    tags: list[Tag]
    rows: dict[str, int]
    chain: str = CHAIN

    def addresses(self, chain: str | None = None) -> list[str]:
        return sorted({tag.address for tag in self.tags if chain in tag.chains})

    def find_many(
        self, addresses: Iterable[str], chain: str | None = None
    ) -> dict[str, list[Tag]]:
        return {a: [t for t in self.tags if t.address == a] for a in addresses}

    def find_address(self, text: str, /) -> int | None:
        return self.rows.get(text)


def marks(*tags: Tag) -> list[Mark]:
    claims = Claims(list(tags), {"a": 0, "b": 1, "c": 2})
    return marks_from_tags(claims, claims)


def test_names_what_occurs_and_leaves_out_what_does_not() -> None:
    assert marks(tag("a", "x"), tag("elsewhere", "y")) == [
        Mark(0, "x", "target", "tag")
    ]


def test_a_service_is_a_border_of_its_kind() -> None:
    (mark,) = marks(tag("a", "x", actor="pool", concepts=("exchange",)))
    assert (mark.name, mark.reason) == ("pool", "exchange")


def test_a_last_day_is_included() -> None:
    (mark,) = marks(tag("a", "x", valid_from="2020-01-01", valid_to="2020-01-02"))
    assert (mark.valid_from, mark.valid_to) == (1_577_836_800, 1_578_009_600)
    assert mark.holds_at(1_578_009_599)
    assert not mark.holds_at(1_578_009_600)


def test_spellings_of_one_actor_are_one_name() -> None:
    found = marks(tag("a", "x", actor="Pool One"), tag("b", "y", actor="pool one"))
    assert len({mark.name for mark in found}) == 1


def test_a_label_that_only_repeats_an_actors_tag_adds_no_name() -> None:
    assert [
        m.name for m in marks(tag("a", "hot wallet"), tag("a", "x", actor="Pool"))
    ] == ["Pool"]


def test_a_dated_label_beside_an_actor_is_kept() -> None:
    found = marks(
        tag("a", "Seized by the authority", valid_from="2020-06-01"),
        tag("a", "x", actor="Campaign", valid_to="2020-05-31"),
    )
    assert {mark.name for mark in found} == {"Seized by the authority", "Campaign"}


class Joined:
    """Clusters {0, 3, 4} and {1, 2}."""

    label = np.array([0, 1, 1, 0, 0], dtype=np.uint32)


def test_a_service_spreads_over_its_cluster_and_a_person_does_not() -> None:
    given = [Mark(0, "Pool", "exchange", "tag"), Mark(1, "P", "target", "tag")]
    assert spread_over_clusters(given, Joined()) == [
        Mark(3, "Pool", "exchange", "cluster"),
        Mark(4, "Pool", "exchange", "cluster"),
    ]


def test_an_address_with_a_name_of_its_own_keeps_it_alone() -> None:
    given = [Mark(0, "Pool", "exchange", "tag"), Mark(3, "P", "target", "tag")]
    assert [mark.address for mark in spread_over_clusters(given, Joined())] == [4]


def test_two_services_in_one_cluster_are_both_named() -> None:
    given = [Mark(0, "Pool", "exchange", "tag"), Mark(3, "Mix", "mixer", "tag")]
    spread = spread_over_clusters(given, Joined())
    assert [(mark.address, mark.name) for mark in spread] == [(4, "Pool"), (4, "Mix")]


def test_no_services_spread_nowhere() -> None:
    assert spread_over_clusters([Mark(0, "P")], Joined()) == []
