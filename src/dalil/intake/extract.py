"""One captured file to everything that can be read from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from dalil.errors import InputError
from dalil.intake.decoding import decode
from dalil.intake.exhibits import describe, open_captured
from dalil.intake.find import Search, find_indicators
from dalil.intake.markup import read_page
from dalil.intake.pdf import read_pdf
from dalil.intake.records import Extraction, Passage
from dalil.intake.telegram import read_telegram
from dalil.progress import silent
from dalil.settings import MAX_EXHIBIT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.intake.records import Exhibit, Indicator
    from dalil.progress import Progress

__all__ = ["extract", "extract_all"]


@dataclass(slots=True)
class _Reading:
    """What is gathered from one file."""

    passages: list[Passage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    role: str = "unknown"
    attachments: tuple[dict[str, object], ...] = ()
    readable: bool = True


def extract(
    path: Path, key: bytes | None = None, progress: Progress = silent
) -> Extraction:
    """Read one captured file; nothing in it is executed, nothing is fetched.

    Parameters
    ----------
    path : Path
        Text, HTML, a Telegram Desktop export or a PDF; anything else is
        described and noted as not read.
    key : bytes, optional
        The case's key for senders' pseudonyms; without it they are left out.
    progress : Progress
        Told of texts searched.

    Returns
    -------
    Extraction
        Indicators in order of text and place. `notes` says what was not read
        and which bounds were met; an empty list of indicators proves only that
        none of the known forms stands in what was read.

    Raises
    ------
    InputError
        If `path` is not a readable regular file.

    Notes
    -----
    Time is linear in the file's size, about 5 MB a second for prose.
    """
    return extract_all([path], key, progress)[0]


def extract_all(
    paths: Iterable[Path], key: bytes | None = None, progress: Progress = silent
) -> list[Extraction]:
    """Read several files; ids and mentions run through all of them.

    Raises
    ------
    InputError
        If one of `paths` is not a readable regular file.
    """
    found = [_extract(Path(path), key, progress) for path in paths]
    return _numbered(found)


def _extract(path: Path, key: bytes | None, progress: Progress) -> Extraction:
    with open_captured(path) as file:
        exhibit = describe(file, path)
        reading = _read(file, exhibit, key)
    search = Search()
    indicators: list[Indicator] = []
    for done, passage in enumerate(reading.passages):
        progress("searching texts", done, len(reading.passages))
        indicators += find_indicators(passage, search)
    return Extraction(
        exhibit,
        tuple(replace(i, exhibit=exhibit.sha256) for i in indicators),
        tuple(reading.passages),
        reading.role,
        reading.attachments,
        (*exhibit.notes, *reading.notes, *_search_notes(search)),
        reading.readable,
    )


def _read(file: IO[bytes], exhibit: Exhibit, key: bytes | None) -> _Reading:
    if exhibit.notes or exhibit.n_bytes > MAX_EXHIBIT_BYTES:
        return _Reading(readable=False)
    if exhibit.media_type == "application/pdf":
        pdf = read_pdf(file)
        return _Reading(pdf.passages, pdf.notes, readable=bool(pdf.passages))
    file.seek(0)
    data = file.read(MAX_EXHIBIT_BYTES + 1)
    if exhibit.media_type == "application/json":
        return _json(data, key)
    return _text(data, markup=exhibit.media_type == "text/html")


def _json(data: bytes, key: bytes | None) -> _Reading:
    try:
        export = read_telegram(data, key) if b"messages" in data else None
    except InputError as error:
        reading = _text(data, markup=False)
        reading.notes.append(f"read as plain text, not as a Telegram export: {error}")
        return reading
    if export is None:
        return _text(data, markup=False)
    notes = list(export.notes)
    if export.attachments:
        notes.append(f"{len(export.attachments)} attachments listed, not opened")
    attachments = tuple(export.attachments)
    return _Reading(export.passages, notes, attachments=attachments)


def _text(data: bytes, *, markup: bool) -> _Reading:
    text, source = decode(data, markup=markup)
    reading = _Reading()
    if source["errors"] == "replace":
        encoding = source["encoding"]
        reading.notes.append(f"some bytes are not {encoding}; they read as U+FFFD")
    if not markup:
        reading.passages.append(Passage(text, source))
        return reading
    page = read_page(text)
    quoted = "article" if page.declares_article else None
    reading.passages.append(
        Passage(text, source, {}, page.views(), page.quotes, quoted)
    )
    reading.notes += page.notes
    reading.role = "report" if page.declares_article else "unknown"
    return reading


def _search_notes(search: Search) -> list[str]:
    notes = []
    if n := search.budget.refused:
        notes.append(f"{n} candidates not repaired: too many look-alike readings")
    if n := search.unproved:
        notes.append(f"{n} candidates left out: no listed steps lead to their value")
    return notes


def _numbered(extractions: list[Extraction]) -> list[Extraction]:
    """Give ids in order, and one mention id to all that name the same thing."""
    counts: dict[tuple[str, str], int] = {}
    for extraction in extractions:
        for found in extraction.indicators:
            counts[found.kind, found.key] = counts.get((found.kind, found.key), 0) + 1
    repeated = [same for same, count in counts.items() if count > 1]
    mentions = {same: f"m{n}" for n, same in enumerate(repeated, start=1)}
    numbered, n = [], 0
    for extraction in extractions:
        named = []
        for found in extraction.indicators:
            n += 1
            mention = mentions.get((found.kind, found.key))
            named.append(replace(found, id=f"i{n}", mention=mention))
        numbered.append(replace(extraction, indicators=tuple(named)))
    return numbered
