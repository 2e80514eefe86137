"""The words of tags and prices in the files they were read from."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from dalil.evidence.material import PriceRow, TagExtract

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dalil.attribution import Tag
    from dalil.tracing.prices import PriceSeries

__all__ = ["TagSources", "price_rows"]

_MAX_SOURCE_BYTES = 256_000_000
_MAX_LINES = 60
_MAX_HEADER = 4_000


class TagSources:
    """Tag files of a case, read again to quote the lines a tag stands on.

    A store remembers what files said, not their text; where a case names the
    files themselves, their words can be shown.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._lines: dict[str, list[str]] = {}
        for path in _files(paths):
            if path.stat().st_size > _MAX_SOURCE_BYTES:
                continue
            raw = path.read_bytes()
            text = raw.decode("utf-8", errors="replace")
            self._lines[sha256(raw).hexdigest()] = text.splitlines()

    def extract(self, tag: Tag) -> TagExtract | None:
        """Quote a tag's lines; None where its file is not among the case's."""
        lines = self._lines.get(tag.file_sha256)
        if lines is None or not 0 < tag.line <= len(lines):
            return None
        return TagExtract(
            file_sha256=tag.file_sha256,
            file_name=tag.file_name,
            line=tag.line,
            text="\n".join(_entry(lines, tag.line - 1)),
            header="\n".join(_head(lines, tag.line - 1))[:_MAX_HEADER],
        )


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir() and not (path / "manifest.json").is_file():
            yield from sorted(p for p in path.rglob("*") if p.is_file())


def _entry(lines: list[str], at: int) -> list[str]:
    """Take the tag's line and, in a list of YAML, those that belong to it."""
    first = lines[at]
    indent = len(first) - len(first.lstrip())
    if not first.lstrip().startswith("-"):
        return [first]
    entry = [first]
    for line in lines[at + 1 : at + _MAX_LINES]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        entry.append(line)
    return entry


def _head(lines: list[str], at: int) -> list[str]:
    """Take what a file says of all its tags: up to `tags:`, or the header row."""
    for i, line in enumerate(lines[:at]):
        if line.startswith("tags:"):
            return lines[: i + 1]
    return next(([line] for line in lines[:at] if not line.startswith("#")), [])


def price_rows(
    series: PriceSeries, path: Path, days: Iterable[tuple[str, str]]
) -> list[PriceRow]:
    """Quote the rows of a price file for (day, currency) pairs that have one."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    by_day = {line.split(",", 1)[0].strip(): line for line in lines[1:]}
    rows = []
    for day, currency in sorted(set(days)):
        price = series.prices.get((day, currency))
        if price is not None:
            rows.append(
                PriceRow(
                    series_sha256=series.sha256,
                    currency=currency,
                    day=day,
                    price=str(price),
                    text=by_day[day],
                    header=lines[0],
                )
            )
    return rows
