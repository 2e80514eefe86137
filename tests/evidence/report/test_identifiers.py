"""Identifiers and captured text on paper: no character lost, moved or obeyed."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.evidence.report.identifiers import Identifiers, strings_of
from dalil.evidence.report.language import Words
from dalil.evidence.report.paper import OUTSIDE_DATES, Paper
from dalil.evidence.report.usertext import MAX_TEXT, defanged, user_text
from dalil.tracing import groups
from tests.evidence.report.sample import address, digest
from tests.evidence.report.tree import tree_of

STEERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\x00\x1b\ufeff"
TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from(STEERING + "<>&\"'{}%")), max_size=60
)


def paper(cut: str = "working", document: object = None) -> Paper:
    """Paper in English for a document that holds nothing else."""
    return Paper(Words("en"), document, cut)  # type: ignore[arg-type]


def unnamed(text: str) -> str:
    """The text with the code points that the page names put back."""
    return re.sub(r"<bdi dir=\"ltr\" class=\"point\">U\+([0-9A-F]+)</bdi>",
                  lambda m: html.escape(chr(int(m[1], 16))), text)  # fmt: skip


@given(TEXTS)
def test_foreign_text_comes_out_as_it_went_in(text: str) -> None:
    shown = tree_of(unnamed(str(user_text(text))))
    assert shown.text.replace("\r\n", "\n") == text.replace("\r\n", "\n")


@given(TEXTS)
def test_no_steering_character_reaches_the_page(text: str) -> None:
    page = str(user_text(text)) + str(paper().id(text)) + paper().bare_text(text)
    assert not set(page) & set(STEERING)
    page.encode("utf-8")


@given(TEXTS)
def test_foreign_text_makes_no_element_but_its_own(text: str) -> None:
    page = tree_of(str(user_text(text)))
    assert {(e.tag, e.attributes.get("dir")) for e in page if e.tag != "#page"} <= {
        ("bdi", "auto"),
        ("bdi", "ltr"),
    }


def test_an_invisible_mark_in_a_raw_form_is_named() -> None:
    assert "U+200F" in user_text("\u200fbcrt1q", raw=True)
    assert "U+200F" not in user_text("\u200fbcrt1q")


def test_a_date_in_arabic_prose_is_isolated() -> None:
    page = tree_of(str(user_text("من 2023-01-01 إلى 2024-12-31")))
    assert [e.text for e in page.all("bdi", "id-date")] == ["2023-01-01", "2024-12-31"]


def test_an_address_glued_to_arabic_letters_is_isolated() -> None:
    page = tree_of(str(user_text(f"تبرعوا{address('x')}الآن")))
    assert [e.text for e in page.all("bdi", "id-quoted")] == [address("x")]


def test_a_million_letters_are_cut_and_counted() -> None:
    page = tree_of(str(paper().text("a" * 1_000_000)))
    assert page.text == "a" * MAX_TEXT + "… (998,000 more characters)"
    assert len(paper().id("a" * 1_000_000)) < 500


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=120))
def test_a_shortened_identifier_still_holds_every_character(value: str) -> None:
    page = tree_of(str(paper().id(value, "hash")))
    assert page.text == value
    assert page.all("bdi")[0].attributes["dir"] == "ltr"


def test_look_alikes_stand_in_full() -> None:
    first = "bcrt1qaaaa" + "b" * 26 + "zzzzzz"
    twin = "bcrt1qaaaa" + "c" * 26 + "zzzzzz"
    both = paper(document={"a": [first, twin], "b": address("x")})
    assert 'class="mid"' not in both.id(first, "address")
    assert 'class="mid"' not in both.id(twin, "address")
    assert 'class="mid"' in both.id(address("x"), "address")


def test_an_outpoint_keeps_its_index_in_sight() -> None:
    head, _, tail = Identifiers([]).parts(digest("t") + ":17")
    assert (head, tail) == (digest("t")[:10], digest("t")[-6:] + ":17")


def test_what_is_cited_short_is_listed_for_the_annex_once() -> None:
    on = paper()
    for _ in range(2):
        on.id(digest("t"), "txid")
    on.id("short", "txid")
    assert list(on.identifiers.cited) == [digest("t")]


@pytest.mark.parametrize("kind", ["address", "txid", "outpoint"])
def test_a_public_cut_masks_the_same_thing_alike_and_others_apart(kind: str) -> None:
    on = paper("public")
    one, again = on.id(digest("a"), kind), on.id(digest("a"), kind)  # type: ignore[arg-type]
    other = on.id(digest("b"), kind)  # type: ignore[arg-type]
    assert one == again != other
    assert digest("a")[:10] not in one


def test_a_public_cut_masks_addresses_inside_prose_under_the_same_number() -> None:
    on = paper("public")
    mask = tree_of(str(on.id(address("x"), "address"))).text
    assert tree_of(str(on.text(f"pay {address('x')} now"))).text == f"pay {mask} now"


@pytest.mark.parametrize(
    ("link", "safe"),
    [
        ("https://a.example/x.php?y=1", "hxxps://a[.]example/x[.]php?y=1"),
        ("HTTP://A.EXAMPLE", "Hxxp://A[.]EXAMPLE"),
        ("ftp://a.example", "fxxp://a[.]example"),
        ("t.me/name", "t[.]me/name"),
        ("javascript:alert(1)", "javascript_:alert(1)"),
        ("1.5 BTC", "1.5 BTC"),
        ("End. Next", "End. Next"),
    ],
)
def test_links_are_defanged_and_numbers_are_not(link: str, safe: str) -> None:
    assert defanged(link) == safe


@pytest.mark.parametrize(
    ("value_sat", "shown"),
    [(0, "0.00000000 BTC"), (1, "0.00000001 BTC"), (2_100_000_000_000_000,
     "21000000.00000000 BTC")],
)  # fmt: skip
def test_amounts_are_exact(value_sat: int, shown: str) -> None:
    assert tree_of(str(paper().amount(value_sat))).text == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("1234567.891", "1,234,567.89 USD"), ("0", "0.00 USD"), ("NaN!", "NaN! USD"),
     (None, "no price")],
)  # fmt: skip
def test_money_has_two_decimals_or_says_there_is_no_price(
    value: str | None, shown: str
) -> None:
    assert tree_of(str(paper().money(value, "USD"))).text == shown


def test_strings_are_found_however_deep() -> None:
    deep: object = "bottom"
    for _ in range(100_000):
        deep = [deep]
    assert set(strings_of({"k": deep})) == {"k", "bottom"}


def test_a_name_met_outside_its_dates_is_said_in_our_words() -> None:
    assert OUTSIDE_DATES == groups.OUTSIDE_DATES
    shown = tree_of(str(paper().party(f"A & B ({OUTSIDE_DATES})"))).text
    assert shown == "A & B (outside the dates of its tag)"
