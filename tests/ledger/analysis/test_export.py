"""The public schema: read back by two other tools, held against `describe_tx`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import polars
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dalil.chains.bitcoin.networks import MAINNET
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.chains.bitcoin.transaction import parse_tx
from dalil.cli import main
from dalil.errors import InputError
from dalil.ledger import Ledger
from dalil.ledger.analysis import export
from dalil.ledger.analysis.export import export_public
from dalil.ledger.analysis.publicschema import MONTH_OF, PUBLIC_TABLES, TYPE_NAMES
from dalil.ledger.build import build_from_blocks
from dalil.ledger.describe import dump
from dalil.sources.blockfolder import open_blocks
from tests.ledger.analysis.askable import Askable, build, exercise_blocks
from tests.ledger.core_files import framed, split

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LABELS = {name: ScriptType(kind) for kind, name in TYPE_NAMES.items()}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Askable:
    return build(tmp_path_factory.mktemp("exported"), exercise_blocks())


@pytest.fixture(scope="module")
def exported(ledger: Askable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files") / "export"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "_ROWS_IN_GROUP", 40)
        export_public(ledger, folder, scripts=True)
    return folder


def by_duckdb(folder: Path, table: str, order: str = "") -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone='UTC'")
        found = connection.execute(
            f"SELECT * FROM read_parquet('{folder}/{table}/*/*.parquet', "
            f"hive_partitioning=true) {order}"
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def hold_against_dump(rows: list[dict[str, Any]], ledger: Ledger) -> None:
    """Every field of every transaction that the ledger tells too."""
    by_hash = {row["hash"]: row for row in rows}
    n = 0
    for told in dump(ledger):
        row = by_hash[told["txid"]]
        n += 1
        minted = told["inputs"][0]["source"] == "coinbase"
        spends = [] if minted else told["inputs"]
        assert row["block_hash"] == told["block_hash"]
        assert row["block_number"] == told["height"]
        assert f"{row['block_timestamp']:%Y-%m-%dT%H:%M:%SZ}" == told["time_utc"]
        assert f"{row['block_timestamp_month']}" == f"{told['time_utc'][:7]}-01"
        assert row["is_coinbase"] == minted
        assert row["fee"] == (0 if minted else told["fee_sat"])
        assert row["input_count"] == len(spends) == len(row["inputs"])
        assert row["output_count"] == len(told["outputs"]) == len(row["outputs"])
        assert row["output_value"] == sum(o["value_sat"] for o in told["outputs"])
        known = [i["value_sat"] for i in spends]
        total = None if minted or None in known else sum(known)
        assert row["input_value"] == total
        for i, (given, wanted) in enumerate(zip(row["inputs"], spends, strict=True)):
            spent = f"{given['spent_transaction_hash']}:{given['spent_output_index']}"
            assert (given["index"], spent) == (i, wanted["outpoint"])
            assert given["value"] == wanted["value_sat"]
            assert (given["addresses"] or [None]) == [wanted["address"]]
        for i, (given, wanted) in enumerate(
            zip(row["outputs"], told["outputs"], strict=True)
        ):
            assert (given["index"], given["value"]) == (i, wanted["value_sat"])
            assert TYPE_NAMES[_LABELS[given["type"]]] == given["type"]
            assert _LABELS[given["type"]].label == wanted["type"]
            assert (given["addresses"] or [None]) == [wanted["address"]]
    assert n == len(rows)


def test_duckdb_reads_every_transaction_as_the_ledger_tells_it(
    ledger: Askable, exported: Path
) -> None:
    hold_against_dump(by_duckdb(exported, "transactions"), ledger)


def test_scripts_and_sizes_are_those_of_the_raw_bytes(
    ledger: Askable, exported: Path
) -> None:
    rows = {row["hash"]: row for row in by_duckdb(exported, "transactions")}
    for tx in range(ledger.n_tx):
        raw = ledger.raw_tx(tx)
        parsed, row = parse_tx(raw), rows[ledger.txid(tx)]
        bare = len(parsed.serialise(witness=False))
        assert row["size"] == len(raw)
        assert row["virtual_size"] == -(-(3 * bare + len(raw)) // 4)
        scripts = [o.script.hex() for o in parsed.outputs]
        assert [o["script_hex"] for o in row["outputs"]] == scripts
        if not parsed.is_coinbase:
            shown = [i["script_hex"] for i in row["inputs"]]
            assert shown == [i.script.hex() for i in parsed.inputs]


def test_blocks_are_their_headers(exported: Path) -> None:
    raw_blocks = exercise_blocks()
    rows = by_duckdb(exported, "blocks", "ORDER BY number")
    for row, raw in zip(rows, raw_blocks, strict=True):
        assert row["size"] == len(raw)
        assert row["merkle_root"] == raw[36:68][::-1].hex()
        assert row["bits"] == raw[72:76][::-1].hex()
        assert row["version"] == int.from_bytes(raw[:4], "little", signed=True)
        assert row["nonce"] == int.from_bytes(raw[76:80], "little")
    assert sum(row["transaction_count"] for row in rows) == sum(
        1 for _ in by_duckdb(exported, "transactions")
    )


def test_the_flat_tables_say_what_is_nested(exported: Path) -> None:
    nested = by_duckdb(exported, "transactions")
    for side in ("inputs", "outputs"):
        flat = by_duckdb(exported, side)
        rows = [(tx["hash"], row) for tx in nested for row in tx[side]]
        assert len(flat) == len(rows)
        for given, (txid, wanted) in zip(flat, rows, strict=True):
            assert given["transaction_hash"] == txid
            assert given == given | wanted


def test_polars_reads_the_partitions_too(ledger: Askable, exported: Path) -> None:
    frame = polars.scan_parquet(
        f"{exported}/outputs/*/*.parquet", hive_partitioning=True
    ).collect()
    assert frame["value"].sum() == ledger.outputs.sum("value_sat")
    months = {f"{month}"[:10] for month in frame["block_timestamp_month"]}
    assert months == {"2011-02-01", "2025-01-01"}
    by_type = dict(frame.group_by("type").agg(polars.col("value").sum()).iter_rows())
    wanted = ledger.outputs.group_by("type").sum("value_sat")
    assert {_LABELS[name].label: n for name, n in by_type.items()} == wanted


def files(folder: Path, table: str) -> Iterator[Path]:
    yield from sorted((folder / table).glob(f"{MONTH_OF[table]}=*/part-0.parquet"))


@pytest.mark.parametrize("table", PUBLIC_TABLES)
def test_fields_have_the_public_names_in_the_public_order(
    exported: Path, table: str
) -> None:
    for file in files(exported, table):
        assert pq.read_schema(file).names == list(PUBLIC_TABLES[table])


def test_rows_are_written_in_groups(exported: Path) -> None:
    (_, file) = files(exported, "transactions")
    assert pq.ParquetFile(file).num_row_groups > 3


def test_what_is_not_kept_is_null_and_said(ledger: Askable, tmp_path: Path) -> None:
    report = export_public(ledger, tmp_path / "bare", ["transactions"])
    hold_against_dump(by_duckdb(tmp_path / "bare", "transactions"), ledger)
    said = json.loads((tmp_path / "bare" / "_dalil.json").read_text())
    assert said["null_fields"] == report.null_fields
    assert "script_hex" in said["null_fields"]
    assert said["manifest_sha256"] == ledger.manifest_sha256
    for file in files(tmp_path / "bare", "transactions"):
        table = pq.read_table(file)
        assert table["size"].null_count == table.num_rows
        flat = pc.list_flatten(table["outputs"]).combine_chunks()
        assert flat.field("script_hex").null_count == len(flat)


def test_unknown_values_stay_null(tmp_path: Path) -> None:
    partial = build(tmp_path, exercise_blocks()[103:])
    export_public(partial, tmp_path / "out")
    rows = by_duckdb(tmp_path / "out", "transactions")
    hold_against_dump(rows, partial)
    assert any(row["fee"] is None for row in rows)


def test_a_folder_in_use_is_refused(ledger: Askable, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(InputError, match="folder of its own"):
        export_public(ledger, tmp_path)
    with pytest.raises(InputError, match="folder of its own"):
        export_public(ledger, tmp_path / "kept")
    with pytest.raises(InputError, match="tables are"):
        export_public(ledger, tmp_path / "new", ["traces"])
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_a_failure_leaves_whole_months_and_no_report(
    ledger: Askable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(partial: Path, place: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_settle", full)
    with pytest.raises(OSError, match="No space"):
        export_public(ledger, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*"))


def test_the_command_reports(
    ledger: Askable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    main(["ledger", "export", str(ledger.path), str(target), "--table", "outputs"])
    assert "null everywhere: script_asm" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(["ledger", "export", str(ledger.path), str(target), "--json"])
    assert stop.value.code == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_input"


@pytest.mark.parametrize(
    ("file", "n_blocks"),
    [("range_560062_560086", 2), ("genesis_0_4312", 2000)],
)
def test_real_blocks_are_told_alike(
    real_data: Path, tmp_path: Path, file: str, n_blocks: int
) -> None:
    data = (real_data / "bitcoin" / file / "blk00000.dat").read_bytes()
    blocks = split(data)[:n_blocks]
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "blk00000.dat").write_bytes(framed(blocks, MAINNET.magic))
    build_from_blocks(tmp_path / "ledger", open_blocks(tmp_path / "blocks"))
    opened = Ledger.open(tmp_path / "ledger")
    export_public(opened, tmp_path / "out", ["transactions"])
    hold_against_dump(by_duckdb(tmp_path / "out", "transactions"), opened)
