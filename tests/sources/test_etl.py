"""The public schema read back: every txid recomputed, nothing taken on trust."""

from __future__ import annotations

import csv
import gzip
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dalil.chains.bitcoin.networks import MAINNET, REGTEST
from dalil.chains.bitcoin.transaction import read_tx
from dalil.cli import main
from dalil.errors import DalilError, InputError, LimitError
from dalil.ledger import Ledger
from dalil.ledger.analysis.export import export_public
from dalil.ledger.build import build_from_blocks
from dalil.ledger.build_saved import build_from_saved
from dalil.ledger.describe import dump
from dalil.sources import etl
from dalil.sources.blockfolder import open_blocks
from dalil.sources.etl import read_public
from tests.ledger.analysis.askable import build, exercise_blocks
from tests.ledger.core_files import framed, split

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, Any]]
_FINAL = 0xFFFF_FFFF


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return build(tmp_path_factory.mktemp("whole"), exercise_blocks())


@pytest.fixture(scope="module")
def partial(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return build(tmp_path_factory.mktemp("part"), exercise_blocks()[103:])


@pytest.fixture(scope="module")
def exported(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files") / "export"
    export_public(ledger, folder, scripts=True)
    return folder


def rows(exported: Path, table: str) -> Rows:
    found: Rows = []
    for file in sorted(exported.glob(f"{table}/*/*.parquet")):
        with pq.ParquetFile(file) as opened:
            found += opened.read().to_pylist()
    return found


def as_bitcoin_etl(row: dict[str, Any]) -> dict[str, Any]:
    """A row as bitcoin-etl writes it in JSON: times as Unix seconds."""
    return {
        key: int(value.timestamp()) if key.endswith("timestamp") else value
        for key, value in row.items()
    }


def write_lines(file: Path, found: Rows) -> None:
    text = "".join(json.dumps(as_bitcoin_etl(row)) + "\n" for row in found)
    data = text.encode()
    file.write_bytes(gzip.compress(data) if file.suffix == ".gz" else data)


def write_csv(file: Path, found: Rows) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(found[0]))
        writer.writeheader()
        for row in found:
            flat = as_bitcoin_etl(row)
            for side in ("inputs", "outputs"):
                if side in flat:
                    flat[side] = json.dumps(flat[side])
            writer.writerow(flat)


def dumped(path: Path) -> Rows:
    return list(dump(Ledger.open(path)))


def test_export_and_import_give_the_same_dump(
    ledger: Ledger, exported: Path, tmp_path: Path
) -> None:
    saved = read_public([exported])
    assert saved.network is REGTEST
    build_from_saved(tmp_path / "again", saved)
    assert dumped(tmp_path / "again") == list(dump(ledger))
    again = Ledger.open(tmp_path / "again")
    assert again.source == "transactions", "it stays marked as partial"
    assert [r.tobytes() for r in again.block_header] == [
        r.tobytes() for r in ledger.block_header
    ]
    (note,) = saved.notes
    assert "109 of 109 headers rebuilt" in note.problem
    assert "109 blocks whole" in note.problem


def test_a_part_of_a_chain_stays_a_part(partial: Ledger, tmp_path: Path) -> None:
    export_public(partial, tmp_path / "out", scripts=True)
    saved = read_public([tmp_path / "out"])
    build_from_saved(tmp_path / "again", saved)
    assert dumped(tmp_path / "again") == list(dump(partial))
    n = partial.n_blocks
    (note,) = saved.notes
    assert f"{n - 1} of {n} headers" in note.problem, "the first names no predecessor"


@pytest.mark.parametrize("form", ["jsonl", "json.gz", "csv"])
def test_bitcoin_etl_s_own_files_are_read(
    ledger: Ledger, exported: Path, tmp_path: Path, form: str
) -> None:
    write = write_csv if form == "csv" else write_lines
    for table in ("blocks", "transactions"):
        write(tmp_path / f"{table}.{form}", rows(exported, table))
    build_from_saved(tmp_path / "again", read_public([tmp_path]))
    assert dumped(tmp_path / "again") == list(dump(ledger))


def test_numbers_and_times_as_bigquery_writes_them(
    ledger: Ledger, exported: Path, tmp_path: Path
) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, bool) or value is None or isinstance(value, str):
            return value
        if isinstance(value, int):
            return str(value)
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"

    for table in ("blocks", "transactions"):
        lines = [json.dumps(plain(row)) for row in rows(exported, table)]
        (tmp_path / f"{table}.json").write_text("\n".join(lines))
    build_from_saved(tmp_path / "again", read_public([tmp_path]))
    assert dumped(tmp_path / "again") == list(dump(ledger))


def test_without_blocks_coinbases_are_left_out_and_said(
    ledger: Ledger, exported: Path, tmp_path: Path
) -> None:
    saved = read_public([exported / "transactions"])
    assert len(saved.txs) == ledger.n_tx - ledger.n_blocks
    assert sum("no script_hex" in note.problem for note in saved.notes) > 0
    build_from_saved(tmp_path / "again", saved)
    told = {row["txid"]: row for row in dump(ledger)}
    for row in dumped(tmp_path / "again"):
        wanted = told[row["txid"]]
        for given, known in zip(row["inputs"], wanted["inputs"], strict=True):
            assert given["outpoint"] == known["outpoint"]
            assert given["value_sat"] == known["value_sat"], "the files' word"
            assert given["address"] == known["address"]


def test_without_scripts_nothing_is_taken(ledger: Ledger, tmp_path: Path) -> None:
    export_public(ledger, tmp_path / "bare")
    with pytest.raises(InputError, match="no transaction here could be checked"):
        read_public([tmp_path / "bare"])


def altered(found: Rows, change: Any) -> Rows:
    copied: Rows = json.loads(json.dumps([as_bitcoin_etl(row) for row in found]))
    for row in copied:
        if row["inputs"]:
            change(row)
            break
    return [
        {k: v for k, v in row.items() if not k.startswith("block_timestamp_")}
        for row in copied
    ]


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("an amount", lambda row: row["outputs"][0].update(value=1)),
        ("a script", lambda row: row["outputs"][0].update(script_hex="6a")),
        ("an outpoint", lambda row: row["inputs"][0].update(spent_output_index=7)),
        ("a sequence", lambda row: row["inputs"][0].update(sequence=7)),
        ("a lock time", lambda row: row.update(lock_time=7)),
        ("a version", lambda row: row.update(version=7)),
        ("a txid", lambda row: row.update(hash="00" * 32)),
        ("an index", lambda row: row["outputs"][0].update(index=9)),
        ("an amount in fractions", lambda row: row["outputs"][0].update(value=0.5)),
        ("an amount below nothing", lambda row: row["outputs"][0].update(value=-1)),
        (
            "a script that is no hex",
            lambda row: row["outputs"][0].update(script_hex="x"),
        ),
        ("inputs that are no list", lambda row: row.update(inputs={"a": 1})),
        ("no height", lambda row: row.update(block_number=None)),
        ("no time", lambda row: row.update(block_timestamp="yesterday")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_changed_is_left_out_and_said(
    exported: Path, tmp_path: Path, why: str, change: Any
) -> None:
    found = rows(exported, "transactions")
    write_lines(tmp_path / "blocks.json", rows(exported, "blocks"))
    text = "\n".join(json.dumps(row) for row in altered(found, change))
    (tmp_path / "transactions.json").write_text(text)
    saved = read_public([tmp_path])
    assert len(saved.txs) == len(found) - 1, why
    assert any("1 transactions left out" in note.problem for note in saved.notes)


def test_a_forged_header_proves_nothing(exported: Path, tmp_path: Path) -> None:
    blocks = rows(exported, "blocks")
    for row in blocks:
        row["nonce"] ^= 1
        row["merkle_root"] = "11" * 32
    write_lines(tmp_path / "blocks.json", blocks)
    write_lines(tmp_path / "transactions.json", rows(exported, "transactions"))
    saved = read_public([tmp_path])
    assert not any(tx.header or tx.branch for tx in saved.txs)
    assert "0 of 109 headers rebuilt" in saved.notes[-1].problem


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.parquet", b"PAR1 not really"),
        ("a.parquet", b""),
        ("a.json", b"\xff\xfe\x00"),
        ("a.json", b"{"),
        ("a.json", b"[1, 2]"),
        ("a.json", b'{"hash": 1, "inputs": 2, "outputs": 3, "block_hash": []}'),
        ("a.json", b"[" * 100_000),
        ("a.json.gz", b"not gzip"),
        ("a.csv", b"hash,inputs,outputs,block_hash\n1,{,[],2\n"),
        ("a.json", b'{"hash": "zz", "number": 1, "merkle_root": "q"}'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_hostile_files_end_in_a_named_error(
    tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DalilError):
        read_public([tmp_path])


def test_parquet_of_hostile_types_is_refused(tmp_path: Path) -> None:
    table = pa.table(
        {"hash": [None], "inputs": ["x"], "outputs": [3.5], "block_hash": [b"\x00"]}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(InputError, match="could be checked"):
        read_public([tmp_path])


def test_too_many_are_refused(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etl, "MAX_TXS", 10)
    with pytest.raises(LimitError, match="fewer months"):
        read_public([exported])


def test_the_command_builds_from_the_schema(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "again"
    main(["ledger", "build", str(target), "--source", f"parquet:{exported}", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["n_blocks"] == 109
    assert "headers rebuilt" in answer["notes"][0]["problem"]
    with pytest.raises(SystemExit) as stop:
        main(["ledger", "build", str(tmp_path / "x"), "--source", "csvish:a", "--json"])
    assert stop.value.code == 2


def test_real_blocks_come_back_the_same(real_data: Path, tmp_path: Path) -> None:
    data = (real_data / "bitcoin/range_560062_560086/blk00000.dat").read_bytes()
    uncommon = [
        raw for raw in split(data) if _coinbase_sequence(raw) not in (0, _FINAL)
    ]
    assert uncommon, "the range has coinbases with uncommon sequence numbers"
    (tmp_path / "blk00000.dat").write_bytes(framed(uncommon[:1], MAINNET.magic))
    build_from_blocks(tmp_path / "ledger", open_blocks(tmp_path / "blk00000.dat"))
    ledger = Ledger.open(tmp_path / "ledger")
    export_public(ledger, tmp_path / "out", ["blocks", "transactions"], scripts=True)
    saved = read_public([tmp_path / "out"])
    assert saved.network is MAINNET
    build_from_saved(tmp_path / "again", saved)
    assert dumped(tmp_path / "again") == list(dump(ledger))
    (tmp_path / "out" / "_coinbases.json").write_text("{}")
    assert len(read_public([tmp_path / "out"]).txs) == ledger.n_tx - 1


def _coinbase_sequence(raw: bytes) -> int:
    skip = 1 if raw[80] < 0xFD else 3
    tx, _ = read_tx(raw, 80 + skip)
    return tx.inputs[0].sequence


def test_a_network_that_nothing_tells_must_be_given(
    exported: Path, tmp_path: Path
) -> None:
    found = rows(exported, "transactions")
    for row in found:
        for item in [*row["inputs"], *row["outputs"]]:
            item["addresses"] = []
    write_lines(tmp_path / "transactions.json", found)
    with pytest.raises(InputError, match="--network"):
        read_public([tmp_path])
    assert read_public([tmp_path], REGTEST).network is REGTEST
