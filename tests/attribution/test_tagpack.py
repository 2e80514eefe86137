"""TagPacks and ActorPacks: every field kept, damage refused whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dalil.attribution.contents import PRINTED
from dalil.attribution.model import CONFIDENCE_LEVELS, Tag
from dalil.attribution.reader import read_file
from dalil.attribution.source_text import ImportOptions, plain_value
from dalil.chains import bech32
from dalil.errors import InputError, LimitError

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.attribution.contents import Contents


def address(number: int) -> str:
    return bech32.encode("bcrt", 0, bytes([number]) * 20)


PACK = f"""\
title: EXERCISE تمرين
creator: Exercise Institute
currency: BTC
label: Exercise Exchange
actor: exerciseexchange
category: exchange
confidence: service_data
source: https://exercise.example/wallets
lastmod: 2021-11-12
is_cluster_definer: true
tags:
- address: {address(1)}
- address: {address(2)}
  label: Exercise Mixer
  actor: exercisemixer
  category: mixing_service
  concepts: [coinjoin, mixing_service]
  confidence: forensic
  source: https://exercise.example/mixer
  valid_from: 2020-01-01
  valid_to: '2020-12-31'
  retrieved: 2022-02-02
  unheard_of: {{deep: [1, 2021-01-01]}}
"""


def read(tmp_path: Path, text: str, **options: str) -> Contents:
    path = tmp_path / "exercise.yaml"
    path.write_text(text, encoding="utf-8")
    return read_file(path, ImportOptions(**options))


def test_the_header_speaks_where_the_tag_is_silent(tmp_path: Path) -> None:
    contents = read(tmp_path, PACK)
    first, _ = contents.tags
    assert contents.problems == []
    assert (first.label, first.actor, first.confidence_level) == (
        "Exercise Exchange",
        "exerciseexchange",
        50,
    )
    assert first.concepts == ("exchange",)
    assert (first.valid_from, first.valid_to) == (None, None)
    assert (first.retrieved, first.line) == ("2021-11-12", 12)
    assert contents.file.header["title"] == "EXERCISE تمرين"
    assert contents.file.header["is_cluster_definer"] is True


def test_the_tag_speaks_over_the_header(tmp_path: Path) -> None:
    _, second = read(tmp_path, PACK).tags
    assert second.label == "Exercise Mixer"
    assert second.concepts == ("coinjoin", "mixing_service")
    assert (second.valid_from, second.valid_to) == ("2020-01-01", "2020-12-31")
    assert second.retrieved == "2022-02-02"
    assert second.extra["unheard_of"] == {"deep": [1, "2021-01-01"]}
    assert second.extra["category"] == "mixing_service"


def test_the_user_dates_the_file_over_its_own_word(tmp_path: Path) -> None:
    first, second = read(tmp_path, PACK, retrieved="2024-03-03").tags
    assert (first.retrieved, second.retrieved) == ("2024-03-03", "2022-02-02")


REFUSED = [
    ("a file of another kind", "title: x", "neither a TagPack"),
    ("a list", "- x", "neither a TagPack"),
    ("tags that are no list", "tags: 1", "no list"),
    ("no tags", "tags: []", "no list, or empty"),
    ("a tag that is no mapping", f"tags:\n- address: {address(1)}\n- addr", "entry 2"),
    ("cut off within an address", PACK + f"- address: {address(3)[:-9]}", "cut off"),
    ("cut off within a quotation", PACK + "- address: 'bc", "not YAML"),
    ("a day that is none", PACK + f"- address: {address(3)}\n  valid_to: soon\n", "no day"),
    ("concepts that are no words", PACK + f"- address: {address(3)}\n  concepts: [1]\n", "words"),
    ("an actor without a name", "actors:\n- id: x", "without `id` or `label`"),
    ("nothing", "", "empty"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "match"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refuses_whole(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        read(tmp_path, text)


def test_an_error_names_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        read(tmp_path, PACK + "- address: 'bc")
    assert "exercise.yaml, line 2" in str(refusal.value)
    assert "nothing of the file is imported" in str(refusal.value)


def test_what_runs_away_is_a_limit(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match=r"exercise\.yaml, line 1"):
        read(tmp_path, "tags: " + "[" * 1000)


def test_not_text_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "exercise.yaml"
    path.write_bytes(b"title: x\ntags: \xff\n")
    with pytest.raises(InputError, match="line 2"):
        read_file(path)


NOTED = [
    ("a transaction's tag", "- tx_hash: abc", "no_address", True),
    ("a foreign class", f"- address: {address(3)}\n  confidence: sure", "unknown_confidence", False),
    ("a slip", f"- address: {address(3)[:-1]}q\n  label: x\n", "bad_checksum", True),
    ("no label", f"- address: {address(3)}\n  label: ''", "no_label", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "kind", "refused"),
    [row[1:] for row in NOTED],
    ids=[row[0] for row in NOTED],
)
def test_notes(tmp_path: Path, entry: str, kind: str, refused: bool) -> None:
    contents = read(tmp_path, PACK + entry + "\n")
    [problem] = contents.problems
    assert (problem.kind, problem.refused, problem.line) == (kind, refused, 24)
    assert len(contents.tags) == (2 if refused else 3)


def test_what_no_tag_says_is_said_once(tmp_path: Path) -> None:
    contents = read(tmp_path, f"label: x\ntags:\n- address: {address(1)}\n")
    kinds = {problem.kind for problem in contents.problems}
    assert kinds == {"no_retrieval_day", "no_confidence"}


def test_an_actorpack_keeps_every_field(tmp_path: Path) -> None:
    text = (
        "title: t\nlastmod: '2023-02-17'\nactors:\n- id: '01'\n  label: Zero One\n"
        "  categories: [exchange]\n  aliases: [o1]\n  uri: 01.example\n"
    )
    contents = read(tmp_path, text)
    [actor] = contents.actors
    assert (actor.id, actor.name) == ("01", "Zero One")
    assert (actor.concepts, actor.aliases) == (("exchange",), ("o1",))
    assert actor.extra == {"uri": "01.example"}
    assert contents.file.kind == "actorpack"


def test_a_vocabulary_holds_no_tags(tmp_path: Path) -> None:
    contents = read(tmp_path, "scheme:\n  type: conceptScheme\nscam:\n  id: scam\n")
    assert (contents.tags, contents.file.kind) == ([], "vocabulary")
    assert [problem.kind for problem in contents.problems] == ["no_tags"]


def rebuilt(tag: Tag, header: dict[str, Any]) -> dict[str, Any]:
    """All fields as the file stated them, from what the tag keeps."""
    own = {
        "address": tag.address,
        "label": tag.label or None,
        "actor": tag.actor,
        "source": tag.source,
        "confidence": tag.confidence,
        "currency": tag.currency,
    }
    fields = {name: value for name, value in own.items() if value is not None}
    return header | fields | dict(tag.extra)


def test_real_packs_field_for_field(real_data: Path) -> None:
    """Against PyYAML's safe loader, for every tag of every pack."""
    packs = sorted((real_data / "labels" / "tagpacks").glob("*.yaml"))
    n_tags = 0
    for pack in packs:
        document = yaml.load(pack.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        contents = read_file(pack)
        kept = {tag.line: tag for tag in contents.tags}
        refused = {p.address.strip() for p in contents.problems if p.refused}
        header = {k: v for k, v in document.items() if k != "tags"}
        tags = iter(sorted(kept.values(), key=lambda tag: tag.line))
        for entry in document["tags"]:
            if entry["address"].strip() in refused:
                continue
            tag = next(tags)
            stated = header | entry
            whole = rebuilt(tag, dict(contents.file.header))
            printed = whole.pop(PRINTED, whole["address"])
            assert printed == entry["address"]
            assert tag.address.lower() == printed.strip().lower()
            concepts = [
                *stated.pop("concepts", []),
                stated.get("category"),
                stated.get("abuse"),
            ]
            assert tag.concepts == tuple(dict.fromkeys(c for c in concepts if c))
            whole_text = {k: str(v).strip() for k, v in whole.items()}
            for name, value in stated.items():
                if name != "address":
                    assert whole_text[name] == str(plain_value(value)).strip(), (
                        pack,
                        name,
                    )
            assert whole.keys() == stated.keys()
            assert tag.confidence is None or tag.confidence in CONFIDENCE_LEVELS
            n_tags += 1
        assert next(tags, None) is None
    assert len(packs) == 33
    assert n_tags > 92_000
