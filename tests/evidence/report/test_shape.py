"""What is held against the schema before a word is printed, with a judge beside it."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dalil.errors import InputError
from dalil.evidence.report import render
from dalil.evidence.report.render import page_of
from dalil.evidence.report.shape import check_shape
from tests.evidence.report import sample
from tests.evidence.report.tree import tree_of

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = json.loads(
    (files("dalil.evidence") / "findings.schema.json").read_text("utf-8")
)
JUDGE = Draft202012Validator(SCHEMA)
DOCUMENT = sample.document()


def refused(document: Any) -> bool:
    """Whether the report refuses a document."""
    try:
        check_shape(document)
    except InputError:
        return True
    return False


def test_the_sample_is_as_the_schema_has_it() -> None:
    for document in (DOCUMENT, sample.reviewed(), sample.wide(3)[0]):
        JUDGE.validate(document)
        check_shape(document)


@pytest.mark.parametrize("wrong", [None, [], {}, "x", {"schema": "dalil-findings/2"}])
def test_what_is_no_findings_document_is_refused(wrong: object) -> None:
    with pytest.raises(InputError, match=r"findings\.schema\.json"):
        check_shape(wrong)


def edited(path: str, value: object) -> dict[str, Any]:
    """The sample with one value changed, by a dotted path."""
    document = copy.deepcopy(DOCUMENT)
    at: Any = document
    *way, last = path.split(".")
    for step in way:
        at = at[int(step) if isinstance(at, list) else step]
    at[int(last) if isinstance(at, list) else last] = value
    return document


REFUSED = [
    ("an amount below zero", "summary.seed_sat", -1),
    ("an amount with a fraction", "summary.seed_sat", 1.5),
    ("a truth for an amount", "summary.seed_sat", True),
    ("a status nobody defined", "case.status", "FINAL"),
    ("a hash in capitals", "ledgers.0.tip_hash", "A" * 64),
    ("a hash with a line after it", "ledgers.0.tip_hash", "a" * 64 + "\n"),
    ("a hash in Arabic digits", "ledgers.0.tip_hash", "\u0661" * 64),
    ("a finding of no kind", "findings.0.kind", "rumour"),
    ("an id that is markup", "findings.0.id", '"><script>'),
    ("a direction sideways", "traces.0.direction", "sideways"),
    ("a trace without seeds", "traces.0.seeds", []),
    ("the same profile twice", "findings.0.holds_under", ["strict", "strict"]),
    ("a share of three", "findings.15.premises.upper_flow", [["a" * 64 + ":0", 1, 2]]),
    ("a key nobody knows", "case.\u202e", "x"),
    ("a missing language", "summary.headline", {"en": "only"}),
]


@pytest.mark.parametrize(
    ("path", "value"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_a_misshapen_document_is_refused_with_its_place(
    path: str, value: object, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        render(edited(path, value), lang="en", out=tmp_path / "report.html")
    assert path.split(".")[0] in str(caught.value.value)
    assert "\u202e" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_document_nested_without_end_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert refused(edited("findings", deep))


paths = st.lists(st.integers(0, 30), min_size=1, max_size=7)
junk = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.text(max_size=8),
    st.just([]), st.just({}), st.sampled_from(["flow", "a" * 64, "2024-01-01", "0.5"]),
)  # fmt: skip


@given(paths, junk)
@settings(max_examples=120, deadline=None)
def test_the_judge_agrees_and_what_passes_becomes_a_page(
    path: list[int], value: object
) -> None:
    document = copy.deepcopy(DOCUMENT)
    at: Any = document
    for step in path[:-1]:
        names = sorted(at) if isinstance(at, dict) else list(range(len(at)))
        inner = at[names[step % len(names)]]
        if not isinstance(inner, dict | list) or not inner:
            break
        at = inner
    names = sorted(at) if isinstance(at, dict) else list(range(len(at)))
    at[names[path[-1] % len(names)]] = value
    fine = JUDGE.is_valid(document)
    assert refused(document) != fine
    if fine:
        tree_of(
            page_of(document, lang="en", passages={sample.TRACE.id: sample.PASSAGES})
        )


def test_amounts_beyond_any_money_are_still_drawn() -> None:
    huge = edited("traces.0.ends.0.upper_sat", 10**400)
    check_shape(huge)
    tree_of(page_of(huge, lang="en"))
