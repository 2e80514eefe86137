"""Queries against the plain way: every row told by `describe_tx`, filtered by hand."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains.bitcoin.address import encode_address
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import InputError
from dalil.ledger.analysis import hops, query
from dalil.ledger.analysis.columns import TABLES
from dalil.units import format_utc
from tests.ledger.analysis.askable import Askable, build, exercise_blocks, plain_rows

if TYPE_CHECKING:
    from pathlib import Path

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Askable:
    return build(tmp_path_factory.mktemp("asked"), exercise_blocks())


@pytest.fixture(scope="module")
def partial(tmp_path_factory: pytest.TempPathFactory) -> Askable:
    """The last blocks only: inputs whose source lies outside, values unknown."""
    return build(tmp_path_factory.mktemp("partial"), exercise_blocks()[103:])


@pytest.fixture(scope="module")
def rows(ledger: Askable) -> Rows:
    return plain_rows(ledger)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks and bit marks that a small ledger fills many times."""
    monkeypatch.setattr(query, "CHUNK", 16)
    monkeypatch.setattr(hops, "_FEW", 8)


def kept(rows: list[dict[str, Any]], test: Any) -> list[int]:
    return [i for i, row in enumerate(rows) if test(row)]


@pytest.mark.parametrize(
    ("asked", "test"),
    [
        ({"value_sat__ge": 500_000}, lambda r: r["value_sat"] >= 500_000),
        ({"value_sat": (20_000, 90_000)}, lambda r: 20_000 <= r["value_sat"] <= 90_000),
        ({"type": "p2wpkh"}, lambda r: r["type"] == "p2wpkh"),
        ({"type__ne": "p2wpkh"}, lambda r: r["type"] != "p2wpkh"),
        (
            {"type": ["p2pk", ScriptType.P2TR]},
            lambda r: r["type"] in ("p2pk", "p2tr"),
        ),
        ({"spent": False}, lambda r: r["spent_by"] is None),
        ({"spent_by": None}, lambda r: r["spent_by"] is None),
        ({"address": None}, lambda r: r["address"] is None),
        ({"height": (103, 105)}, lambda r: 103 <= r["height"] <= 105),
        ({"height": 104, "index": 1}, lambda r: r["height"] == 104 and r["index"] == 1),
        ({"height__in": [102, 105]}, lambda r: r["height"] in (102, 105)),
        ({"height__gt": 1000}, lambda r: False),
        ({}, lambda r: True),
    ],
    ids=str,
)
def test_outputs_meet_their_conditions(
    ledger: Askable, rows: Rows, asked: dict[str, Any], test: Any
) -> None:
    found = ledger.outputs.where(**asked)
    wanted = kept(rows["outputs"], test)
    assert found.ids().tolist() == wanted
    assert found.count() == len(wanted)
    assert found.sum("value_sat") == sum(
        rows["outputs"][i]["value_sat"] for i in wanted
    )


def test_times_are_days_or_seconds(ledger: Askable, rows: Rows) -> None:
    stamps = sorted({row["time_utc"] for row in rows["txs"]})
    first, last = stamps[3], stamps[-2]
    found = ledger.txs.where(time=(first, last)).ids().tolist()
    assert found == kept(rows["txs"], lambda r: first <= r["time_utc"] <= last)
    day = stamps[-1][:10]
    on_day = kept(rows["txs"], lambda r: r["time_utc"][:10] == day)
    assert ledger.txs.where(time=day).ids().tolist() == on_day
    assert ledger.txs.where(time=(day, day)).ids().tolist() == on_day
    assert ledger.txs.where(time__le=day).count() == ledger.n_tx
    assert ledger.txs.where(time__gt=day).count() == 0
    assert ledger.txs.where(time__lt=day).count() == ledger.n_tx - len(on_day)


def test_an_address_is_found_by_its_index(ledger: Askable, rows: Rows) -> None:
    for text in {row["address"] for row in rows["outputs"]}:
        if text is None:
            continue
        by_hand = kept(rows["outputs"], lambda r, text=text: r["address"] == text)
        assert ledger.outputs.where(address=text).ids().tolist() == by_hand
        spends = kept(rows["inputs"], lambda r, text=text: r["address"] == text)
        assert ledger.inputs.where(address=text).ids().tolist() == spends
    unseen = encode_address(ledger.network, ScriptType.P2WPKH, bytes(20))
    assert ledger.outputs.where(address=unseen).count() == 0
    assert ledger.outputs.where(address=unseen).sum("value_sat") == 0


def test_hops_go_both_ways(ledger: Askable, rows: Rows) -> None:
    outputs = ledger.outputs.where(type="p2pkh")
    by_hand = kept(rows["outputs"], lambda r: r["type"] == "p2pkh")
    txs = sorted({rows["outputs"][i]["tx"] for i in by_hand})
    assert outputs.tx.ids().tolist() == txs
    assert outputs.tx.outputs.ids().tolist() == kept(
        rows["outputs"], lambda r: r["tx"] in set(txs)
    )
    assert outputs.tx.inputs.ids().tolist() == kept(
        rows["inputs"], lambda r: r["tx"] in set(txs)
    )
    spenders = sorted(int(i) for i in ledger.output_spent_by[by_hand] if i >= 0)
    assert outputs.spent_by.ids().tolist() == spenders
    assert set(outputs.spent_by.spends.ids()) == set(by_hand) - set(
        np.flatnonzero(ledger.output_spent_by < 0)
    )
    payers = sorted({int(tx) for tx in ledger.tx_of_input(spenders)})
    assert outputs.spent_by.tx.ids().tolist() == payers
    late = ledger.blocks.where(height__ge=104)
    assert late.txs.block.ids().tolist() == late.ids().tolist()
    assert (
        late.txs.inputs.block.count() == late.count() == late.txs.outputs.block.count()
    )
    assert late.txs.ids().tolist() == kept(rows["txs"], lambda r: r["height"] >= 104)


def test_groups_agree_with_counting_by_hand(ledger: Askable, rows: Rows) -> None:
    def by_hand(key: Any) -> dict[Any, int]:
        found: dict[Any, int] = {}
        for row in rows["outputs"]:
            found[key(row)] = found.get(key(row), 0) + row["value_sat"]
        return found

    outputs = ledger.outputs
    assert outputs.group_by("type").sum("value_sat") == by_hand(lambda r: r["type"])
    assert outputs.group_by("height").sum("value_sat") == by_hand(lambda r: r["height"])
    assert outputs.group_by("address").sum("value_sat") == by_hand(
        lambda r: r["address"]
    )
    assert outputs.group_by("day").sum("value_sat") == by_hand(
        lambda r: r["time_utc"][:10]
    )
    assert outputs.group_by("month").count() == {
        month: sum(r["time_utc"].startswith(month) for r in rows["outputs"])
        for month in sorted({r["time_utc"][:7] for r in rows["outputs"]})
    }
    assert outputs.group_by("spent").count() == {
        False: sum(r["spent_by"] is None for r in rows["outputs"]),
        True: sum(r["spent_by"] is not None for r in rows["outputs"]),
    }
    few = outputs.where(value_sat__lt=400_000)
    assert sum(few.group_by("type").sum("value_sat").values()) == few.sum("value_sat")


def test_fees_are_those_the_ledger_tells(ledger: Askable, rows: Rows) -> None:
    fees = ledger.txs.to_numpy("fee_sat")["fee_sat"].tolist()
    assert fees == [row["fee_sat"] for row in rows["txs"]]
    picked = ledger.txs.where(fee_sat__gt=0)
    ids = picked.ids().tolist()
    assert picked.to_numpy("n_inputs")["n_inputs"].tolist() == [
        rows["txs"][i]["n_inputs"] for i in ids
    ]


def test_the_unknown_is_neither_small_nor_different(partial: Askable) -> None:
    rows = plain_rows(partial)["inputs"]
    unknown = kept(rows, lambda r: r["value_sat"] is None)
    outside = kept(rows, lambda r: r["source"] == "outside")
    assert outside, "the fixture is partial"
    inputs = partial.inputs
    assert inputs.where(value_sat=None).ids().tolist() == unknown
    known = kept(rows, lambda r: r["value_sat"] is not None)
    assert inputs.where(value_sat__ne=None).ids().tolist() == known
    assert inputs.where(value_sat__lt=10**18).ids().tolist() == known
    assert inputs.where(value_sat__ne=-1).ids().tolist() == known
    with pytest.raises(InputError, match="not known"):
        inputs.sum("value_sat")
    with pytest.raises(InputError, match="not known"):
        inputs.group_by("type").sum("value_sat")
    assert inputs.where(value_sat__ne=None).sum("value_sat") == sum(
        rows[i]["value_sat"] for i in known
    )
    with pytest.raises(InputError, match="not known"):
        partial.txs.sum("fee_sat")
    told = plain_rows(partial)["txs"]
    assert partial.txs.where(fee_sat=None).ids().tolist() == kept(
        told, lambda r: r["fee_sat"] is None
    )


def test_a_coinbase_spends_nothing(ledger: Askable, rows: Rows) -> None:
    total = sum(r["value_sat"] or 0 for r in rows["inputs"])
    assert ledger.inputs.sum("value_sat") == total


def test_the_first_rows_read_like_the_ledger(ledger: Askable, rows: Rows) -> None:
    (first,) = ledger.outputs.where(height=104).head(1)
    told = next(r for r in rows["outputs"] if r["height"] == 104)
    assert first["address"] == told["address"]
    assert first["type"] == told["type"]
    assert first["value_sat"] == told["value_sat"]
    assert first["time"] == told["time_utc"]
    (tx,) = ledger.txs.where(txid=rows["txs"][3]["txid"]).head()
    assert tx["txid"] == rows["txs"][3]["txid"]
    block = ledger.blocks.head(1)[0]
    assert block["hash"] == ledger.block_hash[0].tobytes()[::-1].hex()


def test_tables_for_arrow_and_polars(ledger: Askable, rows: Rows) -> None:
    spent = ledger.outputs.where(spent=True)
    table = spent.to_arrow("value_sat", "type", "address", "time", "spent_by")
    assert table.num_rows == spent.count()
    wanted = [r for r in rows["outputs"] if r["spent_by"]]
    assert table["value_sat"].to_pylist() == [r["value_sat"] for r in wanted]
    assert table["type"].to_pylist() == [r["type"] for r in wanted]
    stamps = [format_utc(int(t.timestamp())) for t in table["time"].to_pylist()]
    assert stamps == [r["time_utc"] for r in wanted]
    frame = ledger.outputs.to_polars()
    assert frame["value_sat"].sum() == ledger.outputs.sum("value_sat")
    assert frame["address"].null_count() == sum(
        r["address"] is None for r in rows["outputs"]
    )
    assert ledger.outputs.where(height__gt=10**6).to_arrow().num_rows == 0


def test_a_query_shows_what_it_asks_and_never_changes(ledger: Askable) -> None:
    outputs = ledger.outputs
    asked = outputs.where(type="p2tr").tx.where(height__ge=3)
    assert repr(asked) == "ledger.outputs.where(type='p2tr').tx.where(height__ge=3)"
    assert repr(asked.group_by("day")) == f"{asked!r}.group_by('day')"
    assert outputs.conditions == ()
    with pytest.raises(AttributeError):
        outputs.table = "txs"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"colour": 1}, "they have id, tx, index, block"),
        ({"value_sat__near": 1}, "no such comparison"),
        ({"value_sat": 1.5}, "whole number"),
        ({"value_sat": True}, "whole number"),
        ({"value_sat": (1, 2, 3)}, "both ends in"),
        ({"type": "p2zz"}, "no such script type"),
        ({"type__ge": "p2pk"}, "has no order"),
        ({"time": "yesterday"}, "not a time"),
        ({"address": "nonsense"}, "nonsense"),
        ({"spent": 1}, "True or False"),
        ({"value_sat__lt": None}, "None can only be"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_nonsense_is_named(ledger: Askable, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        ledger.outputs.where(**asked)


def test_what_cannot_be_added_or_grouped_is_said(ledger: Askable) -> None:
    with pytest.raises(InputError, match="cannot be added"):
        ledger.outputs.sum("height")
    with pytest.raises(InputError, match="cannot be added"):
        ledger.outputs.group_by("type").sum("address")
    with pytest.raises(InputError, match="no such column"):
        ledger.outputs.group_by("colour")
    with pytest.raises(InputError, match="cannot be grouped"):
        ledger.txs.group_by("txid")


def test_every_column_can_be_read_whole_and_by_row(ledger: Askable) -> None:
    for table in TABLES:
        asked = getattr(ledger, table)
        whole, ids = asked.to_numpy(), asked.ids()
        for name, column in TABLES[table].items():
            by_row = column.read(ledger, ids[::2])
            assert np.array_equal(by_row, whole[name][::2]), (table, name)


_COMPARE = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge}


@settings(max_examples=60, deadline=None)
@given(
    value=st.integers(0, 60_000_000),
    how=st.sampled_from([*_COMPARE]),
    heights=st.tuples(st.integers(95, 110), st.integers(95, 110)),
    kinds=st.lists(st.sampled_from(["p2pk", "p2pkh", "p2wpkh", "p2tr", "p2sh"])),
)
def test_any_conditions_agree_with_filtering_by_hand(
    ledger: Askable,
    rows: Rows,
    value: int,
    how: str,
    heights: tuple[int, int],
    kinds: list[str],
) -> None:
    asked = {f"value_sat__{how}": value, "height": heights, "type__in": kinds}
    wanted = kept(
        rows["outputs"],
        lambda r: (
            _COMPARE[how](r["value_sat"], value)
            and heights[0] <= r["height"] <= heights[1]
            and r["type"] in kinds
        ),
    )
    assert ledger.outputs.where(**asked).ids().tolist() == wanted


def test_snapshots_of_two_readers_stay_apart(tmp_path: Path) -> None:
    blocks = exercise_blocks()
    before = build(tmp_path, blocks[:-2])
    total = before.outputs.sum("value_sat")
    after = build(tmp_path, blocks)
    assert before.outputs.sum("value_sat") == total < after.outputs.sum("value_sat")
    assert before.outputs.where(spent=True).count() == int(
        np.count_nonzero(before.output_spent_by >= 0)
    )
