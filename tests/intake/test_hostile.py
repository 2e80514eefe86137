"""Files made to hang, crash or exhaust: they end in time, in a note or an error.

The bounds on time are an order of magnitude above what a slow machine takes;
anything quadratic would miss them by far.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dalil.intake import extract
from tests.intake.corpus import ADDRESSES

if TYPE_CHECKING:
    from pathlib import Path

A = ADDRESSES["TRON"]
_MB = 1_000_000

DEEP = {
    "arrays": '{"messages": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "objects": '{"messages": [{"text": ' + '{"text": ' * 100_000 + "1" + "}" * 100_002,
    "never closed": '{"messages": ' + "[" * 100_000,
}


@pytest.mark.parametrize("nested", DEEP.values(), ids=DEEP)
def test_deep_nesting_is_read_as_text_and_said(nested: str, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(nested + "\n" + A)
    extraction = extract(file)
    assert [i.value for i in extraction.indicators] == [A]
    assert "not as a Telegram export" in extraction.notes[0]


@pytest.mark.parametrize(
    "told",
    ['{"messages": [', '{"messages": [{"id": ' + "9" * 10_000 + "}]}", '{"messages": [\xff]}', '{"messages"\x00'],
    ids=["cut off", "a number of ten thousand digits", "not UTF-8", "a zero byte"],
)  # fmt: skip
def test_what_is_not_json_is_read_as_text_and_said(told: str, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_bytes(told.encode("latin-1") + A.encode())
    extraction = extract(file)
    assert [i.value for i in extraction.indicators] == [A]
    assert "not as a Telegram export" in extraction.notes[0]


def _times(part: str, n_bytes: int) -> str:
    return part * (n_bytes // len(part.encode()) + 1)


PAGES = {
    "ten megabytes of unclosed tags": _times("<b ", 10 * _MB),
    "ten megabytes of tags opened and closed": _times("<i>", 10 * _MB),
    "a script of ten megabytes": "<script>" + _times("if(a<b)x='</p>';", 10 * _MB),
    "unclosed comments": _times("<!--", 2 * _MB),
    "unclosed declarations": _times("<!x", 2 * _MB),
    "unclosed scripts": _times("<script>", 2 * _MB),
    "one quotation mark each": _times("<a b='", 2 * _MB) + '<a c="',
    "quotation marks of both kinds": _times("<a b='<a b=\"", 2 * _MB),
    "attributes without end": "<a " + _times("b=c ", 2 * _MB),
    "equals signs": "<a " + _times("= ", 2 * _MB),
    "nested quotations": _times("<q>", _MB) + _times("</blockquote></q>", _MB),
    "references": _times("&#49;", 2 * _MB),
    "ampersands": _times("&", 2 * _MB),
    "less-than signs": _times("<", 2 * _MB),
    "scripts that write themselves": _times(
        "<script>document.write('<script>')</script>", 2 * _MB
    ),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_hostile_pages_take_linear_time(page: str, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html><p>{A}</p>{page}")
    started = time.monotonic()
    extraction = extract(file)
    assert extraction.indicators[0].value == A
    assert time.monotonic() - started < 20


TEXTS = {
    "one letter": "a",
    "one digit": "1",
    "blanks": " \t",
    "address beginnings": "bc1q",
    "address beginnings apart": "bc1q T 0x 1 ",
    "single letters": "T a 1 B ",
    "dots": "a.",
    "at signs": "a@",
    "schemes": "https://",
    "brackets": "https://a[.]b(" + ")" * 60 + " ",
    "zero-width": "1\u200b",
    "bidi marks": "\u202e\u2066",
    "look-alikes": "Тοσ1",
    "long words of look-alikes": "1" + "оО0lI" * 7 + " ",
    "zeros": "EXERCISE EXERCISE EXERCISE\x00",
    "combining marks": "a\u0301\u0302",
}


@pytest.mark.parametrize("part", TEXTS.values(), ids=TEXTS)
def test_hostile_texts_take_linear_time(part: str, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text(f"تمرين {A} تمرين\n" + _times(part, 150_000), newline="")
    started = time.monotonic()
    extraction = extract(file)
    assert extraction.indicators[0].value == A
    assert time.monotonic() - started < 15


def test_a_file_of_zeros_is_not_taken_for_text(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_bytes(A.encode() + bytes(100_000))
    extraction = extract(file)
    assert not extraction.readable
    assert extraction.notes[0].startswith("not read")


def test_repairs_are_refused_beyond_the_cap_and_said(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("1" + "СІЈКРЅТХУΚΡΤΧΥЬсіјкрѕтх" + "А2345678gh")
    extraction = extract(file)
    assert not [i for i in extraction.indicators if i.checksum == "repaired"]
    assert "too many look-alike readings" in extraction.notes[0]


def test_prose_of_several_megabytes_passes_at_a_megabyte_a_second(
    tmp_path: Path,
) -> None:
    file = tmp_path / "note.txt"
    words = (
        "They told us 3 times: تبرعوا الآن Then 21 more in 2024, to the same house. "
    )
    file.write_text(_times(words, 3 * _MB) + A)
    started = time.monotonic()
    assert [i.value for i in extract(file).indicators] == [A]
    assert time.monotonic() - started < 15


def test_invalid_bytes_everywhere(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_bytes((b"EXERCISE \xc3(\xa0\xff " * 1000) + A.encode() + b"\xed\xa0\x80")
    assert [i.value for i in extract(file).indicators] == [A]
