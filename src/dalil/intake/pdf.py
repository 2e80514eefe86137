"""PDF with a text layer, read by pypdf in a child process under hard limits.

A PDF can be made to recurse, to unpack without end or to take all memory. None
of that happens here: the child is bounded in time, memory, pages and output,
and is killed at the end of its time. What it read before that is kept, and a
note says where it stopped. Images are not read.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from dalil.intake.records import Passage

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PdfLimits", "PdfText", "read_pdf"]

_CHILD = Path(__file__).with_name("pdf_child.py")


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """Bounds on the reading of one PDF."""

    pages: int = 2000
    seconds: float = 60.0
    """Wall clock for the whole file, and CPU time."""
    page_seconds: float = 10.0
    memory_bytes: int = 1 << 30
    output_bytes: int = 64 << 20


@dataclass(slots=True)
class PdfText:
    """What was read of one PDF."""

    passages: list[Passage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    n_pages: int = 0


def read_pdf(file: IO[bytes], limits: PdfLimits | None = None) -> PdfText:
    """Read a PDF's pages and link targets.

    Parameters
    ----------
    file : binary file
        A real file (it is handed to the child process), at any position.
    limits : PdfLimits, optional
        Bounds; each one that was met is said in `notes`.

    Returns
    -------
    PdfText
        One passage a page with text, and one a link. The text is what pypdf
        makes of the page: its order on the page is not evidence.
    """
    limits = limits or PdfLimits()
    pdf = PdfText()
    with tempfile.TemporaryFile() as output:
        ended = _run(file, output, limits)
        output.seek(0)
        _collect(pdf, _records(output), limits)
    if ended is not None:
        n_read = len([p for p in pdf.passages if "link" not in p.where])
        pdf.notes.append(f"{ended}; pages with text read before: {n_read}")
    return pdf


def _run(file: IO[bytes], output: IO[bytes], limits: PdfLimits) -> str | None:
    """Run the child; say why it did not end by itself, if it did not."""
    file.seek(0)
    command = [sys.executable, "-P", str(_CHILD), json.dumps(asdict(limits))]
    child = subprocess.Popen(  # noqa: S603 - our own file, no shell
        command, stdin=file, stdout=output, stderr=subprocess.DEVNULL
    )
    try:
        code = child.wait(timeout=limits.seconds)
    except subprocess.TimeoutExpired:
        return f"the PDF took longer than {limits.seconds:g} s and was stopped"
    finally:
        child.kill()
        child.wait()
    if code == 0:
        return None
    return f"the PDF broke a limit of time, memory or output and was stopped ({code})"


def _records(output: IO[bytes]) -> Iterator[dict[str, Any]]:
    for line in output:
        try:
            record = json.loads(line)
        except ValueError:
            return  # cut off where the child was stopped
        yield record


def _collect(
    pdf: PdfText, records: Iterator[dict[str, Any]], limits: PdfLimits
) -> None:
    source = {"op": "pdf_text", "engine": "unknown"}
    empty: list[int] = []
    for record in records:
        if "engine" in record:
            source = {"op": "pdf_text", "engine": record["engine"]}
            pdf.n_pages = record["n_pages"]
        elif "page" in record:
            number, text = record["page"], record["text"]
            if text.strip():
                pdf.passages.append(Passage(text, source, {"page": number}))
            elif "fault" not in record:
                empty.append(number)
            for index, target in enumerate(record["links"]):
                where = {"page": number, "link": index}
                pdf.passages.append(Passage(target, source, where, hidden=True))
        if "fault" in record:
            place = f"page {record['page']}" if "page" in record else "the PDF"
            pdf.notes.append(f"{place} was not read: {record['fault']}")
    if pdf.n_pages > limits.pages:
        pdf.notes.append(
            f"{pdf.n_pages} pages: only the first {limits.pages} were read"
        )
    if empty:
        pdf.notes.append(f"no text layer (images are not read): pages {_ranges(empty)}")


def _ranges(numbers: list[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a}–{b}" if a != b else str(a) for a, b in runs[:20])
