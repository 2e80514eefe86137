"""From bytes to text: which encoding, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dalil.intake import extract
from tests.intake.corpus import ADDRESSES
from tests.intake.redo import redo

if TYPE_CHECKING:
    from pathlib import Path

A = ADDRESSES["TRON"]
ARABIC = f"تمرين: أرسلوا إلى {A} قبل الجمعة\r\nشكرا"
META = f'<html><meta charset="windows-1256"><p>{ARABIC}'


@pytest.mark.parametrize(
    ("data", "encoding", "by"),
    [
        pytest.param(ARABIC.encode(), "utf-8", "default", id="UTF-8 needs no mark"),
        pytest.param(ARABIC.encode("utf-8-sig"), "utf-8-sig", "bom", id="UTF-8 with a mark"),
        pytest.param(ARABIC.encode("utf-16"), "utf-16", "bom", id="UTF-16 with a mark"),
        pytest.param(ARABIC.encode("utf-16-le"), "utf-16-le", "detected", id="UTF-16 by its zeros"),
        pytest.param(ARABIC.encode("utf-16-be"), "utf-16-be", "detected", id="and big-endian"),
        pytest.param(A.encode("utf-16-le"), "utf-16-le", "detected", id="UTF-16 of plain ASCII"),
        pytest.param(ARABIC.encode("utf-32"), "utf-32", "bom", id="UTF-32 with a mark"),
        pytest.param(ARABIC.encode("cp1256"), "cp1256", "detected", id="Windows-1256 by its bytes"),
        pytest.param(META.encode("cp1256"), "cp1256", "declared", id="Windows-1256 as declared"),
        pytest.param(META.encode(), "utf-8", "default", id="a false declaration loses to valid UTF-8"),
        pytest.param(
            META.replace("windows-1256", "no-such").encode("cp1256"), "cp1256", "detected",
            id="an unknown declaration is passed over",
        ),
        pytest.param(ARABIC.encode() + b"\xff", "utf-8", "detected", id="UTF-8 with one slip"),
    ],
)  # fmt: skip
def test_encoding_is_told_with_its_reason(
    data: bytes, encoding: str, by: str, tmp_path: Path
) -> None:
    file = tmp_path / ("page.html" if b"<html" in data else "note.txt")
    file.write_bytes(data)
    (found,) = extract(file).indicators
    assert redo(data, found.to_json()) == A
    assert (found.steps[0]["encoding"], found.steps[0]["by"]) == (encoding, by)


def test_slips_are_noted(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_bytes(ARABIC.encode() + b"\xff\xfe")
    extraction = extract(file)
    assert extraction.notes == ("some bytes are not utf-8; they read as U+FFFD",)


def test_newlines_count_as_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_bytes(b"\r\n\r\n" + A.encode())
    (found,) = extract(file).indicators
    assert found.start == 4


def test_zeros_and_control_bytes_do_not_hide_an_address(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_bytes(b"EXERCISE " * 20 + b"\x00\x01" + A.encode() + b"\x00")
    (found,) = extract(file).indicators
    assert found.value == A
