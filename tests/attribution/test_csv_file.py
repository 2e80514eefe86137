"""CSV of uneven quality: remarks, missing columns, states of a list."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.attribution.csv_file import read_csv_file
from dalil.attribution.source_text import ImportOptions, SourceText
from dalil.chains import bech32
from dalil.errors import DalilError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.attribution.contents import Contents


def address(number: int) -> str:
    return bech32.encode("bcrt", 0, bytes([number]) * 20)


A, B, C = address(1), address(2), address(3)


def read(text: str, name: str = "exercise.csv", **options: str) -> Contents:
    source = SourceText(name, "00" * 32, len(text), text)
    return read_csv_file(source, ImportOptions(**options))


def test_reads_rows_between_remarks() -> None:
    text = (
        f'# Sources:\n#   "a list, "of" things\n# Generated: 2026-03-11\n'
        f"address,entity,source\n# Exercise Exchange\n\n{A},Exercise Exchange,web\n"
        f'{B},"Exercise,\n# Two Lines",web\n'
    )
    contents = read(text)
    first, second = contents.tags
    assert (first.actor, first.label, first.source) == (
        "Exercise Exchange",
        "Exercise Exchange",
        "web",
    )
    assert (first.line, second.line) == (7, 8)
    assert second.actor == "Exercise,\n# Two Lines"
    assert contents.file.retrieved == first.retrieved == "2026-03-11"
    assert contents.problems == []


CONCEPTS = [
    ("exchange-tier1.csv", "exchange"),
    ("bankruptcy-exchange-addresses.csv", "exchange"),
    ("mixer-addresses.csv", "mixing_service"),
    ("mining-pool-addresses.csv", "mining_service"),
    ("p2p-platform.csv", "exchange"),
    ("gambling-x.csv", "gambling"),
    ("darknet-market.csv", "market"),
    ("ransomware-addresses.csv", "ransomware"),
    ("doj-seizure.csv", "seizure"),
]


@pytest.mark.parametrize(
    ("name", "concept"), CONCEPTS, ids=[row[0] for row in CONCEPTS]
)
def test_the_file_s_name_declares_a_concept(name: str, concept: str) -> None:
    assert read(f"address\n{A}\n", name).tags[0].concepts == (concept,)


def test_the_user_s_concept_counts_before_the_name_and_after_the_columns() -> None:
    plain = read(f"address\n{A}\n", "exchange.csv", concept="otc")
    assert plain.tags[0].concepts == ("otc",)
    stated = read(
        f"address,concepts\n{A},mixer; gambling\n", "exchange.csv", concept="otc"
    )
    assert stated.tags[0].concepts == ("mixer", "gambling")
    assert read(f"address\n{A}\n").tags[0].concepts == ()


def test_a_data_set_that_names_itself_is_no_actor() -> None:
    [tag] = read(f"address,entity\n{A},Ransomwhere\n", "x-ransomwhere.csv").tags
    assert (tag.actor, tag.label, tag.extra["entity"]) == (
        None,
        "Ransomwhere",
        "Ransomwhere",
    )


def test_every_column_is_kept() -> None:
    text = f"Address,Asset,Label,valid_from,Note\n{A},XBT,x,2020-01-02,see page 3\n"
    [tag] = read(text).tags
    assert (tag.currency, tag.label, tag.valid_from) == ("XBT", "x", "2020-01-02")
    assert tag.extra == {"note": "see page 3"}


LIST = (
    "address,asset,entity,program,sdn_uid,in_old_2024-09-27,in_new_2026-08-20\n"
    f"{A},XBT,EXERCISE ONE,SDGT,7,0,1\n{B},XBT,,,,1,0\n{C},XBT,EXERCISE THREE,SDGT,9,0,0\n"
)


def test_a_delisted_entry_is_never_an_active_listing() -> None:
    contents = read(LIST, "ofac.csv")
    listed, delisted = contents.tags
    assert (listed.valid_to, listed.concepts) == (None, ("sanction",))
    assert (listed.confidence, listed.source) == (
        "authority_data",
        "OFAC SDN list, entry 7",
    )
    assert (delisted.valid_to, delisted.concepts) == ("2024-09-27", ("delisted",))
    assert delisted.label == "delisted entry"
    assert delisted.extra["delisted"] == "after 2024-09-27, by 2026-08-20"
    assert not delisted.holds_on("2026-08-20")
    assert listed.retrieved == "2026-08-20"
    [problem] = contents.problems
    assert (problem.kind, problem.address, problem.refused) == ("never_listed", C, True)


NOTED = [
    ("too few cells", f"address,entity,source\n{A},x\n", "ragged_row", False),
    ("too many cells", f"address,source\n{A},x,y,z\n", "ragged_row", False),
    ("no address", "address,source\n,x\n", "no_address", True),
    ("a slip", f"address,source\n{A[:-1]}q,x\n", "bad_checksum", True),
    ("no source column", f"address\n{A}\n", "no_source", False),
]


@pytest.mark.parametrize(
    ("text", "kind", "refused"),
    [row[1:] for row in NOTED],
    ids=[row[0] for row in NOTED],
)
def test_notes(text: str, kind: str, refused: bool) -> None:
    contents = read(text, retrieved="2026-01-01")
    assert (kind, refused) in {(p.kind, p.refused) for p in contents.problems}
    assert len(contents.tags) == (0 if refused else 1)


def test_cells_beyond_the_header_are_kept() -> None:
    [tag] = read(f"address,source\n{A},x,y,z\n").tags
    assert tag.extra == {"cells beyond the header": ["y", "z"]}


REFUSED = [
    ("no header", f"{A},x\n", "no header row"),
    ("remarks alone", "# nothing\n", "no header row"),
    ("a column twice", "address,note,note\n", "two columns"),
    ("a quotation that never ends", f'address,entity\n{A},"x\n', "not CSV"),
    ("a last row that breaks off", f"address,entity,source\n{A},x,y\n{B}", "breaks off"),
    ("a cell without end", "address\n" + "x" * 200_000, "not CSV"),
    ("a day that is none", f"address,valid_to\n{A},2020-13-01\n", "no day"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "match"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refuses_whole_with_file_and_line(text: str, match: str) -> None:
    with pytest.raises(InputError, match=match) as refusal:
        read(text)
    assert "exercise.csv, line " in str(refusal.value)


@given(st.text('address,"#\n\r;1bcq', max_size=80))
def test_no_text_upsets_it(text: str) -> None:
    try:
        read("address,entity\n" + text)
    except DalilError:
        return


def test_real_lists_row_for_row(real_data: Path) -> None:
    """Every row is a tag or a refusal; every cell is kept."""
    n_rows = 0
    for page in sorted((real_data / "labels").glob("*.csv")):
        text = page.read_text(encoding="utf-8")
        lines = [
            line for line in text.splitlines(keepends=True) if not line.startswith("#")
        ]
        rows = [row for row in csv.DictReader(lines) if row["address"]]
        contents = read_csv_file(SourceText.read(page), ImportOptions())
        refused = [p.address for p in contents.problems if p.refused]
        assert len(contents.tags) + len(refused) == len(rows)
        tags = iter(contents.tags)
        for row in rows:
            if row["address"] in refused:
                continue
            tag = next(tags)
            assert tag.address.lower() == row["address"].lower()
            kept = {tag.actor, tag.label, tag.source, tag.currency, *tag.extra.values()}
            for name, cell in row.items():
                assert name == "address" or not cell.strip() or cell.strip() in kept
        n_rows += len(rows)
    assert n_rows > 14_900
