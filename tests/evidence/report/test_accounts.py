"""The page of a case on accounts: tokens, shares and denominators, links, freezes."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dalil.evidence.report.account_flows import account_flow_of
from dalil.evidence.report.figure.model import SINKS, capped, columns_of
from dalil.evidence.report.identifiers import Identifiers, strings_of
from dalil.evidence.report.language import Words
from dalil.evidence.report.paper import Paper
from dalil.evidence.report.reading import MOST_DECIMALS, Reading, whole
from dalil.evidence.report.render import page_of
from tests.evidence.report import sample, sample_accounts
from tests.evidence.report.sample_accounts import (
    DOLLAR,
    PASSAGES,
    STRANGE,
    WALK,
    account,
)
from tests.evidence.report.test_hostile import SPELLS, cursed, elements
from tests.evidence.report.test_report import isolated
from tests.evidence.report.tree import Element, tree_of

if TYPE_CHECKING:
    from dalil.evidence.report.identifiers import Cut
    from dalil.evidence.report.language import Lang

PICTURE = {WALK.id: PASSAGES}
LANGS: tuple[Lang, ...] = ("en", "ar")
IDENTIFIER = re.compile(
    r"[0-9a-f]{64}|\bT[1-9A-HJ-NP-Za-km-z]{33}|tron:0x[0-9a-f]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}"
)


def page(
    lang: str = "en", document: dict[str, Any] | None = None, **more: object
) -> Element:
    given: Any = {"lang": lang, "passages": PICTURE, **more}
    return tree_of(page_of(document or sample_accounts.document(), **given))


@pytest.fixture(scope="module", params=LANGS)
def either(request: pytest.FixtureRequest) -> Element:
    """The sample's page in each language."""
    return page(request.param)


def test_the_sample_is_as_the_schema_has_it() -> None:
    schema = json.loads(
        (files("dalil.evidence") / "findings.schema.json").read_text("utf-8")
    )
    for document in (sample_accounts.document(), sample_accounts.wide(3)[0]):
        Draft202012Validator(schema).validate(document)


# --- amounts -------------------------------------------------------------------


def known(decimals: int | None, symbol: str | None = "XUSD") -> dict[str, Any]:
    return {"token": DOLLAR, "symbol": symbol, "decimals": decimals}


@pytest.mark.parametrize(
    ("amount", "asset", "shown"),
    [
        ("450000000000", known(6), "450,000 XUSD"),
        ("450000000001", known(6), "450,000.000001 XUSD"),
        ("1", known(18), "0.000000000000000001 XUSD"),
        ("0", known(6), "0 XUSD"),
        ("7", known(0), "7 XUSD"),
        (str(2**256 - 1), known(18), f"{(2**256 - 1) // 10**18:,}.584007913129639935 XUSD"),
        ("1500000", known(6, None), "1,500,000 base units"),
        ("1500000", known(None, None), "1,500,000 base units"),
        ("1", known(None, None), "1 base unit"),
        ("1500000", known(10**9), "1,500,000 base units"),
        ("no number", known(6), "no number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_amounts_are_exact_and_units_are_known_or_said_not_to_be(
    amount: str, asset: dict[str, Any], shown: str
) -> None:
    paper = Paper(Words("en"), None, "working")
    assert tree_of(str(paper.quantity(whole(amount), asset))).text == shown


@given(st.integers(0, 2**256 - 1), st.integers(0, MOST_DECIMALS))
def test_an_amount_is_read_back_as_it_was(amount: int, decimals: int) -> None:
    paper = Paper(Words("ar"), None, "working")
    shown = paper.plain_quantity(amount, known(decimals)).removesuffix(" XUSD")
    before, _, after = shown.replace(",", "").partition(".")
    assert int(before + after.ljust(decimals, "0")) == amount
    assert not after.endswith("0")


def test_a_number_of_ten_million_digits_is_not_read_as_one() -> None:
    assert whole("9" * 10**7) == "9" * 10**7


def test_an_amount_alone_names_a_token_that_has_no_name() -> None:
    paper = Paper(Words("en"), None, "working")
    shown = tree_of(str(paper.token_amount(5, known(None, None)))).text
    assert shown == f"5 base units of {DOLLAR}"
    assert "of" not in tree_of(str(paper.token_amount(5, known(6)))).text


# --- identifiers -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (DOLLAR, (DOLLAR[:32], DOLLAR[32:-6], DOLLAR[-6:])),
        ("ab" * 32 + ":tx", ("ab" * 5, "ab" * 24, "ab" * 3 + ":tx")),
        ("0x" + "ab" * 32 + ":internal-12",
         ("0x" + "ab" * 4, "ab" * 25, "ab" * 3 + ":internal-12")),
        ("tron:0xcd8690dc/slip44:195", ("tron:0xcd8690dc/slip44:195", "", "")),
        ("eip155:31337/erc20:0x" + "aB" * 20,
         ("eip155:31337/erc20:0x" + "aB" * 4, "aB" * 13, "aB" * 3)),
    ],
    ids=["token", "what the transaction moves", "internal", "native", "token in hex"],
)  # fmt: skip
def test_the_middle_alone_is_left_out(value: str, parts: tuple[str, str, str]) -> None:
    assert "".join(parts) == value
    shown = Identifiers([]).parts(value)
    assert "".join(shown) == value
    assert shown == parts


def test_tokens_that_look_alike_stand_in_full() -> None:
    twin = DOLLAR[:40] + "x" + DOLLAR[41:]
    assert twin != DOLLAR
    identifiers = Identifiers([DOLLAR, twin])
    assert identifiers.parts(DOLLAR) == (DOLLAR, "", "")


def test_every_identifier_stands_in_its_isolating_element(either: Element) -> None:
    loose = [
        found
        for element, text in either.texts()
        if element.tag not in {"title", "svg", "desc"} and not isolated(element)
        for found in IDENTIFIER.findall(text)
    ]
    assert loose == []


def test_every_identifier_of_the_findings_is_on_the_page_in_full(
    either: Element,
) -> None:
    document = sample_accounts.document()
    printed = " ".join(e.text for e in either.all("bdi", "id"))
    form = r"[0-9a-f]{64}(:(tx|(internal-)?[0-9]+))?|T[1-9A-HJ-NP-Za-km-z]{33}"
    wanted = {t for t in strings_of(document) if re.fullmatch(form, t)}
    unprinted = {WALK.id, *(r.name for r in WALK.transfers), "0" * 64}
    unprinted |= {account(name) for name in ("stranger",)}
    unprinted |= {f"{sample.digest(f'sweep {i}')}:0" for i in (5, 6)}
    missing = {t for t in wanted if t not in printed} - unprinted
    assert missing == set()
    assert DOLLAR in printed
    assert STRANGE in printed


def test_every_shortened_identifier_is_in_the_annex_in_full(either: Element) -> None:
    annex = {e.text for e in either.one("section", "annex").all("bdi", "id-whole")}
    shortened = {e.text for e in either.all("bdi", "id") if e.all("span", "mid")}
    assert DOLLAR in shortened <= annex


def test_every_finding_is_reached_by_its_id(either: Element) -> None:
    ids = {e.attributes.get("id") for e in either}
    for finding in sample_accounts.document()["findings"]:
        if finding["kind"] != "token_flow":
            assert finding["id"] in ids


# --- the answer ------------------------------------------------------------------


def card(name: str, lang: str = "en") -> str:
    """What the opening page says of a target."""
    cards = page(lang).one("section", "answer").all("article", "target")
    (found,) = [c for c in cards if c.all("h4")[0].all("bdi")[0].text == name]
    return " ".join(found.text.split())


def test_a_share_comes_with_what_it_is_a_share_of() -> None:
    said = card(sample.KESTREL)
    assert "In all, exactly 50 XUSD of the seeds’ money reached it" in said
    assert "took in 60 XUSD" in said
    assert "50.01 USD directly; in all exactly 50.01 USD" in said


def test_a_service_of_82_million_got_no_more_than_cannot_be_excluded() -> None:
    said = card(sample.HARBOUR)
    assert "not determinable, between 0 and 200 XUSD" in said
    assert "took in 82,000,000 XUSD in this ledger from all senders" in said
    assert "forwards what it gets to a tagged wallet" in said
    assert "pools its customers’ money" in said
    assert "لا يمكن تحديده، وهو بين 0 و 200 XUSD" in card(sample.HARBOUR, "ar")


def test_it_says_nothing_of_coin_it_has_no_ledger_of(either: Element) -> None:
    assert "BTC" not in either.text
    ids = [s.attributes["id"] for s in either.all("section")]
    assert "payments" not in ids
    assert ids.index("links") < ids.index("transfers") < ids.index("freezes")


def test_a_token_that_nobody_knows_is_not_called_by_a_name() -> None:
    said = page().one("section", "answer").text
    assert "Token without a known name" in said
    assert f"{int(sample_accounts.HUGE):,}" in said


def test_known_tokens_come_first() -> None:
    heads = page().one("section", "answer").all("h3", "asset")
    assert [h.text.partition(" ")[0] for h in heads] == ["XUSD", "Token"]


def test_what_is_not_known_and_not_checked_follows_from_the_findings() -> None:
    reading = Reading(sample_accounts.document())
    assert reading.unknowns == [
        "not_determinable", "asserted", "by_deposit", "services", "no_tags",
        "no_token_price", "unknown_token",
    ]  # fmt: skip
    asked = {"transfers", "blocks", "received", "symbols", "links", "freezes", "prices"}
    assert asked <= set(reading.unchecked)
    assert "unanchored" not in reading.unknowns


# --- sections --------------------------------------------------------------------


def rows(tree: Element, section: str) -> list[list[str]]:
    """The cells of a section's tables, headers left out."""
    return [
        [
            " ".join(c.text.split())
            for c in row.children
            if isinstance(c, Element)
        ]
        for body in tree.one("section", section).all("tbody")
        for row in body.all("tr")
    ]  # fmt: skip


def test_each_transfer_says_how_it_is_shown() -> None:
    shown = {row[5] for row in rows(page(), "transfers")}
    assert shown == {"tree of transactions", "receipt", "word of a node or file"}
    assert "It stays open" in page().one("section", "transfers").text


def test_held_and_frozen_are_told_apart_and_placed() -> None:
    told = {row[0]: row for row in rows(page(), "stops")}
    assert told["Held, frozen by the issuer"][2] == account("cold")
    assert told["Held, not moved on"][2] in (account("appeal"), account("broker"))
    assert "was left at" in told["Held, not moved on"][1]
    assert "Burned" in told


@pytest.mark.parametrize("lang", LANGS)
def test_a_freeze_is_told_without_a_word_of_guilt(lang: str) -> None:
    said = page(lang).one("section", "freezes").text
    assert {"en": "no sign of guilt", "ar": "ليس ذلك دليل إدانة"}[lang] in said
    words = {
        "en": "suspect|criminal|launder|terror|tipped",
        "ar": "مشتبه|جريمة|غسل|إرهاب",
    }
    assert not re.search(words[lang], said)
    first, second, third = rows(page(lang), "freezes")
    assert "30 XUSD" in first[4]
    assert sample.digest("asked") in first[5]
    assert second[4] == {"en": "no request is known", "ar": "لا يُعرف طلب سابق"}[lang]
    assert third[4] == {"en": "nothing", "ar": "لا شيء"}[lang]
    assert "2024-05-02T00:00:00Z" in third[2]


def test_a_link_names_its_rule_and_what_it_rests_on() -> None:
    ((a, b, rule, rests),) = rows(page(), "links")
    assert (a, b) == (account("harbour deposit"), account("harbour"))
    assert "deposit-address, version 1" in rule
    assert "within_s = 86400" in rule
    assert rests.startswith("7 transfers")
    assert "+2 more rows" in rests


def test_one_table_a_token() -> None:
    captions = [c.text for c in page().one("section", "transfers").all("caption")]
    assert [c.partition(" ")[0] for c in captions] == ["XUSD", "Token"]
    assert captions[0].endswith("3 transfers")


def test_every_row_is_as_wide_as_its_header(either: Element) -> None:
    for table in either.all("table"):
        head = table.all("thead")[0].all("tr")[0]
        wide = sum(int(c.attributes.get("colspan", "1")) for c in head.all("th"))
        for row in table.all("tbody")[0].all("tr"):
            cells = [c for c in row.children if isinstance(c, Element)]
            assert sum(int(c.attributes.get("colspan", "1")) for c in cells) == wide


def test_headings_never_skip_a_level(either: Element) -> None:
    levels = [int(e.tag[1]) for e in either if re.fullmatch("h[1-6]", e.tag)]
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_names_are_unique(either: Element) -> None:
    ids = [e.attributes["id"] for e in either if "id" in e.attributes]
    assert len(ids) == len(set(ids))


def test_both_kinds_of_ledger_make_one_page() -> None:
    document = sample.document()
    more = sample_accounts.document()
    for key in ("findings", "assets", "account_traces", "ledgers"):
        document[key] += [x for x in more[key] if x not in document[key]]
    tree = page("ar", document)
    heads = [h.text for h in tree.one("section", "answer").all("h3")]
    assert heads[0] == "بيتكوين"
    assert "XUSD" in heads[1]
    assert len(tree.all("svg", "flow")) == 2
    assert "0.80000000 BTC" in tree.text


# --- the picture -----------------------------------------------------------------


def test_the_picture_goes_from_account_to_account() -> None:
    (asset,) = [a for a in Reading(sample_accounts.document()).assets if a.targets]
    nodes, edges = account_flow_of(asset, asset_trace(), PASSAGES)
    by_key = {node.key: node for node in nodes}
    assert by_key[f"account:{account('appeal')}"].role == "seed"
    assert by_key[f"account:{account('broker')}"].role == "account"
    assert by_key[f"held:{account('broker')}"].upper_sat == 450 * 10**6
    assert by_key[f"name:{sample.HARBOUR}"].role == "service"
    assert f"account:{account('stranger')}" not in by_key
    assert f"account:{account('giver')}" not in by_key
    guessed = {e.target for e in edges if e.heuristic}
    assert guessed == {f"name:{sample.HARBOUR}"}
    assert max(e.upper_sat for e in edges) == 450 * 10**6, "82 million are not drawn"


def asset_trace() -> dict[str, Any]:
    (trace,) = sample_accounts.document()["account_traces"]
    found: dict[str, Any] = trace
    return found


def test_without_the_wiring_the_accounts_between_are_one_box() -> None:
    (asset,) = [a for a in Reading(sample_accounts.document()).assets if a.targets]
    nodes, _ = account_flow_of(asset, asset_trace(), None)
    (box,) = [node for node in nodes if node.role == "more"]
    assert box.n_folded == 2
    said = page(passages={}).one("section", "flow").text
    assert "drawn as one box" in said


def test_accounts_that_pay_each_other_have_columns_all_the_same() -> None:
    (asset,) = [a for a in Reading(sample_accounts.document()).assets if a.targets]
    nodes, edges = account_flow_of(asset, asset_trace(), PASSAGES)
    column = columns_of(nodes, edges)
    key = {n: f"account:{account(n)}" for n in ("appeal", "broker", "friend")}
    assert column[key["appeal"]] < column[key["broker"]] < column[key["friend"]]
    last = max(column.values())
    assert all(column[n.key] == last for n in nodes if n.role in SINKS)


def test_a_long_walk_is_folded_and_nothing_is_lost() -> None:
    document, passages = sample_accounts.wide(40)
    (asset,) = [a for a in Reading(document).assets if a.targets]
    nodes, edges = account_flow_of(asset, document["account_traces"][0], passages)
    few, joined, column = capped(nodes, edges)
    assert len(few) < 30
    assert max(column.values()) == 5
    stands = sum(max(1, node.n_folded) for node in few)
    assert stands == len(nodes)
    assert sum(e.upper_sat for e in joined) <= sum(e.upper_sat for e in edges)
    for lang in LANGS:
        assert page(lang, document, passages={WALK.id: passages}).all("svg", "flow")


# --- hostile ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain_elements() -> set[tuple[str, tuple[str, ...]]]:
    """What a page is made of when nobody attacks it."""
    made = set()
    for text in ("plain", "\x00", "2024-01-01 " + "a1" * 40, "a1" * 40):
        for lang in LANGS:
            for document in (
                sample_accounts.document(),
                cursed(sample_accounts.document(), repeat(text)),
            ):
                made |= elements(page(lang, document))
    return made


@pytest.mark.parametrize("cut", ["working", "public"])
@pytest.mark.parametrize("spell", SPELLS.values(), ids=SPELLS)
def test_a_spell_in_every_string_makes_no_new_element(
    spell: str, cut: Cut, plain_elements: set[tuple[str, tuple[str, ...]]]
) -> None:
    document = cursed(sample_accounts.document(), repeat(spell))
    tree = page("ar", document, cut=cut)
    assert elements(tree) - plain_elements == set()
    assert not re.search("[\u202a-\u202e\x00\x1b\ud800-\udfff]", tree.text)


def test_the_public_cut_masks_accounts_and_transfers_but_not_tokens() -> None:
    text = page_of(
        sample_accounts.document(), lang="en", cut="public", passages=PICTURE
    )
    for name in ("appeal", "broker", "kestrel", "cold", "harbour deposit"):
        assert account(name) not in text
    assert WALK.seeds[0][:64] not in text
    assert DOLLAR in tree_of(text).text
