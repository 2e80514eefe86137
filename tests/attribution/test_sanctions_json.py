"""A third party's JSON: capitals lost are told one by one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dalil.attribution.reader import read_file
from dalil.chains import bech32, tron
from dalil.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.attribution.contents import Contents

ON_REGTEST = bech32.encode("bcrt", 0, bytes(20))
ON_TRON = tron.encode_address(bytes(20))


def entry(ticker: str, **more: object) -> dict[str, Any]:
    about = {"entity": "EXERCISE", "type": f"Digital Currency Address - {ticker}"}
    return {"entries": [about | {"program": "X", "uid": "7", "akas": ["E"]} | more]}


def read(tmp_path: Path, document: object) -> Contents:
    path = tmp_path / "exercise.json"
    text = document if isinstance(document, str) else json.dumps(document, indent=1)
    path.write_text(text, encoding="utf-8")
    return read_file(path)


def test_keeps_what_lower_case_leaves_whole(tmp_path: Path) -> None:
    metadata = {"source": "OFAC SDN List", "lastUpdated": "2026-08-22T04:43:26Z"}
    document = {"metadata": metadata, "addresses": {ON_REGTEST: entry("XBT")}}
    contents = read(tmp_path, document)
    [tag] = contents.tags
    assert (tag.actor, tag.source) == ("EXERCISE", "OFAC SDN List, entry 7")
    assert (tag.confidence, tag.retrieved) == ("authority_data", "2026-08-22")
    assert (tag.concepts, tag.extra["akas"]) == (("sanction",), ["E"])
    assert tag.line == 7
    assert contents.problems == []


def test_refuses_what_lower_case_destroys(tmp_path: Path) -> None:
    document = {"addresses": {ON_TRON.lower(): entry("TRX")}}
    contents = read(tmp_path, document)
    assert contents.tags == []
    [problem] = [p for p in contents.problems if p.refused]
    assert (problem.kind, problem.address) == ("case_lost", ON_TRON.lower())


REFUSED = [
    ("not JSON", '{"addresses": {', "not JSON"),
    ("another shape", {"a": 1}, "no object `addresses`"),
    ("a list", [1], "no object `addresses`"),
    ("an address without entries", {"addresses": {"x": {}}}, "without `entries`"),
    ("an address with a word", {"addresses": {"x": "y"}}, "without `entries`"),
    ("an entry that is a word", {"addresses": {"x": {"entries": ["y"]}}}, "no object"),
    ("metadata that is a word", {"metadata": "x", "addresses": {}}, "`metadata`"),
    ("a key twice", '{"addresses": {}, "addresses": {}}', "stands twice"),
    ("brackets without end", "[" * 200_000, "too deep|not JSON"),
    ("a number too long", '{"addresses": ' + "9" * 5000 + "}", "integer string"),
]


@pytest.mark.parametrize(
    ("document", "match"),
    [row[1:] for row in REFUSED],
    ids=[str(row[0]) for row in REFUSED],
)
def test_refuses_whole(tmp_path: Path, document: object, match: str) -> None:
    with pytest.raises(InputError, match=match):
        read(tmp_path, document)


def test_the_lowercased_list_is_accounted_for(real_data: Path) -> None:
    """Every entry is a tag, or a refusal that says why; none goes unsaid."""
    page = real_data / "labels" / "ofac_third_party_lowercased.json"
    addresses = json.loads(page.read_text(encoding="utf-8"))["addresses"]
    contents = read_file(page)
    refused = {p.address for p in contents.problems if p.kind == "case_lost"}
    kept = {tag.address.lower() for tag in contents.tags}
    assert kept | refused == addresses.keys()
    assert not kept & refused
    n_entries = sum(len(about["entries"]) for about in addresses.values())
    assert len(contents.tags) + sum(p.refused for p in contents.problems) == n_entries
    assert len(refused) > 600
    assert {tag.checksum for tag in contents.tags if "bc1" in tag.address} == {"valid"}
