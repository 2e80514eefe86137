"""Files of token transfers: in order, exact, each fault named."""

from __future__ import annotations

import csv
import gzip
import json
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains.accounts import TxStatus, whole
from dalil.errors import DalilError, InputError
from dalil.progress import silent
from dalil.sources.accounts import open_source, ordering
from dalil.sources.accounts.hexcolumns import GOOD, decimal_limbs, hex_rows

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.chains.accounts import AccountBatch

FIELDS = (
    "token_address",
    "from_address",
    "to_address",
    "value",
    "transaction_hash",
    "log_index",
    "block_number",
)


def nothing(_height: int) -> bytes | None:
    return None


def row(block: int, log: int, value: object = 5, **more: Any) -> dict[str, Any]:
    """One transfer; two logs share a transaction."""
    return {
        "token_address": "0x" + "aa" * 20,
        "from_address": "0x" + f"{block % 251:02x}" * 20,
        "to_address": "0x" + f"{log % 251:02x}" * 20,
        "value": value,
        "transaction_hash": "0x" + f"{block:032x}{log // 2:032x}",
        "log_index": log,
        "block_number": block,
    } | more


def write(folder: Path, rows: list[dict[str, Any]], kind: str) -> str:
    path = folder / f"t.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    elif kind == "csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        text = [{k: str(v) if k == "value" else v for k, v in r.items()} for r in rows]
        pq.write_table(pa.Table.from_pylist(text), path, row_group_size=7)
    return f"{kind}:{path}"


def read(spec: str, **how: Any) -> list[AccountBatch]:
    return list(open_source(spec, **how).batches(None, nothing, silent))


def seen(batches: list[AccountBatch]) -> list[tuple[int, int, int, str]]:
    """(block, log, amount, transaction) of every transfer, the slow way."""
    found = []
    for b in batches:
        amounts = whole(b.transfer_amount)
        for i in range(len(b.block_number)):
            for tx in range(b.block_first_tx[i], b.block_first_tx[i + 1]):
                for t in range(b.tx_first_transfer[tx], b.tx_first_transfer[tx + 1]):
                    name = b.tx_hash[tx].tobytes().hex()
                    log = int(b.transfer_log[t])
                    found.append((int(b.block_number[i]), log, amounts[t], "0x" + name))
    return found


def told(rows: list[dict[str, Any]]) -> list[tuple[int, int, int, str]]:
    keys = ("block_number", "log_index", "value", "transaction_hash")
    return sorted(tuple(r[k] for k in keys) for r in rows)


MIXED = [row(7, 3), row(5, 0, 2**256 - 1), row(5, 1, 0), row(7, 2, 1 << 64), row(6, 9)]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_rows_in_any_order_come_in_the_chains(tmp_path: Path, kind: str) -> None:
    [batch] = read(write(tmp_path, MIXED, kind))
    assert seen([batch]) == told(MIXED)
    assert batch.block_number.tolist() == [5, 6, 7]
    assert set(batch.tx_status.tolist()) == {TxStatus.UNTOLD}
    assert batch.chain == "eip155:1"
    assert not batch.contiguous


def test_a_gzipped_csv_is_read_as_a_plain_one(tmp_path: Path) -> None:
    spec = write(tmp_path, MIXED, "csv")
    plain = (tmp_path / "t.csv").read_bytes()
    (tmp_path / "u.csv.gz").write_bytes(gzip.compress(plain))
    assert seen(read(f"csv:{tmp_path / 'u.csv.gz'}")) == seen(read(spec))


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_rows_told_twice_are_dropped_and_counted(tmp_path: Path, kind: str) -> None:
    source = open_source(write(tmp_path, [*MIXED, MIXED[1], MIXED[1]], kind))
    assert seen(list(source.batches(None, nothing, silent))) == told(MIXED)
    assert source.report.n_duplicates_dropped == 2


WRONG = {
    "one log index with two amounts": ([row(1, 0), row(1, 0, 6)], "one log"),
    "one log index in two transactions": (
        [row(1, 0), row(1, 0, transaction_hash="0x" + "77" * 32)],
        "one log",
    ),
    "a transaction in two blocks": (
        [row(1, 0), row(2, 0, transaction_hash=row(1, 0)["transaction_hash"])],
        "torn apart",
    ),
    "a transaction around another's logs": (
        [
            row(1, 0),
            row(1, 1, transaction_hash="0x" + "77" * 32),
            row(1, 2, transaction_hash=row(1, 0)["transaction_hash"]),
        ],
        "torn apart",
    ),
    "a block of two times": (
        [row(1, 0, block_timestamp=5), row(1, 2, block_timestamp=6)],
        "two values of time",
    ),
    "places against logs": (
        [row(1, 0, transaction_index=5), row(1, 2, transaction_index=4)],
        "disagree",
    ),
    "an amount of 2**256": ([row(1, 0, 2**256)], "value at t.*row 1"),
    "an amount below nothing": ([row(1, 0), row(1, 1, -1)], "value at t.*row 2"),
    "an amount in words": ([row(1, 0, "five")], "not a whole number"),
    "an amount in hex": ([row(1, 0, "0x5")], "not a whole number"),
    "no amount": ([row(1, 0, "")], "not a whole number"),
    "an address too short": ([row(1, 0, to_address="0x12")], "20 bytes in hex"),
    "an address of other letters": ([row(1, 0, to_address="0x" + "zz" * 20)], "hex"),
    "a hash too long": ([row(1, 0, transaction_hash="0x" + "77" * 33)], "32 bytes"),
    "a block number beyond reason": ([row(10**12 * 2, 0)], "out of range"),
    "a time that is none": ([row(1, 0, block_timestamp="soon")], "not a time"),
}


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(("rows", "says"), WRONG.values(), ids=WRONG)
def test_files_that_cannot_be_true_are_refused(
    tmp_path: Path, rows: list[dict[str, Any]], says: str, kind: str
) -> None:
    with pytest.raises(InputError, match=says):
        read(write(tmp_path, rows, kind))


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_number_of_ten_million_digits_is_refused_unread(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"t.{kind}"
    held = ",".join(str(v) for v in row(1, 0, "@").values())
    if kind == "jsonl":
        held = json.dumps(row(1, 0, 12345)).replace("12345", "@")
    head = ",".join(FIELDS) + "\n" if kind == "csv" else ""
    path.write_text(head + held.replace("@", "9" * 10**7) + "\n")
    before = time.process_time()
    with pytest.raises(DalilError, match=r"10,000,000 characters|digits"):
        read(f"{kind}:{path}")
    assert time.process_time() - before < 5  # reading it as a number takes minutes


def test_the_bound_on_digits_costs_microseconds() -> None:
    text = np.full(10**7, ord("9"), np.uint8)
    offsets, out = np.array([0, 10**7], np.int32), np.zeros((1, 4), np.uint64)
    assert decimal_limbs(offsets, text, out) == 0
    before = time.perf_counter()
    for _ in range(1000):
        decimal_limbs(offsets, text, out)
    assert time.perf_counter() - before < 0.1


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.integers(0, 2**256 - 1) | st.integers(0, 2**70)))
def test_decimals_become_limbs_exactly(amounts: list[int]) -> None:
    text = [str(a) for a in amounts]
    offsets = np.cumsum([0, *map(len, text)]).astype(np.int32)
    raw = np.frombuffer("".join(text).encode() or b" ", np.uint8)
    out = np.zeros((len(amounts), 4), np.uint64)
    assert decimal_limbs(offsets, raw, out) == GOOD
    assert whole(out) == amounts


@settings(deadline=None)  # the first call compiles
@given(st.text("0123456789abcdefABCDEFxg ", max_size=8))
def test_hex_is_read_as_python_reads_it(text: str) -> None:
    out = np.zeros((1, 2), np.uint8)
    raw = np.frombuffer(text.encode() or b" ", np.uint8)
    fine = hex_rows(np.array([0, len(text)], np.int32), raw, out) == GOOD
    digits = text[2:] if text[:2] in ("0x",) else text
    try:
        expected = len(digits) == 4 and " " not in digits and bytes.fromhex(digits)
    except ValueError:
        expected = False
    assert fine == bool(expected)
    if expected:
        assert out.tobytes() == expected


def many(n_blocks: int) -> list[dict[str, Any]]:
    return [row(b, log, b * log) for b in range(n_blocks) for log in range(b % 5)]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("order", ["sorted", "backwards", "shuffled within blocks"])
def test_large_files_are_streamed_or_sorted_on_disk(
    tmp_path: Path, kind: str, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "_SMALL", 0)
    monkeypatch.setattr("dalil.sources.accounts.transfers._AT_ONCE", 40)
    rows = many(60)
    if order == "backwards":
        rows.reverse()
    if order == "shuffled within blocks":
        rows.sort(key=lambda r: (r["block_number"], -r["log_index"]))
    batches = read(write(tmp_path, rows, kind))
    assert seen(batches) == told(rows)
    assert len(batches) > 1
    ends = [(b.block_number[0], b.block_number[-1]) for b in batches]
    assert all(a[1] < b[0] for a, b in pairwise(ends))


def test_files_follow_each_other_by_block_not_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "_SMALL", 0)
    rows = many(40)
    for name, part in (("a", rows[30:]), ("b", rows[:30])):
        (tmp_path / name).mkdir()
        write(tmp_path / name, part, "csv")
    assert seen(read(f"csv:{tmp_path}")) == told(rows)


def test_what_is_held_is_passed_over_and_a_fork_is_given_again(tmp_path: Path) -> None:
    def hashed(block: int) -> str:
        return "0x" + f"{block:02x}" * 32

    rows = [row(b, 0, block_hash=hashed(b)) for b in (1, 2, 3, 4)]
    source = open_source(write(tmp_path, rows, "jsonl"))
    held = {b: bytes([b]) * 32 for b in (1, 2, 3)}
    [batch] = source.batches(3, held.get, silent)
    assert batch.block_number.tolist() == [4]
    held[2] = b"\xee" * 32
    [batch] = source.batches(3, held.get, silent)
    assert batch.block_number.tolist() == [2, 3, 4]


def test_only_the_blocks_asked_for_are_given(tmp_path: Path) -> None:
    spec = write(tmp_path, many(9), "csv")
    [batch] = read(spec, first=4, last=6)
    assert batch.block_number.tolist() == [4, 6]  # 5 has no transfer


def test_tron_addresses_are_read_in_their_own_spelling(tmp_path: Path) -> None:
    own, node = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb", "41" + "00" * 20
    one = row(1, 0, token_address=own, from_address=node, to_address=own)
    [batch] = read(write(tmp_path, [one], "csv"))
    assert batch.chain == "tron:0x2b6653dc"
    assert not batch.transfer_from.any()
    wrong = row(1, 0, token_address=own[:-1] + "c")
    with pytest.raises(InputError, match="checksum"):
        read(write(tmp_path, [wrong], "csv"))


NUMBERS = {
    "int64": pa.array([5], pa.int64()),
    "decimal of BigQuery": pa.array([5], pa.decimal128(38, 9)),
    "wide decimal": pa.array([5], pa.decimal256(76, 0)),
    "text": pa.array(["5"]),
}


@pytest.mark.parametrize("column", NUMBERS.values(), ids=NUMBERS)
def test_amounts_of_parquet_are_read_in_each_type(tmp_path: Path, column: Any) -> None:
    table = pa.Table.from_pylist([row(1, 0)]).drop(["value"])
    pq.write_table(table.append_column("value", column), tmp_path / "t.parquet")
    [batch] = read(f"parquet:{tmp_path / 't.parquet'}")
    assert whole(batch.transfer_amount) == [5]


def test_amounts_in_floating_point_are_refused(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([row(1, 0, 5.0)])
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(InputError, match="lost"):
        read(f"parquet:{tmp_path / 't.parquet'}")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"PAR1garbagePAR1", b"token_address,value\n1\n", b"{\n"],
    ids=["nothing", "no text", "no Parquet", "columns missing", "no JSON"],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_other_files_are_refused_in_words(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    (tmp_path / f"t.{kind}").write_bytes(content)
    with pytest.raises(DalilError):
        read(f"{kind}:{tmp_path / f't.{kind}'}")


def test_all_291_transfers_of_two_real_blocks(real_data: Path) -> None:
    folder = real_data / "evm_tron" / "blocks_17173049_17173050"
    path = folder / "expected_token_transfers.json"
    expected = [json.loads(line) for line in path.read_text().splitlines()]
    [batch] = read(f"jsonl:{path}")
    names = ("token", "from", "to")
    keys = [getattr(batch, f"transfer_{name}") for name in names]
    found = [
        (*where, *("0x" + key[i].tobytes().hex() for key in keys))
        for i, where in enumerate(seen([batch]))
    ]
    assert found == sorted(
        (
            r["block_number"],
            r["log_index"],
            r["value"],
            r["transaction_hash"],
            r["token_address"],
            r["from_address"],
            r["to_address"],
        )
        for r in expected
    )
    assert len(found) == 291
    assert batch.block_time.tolist() == [1683029999, 1683030011]
