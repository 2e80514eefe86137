"""Which tags are borders, and which contradict each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.attribution.actors import ActorIndex
from dalil.attribution.conflicts import actor_key, conflicts
from dalil.attribution.csv_file import CONCEPT_BY_FILE_NAME
from dalil.attribution.model import Actor, Tag
from dalil.attribution.names import plain_name
from dalil.attribution.services import (
    ABUSES,
    KIND_OF_CONCEPT,
    KNOWN_SERVICES,
    known_service,
    service_kind,
)

if TYPE_CHECKING:
    from pathlib import Path

BLANK = Tag(
    address="bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202",
    chain=None,
    chains=(),
    checksum="valid",
    label="EXERCISE",
    actor=None,
    concepts=(),
    source=None,
    confidence=None,
    valid_from=None,
    valid_to=None,
    retrieved=None,
    currency=None,
    file_sha256="00" * 32,
    file_name="exercise.csv",
    line=1,
)


def tag(*concepts: str, actor: str | None = None, **more: object) -> Tag:
    return replace(BLANK, concepts=concepts, actor=actor, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Case:
    why: str
    tag: Tag
    kind: str | None


CASES = [
    Case("nothing said", tag(), None),
    Case("a person", tag("user", actor="someone"), None),
    Case("an exchange", tag("exchange"), "exchange"),
    Case("a CoinJoin's coordinator", tag("coinjoin"), "mixer"),
    Case("a listed exchange stays a border", tag("sanction", "exchange"), "exchange"),
    Case("the more telling of two", tag("service", "mixing_service"), "mixer"),
    Case("a listing names a known service without its business",
         tag("sanction", actor="BUY CASH MONEY AND MONEY TRANSFER COMPANY"), "money_service"),
    Case("a listing whose name declares its business",
         tag("sanction", actor="EXERCISE EXCHANGE LTD"), "exchange"),
    Case("a name that only sounds like one", tag(actor="Exchangeable Goods"), None),
    Case("the actor's categories", tag(actor="x", actor_id="x", actor_concepts=("organization", "gambling")), "gambling"),
    Case("an organization alone pools nothing", tag(actor="x", actor_id="x", actor_concepts=("organization",)), None),
    Case("a theft is not the exchange robbed",
         tag("service_hack", actor="x", actor_id="x", actor_concepts=("exchange",)), None),
    Case("a campaign is no service", tag("terrorism", actor="Exercise Exchange"), None),
    Case("another actor that shares a short name",
         tag(actor="hydra", actor_id="hydra", actor_concepts=()), None),
    Case("the market of that name", tag("seizure", actor="Hydra", actor_id="hydramarket"), "marketplace"),
    Case("seized or delisted says nothing of a business", tag("seizure", "delisted"), None),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.why)
def test_border(case: Case) -> None:
    assert service_kind(case.tag) == case.kind


def test_the_tables_fit_together() -> None:
    assert not ABUSES & KIND_OF_CONCEPT.keys()
    for _, concept in CONCEPT_BY_FILE_NAME:
        assert concept in {*KIND_OF_CONCEPT, *ABUSES, "seizure", "sanction"}
    names = [name for service in KNOWN_SERVICES for name in service.names]
    assert len(names) == len(set(names))
    assert all(name == plain_name(name) for name in names)
    assert all(s.source.startswith("https://") for s in KNOWN_SERVICES)
    assert {s.kind for s in KNOWN_SERVICES} <= set(KIND_OF_CONCEPT.values())


def test_no_rule_reads_who_someone_is() -> None:
    """Names are compared for equality or a line of business, never for origin."""
    for name in ("عبد الله", "Muhammad", "Charity of Mercy", "جمعية خيرية"):
        assert known_service(name) is None
        assert service_kind(tag(actor=name)) is None


NAMES = [
    ("a web address", "Huobi.com", "huobi"),
    ("a bracket", "Huobi (HTX)", "huobi"),
    ("a stop", "Mt. Gox", "mtgox"),
    ("nothing but a bracket", "(HTX)", "htx"),
    ("Arabic", "بيت  المال", "بيتالمال"),
    ("full width", "ＯＫＸ", "okx"),
]


@pytest.mark.parametrize(
    ("name", "plain"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES]
)
def test_plain_names(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@given(st.text(max_size=40))
def test_plain_names_are_stable(name: str) -> None:
    assert plain_name(plain_name(name)) == plain_name(name)


ACTORS = ActorIndex(
    [
        Actor("okex", "OKX", ("exchange",), ("OKEx Global",)),
        Actor("hydra", "Hydra", ("defi",), ()),
        Actor("hydramarket", "Hydra Market", ("market",), ()),
        Actor("one", "Twin", (), ()),
        Actor("two", "Twin", (), ()),
    ]
)
FOUND = [
    ("by id", "okex", "okex"),
    ("by name", "okx", "okex"),
    ("by alias", "OKEX GLOBAL", "okex"),
    ("an id before a known name", "hydra", "hydra"),
    ("a known name before an actor's", "HYDRA", "hydramarket"),
    ("a name that two share names neither", "twin", None),
    ("an unknown name", "nobody", None),
    ("no name", "", None),
]


@pytest.mark.parametrize(
    ("name", "actor_id"), [row[1:] for row in FOUND], ids=[str(row[0]) for row in FOUND]
)
def test_finds_actors(name: str, actor_id: str | None) -> None:
    found = ACTORS.find(name)
    assert (found.id if found else None) == actor_id


@dataclass(frozen=True)
class Pair:
    why: str
    first: Tag
    second: Tag
    kinds: tuple[str, ...]


PAIRS = [
    Pair("the same actor twice", tag("exchange", actor="A"), tag(actor="a.com"), ()),
    Pair("two actors", tag(actor="A"), tag(actor="B"), ("actors",)),
    Pair("two actors and businesses", tag("exchange", actor="A"), tag("mixer", actor="B"), ("actors", "concepts")),
    Pair("a gang's or a market's", tag("ransomware"), tag("market", actor="Silk Road"), ("concepts",)),
    Pair("one actor in two businesses", tag("exchange", actor="A"), tag("gambling", actor="A"), ()),
    Pair("businesses that go together", tag("exchange"), tag("wallet_service"), ()),
    Pair("businesses that do not", tag("exchange"), tag("mixer"), ("concepts",)),
    Pair("two abuses", tag("ransomware"), tag("scam"), ()),
    Pair("a label is no actor", tag(label="x"), tag(label="y"), ()),
    Pair("a listing beside a business", tag("sanction"), tag("exchange"), ()),
    Pair("custody changed", tag(actor="A", valid_to="2020-01-01"), tag(actor="B", valid_from="2020-01-02"), ()),
    Pair("both on one day", tag(actor="A", valid_to="2020-01-02"), tag(actor="B", valid_from="2020-01-02"), ("actors",)),
    Pair("known spellings of one service", tag(actor="SUEX OTC, S.R.O."), tag(actor="Suex"), ()),
    Pair("another address", tag(actor="A"), tag(actor="B", address="x"), ()),
]  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: p.why)
def test_contradictions(pair: Pair) -> None:
    found = conflicts([pair.first, pair.second])
    assert tuple(conflict.kind for conflict in found) == pair.kinds
    assert {c.kind for c in conflicts([pair.second, pair.first])} == set(pair.kinds)


def test_each_contradiction_is_listed_once() -> None:
    crowd = [tag(actor=name, line=n) for n, name in enumerate("ABABABAB")]
    [conflict] = conflicts(crowd)
    assert (conflict.first.line, conflict.second.line) == (0, 1)
    assert conflict.to_json()["why"] == "actors: A or B"


def test_an_actor_pack_settles_spellings() -> None:
    one, two = tag(actor="OKX"), tag(actor="okex")
    assert actor_key(one) != actor_key(two)
    assert actor_key(replace(one, actor_id="okex")) == actor_key(
        replace(two, actor_id="okex")
    )


def test_buycash_is_a_border_in_the_real_list(real_data: Path) -> None:
    from dalil.attribution.reader import read_file

    contents = read_file(real_data / "labels" / "ofac_sdn_2026-08-20.csv")
    listed = [t for t in contents.tags if t.actor and t.actor.startswith("BUY CASH")]
    assert [service_kind(t) for t in listed] == ["money_service"]
    assert listed[0].extra["program"] == "SDGT"
