"""Findings: their schema, their ids, and that every question is asked in two tongues."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from dalil.errors import InputError
from dalil.evidence.answer_words import ANSWERS
from dalil.evidence.bundle import SCHEMA_FILE, packaged
from dalil.evidence.canonical import canonical_bytes, plain
from dalil.evidence.document import SCHEMA, CaseFacts
from dalil.evidence.findings import Finding
from dalil.evidence.question_words import QUESTIONS
from dalil.evidence.statements import (
    Pays,
    PaysPremises,
    TagClaim,
    Tagged,
    TaggedPremises,
)
from dalil.evidence.verify import QUESTIONS as ASKED
from dalil.evidence.verify import SCHEMA_SHA256, Schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.evidence.smallcase import SmallCase

RULES = json.loads(packaged(SCHEMA_FILE))
ARABIC = re.compile(r"[\u0621-\u064a]")


def test_the_schema_is_one(small: SmallCase) -> None:
    jsonschema.Draft202012Validator.check_schema(RULES)
    document = small.document.to_json()
    jsonschema.Draft202012Validator(RULES).validate(document)
    assert document["schema"] == SCHEMA


def test_the_verifier_knows_the_schema_by_its_hash() -> None:
    from hashlib import sha256

    assert sha256(packaged(SCHEMA_FILE)).hexdigest() == SCHEMA_SHA256


def broken(document: Any) -> list[tuple[str, Any]]:
    """Documents that each break one rule."""
    edits: dict[str, Callable[[Any], object]] = {
        "an unknown key": lambda d: d["case"].update(guilt=1),
        "a missing key": lambda d: d["case"].pop("title"),
        "a wrong type": lambda d: d.update(dalil=1),
        "a truth for a number": lambda d: d["summary"].update(seed_sat=True),
        "a wrong constant": lambda d: d.update(schema="x"),
        "a wrong word": lambda d: d["case"].update(status="FINAL"),
        "a negative amount": lambda d: d["summary"].update(seed_sat=-1),
        "a hash cut short": lambda d: d["traces"][0].update(id="ab"),
        "a hash with a newline": lambda d: d["traces"][0].update(id="a" * 64 + "\n"),
        "no seeds": lambda d: d["traces"][0].update(seeds=[]),
        "a pair of three": lambda d: d["findings"][-1]["premises"]["upper_flow"].append(
            ["a" * 64 + ":0", 1, 2]
        ),
        "a profile twice": lambda d: d["findings"][0].update(
            holds_under=["strict", "strict"]
        ),
        "an unknown kind": lambda d: d["findings"][0].update(kind="proves"),
        "a key in a finding": lambda d: d["findings"][0]["premises"].update(x=1),
    }
    made = []
    for why, edit in edits.items():
        changed = json.loads(json.dumps(document))
        edit(changed)
        made.append((why, changed))
    return made


def test_the_verifiers_small_validator_agrees_with_a_library(small: SmallCase) -> None:
    document = json.loads(small.document.to_bytes())
    judge, own = jsonschema.Draft202012Validator(RULES), Schema(RULES)
    assert own.fault(RULES, document, "doc") is None
    for why, changed in broken(document):
        assert own.fault(RULES, changed, "doc"), why
        if "newline" not in why:  # there Python's `$` is laxer than JSON Schema's
            assert not judge.is_valid(changed), why


def test_ids_are_made_of_content() -> None:
    def paid(value: int, height: int) -> Finding:
        return Finding.of(
            Pays(chain="c", txid="ab" * 32, n=0, address=None, value_sat=value),
            PaysPremises(
                height=height,
                block_hash="cd" * 32,
                position=0,
                time_utc="2020-01-01T00:00:00Z",
            ),
        )

    assert paid(5, 1).id == paid(5, 1).id
    assert len({paid(5, 1).id, paid(6, 1).id, paid(5, 2).id}) == 3


@pytest.mark.parametrize("kind", QUESTIONS)
def test_every_question_has_words_and_an_answer_in_both_languages(kind: str) -> None:
    for name, (english, arabic) in QUESTIONS[kind].items():
        assert english.endswith("?")
        assert arabic.endswith("؟")
        assert not ARABIC.search(english)
        answers = [key for key in ANSWERS if key.startswith(f"{name}:")]
        assert answers, name
        for key in answers:
            status, basis, said, told = ANSWERS[key]
            assert status in ("answered", "open", "not_applicable")
            assert (basis == "not_checked") <= (status == "open")
            assert ARABIC.search(told)
            assert not ARABIC.search(said)
            assert said.count("{") == told.count("{"), key
    assert sorted(QUESTIONS[kind]) == ASKED[kind].split()


def test_no_answer_is_without_a_question() -> None:
    names = {name for asked in QUESTIONS.values() for name in asked}
    assert {key.partition(":")[0] for key in ANSWERS} == names


def test_words_of_a_source_cannot_bend_an_answer() -> None:
    """Braces and bars in a tag's source stay what they are."""
    claim = TagClaim(
        label="x",
        actor=None,
        concepts=(),
        source="https://example.invalid/{0}|{evil}",
        confidence="a|b",
        valid_from=None,
        valid_to=None,
        retrieved=None,
        file_sha256="ab" * 32,
        file_name="f",
        line=1,
    )
    tagged = Finding.of(
        Tagged(chain=None, address="a", actor="x", service=None),
        TaggedPremises(tag=claim, literal=()),
    )
    answer = tagged.questions[0].answer.en
    assert "https://example.invalid/{0}|{evil}" in answer
    assert "a|b" in answer


def test_a_review_needs_a_reviewer() -> None:
    with pytest.raises(InputError, match="named reviewer"):
        CaseFacts(title="t", status="REVIEWED")
    assert CaseFacts(title="t", status="REVIEWED", reviewer="R").reviewer == "R"


@pytest.mark.parametrize("value", [1.5, {"a": 2.5}, b"x", {1, 2}, object()])
def test_what_json_would_not_give_back_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="not part of"):
        canonical_bytes(value)


def test_plain_keeps_what_it_is_given() -> None:
    value = {"b": [1, None, True, "ا"], "a": ()}
    assert json.loads(canonical_bytes(plain(value))) == {
        "a": [],
        "b": [1, None, True, "ا"],
    }
