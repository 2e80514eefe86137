"""The captured files: marked, well formed, and saying exactly what truth lists."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from dalil.attribution import TagStore
from dalil.cases.captured import captured_files
from dalil.cases.reading import read_charter
from dalil.chains.bitcoin.address import decode_address, encode_address
from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import AddressError
from dalil.exercise.exhibits.disguise import DISGUISES, misspelt
from dalil.exercise.exhibits.pdf import pdf
from dalil.exercise.stage import DAY, START_UTC
from dalil.intake import extract
from dalil.tracing.prices import PriceSeries
from dalil.units import utc_day

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.exercise.truth import Truth

Exhibit = dict[str, Any]
BECH32 = encode_address(REGTEST, ScriptType.P2WPKH, bytes(range(20)))


def exhibits(truth: Truth) -> list[Exhibit]:
    return list(truth.document["exhibits"])


def test_a_reader_finds_exactly_what_the_truth_lists(world: Path, truth: Truth) -> None:
    for exhibit in exhibits(truth):
        found = {
            (indicator.value, indicator.checksum)
            for indicator in extract(world / "case" / exhibit["file"]).indicators
            if indicator.kind == "address"
        }
        there = {(it["value"], it["checksum"]) for it in exhibit["indicators"]}
        assert found == there, exhibit["file"]


def test_every_file_says_that_it_is_an_exercise(world: Path) -> None:
    for path in (world / "case").rglob("*"):
        if path.is_file():
            assert b"EXERCISE" in path.read_bytes(), path.name


def test_no_file_names_an_address_of_a_public_network(world: Path) -> None:
    """Base58 of mainnet starts with 1 or 3, bech32 with bc1 or tb1."""
    public = re.compile(
        rb"(?<![0-9A-Za-z])(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|(?:bc|tb)1)"
    )
    for path in (world / "case").rglob("*"):
        if path.is_file():
            assert not public.search(path.read_bytes()), path.name


def test_the_charter_is_read_without_a_warning(world: Path, truth: Truth) -> None:
    charter = read_charter(world / "case")
    assert charter.warnings == ()
    assert charter.exercise
    assert charter.missing() == ("reviewer",), "so that everything stays a DRAFT"
    captured = captured_files(charter)
    assert captured.notes == ()
    assert {(file.name, file.role) for file in captured.files} == {
        (exhibit["file"], exhibit["role"]) for exhibit in exhibits(truth)
    }


def test_the_charter_names_files_that_are_there(world: Path) -> None:
    charter = tomllib.loads((world / "case" / "case.toml").read_text())
    for name in [*charter["tags"], charter["prices"]]:
        assert (world / "case" / name).is_file()


def test_tags_import_without_a_refusal(
    world: Path, truth: Truth, tmp_path: Path
) -> None:
    store = TagStore.open(tmp_path / "tags", create=True)
    report = store.import_files(sorted((world / "tags").iterdir()))
    assert report.to_json()["refused"] == 0
    for address, actor in truth.tagged.items():
        tags = store.find(address)
        assert actor in {tag.actor_id for tag in tags}
    disputed = [a for a in truth.tagged if len(store.find(a)) == 2]
    [trap] = [t for t in truth.document["traps"] if t["trap"] == "contradictory tags"]
    assert disputed == [trap["address"]]


def test_prices_miss_one_day_and_no_other(world: Path, truth: Truth) -> None:
    series = PriceSeries.load(world / "prices.csv")
    missing = [
        utc_day(START_UTC + day * DAY)
        for day in range(90)
        if (utc_day(START_UTC + day * DAY), "USD") not in series.prices
    ]
    [trap] = [t for t in truth.document["traps"] if "price" in t["trap"]]
    assert missing == [trap["day"]]


def test_the_channel_is_a_telegram_desktop_export(world: Path) -> None:
    export = json.loads((world / "case" / "telegram" / "result.json").read_text())
    assert {"name", "type", "id", "messages"} <= set(export)
    messages = export["messages"]
    assert [m["id"] for m in messages] == list(range(1, len(messages) + 1))
    times = [int(m["date_unixtime"]) for m in messages]
    assert times == sorted(times)
    assert any("edited_unixtime" in m for m in messages)
    assert any("forwarded_from" in m for m in messages)
    for message in messages:
        text = message["text"]
        parts = [text] if isinstance(text, str) else text
        plain = "".join(p if isinstance(p, str) else p["text"] for p in parts)
        assert plain == "".join(e["text"] for e in message["text_entities"])


def test_the_leaflet_has_a_page_in_each_language(world: Path) -> None:
    pages = PdfReader(world / "case" / "leaflet.pdf").pages
    assert "Donations are accepted" in pages[0].extract_text()
    assert "تمرين" in pages[1].extract_text()


latin = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40
)


@given(st.lists(latin, min_size=1, max_size=4))
def test_a_pdfs_text_is_what_was_written(lines: list[str]) -> None:
    from io import BytesIO

    reader = PdfReader(BytesIO(pdf([(lines, [])])), strict=True)
    text = reader.pages[0].extract_text()
    for line in lines:
        assert line.strip() in text


@given(st.binary(min_size=20, max_size=20))
def test_a_misspelt_address_fails_its_checksum(payload: bytes) -> None:
    address = encode_address(REGTEST, ScriptType.P2WPKH, payload)
    wrong = misspelt(address)
    assert sum(a != b for a, b in zip(address, wrong, strict=True)) == 1
    with pytest.raises(AddressError):
        decode_address(REGTEST, wrong)


def test_disguises_differ_from_each_other_and_hide_the_address() -> None:
    written = [disguise(BECH32) for disguise in DISGUISES]
    assert len(set(written)) == len(DISGUISES)
    hidden = [text for text in written if BECH32 not in text]
    assert len(hidden) == len(DISGUISES) - 2, "all but the plain and the glued one"
