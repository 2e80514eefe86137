"""The word tables: the same in both languages, all used, plurals complete."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.attribution.services import KIND_OF_CONCEPT
from dalil.clustering.accounts.rules import RULES
from dalil.errors import UsageError
from dalil.evidence.account_statements import Proof
from dalil.evidence.report.figure import ICONS
from dalil.evidence.report.flows import role_of_reason
from dalil.evidence.report.language import PLURAL_FORMS, Words, plural_form
from dalil.evidence.report.reading import KINDS
from dalil.evidence.report.render import SECTIONS
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ROOM = files("dalil.evidence.report")
TABLES = {lang: Words(lang).table for lang in PLURAL_FORMS}
CODES = (
    "reason", "service", "indicator", "exhibit", "checksum", "basis", "place",
    "unknown", "unchecked", "role", "role_means", "section", "profile", "limits", "finding",
    "proof", "proof_means", "link",
)  # fmt: skip
"""Groups whose entries are chosen by a code; each is checked against its codes."""


def sources(folder: Traversable = ROOM) -> str:
    """Everything that may ask for a word."""
    text = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            text.append(sources(entry))
        elif entry.name.endswith((".py", ".html")):
            text.append(entry.read_text("utf-8"))
    return "\n".join(text)


LITERALS = set(re.findall(r"""["']([a-z_]+\.[A-Za-z0-9_. ]*)["']""", sources()))
LITERALS |= {"ledger.genesis", "ledger.unanchored"}  # what a ledger's anchor may say
OPENINGS = {text for text in LITERALS if text.endswith(("_", "."))}


def placeholders(entry: str | dict[str, str]) -> set[str]:
    """What an entry wants filled in, in any of its forms; the count apart."""
    forms = [entry] if isinstance(entry, str) else entry.values()
    named = {name for form in forms for _, name, _, _ in Formatter().parse(form)}
    return {name for name in named if name} - {"n"}


def test_both_languages_have_the_same_entries() -> None:
    assert TABLES["en"].keys() == TABLES["ar"].keys()


@pytest.mark.parametrize("key", sorted(TABLES["en"]))
def test_an_entry_asks_for_the_same_values_in_both_languages(key: str) -> None:
    english, arabic = TABLES["en"][key], TABLES["ar"][key]
    assert placeholders(english) == placeholders(arabic)
    assert isinstance(english, str) == isinstance(arabic, str)


@pytest.mark.parametrize("lang", PLURAL_FORMS)
def test_every_counted_entry_has_every_plural_form(lang: str) -> None:
    counted = [e for e in TABLES[lang].values() if not isinstance(e, str)]
    assert counted
    assert {frozenset(entry) for entry in counted} == {frozenset(PLURAL_FORMS[lang])}


def test_no_entry_is_unused() -> None:
    unused = {
        key
        for key in TABLES["en"]
        if key not in LITERALS
        and key.partition(".")[0] not in CODES
        and not any(key.startswith(opening) for opening in OPENINGS)
    }
    assert unused == set()


def test_no_entry_is_missing() -> None:
    groups = {key.partition(".")[0] for key in TABLES["en"]}
    asked = {
        text
        for text in LITERALS - OPENINGS
        if text.partition(".")[0] in groups and not text.endswith((".html", ".css"))
    }
    assert asked - TABLES["en"].keys() == set()


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("service", set(KIND_OF_CONCEPT.values())),
        ("role", set(ICONS)),
        ("role_means", set(ICONS)),
        ("finding", set(KINDS)),
        ("section", set(SECTIONS)),
        ("proof", set(get_args(Proof))),
        ("proof_means", set(get_args(Proof))),
        ("link", set(RULES)),
    ],
)
def test_every_code_has_its_word_and_every_word_its_code(
    group: str, codes: set[str]
) -> None:
    named = {k.partition(".")[2] for k in TABLES["en"] if k.startswith(f"{group}.")}
    assert named == codes


def test_every_reason_to_stop_has_a_word_and_a_shape_of_its_own() -> None:
    followed = {StopCode.CARRIED, StopCode.EMPTY, StopCode.SEED, StopCode.MARKED}
    for code in set(StopCode) - followed:
        assert f"reason.{code.reason}" in TABLES["en"], code
        assert role_of_reason(code.reason) != "service", code


@pytest.mark.parametrize("lang", PLURAL_FORMS)
def test_words_hold_no_markup_and_no_digits_but_latin(lang: str) -> None:
    for key, entry in TABLES[lang].items():
        for text in [entry] if isinstance(entry, str) else entry.values():
            assert not re.search(r"[<>]|[\u0660-\u0669\u06f0-\u06f9]", text), key


def test_arabic_entries_are_arabic() -> None:
    """Only names of things that have no other name stay in Latin letters."""
    latin_only = {
        key
        for key, entry in TABLES["ar"].items()
        for text in ([entry] if isinstance(entry, str) else entry.values())
        if not re.search(r"[\u0620-\u064a{…]|^$", text)
    }
    assert latin_only == {"page.comma"}


@pytest.mark.parametrize(
    ("n", "form"),
    [(0, "zero"), (1, "one"), (2, "two"), (3, "few"), (10, "few"), (11, "many"),
     (99, "many"), (100, "other"), (102, "other"), (103, "few"), (111, "many"),
     (1000, "other"), (1003, "few")],
)  # fmt: skip
def test_arabic_counts_as_cldr_does(n: int, form: str) -> None:
    assert plural_form("ar", n) == form


@given(st.integers(0, 10**9))
def test_english_has_one_and_the_rest(n: int) -> None:
    assert (plural_form("en", n) == "one") == (n == 1)


def test_values_are_escaped_and_words_are_not_markup() -> None:
    said = Words("en")("head.authority", authority="<script>")
    assert said == "For: &lt;script&gt;"


def test_a_missing_word_is_a_defect_not_a_fault_of_the_data() -> None:
    with pytest.raises(LookupError, match=r"no\.such") as caught:
        Words("en")("no.such")
    assert not isinstance(caught.value, KeyError)


def test_there_is_no_third_language() -> None:
    with pytest.raises(UsageError, match="there are en, ar"):
        Words("fr")
