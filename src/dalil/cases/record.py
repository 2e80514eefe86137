"""The record of a case: what was done to it, in order, in ``case.db``.

SQLite holds one append-only log; the database itself refuses any other change
than a purge, and `Record.verify_chain` finds what went around the database.

What an intact chain does not prove: that the times are true (they come from
the caller), that the named person acted, or that no entry was cut from the
end; for the last, note the head's hash elsewhere and give it to
`Record.verify_chain`.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from dalil.cases.chain import (
    FIRST_PREVIOUS,
    ChainVerdict,
    Entry,
    canonical_json,
    check_chain,
    sha256_text,
)
from dalil.errors import InputError, LimitError, NotFoundError, StoreError
from dalil.units import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["RECORD_FILE", "Record"]

RECORD_FILE = "case.db"
_FORMAT = 1
_MAX_CONTENT = 1_000_000
_MAX_ENTRIES = 1_000_000

_metadata = sa.MetaData()
_log = sa.Table(
    "log",
    _metadata,
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("time_utc", sa.String(20), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("content", sa.Text),
    sa.Column("salt", sa.String(32)),
    sa.Column("content_sha256", sa.String(64), nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
_GUARDS = (
    "CREATE TRIGGER log_keeps BEFORE DELETE ON log"
    " BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    "CREATE TRIGGER log_stays BEFORE UPDATE ON log WHEN NOT ("
    "NEW.content IS NULL AND NEW.salt IS NULL AND NEW.sequence = OLD.sequence"
    " AND NEW.time_utc = OLD.time_utc AND NEW.action = OLD.action"
    " AND NEW.content_sha256 = OLD.content_sha256"
    " AND NEW.previous = OLD.previous AND NEW.hash = OLD.hash)"
    " BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
)


class Record:
    """The log of one case's folder; made with its first entry.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = Record(Path(folder))
    ...     _ = record.append("opened", "analyst: A. Noor", "case", {}, time_utc=0)
    ...     record.verify_chain().ok
    True
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise NotFoundError("no such case folder", folder)
        self.path = folder / RECORD_FILE
        url = sa.URL.create("sqlite", database=str(self.path))
        self._engine = sa.create_engine(url, poolclass=NullPool)
        sa.event.listen(self._engine, "connect", _leave_transactions_to_us)
        sa.event.listen(self._engine, "begin", _begin)

    def append(
        self,
        action: str,
        who: str,
        subject: str,
        payload: Mapping[str, object],
        *,
        time_utc: int,
    ) -> Entry:
        """Add one entry; it is on disk when this returns.

        Parameters
        ----------
        action : str
            What was done, in a word: ``investigated``, ``reviewed``.
        who : str
            The role and name as the charter has them, such as
            ``analyst: A. Noor``; no other personal data belongs here.
        subject : str
            On what: an exhibit's hash, a bundle's root, ``case``.
        payload : mapping
            Plain values: texts, whole numbers, lists, mappings.
        time_utc : int
            Unix seconds, from the caller: the record never asks the clock.

        Raises
        ------
        InputError
            If a value has no one way of writing it.
        LimitError
            If the content exceeds a million characters.
        StoreError
            If the record is damaged or another process holds it.
        """
        content = canonical_json(
            {"who": who, "subject": subject, "payload": dict(payload)}
        )
        if len(content) > _MAX_CONTENT:
            raise LimitError("too long for the record", len(content))
        if not action or len(action) > 64:
            raise InputError("an action is a word of up to 64 characters", action)
        salt = secrets.token_hex(16)
        try:
            with self._engine.begin() as connection:
                _prepare(connection)
                last = _last(connection)
                entry = _entry(last, action, content, salt, format_utc(time_utc))
                connection.execute(sa.insert(_log).values(**asdict(entry)))
        except DBAPIError as error:
            raise self._damaged(error) from error
        return entry

    def entries(self) -> list[Entry]:
        """Read all entries, first to last; none where nothing was recorded."""
        if not self.path.exists():
            return []
        try:
            with self._engine.begin() as connection:
                if not _format_of(connection):
                    return []
                in_order = sa.select(_log).order_by(_log.c.sequence)
                rows = connection.execute(in_order.limit(_MAX_ENTRIES + 1))
                return [_checked(row) for row in rows]
        except DBAPIError as error:
            raise self._damaged(error) from error

    def verify_chain(self, head: str | None = None) -> ChainVerdict:
        """Re-check the whole record; see `dalil.cases.chain.check_chain`."""
        return check_chain(self.entries(), head)

    def purge(self, sequence: int) -> None:
        """Forget an entry's content for good; its place in the chain stays.

        Raises
        ------
        NotFoundError
            If there is no such entry.
        """
        wanted = sa.update(_log).where(_log.c.sequence == sequence)
        try:
            with self._engine.begin() as connection:
                _prepare(connection)
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
                done = connection.execute(wanted.values(content=None, salt=None))
        except DBAPIError as error:
            raise self._damaged(error) from error
        if done.rowcount != 1:
            raise NotFoundError("the record has no such entry", sequence)

    def _damaged(self, error: DBAPIError) -> StoreError:
        return StoreError(f"the case's record cannot be used ({error.orig})", self.path)


def _leave_transactions_to_us(connection: Any, record: object) -> None:  # noqa: ANN401
    """Keep the driver from beginning transactions when it sees fit."""
    del record
    connection.isolation_level = None


def _begin(connection: sa.Connection) -> None:
    """Take the write lock at once, so that two writers cannot share a head."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _format_of(connection: sa.Connection) -> int:
    """Tell the record's format; 0 for a database with nothing in it yet."""
    found = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    kinds = connection.exec_driver_sql("SELECT name, type FROM sqlite_master").all()
    if found == 0 and not kinds:
        return 0
    if found > _FORMAT:
        raise StoreError("this record's format is newer than this Dalil", found)
    if found != _FORMAT or ("log", "table") not in [tuple(kind) for kind in kinds]:
        raise StoreError("case.db is not a case's record", found)
    return found


def _checked(row: Iterable[Any]) -> Entry:
    entry = Entry(*row)
    texts = (entry.time_utc, entry.action, entry.content_sha256, entry.previous)
    whole = isinstance(entry.sequence, int) and 0 < entry.sequence <= _MAX_ENTRIES
    fit = all(isinstance(text, str) for text in (*texts, entry.hash))
    opened = all(isinstance(x, str | None) for x in (entry.content, entry.salt))
    if not (whole and fit and opened):
        raise StoreError(
            "the case's record holds a row of another kind", entry.sequence
        )
    return entry


def _prepare(connection: sa.Connection) -> None:
    if _format_of(connection):
        return
    _metadata.create_all(connection)
    for guard in _GUARDS:
        connection.exec_driver_sql(guard)
    connection.exec_driver_sql(f"PRAGMA user_version = {_FORMAT}")


def _last(connection: sa.Connection) -> Entry | None:
    newest = sa.select(_log).order_by(_log.c.sequence.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return None if row is None else _checked(row)


def _entry(
    last: Entry | None, action: str, content: str, salt: str, time_utc: str
) -> Entry:
    unsigned = Entry(
        sequence=last.sequence + 1 if last else 1,
        time_utc=time_utc,
        action=action,
        content=content,
        salt=salt,
        content_sha256=sha256_text(salt + content),
        previous=last.hash if last else FIRST_PREVIOUS,
        hash="",
    )
    return replace(unsigned, hash=unsigned.expected_hash())
