"""HTML: what a page shows, what it hides, what it quotes, what it declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dalil.intake import extract
from tests.intake.corpus import ADDRESSES
from tests.intake.redo import redo

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.intake import Extraction

A, B = ADDRESSES["regtest bech32"], ADDRESSES["TRON"]


def read(folder: Path, page: str) -> Extraction:
    file = folder / "saved.html"
    file.write_text(page)
    extraction = extract(file)
    for indicator in extraction.indicators:
        redo(file.read_bytes(), indicator.to_json())
    return extraction


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(f"{A[:9]}<b class='x>y'>{A[9:20]}</b>{A[20:]}", id="in-line tags"),
        pytest.param(f"{A[:9]}<wbr>{A[9:]}", id="a line-break hint"),
        pytest.param(f"{A[:9]}<br>{A[9:]}", id="a line break"),
        pytest.param(f"{A[:9]}</div><div>{A[9:]}", id="two blocks"),
        pytest.param(f"{A[:9]}<!-- {B} -->{A[9:]}", id="a comment"),
        pytest.param("".join(f"&#{ord(c)};" for c in A), id="numeric references"),
        pytest.param(
            "".join(f"&#x{ord(c):x};" for c in A), id="hexadecimal references"
        ),
        pytest.param("&#8203;".join(A), id="zero-width references"),
        pytest.param("&shy;".join(A), id="soft hyphens by name"),
        pytest.param(
            "&nbsp;".join([A[:11], A[11:22], A[22:33], A[33:]]), id="no-break spaces"
        ),
        pytest.param(
            "".join(f"<span>{c}</span>" for c in A), id="every letter in a tag"
        ),
    ],
)
def test_markup_inside_an_address(written: str, tmp_path: Path) -> None:
    found = read(tmp_path, f"<!doctype html><p>تمرين {written} EXERCISE</p>")
    values = [i.value for i in found.indicators if not i.hidden]
    assert values == [A]


@pytest.mark.parametrize(
    ("page", "where"),
    [
        (f"<a href='bitcoin:{A}?amount=1'>x</a>", {"part": "attribute", "tag": "a", "attribute": "href"}),
        (f"<button data-copy={A}>x</button>", {"part": "attribute", "tag": "button", "attribute": "data-copy"}),
        (f"<!-- {A} -->", {"part": "comment"}),
        (f"<script>pay('{A}')</script>", {"part": "script"}),
        (f"<style>/* {A} */</style>", {"part": "style"}),
    ],
    ids=["a link", "a copy button", "a comment", "a script", "a style sheet"],
)  # fmt: skip
def test_what_readers_do_not_see_is_read_and_said_so(
    page: str, where: dict[str, str], tmp_path: Path
) -> None:
    (found,) = read(tmp_path, f"<html>{page}").indicators
    assert (found.value, found.hidden, found.where) == (A, True, where)


def test_hidden_texts_do_not_touch(tmp_path: Path) -> None:
    page = f"<html><p title={A[:20]}></p><p title={A[20:]}></p>"
    assert read(tmp_path, page).indicators == ()


@pytest.mark.parametrize("tag", ["blockquote", "q", "cite"])
def test_quotations_are_flagged_and_end(tag: str, tmp_path: Path) -> None:
    page = f"<html><{tag}><p>{A}</{tag}><p>{B}"
    first, second = read(tmp_path, page).indicators
    assert (first.quoted, second.quoted) == (tag, None)


def test_the_innermost_quotation_counts(tmp_path: Path) -> None:
    page = f"<html><blockquote><q>x</q>{A}</blockquote>"
    (found,) = read(tmp_path, page).indicators
    assert found.quoted == "blockquote"


@pytest.mark.parametrize(
    "declared",
    [
        '<meta property="og:type" content="article">',
        "<meta content=Article property=og:type>",
        '<script type="application/ld+json">{"@type": "NewsArticle"}</script>',
        '<script type="application/ld+json">{"@type":["Thing", "ReportageNewsArticle"]}</script>',
        '<article><span class="byline">تمرين</span></article>',
        '<article><a rel="author">EXERCISE</a></article>',
    ],
)
def test_a_page_that_calls_itself_news_is_a_report(
    declared: str, tmp_path: Path
) -> None:
    extraction = read(tmp_path, f"<html>{declared}<p>{A}")
    assert extraction.role == "report"
    assert {i.quoted for i in extraction.indicators} == {"article"}


@pytest.mark.parametrize(
    "page",
    [
        '<meta property="og:type" content="website">',
        "<article>no byline</article>",
        '<span class="byline">outside</span>',
        "<p>NewsArticle",
    ],
)
def test_other_pages_declare_nothing(page: str, tmp_path: Path) -> None:
    extraction = read(tmp_path, f"<html>{page}<p>{A}")
    assert (extraction.role, extraction.indicators[0].quoted) == ("unknown", None)


@pytest.mark.parametrize(
    "tail", ["<a href='x", "<!-- x", "<script>x", "<a b c d", "<?x"]
)
def test_unfinished_markup_is_read_as_text(tail: str, tmp_path: Path) -> None:
    extraction = read(tmp_path, f"<html><p>{A}</p>{tail} {B}")
    assert {i.value for i in extraction.indicators} == {A, B}
    assert "unfinished markup" in extraction.notes[0]


def test_one_unfinished_quotation_mark_does_not_hide_the_page(tmp_path: Path) -> None:
    found = read(tmp_path, f'<html><a href="x>{A}</a><p>{B}')
    assert {i.value for i in found.indicators} == {A, B}
