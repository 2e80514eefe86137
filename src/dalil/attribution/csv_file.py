"""Tags as CSV: a header row with `address`, and whatever columns there are.

Lines that start with ``#`` are remarks; ``# Generated: DATE`` (or Retrieved,
Lastmod) among them dates the file. ``entity`` names the actor and is the label
too, unless it names the data set itself. Columns ``in_NAME_DATE`` holding 1
or 0 are a list's state on that day: an entry that the latest day no longer
shows was delisted, and holds no longer than the last day that shows it.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from dalil.attribution.contents import Contents, Gatherer
from dalil.attribution.names import plain_name
from dalil.attribution.source_text import day_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.attribution.source_text import ImportOptions, SourceText

__all__ = ["CONCEPT_BY_FILE_NAME", "read_csv_file"]

CONCEPT_BY_FILE_NAME = (
    ("ransomw", "ransomware"),
    ("mixer", "mixing_service"),
    ("mining-pool", "mining_service"),
    ("gambling", "gambling"),
    ("darknet-market", "market"),
    ("scam", "scam"),
    ("seizure", "seizure"),
    ("ofac", "sanction"),
    ("p2p", "exchange"),
    ("exchange", "exchange"),
)
"""What a file's own name declares of its tags, where no column does."""

_REMARK_DATE = re.compile(
    r"#\s*(?:generated|retrieved|lastmod)\s*:\s*(\S+)", re.IGNORECASE
)
_SNAPSHOT = re.compile(r"in_.+_(\d{4}-\d{2}-\d{2})")
_SAME = {"asset": "currency", "entity": "actor", "name": "label"}
"""Columns under other names than `Tag`'s."""


def read_csv_file(source: SourceText, options: ImportOptions) -> Contents:
    """Read tags from CSV.

    Raises
    ------
    InputError
        If there is no header with `address`, a quotation never ends, or the
        last row breaks off: the file is refused whole, with its line.
    """
    rows = _Rows(source)
    header = rows.header()
    snapshots = _snapshots(header)
    latest = max((day for _, day in snapshots), default=None)
    retrieved = options.retrieved or rows.dated or latest
    official = "sdn_uid" in header
    said: dict[str, Any] = {"confidence": "authority_data"} if official else {}
    gather = Gatherer(source, "csv", said, retrieved)
    if "source" not in header and not official:
        gather.note(rows.line, "", "no_source", "no column says where a tag is from")
    concept = options.concept or _declared(source.name)
    for row in rows:
        own = _fields(header, row)
        if len(row) != len(header):
            what = f"{len(row)} cells under {len(header)} columns"
            gather.note(rows.line, own.get("address", ""), "ragged_row", what)
        _complete(own, source.name, concept if "concepts" not in header else None)
        if official:
            own.setdefault("source", f"OFAC SDN list, entry {own.get('sdn_uid', '?')}")
        if snapshots and not _listed(own, snapshots):
            what = "on none of the days that the file covers"
            gather.note(rows.line, own["address"], "never_listed", what, refused=True)
            continue
        gather.add(rows.line, own)
    rows.check_end(header)
    return gather.contents


class _Rows:
    """Rows with their line, remarks left out."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._between_rows = True
        self._rows = csv.reader(self._lines(), strict=True)
        self._last: list[str] = []
        self.line = 0
        self.dated: str | None = None

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        while True:
            self._between_rows = True
            try:
                row = next(self._rows)
            except csv.Error as error:
                raise self._source.refuse(self._read, f"not CSV ({error})") from None
            self.line = self._started
            if any(cell.strip() for cell in row):
                self._last = row
                return [cell.strip() for cell in row]

    def header(self) -> list[str]:
        names = [name.lower() for name in next(self, [])]
        names = [_SAME.get(name, name) for name in names]
        if "address" not in names:
            raise self._source.refuse(self.line or 1, "no header row with `address`")
        if len(set(names)) != len(names):
            raise self._source.refuse(self.line, "two columns of one name")
        return names

    def check_end(self, header: list[str]) -> None:
        if self._source.ends_open and len(self._last) < len(header):
            raise self._source.refuse(self.line, "the last row breaks off")

    def _lines(self) -> Iterator[str]:
        for number, line in enumerate(self._source.text.splitlines(keepends=True), 1):
            self._read = number
            if self._between_rows:
                if line.startswith("#"):
                    self._remark(line)
                    continue
                self._started = number
            self._between_rows = False
            yield line

    def _remark(self, line: str) -> None:
        match = _REMARK_DATE.match(line)
        if match is not None and self.dated is None:
            self.dated = day_of(match[1])


def _fields(header: list[str], row: list[str]) -> dict[str, Any]:
    own: dict[str, Any] = {
        name: cell for name, cell in zip(header, row, strict=False) if cell
    }
    own.setdefault("address", "")
    if len(row) > len(header):
        own["cells beyond the header"] = row[len(header) :]
    return own


def _complete(own: dict[str, Any], file_name: str, concept: str | None) -> None:
    """Fill in what the file says elsewhere: label from actor, concept from its name."""
    actor = own.get("actor")
    if actor is not None:
        own.setdefault("label", actor)
        own["entity"] = actor
        if plain_name(file_name.rpartition(".")[0]).endswith(plain_name(actor)):
            del own["actor"]  # "Ransomwhere" collects addresses, it holds none
    if isinstance(own.get("concepts"), str):
        own["concepts"] = re.split(r"[;|]\s*", own["concepts"])
    elif concept and "category" not in own and "abuse" not in own:
        own["concepts"] = [concept]


def _snapshots(header: list[str]) -> list[tuple[str, str]]:
    found = ((name, _SNAPSHOT.fullmatch(name)) for name in header)
    return [(name, match[1]) for name, match in found if match]


def _listed(own: dict[str, Any], snapshots: list[tuple[str, str]]) -> bool:
    """Apply the list's states to the tag; False where no day shows it."""
    states = sorted((day, own.get(name) == "1") for name, day in snapshots)
    shown = [day for day, listed in states if listed]
    if not shown:
        return False
    last, latest = shown[-1], states[-1][0]
    if last != latest:
        own["valid_to"] = last
        own["delisted"] = f"after {last}, by {latest}"
        own["concepts"] = ["delisted"]
        own.setdefault("label", "delisted entry")
    return True


def _declared(file_name: str) -> str | None:
    for part, concept in CONCEPT_BY_FILE_NAME:
        if part in file_name.lower():
            return concept
    return None
