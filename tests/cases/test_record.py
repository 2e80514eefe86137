"""The record: append-only, and every way around that is found."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.cases.chain import canonical_json, check_chain
from dalil.cases.record import Record
from dalil.errors import DalilError, InputError, NotFoundError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.cases.chain import Entry

WHO = "analyst: Exercise Analyst"


def recorded(folder: Path, n: int = 3) -> Record:
    record = Record(folder)
    for number in range(n):
        payload = {"root": f"{number}".rjust(64, "e"), "n": number}
        record.append("investigated", WHO, "case", payload, time_utc=number)
    return record


def behind_its_back(folder: Path, *statements: str) -> None:
    """Change the database as someone would who knows where the guards are."""
    with closing(sqlite3.connect(folder / "case.db")) as database, database:
        database.execute("DROP TRIGGER IF EXISTS log_keeps")
        database.execute("DROP TRIGGER IF EXISTS log_stays")
        for statement in statements:
            database.execute(statement)


def test_a_case_without_record_has_an_intact_empty_one(tmp_path: Path) -> None:
    record = Record(tmp_path)
    assert record.entries() == []
    assert record.verify_chain().ok
    assert not record.path.exists()


def test_entries_come_back_as_they_went_in(tmp_path: Path) -> None:
    first = recorded(tmp_path).entries()[0].to_json()
    assert first["who"] == WHO
    assert first["payload"] == {"root": "0".rjust(64, "e"), "n": 0}
    assert first["time_utc"] == "1970-01-01T00:00:00Z"
    assert Record(tmp_path).verify_chain().n_entries == 3


def test_equal_contents_do_not_show_as_equal_hashes(tmp_path: Path) -> None:
    record = Record(tmp_path)
    for _ in range(2):
        record.append("noted", WHO, "case", {}, time_utc=0)
    one, two = record.entries()
    assert one.content == two.content
    assert one.content_sha256 != two.content_sha256


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log WHERE sequence = 2",
        "UPDATE log SET action = 'x' WHERE sequence = 2",
        "UPDATE log SET content = '{}' WHERE sequence = 2",
        "UPDATE log SET content = NULL, salt = NULL, hash = 'x' WHERE sequence = 2",
    ],
)
def test_the_database_itself_refuses(statement: str, tmp_path: Path) -> None:
    recorded(tmp_path)
    with (
        closing(sqlite3.connect(tmp_path / "case.db")) as database,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        database.execute(statement)


@dataclass(frozen=True)
class Forgery:
    why: str
    statement: str
    reason: str
    at: int = 2


FORGERIES = [
    Forgery("a time moved", "UPDATE log SET time_utc = '1971-01-01T00:00:00Z' WHERE sequence = 2", "its hash is not"),
    Forgery("an action renamed", "UPDATE log SET action = 'reviewed' WHERE sequence = 2", "its hash is not"),
    Forgery("another content", "UPDATE log SET content = '{}' WHERE sequence = 2", "its content is not"),
    Forgery("another salt", "UPDATE log SET salt = '00' WHERE sequence = 2", "its content is not"),
    Forgery("half a purge", "UPDATE log SET salt = NULL WHERE sequence = 2", "its content is not"),
    Forgery("an entry taken out", "DELETE FROM log WHERE sequence = 2", "entry 2 is missing", 3),
    Forgery("the first taken out", "DELETE FROM log WHERE sequence = 1", "entry 1 is missing", 2),
    Forgery("an entry doubled at the end", "INSERT INTO log SELECT 4, time_utc, action, content, salt, content_sha256, previous, hash FROM log WHERE sequence = 3", "does not name", 4),
]  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda f: f.why)
def test_finds_what_went_around_the_database(forgery: Forgery, tmp_path: Path) -> None:
    record = recorded(tmp_path)
    behind_its_back(tmp_path, forgery.statement)
    verdict = record.verify_chain()
    assert not verdict.ok
    assert verdict.failed_at == forgery.at
    assert forgery.reason in verdict.reason


def test_a_cut_end_is_found_by_the_head_noted_elsewhere(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    head = record.verify_chain().head
    assert record.verify_chain(head.upper()).ok
    behind_its_back(tmp_path, "DELETE FROM log WHERE sequence = 3")
    assert record.verify_chain().ok, "without the head nobody can tell"
    assert "another hash" in record.verify_chain(head).reason


def test_a_purge_forgets_the_content_and_keeps_the_chain(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    head = record.verify_chain().head
    record.purge(2)
    verdict = record.verify_chain(head)
    assert (verdict.ok, verdict.n_purged) == (True, 1)
    assert record.entries()[1].to_json()["who"] is None
    assert b"e" * 60 in (tmp_path / "case.db").read_bytes(), "the others are there"
    assert b"e" * 30 + b"1" not in (tmp_path / "case.db").read_bytes()
    with pytest.raises(NotFoundError, match="no such entry"):
        record.purge(9)


def renamed(entry: Entry, action: str) -> Entry:
    changed = replace(entry, action=action)
    return replace(changed, hash=changed.expected_hash())


def test_an_entry_hashed_anew_breaks_at_the_next(tmp_path: Path) -> None:
    one, two, three = recorded(tmp_path).entries()
    verdict = check_chain([one, renamed(two, "reviewed"), three])
    assert (verdict.failed_at, verdict.ok) == (3, False)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE log",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = 2",
        "UPDATE log SET action = x'00' WHERE sequence = 2",
        "UPDATE log SET sequence = 5000000 WHERE sequence = 3",
    ],
)
def test_says_so_where_the_record_is_none(statement: str, tmp_path: Path) -> None:
    record = recorded(tmp_path)
    behind_its_back(tmp_path, statement)
    with pytest.raises(StoreError):
        record.entries()


def test_a_file_of_other_bytes_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "case.db").write_bytes(b"EXERCISE" * 1000)
    with pytest.raises(StoreError, match="cannot be used"):
        Record(tmp_path).entries()
    with pytest.raises(StoreError, match="cannot be used"):
        Record(tmp_path).append("noted", WHO, "case", {}, time_utc=0)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=10,
)


@given(plain)
def test_canonical_json_ignores_the_order_of_keys(value: object) -> None:
    def turned(x: object) -> object:
        if isinstance(x, dict):
            return {key: turned(x[key]) for key in reversed(x)}
        return [turned(one) for one in x] if isinstance(x, list) else x

    assert canonical_json(turned(value)) == canonical_json(value)


@pytest.mark.parametrize(
    "value", [1.5, {1: "a"}, {"a": [b"x"]}, {"s": {1, 2}}, "\udc00"]
)
def test_canonical_json_refuses_what_has_no_one_form(value: object) -> None:
    with pytest.raises(InputError):
        canonical_json(value)


@given(st.text(), st.text(), st.integers(0, 2**33))
def test_any_text_can_be_recorded_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, action: str, subject: str, time: int
) -> None:
    record = Record(tmp_path_factory.getbasetemp())
    before = len(record.entries())
    try:
        record.append(action, WHO, subject, {}, time_utc=time)
    except DalilError:
        assert len(record.entries()) == before
    else:
        assert record.entries()[-1].to_json()["subject"] == subject
        assert record.verify_chain().ok
