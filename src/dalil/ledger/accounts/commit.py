"""The commit of a ledger of accounts: one small file that says what counts.

It holds the manifest (rows, tip and a hash of each chunk: the ledger's
identity) and, apart from it, which files they are in, and what the sources said
of themselves. It is replaced atomically; what no commit names does not count,
and the next writer removes it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.errors import StoreError
from dalil.ledger.accounts.layout import CHUNK_BYTES, COLUMNS, FORMAT, TABLES
from dalil.ledger.accounts.runfile import Spans
from dalil.ledger.layout import canonical_json
from dalil.ledger.store.chunks import chunk_name
from dalil.ledger.store.commit import COMMIT_FILE, atomic_write, has_ledger
from dalil.ledger.store.commitcheck import count
from dalil.ledger.store.failures import told_by_errno
from dalil.ledger.store.mapping import map_chunks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from dalil.ledger.layout import Column

__all__ = ["Commit", "NamedRun", "is_account_ledger"]

_LIMIT = 1 << 28
_MOST_IDS = 0xFFFF_FFFF
_RUN = re.compile(r"[0-9]{11,20}\.run")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class NamedRun:
    """A run's file in `runs`, the rows it covers, and its header's hash."""

    name: str
    spans: Spans
    sha256: str


@dataclass(slots=True)
class Commit:
    """What `commit.json` says. A fresh one is of a ledger without any rows."""

    manifest: dict[str, Any] = field(default_factory=dict)
    editions: dict[str, list[int]] = field(default_factory=dict)
    runs: list[NamedRun] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    """What sources said of themselves: gaps, duplicates, decimals."""
    seed: int = 0
    number: int = 0

    @classmethod
    def load(cls, ledger: Path) -> Commit:
        """Read a ledger's commit, and check that its columns hold what it says.

        Raises
        ------
        StoreError
            If there is no such ledger, its commit is damaged or of another
            format, or a file is missing or too short.
        """
        commit = cls.read_file(ledger)
        commit.check_files(ledger)
        return commit

    @classmethod
    def read_file(cls, ledger: Path) -> Commit:
        """Read and check what the commit says, and look at no other file.

        Raises
        ------
        StoreError
            As `load` does.
        """
        file = ledger / COMMIT_FILE
        with told_by_errno(file):
            if not has_ledger(ledger):
                what = "no ledger here; make one with `dalil ledger build`"
                raise StoreError(what, ledger)
            if not file.is_file() or file.stat().st_size > _LIMIT:
                raise StoreError("the ledger's commit is no plain, small file", file)
            raw = file.read_bytes()
        try:
            return _read(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise StoreError("the ledger's commit is damaged", file) from None

    def save(self, ledger: Path) -> None:
        """Make it count, from now on and after a power cut."""
        content = {
            "format": FORMAT,
            "manifest": self.manifest,
            "files": {
                "editions": self.editions,
                "runs": [[r.name, r.spans._asdict(), r.sha256] for r in self.runs],
                "seed": f"{self.seed:016x}",
                "number": self.number,
            },
            "told": self.told,
        }
        atomic_write(ledger / COMMIT_FILE, canonical_json(content))

    def n_rows(self, name: str) -> int:
        """Count the committed rows of a column."""
        column = self.manifest.get("columns", {}).get(name)
        return int(column["rows"]) if column else int(COLUMNS[name].leading_zero)

    def files(self, ledger: Path, name: str) -> list[Path]:
        """List the chunks' files of a column, first to last."""
        folder = ledger / "columns" / name
        editions = self.editions.get(name, [])
        return [folder / chunk_name(i, edition) for i, edition in enumerate(editions)]

    def check_files(self, ledger: Path) -> None:
        """Refuse columns whose files are missing, or not as long as their rows."""
        for name, column in COLUMNS.items():
            self._check(ledger, column, self.n_rows(name) * column.row_bytes)

    def _check(self, ledger: Path, column: Column, size: int) -> None:
        files = self.files(ledger, column.name)
        if len(files) != -(-size // CHUNK_BYTES):
            raise StoreError(f"column {column.name} has other chunks", len(files))
        for i, file in enumerate(files):
            try:
                have = file.stat().st_size
            except OSError:
                raise StoreError(f"column {column.name} lacks a file", file) from None
            if have < min(CHUNK_BYTES, size - i * CHUNK_BYTES):
                what = f"column {column.name} is shorter than the manifest says"
                raise StoreError(what, file)

    def read(self, ledger: Path, name: str) -> NDArray[Any]:
        """Map a column's committed rows, read-only, as one array."""
        column, rows = COLUMNS[name], self.n_rows(name)
        raw = map_chunks(self.files(ledger, name), rows * column.row_bytes)
        return raw.view(column.dtype).reshape(column.shape(rows))


def is_account_ledger(path: Path) -> bool:
    """Tell whether a folder holds a ledger of accounts, of whatever version.

    False for anything else, and for what cannot be read.
    """
    try:
        file = path / COMMIT_FILE
        if file.stat().st_size > _LIMIT:
            return False
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    form = content.get("format") if isinstance(content, dict) else None
    return isinstance(form, str) and form.startswith(FORMAT.partition("/")[0] + "/")


def _read(content: Any) -> Commit:  # noqa: ANN401 - any JSON value
    form = content.get("format") if isinstance(content, dict) else None
    if form != FORMAT:
        raise StoreError(f"this Dalil reads {FORMAT} here, the ledger is", form)
    manifest, files = content["manifest"], content["files"]
    tables = _check_manifest(manifest)
    if not set(files["editions"]) <= set(COLUMNS) or len(files["seed"]) > 16:
        raise ValueError(files["editions"])
    return Commit(
        manifest,
        {name: [count(e) for e in row] for name, row in files["editions"].items()},
        _check_runs(files["runs"], tables),
        dict(content["told"]),
        count(int(files["seed"], 16)) if int(files["seed"], 16) < 1 << 63 else 0,
        count(files["number"]),
    )


def _check_manifest(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Check a manifest against the format and itself; rows of each table."""
    if (manifest["format"], manifest["chunk_bytes"]) != (FORMAT, CHUNK_BYTES):
        raise StoreError("the ledger's manifest is of another format", FORMAT)
    told_words = (manifest["chain"], manifest["source"], manifest["tip"]["hash"])
    if not all(type(word) is str for word in told_words):
        raise ValueError(told_words)
    columns = manifest["columns"]
    if odd := sorted(set(columns) ^ set(COLUMNS)):
        raise StoreError("the ledger's manifest has other columns", odd[0])
    tables: dict[str, int] = {}
    for name, column in COLUMNS.items():
        told, table = columns[name], name.split(".")[0]
        if (told["dtype"], told["width"]) != (column.dtype, column.width):
            what = "the ledger's manifest has a column of another element type"
            raise StoreError(what, name)
        rows, hashes = count(told["rows"]), told["chunks"]
        n_chunks = -(-rows * column.row_bytes // CHUNK_BYTES)
        if len(hashes) != n_chunks or not all(map(_SHA256.fullmatch, hashes)):
            raise StoreError("the ledger's manifest lacks hashes of a column", name)
        rows -= int(column.leading_zero)
        if rows < 0 or tables.setdefault(table, rows) != rows:
            raise StoreError("a column has other rows than its table", name)
    if (
        set(tables) != set(TABLES)
        or max(tables["address"], tables["token"]) > _MOST_IDS
    ):
        raise StoreError("no ledger has this many addresses", tables["address"])
    return tables


def _check_runs(told: Any, tables: Mapping[str, int]) -> list[NamedRun]:  # noqa: ANN401
    """Check that runs follow one another, from the first row to the last."""
    runs, at = [], Spans(*((0, 0) for _ in Spans._fields))
    for name, rows, digest in told:
        spans = Spans(*((count(rows[t][0]), count(rows[t][1])) for t in Spans._fields))
        if not _RUN.fullmatch(name) or not _SHA256.fullmatch(digest):
            raise StoreError("a run's name or hash is none", name)
        for before, (start, stop) in zip(at, spans, strict=True):
            if start != before[1] or stop < start:
                raise StoreError("a run does not follow the one before", name)
        at = spans
        runs.append(NamedRun(name, spans, digest))
    if any(getattr(at, t)[1] != tables[t] for t in Spans._fields):
        raise StoreError("the ledger's runs do not end where its tables do", len(runs))
    if len({run.name for run in runs}) != len(runs):
        raise StoreError("one file is two runs of the ledger", len(runs))
    return runs
