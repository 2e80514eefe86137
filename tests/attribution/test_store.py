"""The tag store: all or nothing, twice is once, and one hash for its content."""

from __future__ import annotations

import json
import os
import sqlite3
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from dalil.attribution import ImportOptions, TagStore, conflicts, service_kind
from dalil.chains import bech32, evm, tron
from dalil.chains.bitcoin.networks import MAINNET, REGTEST
from dalil.errors import AddressError, InputError, NotFoundError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.attribution.importing import ImportReport


def address(number: int) -> str:
    return bech32.encode("bcrt", 0, bytes([number]) * 20)


A, B, C = address(1), address(2), address(3)
ON_TRON = tron.encode_address(bytes(20))
ON_EVM = evm.encode_address(b"\xab" * 20)

PACK = f"""\
title: EXERCISE
lastmod: 2021-11-12
confidence: web_crawl
source: https://exercise.example
currency: BTC
tags:
- address: {A}
  label: Exercise Exchange
  actor: exex
- address: {A}
  label: Exercise Exchange
  actor: exex
- address: {B}
  label: Exercise Gang
  abuse: ransomware
"""
ROWS = (
    f"address,entity,source\n{B},Exercise Market,web\n{ON_EVM.lower()},Exercise Coin,web\n"
    f"{ON_TRON},Exercise Tron,web\n{C[:-1]}q,Exercise Slip,web\n{ON_TRON.lower()},Lost,web\n"
)
ACTORS = "actors:\n- id: exex\n  label: Exercise Exchange\n  categories: [exchange]\n"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in (
        ("pack.yaml", PACK),
        ("darknet-market.csv", ROWS),
        ("actors.yaml", ACTORS),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


def imported(folder: Path, files: list[Path]) -> ImportReport:
    with TagStore.open(folder, create=True) as store:
        return store.import_files(files)


def test_reports_what_it_did(folder: Path, files: list[Path]) -> None:
    report = imported(folder, files).to_json()
    assert (report["n_files"], report["tags"], report["new"]) == (3, 5, 5)
    assert (report["duplicates"], report["refused"], report["actors"]) == (1, 2, 1)
    assert report["warnings_by_kind"] == {
        "bad_checksum": 1,
        "case_lost": 1,
        "no_retrieval_day": 2,
    }


def test_every_refusal_comes_with_a_suggestion(folder: Path, files: list[Path]) -> None:
    refused = [p for p in imported(folder, files).warnings if p.refused]
    meant = {p.kind: p.suggestion or "" for p in refused}
    assert C in meant["bad_checksum"]
    assert ON_TRON in meant["case_lost"]


def test_twice_is_once(folder: Path, files: list[Path]) -> None:
    first = imported(folder, files)
    again = imported(folder, files).to_json()
    assert (again["new"], again["duplicates"]) == (0, 6)
    assert all(file["already_here"] for file in again["files"])
    assert again["manifest_sha256"] == first.manifest_sha256


def test_a_file_under_another_name_is_the_same_file(
    folder: Path, files: list[Path]
) -> None:
    first = imported(folder, files)
    other = files[-1].with_name("renamed.yaml")
    other.write_bytes(files[-1].read_bytes())
    again = imported(folder, [other])
    assert again.to_json()["new"] == 0
    assert again.manifest_sha256 == first.manifest_sha256


def test_the_hash_does_not_depend_on_the_order(
    tmp_path: Path, files: list[Path]
) -> None:
    seen = set()
    for number, order in enumerate(permutations(files)):
        store = tmp_path / str(number)
        for file in order:
            last = imported(store, [file])
        seen.add(last.manifest_sha256)
    assert seen == {imported(tmp_path / "at once", files).manifest_sha256}


def test_the_hash_depends_on_every_word(tmp_path: Path, files: list[Path]) -> None:
    base = imported(tmp_path / "base", files).manifest_sha256
    pack = files[-1]
    seen = {base}
    for before, after in (("web_crawl", "forensic"), ("Gang", "Gan"), ("2021", "2022")):
        pack.write_text(PACK.replace(before, after), encoding="utf-8")
        seen.add(imported(tmp_path / after, files).manifest_sha256)
    pack.write_text(PACK, encoding="utf-8")
    with TagStore.open(tmp_path / "dated", create=True) as store:
        options = ImportOptions(retrieved="2020-02-02")
        seen.add(store.import_files(files, options).manifest_sha256)
    assert len(seen) == 5


def test_one_damaged_file_leaves_nothing_of_the_others(
    folder: Path, files: list[Path]
) -> None:
    before = imported(folder, files[:1]).manifest_sha256
    damaged = files[0].with_name("zz.yaml")
    damaged.write_text(PACK + "- address: 'cut", encoding="utf-8")
    with pytest.raises(InputError, match=r"zz\.yaml, line"):
        imported(folder, [*files, damaged])
    with TagStore.open(folder) as store:
        assert store.manifest_sha256 == before


def test_a_failed_first_import_leaves_no_store(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("nothing\n")
    with pytest.raises(InputError):
        imported(folder, [tmp_path / "x.csv"])
    with pytest.raises(NotFoundError, match="no tag store"):
        TagStore.open(folder)


def test_the_manifest_is_on_disk(folder: Path, files: list[Path]) -> None:
    report = imported(folder, files)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["manifest_sha256"] == report.manifest_sha256
    assert [file["name"] for file in manifest["files"]] != []
    assert sorted(p.name for p in folder.iterdir()) == ["manifest.json", "tags.sqlite"]


def test_finds_by_any_spelling(folder: Path, files: list[Path]) -> None:
    imported(folder, files)
    with TagStore.open(folder) as store:
        assert len(store.find(A.upper())) == 1
        assert len(store.find(ON_EVM.lower())) == len(store.find(ON_EVM)) == 1
        assert len(store.find(tron.hex_form(bytes(20)))) == 1
        assert store.find(C) == []


def test_a_found_tag_carries_everything(folder: Path, files: list[Path]) -> None:
    imported(folder, files)
    with TagStore.open(folder) as store:
        [tag] = store.find(A)
        [coin] = store.find(ON_EVM)
    assert (tag.actor_id, tag.actor_name) == ("exex", "Exercise Exchange")
    assert service_kind(tag) == "exchange"
    assert (tag.file_name, tag.line) == ("pack.yaml", 7)
    assert (tag.confidence_level, tag.extra["title"]) == (20, "EXERCISE")
    assert tag.chain == REGTEST.caip2
    assert (coin.checksum, coin.chain, coin.chains) == ("none", None, ("eip155:*",))
    assert coin.extra["address as printed"] == ON_EVM.lower()
    wire = json.loads(json.dumps(tag.to_json()))
    assert wire["concepts"] == []
    assert wire["actor_concepts"] == ["exchange"]


def test_contradictions_are_kept(folder: Path, files: list[Path]) -> None:
    imported(folder, files)
    with TagStore.open(folder) as store:
        tags = store.find(B)
    assert [conflict.why for conflict in conflicts(tags)] == [
        "concepts: marketplace or ransomware"
    ]


def test_only_tags_of_the_chain_asked_for(folder: Path, files: list[Path]) -> None:
    imported(folder, files)
    with TagStore.open(folder) as store:
        assert store.addresses(REGTEST.caip2) == sorted([A, B])
        assert store.addresses(MAINNET.caip2) == []
        assert store.addresses("eip155:137") == [ON_EVM]
        assert len(store.addresses()) == 4
        assert store.find(A, MAINNET.caip2) == []
        assert set(store.find_many([A, B, C], REGTEST.caip2)) == {A, B}
        assert len(list(store.all_tags(tron.CAIP2))) == 1
        assert store.services(REGTEST.caip2) == {
            A: ("exchange", "Exercise Exchange"),
            B: ("marketplace", "Exercise Market"),
        }


@pytest.mark.parametrize(
    ("text", "near"),
    [(C[:-1] + "q", C), (ON_TRON.lower(), ON_TRON), ("hello", "not an address")],
    ids=["a slip", "capitals lost, known here", "a word"],
)
def test_a_failing_address_is_refused_with_what_is_near(
    folder: Path, files: list[Path], text: str, near: str
) -> None:
    imported(folder, files)
    with TagStore.open(folder) as store, pytest.raises(AddressError, match=near):
        store.find(text)


def test_a_changed_row_is_found_out(folder: Path, files: list[Path]) -> None:
    imported(folder, files)
    with TagStore.open(folder) as store:
        assert store.damaged_files() == []
    with sqlite3.connect(folder / "tags.sqlite") as database:
        database.execute(
            "UPDATE tag SET valid_to = '2020-01-01' WHERE address = ?", [A]
        )
    database.close()
    with TagStore.open(folder) as store:
        assert store.damaged_files() == ["pack.yaml"]


@pytest.mark.parametrize(
    "change",
    [
        "tag SET concepts = 'no JSON'",
        "tag SET file_sha256 = 'x'",
        "file SET header = '1'",
    ],
)
def test_a_row_made_nonsense_is_refused(
    folder: Path, files: list[Path], change: str
) -> None:
    imported(folder, files)
    with sqlite3.connect(folder / "tags.sqlite") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(f"UPDATE {change}")
    database.close()
    with TagStore.open(folder) as store, pytest.raises(StoreError, match="damaged"):
        list(store.all_tags())


def test_what_is_no_store_is_refused(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="no tag store"):
        TagStore.open(folder)
    folder.mkdir()
    (folder / "tags.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        TagStore.open(folder)


@pytest.mark.parametrize(
    ("pragma", "match"),
    [("application_id = 5", "not a tag store"), ("user_version = 99", "format 99")],
)
def test_another_s_database_is_refused(
    folder: Path, files: list[Path], pragma: str, match: str
) -> None:
    imported(folder, files)
    with sqlite3.connect(folder / "tags.sqlite") as database:
        database.execute(f"PRAGMA {pragma}")
    database.close()
    with pytest.raises(StoreError, match=match):
        TagStore.open(folder, create=True)


def test_a_store_cut_off_is_refused(folder: Path, files: list[Path]) -> None:
    imported(folder, files)
    file = folder / "tags.sqlite"
    file.write_bytes(file.read_bytes()[:20_000])
    with pytest.raises(StoreError), TagStore.open(folder) as store:
        list(store.all_tags())


@pytest.mark.parametrize("name", ["missing.csv", "picture.png", "empty", "pipe.csv"])
def test_paths_that_hold_no_tags(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "picture.png").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError):
        imported(folder, [tmp_path / name])


def test_all_real_labels_in_one_go(real_data: Path, folder: Path) -> None:
    labels = real_data / "labels"
    report = imported(folder, [labels])
    found = report.to_json()
    assert (found["new"], found["actors"], found["n_files"]) == (107_958, 3813, 58)
    assert found["warnings_by_kind"] == {
        "bad_checksum": 47,
        "case_lost": 713,
        "no_confidence": 2,
        "no_retrieval_day": 20,
        "no_source": 1,
        "no_tags": 2,
        "other_chain": 2,
        "trimmed": 1,
        "unchecked": 248,
    }
    assert all(p.suggestion for p in report.warnings if p.refused)
    with TagStore.open(folder) as store:
        addresses = store.addresses(MAINNET.caip2)
        assert len(addresses) == 90_002
        assert len(store.find_many(addresses, MAINNET.caip2)) == 90_002
        tags = store.find("1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX")
        assert {c.kind for c in conflicts(tags)} == {"concepts"}
        listed = [t for t in store.all_tags() if "delisted" in t.concepts]
        assert len(listed) == 90
        assert not any(t.holds_on("2026-08-20") for t in listed)
