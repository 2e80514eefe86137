"""One SELECT over a ledger's columns, by DuckDB, in this process, locked down.

DuckDB reads the mapped columns themselves. It may touch nothing else: no file,
no network, no extension, no setting, and its memory and time have bounds.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError, LimitError
from dalil.extras import needs
from dalil.ledger.analysis.answers import type_array
from dalil.ledger.analysis.arrow import arrow_tables
from dalil.ledger.analysis.sqlfunctions import add_functions
from dalil.ledger.analysis.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.extras import Foreign
    from dalil.ledger.reader import Ledger

__all__ = ["SqlBounds", "SqlResult", "run_sql"]

_ROWS_AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class SqlBounds:
    """What one statement may use."""

    memory_mb: int = 1024
    seconds: float = 600.0
    threads: int = 2


@dataclass(slots=True)
class SqlResult:
    """A statement's answer: column names, and rows as they come."""

    columns: list[str]
    types: list[str]
    rows: Iterator[tuple[Any, ...]]


def run_sql(
    ledger: Ledger, statement: str, bounds: SqlBounds | None = None
) -> SqlResult:
    """Run one SELECT over a ledger.

    Parameters
    ----------
    ledger : Ledger
        Its tables (``block``, ``tx``, …) are the mapped columns; the views
        ``blocks``, ``txs``, ``inputs``, ``outputs`` add what is worked out.
    statement : str
        One SELECT, WITH, VALUES, DESCRIBE, SUMMARIZE or EXPLAIN.
    bounds : SqlBounds, optional
        Memory DuckDB may use beyond the columns, seconds, threads.

    Raises
    ------
    InputError
        If the statement is none of these, or DuckDB cannot run it; its own
        words are passed on.
    LimitError
        If it meets a bound.
    UsageError
        If DuckDB or pyarrow is not installed.

    Notes
    -----
    A sum of int64 is exact (128 bits); a division is a float.
    """
    bounds = bounds or SqlBounds()
    duckdb = needs("duckdb")
    connection = _connection(duckdb, ledger, bounds)
    stop = threading.Timer(bounds.seconds, connection.interrupt)
    stop.daemon = True
    stop.start()
    try:
        _only_reading(duckdb, connection, statement)
        found = connection.execute(statement)
        described = found.description or []
    except duckdb.Error as error:
        stop.cancel()
        raise _told(duckdb, error, bounds) from error
    except BaseException:
        stop.cancel()
        raise
    names = [str(column[0]) for column in described]
    types = [str(column[1]) for column in described]
    return SqlResult(names, types, _rows(duckdb, connection, stop, bounds))


def _rows(
    duckdb: Foreign,
    connection: Foreign,
    stop: threading.Timer,
    bounds: SqlBounds,
) -> Iterator[tuple[Any, ...]]:
    try:
        while rows := connection.fetchmany(_ROWS_AT_ONCE):
            yield from rows
    except duckdb.Error as error:
        raise _told(duckdb, error, bounds) from error
    finally:
        stop.cancel()
        connection.close()


def _connection(duckdb: Foreign, ledger: Ledger, bounds: SqlBounds) -> Foreign:
    connection = duckdb.connect(
        ":memory:",
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "memory_limit": f"{bounds.memory_mb}MB",
            "threads": str(bounds.threads),
            "temp_directory": "",
        },
    )
    connection.execute("SET TimeZone='UTC'")
    pa = needs("pyarrow")
    for name, table in arrow_tables(ledger).items():
        if "type" in table.column_names:
            labels = type_array(pa, getattr(ledger, f"{name}_type"))
            at = table.column_names.index("type")
            table = table.set_column(at, "type", labels)
        connection.register(name, table)
    add_functions(connection, ledger)
    for name, view in VIEWS.items():
        connection.execute(f"CREATE VIEW {name} AS {view.sql(ledger)}")
    connection.execute("SET lock_configuration=true")
    return connection


def _only_reading(duckdb: Foreign, connection: Foreign, statement: str) -> None:
    found = connection.extract_statements(statement)
    if len(found) != 1:
        raise InputError("give one statement", f"{len(found)} statements")
    kinds = duckdb.StatementType
    if found[0].type not in (kinds.SELECT, kinds.EXPLAIN):
        kind = str(found[0].type).rpartition(".")[2]
        raise InputError(
            "a ledger is only read: SELECT, DESCRIBE, SUMMARIZE or EXPLAIN; "
            "nothing is attached, copied, installed or set",
            kind,
        )


def _told(duckdb: Foreign, error: Exception, bounds: SqlBounds) -> InputError:
    words = str(error).strip()
    if isinstance(error, duckdb.InterruptException):
        return LimitError(
            "the statement took longer than it may", f"{bounds.seconds} s"
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return LimitError(
            "the statement needs more memory than it may have (--memory)",
            f"{bounds.memory_mb} MB",
        )
    if isinstance(error, duckdb.PermissionException):
        return InputError("SQL over a ledger may not touch files or the network", words)
    return InputError(f"SQL: {words}")
