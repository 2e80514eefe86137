"""SQL over a ledger: right, read-only, bounded, and explained when it fails."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.bitcoin.address import encode_address
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.cli import main
from dalil.errors import InputError, LimitError
from dalil.ledger.analysis.sql import SqlBounds, run_sql
from dalil.ledger.analysis.sqlfunctions import FUNCTIONS
from dalil.ledger.analysis.views import VIEWS
from tests.ledger.analysis.askable import Askable, build, exercise_blocks, plain_rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Askable:
    return build(tmp_path_factory.mktemp("sql"), exercise_blocks())


@pytest.fixture(scope="module")
def partial(tmp_path_factory: pytest.TempPathFactory) -> Askable:
    return build(tmp_path_factory.mktemp("part"), exercise_blocks()[103:])


def ask(ledger: Askable, statement: str) -> list[tuple[Any, ...]]:
    return list(run_sql(ledger, statement).rows)


@pytest.mark.parametrize("which", ["ledger", "partial"])
def test_the_views_say_what_the_ledger_says(
    which: str, request: pytest.FixtureRequest
) -> None:
    ledger: Askable = request.getfixturevalue(which)
    plain = plain_rows(ledger)
    outputs = ask(
        ledger,
        "SELECT tx, height, value_sat, address, type, spent_by IS NOT NULL FROM outputs",
    )
    assert outputs == [
        (
            r["tx"],
            r["height"],
            r["value_sat"],
            r["address"],
            r["type"],
            r["spent_by"] is not None,
        )
        for r in plain["outputs"]
    ]
    inputs = ask(ledger, "SELECT tx, height, value_sat, address, source FROM inputs")
    assert inputs == [
        (r["tx"], r["height"], r["value_sat"], r["address"], r["source"])
        for r in plain["inputs"]
    ]
    txs = ask(
        ledger, "SELECT txid, height, n_inputs, n_outputs, fee_sat, time FROM txs"
    )
    assert [row[:5] for row in txs] == [
        (r["txid"], r["height"], r["n_inputs"], r["n_outputs"], r["fee_sat"])
        for r in plain["txs"]
    ]
    assert [f"{row[5]:%Y-%m-%dT%H:%M:%SZ}" for row in txs] == [
        r["time_utc"] for r in plain["txs"]
    ]
    blocks = ask(ledger, "SELECT height, hash, n_tx FROM blocks")
    assert [hash_ for _, hash_, _ in blocks] == [
        raw.tobytes()[::-1].hex() for raw in ledger.block_hash
    ]
    assert sum(n for _, _, n in blocks) == ledger.n_tx


def test_sums_and_groups_are_those_of_queries(ledger: Askable) -> None:
    found = ask(ledger, "SELECT type, sum(value_sat) FROM outputs GROUP BY 1")
    assert dict(found) == ledger.outputs.group_by("type").sum("value_sat")
    stored = ask(ledger, "SELECT type, sum(value)::BIGINT FROM output GROUP BY ALL")
    assert dict(stored) == dict(found)


def test_functions_find_what_they_name(ledger: Askable) -> None:
    address = next(r["address"] for r in plain_rows(ledger)["outputs"] if r["address"])
    found = ask(
        ledger, f"SELECT id FROM outputs WHERE address_id = address_id('{address}')"
    )
    wanted = ledger.outputs.where(address=address).ids().tolist()
    assert [row[0] for row in found] == wanted
    txid = ledger.txid(5)
    assert ask(ledger, f"SELECT tx_id('{txid}'), tx_id('{'0' * 64}')") == [(5, None)]
    unseen = encode_address(ledger.network, ScriptType.P2WPKH, bytes(20))
    assert ask(ledger, f"SELECT address_id('{unseen}')") == [(None,)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_gives_null_for_null_and_for_no_row(
    ledger: Askable, name: str
) -> None:
    assert ask(ledger, f"SELECT {name}(NULL)") == [(None,)]
    if FUNCTIONS[name].takes == "BIGINT":
        rows = "(VALUES (-1), (NULL), (1099511627776), (-9223372036854775807)) t(i)"
        assert ask(ledger, f"SELECT {name}(i) FROM {rows}") == [(None,)] * 4


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("SELECT * FROM read_csv('/etc/passwd')", "may not touch files"),
        ("SELECT * FROM read_parquet('https://example.invalid/x')", "may not|SQL"),
        ("SELECT * FROM glob('/*')", "may not touch files"),
        ("SELECT * FROM '/etc/passwd'", "SQL"),
        ("COPY output TO 'stolen.csv'", "only read.*COPY"),
        ("ATTACH 'other.db'", "only read.*ATTACH"),
        ("INSTALL httpfs", "only read"),
        ("LOAD httpfs", "only read"),
        ("SET enable_external_access=true", "only read.*SET"),
        ("PRAGMA enable_profiling", "only read|SQL"),
        ("CREATE TABLE x AS SELECT 1", "only read.*CREATE"),
        ("DELETE FROM output", "only read.*DELETE"),
        ("DROP VIEW outputs", "only read.*DROP"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("", "one statement"),
        ("SELEC 1", "syntax error"),
        ("SELECT colour FROM outputs", "colour"),
        ("SELECT * FROM ledger", "does not exist"),
        ("SELECT address_id('nonsense')", "nonsense"),
        ("SELECT tx_id('zz')", "not a txid"),
    ],
    ids=lambda value: value[:40],
)
def test_all_else_is_refused_with_its_reason(
    ledger: Askable,
    statement: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"(?is){says}"):
        ask(ledger, statement)
    assert not list(tmp_path.iterdir()), "nothing was written"


def test_a_statement_without_end_is_stopped(ledger: Askable) -> None:
    endless = (
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) "
        "SELECT max(n) FROM t"
    )
    with pytest.raises(LimitError, match="longer than it may"):
        list(run_sql(ledger, endless, SqlBounds(seconds=0.3)).rows)


def test_a_statement_too_large_is_stopped(
    ledger: Askable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wide = "SELECT list(i) FROM range(12000000) t(i)"
    with pytest.raises(LimitError, match="more memory"):
        list(run_sql(ledger, wide, SqlBounds(memory_mb=64)).rows)
    assert not list(tmp_path.iterdir()), "nothing is spilled to disk"


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = 0
    try:
        main(["ledger", "sql", *args])
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_prints_four_ways(
    ledger: Askable, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = (
        "SELECT type, sum(value_sat) AS total, max(time) AS last "
        "FROM outputs GROUP BY 1 ORDER BY 1"
    )
    wanted = ledger.outputs.group_by("type").sum("value_sat")
    path = str(ledger.path)
    _, out, _ = run(capsys, path, statement, "--json")
    answer = json.loads(out)
    assert answer["columns"] == ["type", "total", "last"]
    assert {row[0]: row[1] for row in answer["rows"]} == wanted
    assert answer["rows"][0][2].endswith("Z")
    _, out, _ = run(capsys, path, statement, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["type"]: int(row["total"]) for row in rows} == wanted
    _, out, _ = run(capsys, path, statement, "--format", "json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert {row["type"]: row["total"] for row in lines} == wanted
    _, out, err = run(capsys, path, statement)
    assert out.splitlines()[0].split() == ["type", "total", "last"]
    assert not err
    _, out, err = run(capsys, path, statement, "--limit", "2", "--format", "csv")
    assert len(out.splitlines()) == 3
    assert "more rows follow" in err
    code, out, err = run(capsys, path, "EXPLAIN SELECT count(*) FROM outputs")
    assert code == 0


def test_the_command_explains_errors(
    ledger: Askable, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, str(ledger.path), "SELECT nothing FROM outputs")
    assert code == 3
    assert not out
    assert "nothing" in err
    assert "Traceback" not in err


def test_every_view_lists_its_columns(ledger: Askable) -> None:
    for name, view in VIEWS.items():
        described = ask(ledger, f"DESCRIBE {name}")
        assert [row[0] for row in described] == list(view.columns)
