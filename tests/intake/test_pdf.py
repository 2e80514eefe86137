"""PDF: pages with a text layer are read, everything else ends in a note."""

from __future__ import annotations

import io
import time
import zlib
from typing import TYPE_CHECKING

import pypdf
import pytest

from dalil.intake import extract
from dalil.intake.pdf import PdfLimits, PdfText, read_pdf
from tests.intake.corpus import ADDRESSES
from tests.intake.pdfs import content_stream, pdf_of, text_pdf
from tests.intake.redo import redo

if TYPE_CHECKING:
    from pathlib import Path

A, B = ADDRESSES["regtest bech32"], ADDRESSES["TRON"]
HASTY = PdfLimits(
    seconds=4, page_seconds=1, memory_bytes=400 << 20, output_bytes=1 << 20
)


def hastily(folder: Path, data: bytes, limits: PdfLimits = HASTY) -> PdfText:
    file = folder / "made.pdf"
    file.write_bytes(data)
    with file.open("rb") as opened:
        return read_pdf(opened, limits)


def test_pages_and_link_targets_are_read(tmp_path: Path) -> None:
    file = tmp_path / "leaflet.pdf"
    file.write_bytes(
        text_pdf(["EXERCISE"], [f"send to {A[:20]}", A[20:]], link=f"tron:{B}")
    )
    extraction = extract(file)
    kept = {tuple(p.where.items()): p.text for p in extraction.passages}
    for found in extraction.indicators:
        redo(b"", found.to_json(), page=kept[tuple(found.where.items())])
    assert [(i.value, i.where) for i in extraction.indicators if not i.hidden] == [
        (A, {"page": 2})
    ]
    assert (B, {"page": 1, "link": 0}) in [
        (i.value, i.where) for i in extraction.indicators if i.hidden
    ]
    assert extraction.indicators[0].steps[0]["engine"] == f"pypdf {pypdf.__version__}"
    assert all(passage.derived for passage in extraction.passages)


def test_pages_without_text_are_named(tmp_path: Path) -> None:
    pdf = hastily(tmp_path, text_pdf(["x"], [], [], [], ["y"], []))
    assert pdf.notes == ["no text layer (images are not read): pages 2–4, 6"]


def test_more_pages_than_allowed_are_noted(tmp_path: Path) -> None:
    pdf = hastily(tmp_path, text_pdf(["x"], ["y"], ["z"]), PdfLimits(pages=2))
    assert [p.text.strip() for p in pdf.passages] == ["x", "y"]
    assert pdf.notes == ["3 pages: only the first 2 were read"]


def test_a_password_is_noted(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(io.BytesIO(text_pdf(["secret"])))
    writer.encrypt("exercise", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    pdf = hastily(tmp_path, locked.getvalue())
    assert (pdf.passages, pdf.n_pages) == ([], 0)
    assert pdf.notes == ["the PDF was not read: encrypted with a password"]


def _looping_tree() -> bytes:
    return pdf_of(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Count 9 /Kids [ 3 0 R ] >>",
            3: b"<< /Type /Pages /Count 9 /Parent 2 0 R /Kids [ 2 0 R 3 0 R ] >>",
        }
    )


def _one_page(contents: bytes) -> bytes:
    return pdf_of(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Count 1 /Kids [ 3 0 R ] >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>",
            4: contents,
            5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        }
    )


def _endless_page() -> bytes:
    return _one_page(
        content_stream(b"BT /F1 9 Tf " + b"1 0 0 1 0 0 Tm (x) Tj " * 400_000 + b"ET")
    )


HOSTILE = {
    "a page tree that holds itself": _looping_tree,
    "a page that takes for ever": _endless_page,
    "arrays nested a hundred thousand deep": lambda: _one_page(b"[" * 100_000),
    "operands nested a hundred thousand deep": lambda: _one_page(
        content_stream(b"BT /F1 9 Tf " + b"[" * 100_000)
    ),
    "dictionaries nested a hundred thousand deep": lambda: _one_page(b"<</A " * 100_000),
    "a stream that claims two gigabytes": lambda: _one_page(
        b"<< /Length 2000000000 >>\nstream\nBT ET\nendstream"
    ),
    "a filter applied a thousand times": lambda: _one_page(
        content_stream(b"x", b"/Filter [" + b"/FlateDecode " * 1000 + b"]")
    ),
    "a million pages that are not there": lambda: pdf_of(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Count 1000000 /Kids [ " + b"2 0 R " * 100_000 + b"] >>",
        }
    ),
    "cut in the middle": lambda: text_pdf([A] * 50)[:600],
    "only a head": lambda: b"%PDF-1.7\n",
    "a head and noise": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 400,
    "a cross-reference to itself": lambda: b"%PDF-1.7\ntrailer << /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF",
}  # fmt: skip


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pdfs_end_in_a_note_and_in_time(made: object, tmp_path: Path) -> None:
    assert callable(made)
    data = made()
    started = time.monotonic()
    pdf = hastily(tmp_path, data)
    assert time.monotonic() - started < HASTY.seconds + 3
    assert pdf.notes
    assert all(len(note) < 400 for note in pdf.notes)


def test_a_bomb_of_gigabytes_is_held_by_the_limit_on_memory(tmp_path: Path) -> None:
    part = zlib.compressobj(9)
    squeezed = (
        b"".join(part.compress(b"(x) Tj " * 100_000) for _ in range(1500))
        + part.flush()
    )
    pdf = hastily(
        tmp_path, _one_page(content_stream(squeezed, b"/Filter /FlateDecode"))
    )
    assert pdf.notes


def test_what_was_read_before_the_end_is_kept(tmp_path: Path) -> None:
    slow = text_pdf([A], ["x"] * 200_000)
    pdf = hastily(tmp_path, slow, PdfLimits(seconds=3, page_seconds=60))
    assert pdf.passages[0].text.strip() == A
    assert "was stopped; pages with text read before: 1" in pdf.notes[0]
