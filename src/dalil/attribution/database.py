"""The tag store's SQLite file: opened with its kind checked, written all or nothing."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dalil.attribution.schema import APPLICATION_ID, SCHEMA, SCHEMA_VERSION
from dalil.errors import DalilError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["TagDatabase"]

_NEW = (0, 0)
"""What SQLite says of a file that nothing was written to."""


class TagDatabase:
    """One connection; SQLite's errors leave it as `StoreError`."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self._folder = folder
        self._connection = connection

    @classmethod
    def open(cls, folder: Path, *, create: bool) -> TagDatabase:
        """Open the store's file.

        Raises
        ------
        NotFoundError
            If there is none, or nothing in it yet, and `create` is not set.
        StoreError
            If it is damaged, of another kind, or of another format.
        """
        file = folder / "tags.sqlite"
        if not file.exists():
            if not create:
                raise NotFoundError("no tag store here (import tags first)", folder)
            folder.mkdir(parents=True, exist_ok=True)
        connection = None
        try:
            connection = sqlite3.connect(file, timeout=30, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA trusted_schema = OFF")
            _check(_identity(connection), folder, create=create)
        except (sqlite3.Error, DalilError) as error:
            if connection is not None:
                connection.close()
            if isinstance(error, DalilError):
                raise
            raise StoreError(
                f"the tag store cannot be opened ({error})", folder
            ) from None
        return cls(folder, connection)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Run a query and return all its rows."""
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(
                f"the tag store cannot be read ({error})", self._folder
            ) from None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; keep everything done under it, or nothing."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                if _identity(self._connection) == _NEW:
                    for statement in SCHEMA.split(";"):
                        self._connection.execute(statement)
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(
                f"the tag store cannot be written ({error})", self._folder
            ) from None


def _identity(connection: sqlite3.Connection) -> tuple[int, int]:
    [kind] = connection.execute("PRAGMA application_id").fetchone()
    [version] = connection.execute("PRAGMA user_version").fetchone()
    return kind, version


def _check(identity: tuple[int, int], folder: Path, *, create: bool) -> None:
    kind, version = identity
    if identity == _NEW:
        if not create:
            raise NotFoundError("no tag store here (import tags first)", folder)
    elif kind != APPLICATION_ID:
        raise StoreError("not a tag store", folder)
    elif version != SCHEMA_VERSION:
        raise StoreError(
            f"the tag store has format {version}; this Dalil reads {SCHEMA_VERSION}",
            folder,
        )
