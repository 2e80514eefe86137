"""``dalil intake extract``: what it prints, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.intake.corpus import ADDRESSES

if TYPE_CHECKING:
    from pathlib import Path

A = ADDRESSES["regtest bech32"]


def run(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from dalil.cli import main; main()", "intake"]
    return subprocess.run(
        [*command, *map(str, args)], capture_output=True, text=True, check=False
    )


def test_prints_the_words_on_the_wire(tmp_path: Path) -> None:
    note, photo = tmp_path / "note.txt", tmp_path / "photo.png"
    note.write_text(f"تمرين {A}")
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    done = run("extract", "--json", note, photo)
    assert done.returncode == 0
    told = json.loads(done.stdout)
    (found,) = told["indicators"]
    assert found == {
        "id": "i1",
        "exhibit": told["exhibits"][0]["sha256"],
        "kind": "address",
        "chain": "bip122:0f9188f13cb7b2c71f2a335e3a4fc328",
        "chains": ["bip122:0f9188f13cb7b2c71f2a335e3a4fc328"],
        "chain_basis": "form",
        "form": "p2wpkh",
        "value": A,
        "raw": A,
        "start": 6,
        "end": 6 + len(A),
        "where": {},
        "checksum": "valid",
        "steps": [
            {"op": "decode", "encoding": "utf-8", "errors": "strict", "by": "default"}
        ],
        "quoted": None,
        "hidden": False,
        "mention": None,
    }
    assert [e["readable"] for e in told["exhibits"]] == [True, False]
    assert told["notes"] == [
        "photo.png: not read (image/png): media and archives are kept, not opened"
    ]


def test_people_see_value_and_verdict(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text(f"{A}\n{A[:-1]}q")
    done = run("extract", note)
    assert f"address  valid    {A}" in done.stdout
    assert f"address  invalid  {A[:-1]}q" in done.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "nothing could be read"),
        (b"%PDF-1.7 and no more", "nothing could be read"),
        (None, "cannot read a captured file"),
    ],
    ids=["a picture alone", "a broken PDF alone", "no such file"],
)
def test_ends_with_three_where_nothing_can_be_read(
    content: bytes | None, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "odd"
    if content is not None:
        file.write_bytes(content)
    done = run("extract", "--json", file)
    assert done.returncode == 3
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "bad_input"
    assert says in error["message"]
    assert "Traceback" not in done.stderr


def test_help_teaches_with_an_example() -> None:
    done = run("extract", "--help")
    assert done.returncode == 0
    assert "  dalil intake extract appeal.html result.json\n" in done.stdout


def test_lone_surrogates_print(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(rf'{{"messages": [{{"id": "\ud800", "text": "\ud800 {A}"}}]}}')
    done = run("extract", "--json", file)
    assert done.returncode == 0
    assert json.loads(done.stdout)["indicators"][0]["value"] == A
