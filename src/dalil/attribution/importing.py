"""Putting the contents of files into a store, and telling what happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dalil.attribution import schema
from dalil.attribution.reader import read_file
from dalil.chains import evm
from dalil.chains.repair import suggest

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from dalil.attribution.contents import Contents
    from dalil.attribution.model import Problem
    from dalil.attribution.source_text import ImportOptions
    from dalil.progress import Progress

__all__ = ["FileReport", "ImportReport", "import_into"]


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file."""

    name: str
    sha256: str
    kind: str
    n_tags: int
    """Tags the file makes, each claim once."""
    n_new: int
    n_duplicates: int
    """Claims that stand in it twice, or were here already."""
    n_actors: int
    already_here: bool

    def to_json(self) -> dict[str, Any]:
        """Return the file's part of the report."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class ImportReport:
    """What an import did."""

    files: list[FileReport] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    manifest_sha256: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the report as it goes over the wire."""
        kinds = Counter(problem.kind for problem in self.warnings)
        return {
            "n_files": len(self.files),
            "tags": sum(file.n_tags for file in self.files),
            "new": sum(file.n_new for file in self.files),
            "duplicates": sum(file.n_duplicates for file in self.files),
            "actors": sum(file.n_actors for file in self.files),
            "refused": sum(problem.refused for problem in self.warnings),
            "warnings_by_kind": dict(sorted(kinds.items())),
            "manifest_sha256": self.manifest_sha256,
            "files": [file.to_json() for file in self.files],
            "warnings": [problem.to_json() for problem in self.warnings],
        }


def import_into(
    database: sqlite3.Connection,
    files: list[Path],
    options: ImportOptions | None,
    progress: Progress,
) -> ImportReport:
    """Read `files` and insert what they say, within the caller's transaction."""
    report = ImportReport()
    problems: list[Problem] = []
    for done, path in enumerate(files):
        progress("reading tags", done, len(files))
        contents = read_file(path, options)
        report.files.append(_insert(database, contents))
        problems += contents.problems
    progress("reading tags", len(files), len(files))
    for done, problem in enumerate(problems):
        progress("looking for what was meant", done, len(problems))
        report.warnings.append(_with_suggestion(database, problem))
    if problems:
        progress("looking for what was meant", len(problems), len(problems))
    return report


def _insert(database: sqlite3.Connection, contents: Contents) -> FileReport:
    file = contents.file
    claims = {
        schema.claim_of(row): row
        for row in reversed(schema.rows_of_tags(contents.tags))
    }
    tags = sorted(claims.values(), key=lambda row: (row[14], row[0], row[4]))
    actors = schema.rows_of_actors(contents.actors, file.sha256)
    known = database.execute(
        "SELECT 1 FROM file WHERE sha256 = ?", [file.sha256]
    ).fetchone()
    if known is None:
        problems = schema.rows_of_problems(contents.problems, file.sha256)
        row = _file_row(
            contents, schema.digest_of(file, tags, actors, problems), len(tags)
        )
        _insert_many(database, "file", [row])
        _insert_many(database, "tag", tags)
        _insert_many(database, "actor", actors)
        _insert_many(database, "problem", problems)
    n_new = len(tags) if known is None else 0
    return FileReport(
        name=file.name,
        sha256=file.sha256,
        kind=file.kind,
        n_tags=len(tags),
        n_new=n_new,
        n_duplicates=len(contents.tags) - n_new,
        n_actors=len(actors),
        already_here=known is not None,
    )


def _file_row(contents: Contents, digest: str, n_tags: int) -> tuple[Any, ...]:
    file = contents.file
    n_refused = sum(problem.refused for problem in contents.problems)
    header = schema.canonical_json(file.header)
    about = (file.sha256, file.name, file.kind, file.n_bytes, file.retrieved)
    return (*about, header, digest, n_tags, n_refused)


def _insert_many(
    database: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]
) -> None:
    if rows:
        marks = ",".join("?" * len(rows[0]))
        query = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - our own names
        database.executemany(query, rows)


def _with_suggestion(database: sqlite3.Connection, problem: Problem) -> Problem:
    if not problem.address:
        return problem
    if problem.kind == "other_chain":
        return replace(
            problem, suggestion="ask the publisher which of the two is meant"
        )
    if not problem.refused:
        return problem
    twins = database.execute(
        "SELECT DISTINCT address FROM tag WHERE lower(address) = ? LIMIT 5",
        [problem.address.strip().lower()],
    )
    near = sorted({*suggest(problem.address), *(row["address"] for row in twins)})
    if near:
        said = f"compare with the source; near it, and valid: {', '.join(near)}"
    else:
        said = _without_candidate(problem)
    return replace(problem, suggestion=said)


def _without_candidate(problem: Problem) -> str:
    text = problem.address.strip()
    if text.startswith("0x") and len(text) == 42 and problem.kind == "bad_checksum":
        right = evm.encode_address(bytes.fromhex(text[2:]))
        return f"only if the source has these very digits: {right}"
    if problem.kind == "case_lost":
        return "take the address from the publisher's own list, capitals kept"
    return "no valid address is near; ask the source for the original"
