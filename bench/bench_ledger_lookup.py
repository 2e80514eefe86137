"""Look-ups in a ledger, one by one and in bulk, beside DuckDB and SQLite.

    make bench                      1 million transactions, a busy address of 1 million
    make bench ARGS=full            3 million, and 10 million outputs of one address

The three hold the same rows: txids, outputs with value and address, addresses,
each with an index on what is looked up (a primary key or a unique index on
txids and address keys, an index on the outputs' address). Single calls are
timed one by one, in an order drawn at random from rows that are there; DuckDB
is asked fewer of them, since each one plans a query. For histories the ledger
reads an address as text, the others are given its key. Figures are this
machine's. The busy address is asked in processes of their own, which count from
when their imports are done; the median of five.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import duckdb
import numpy as np
import pyarrow as pa

from dalil.exercise.bulk import make_bulk
from dalil.exercise.bulk_shape import HOT, MIXED
from dalil.ledger import NO_ADDRESS, Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

N_LOOKUPS = 100_000
_PAGE = 100
_PAGES = 200
_OUTPOINT = (
    "SELECT value FROM output WHERE id = (SELECT first + ? FROM tx WHERE txid = ?)"
)
_TX = "SELECT id FROM tx WHERE txid = ?"
_HISTORY = (
    "SELECT id FROM output WHERE address = (SELECT id FROM address WHERE key = ?)"
)


class Asked(NamedTuple):
    """What is looked up: (n, 32) txids, places among their outputs, addresses."""

    txids: list[bytes]
    places: list[int]
    addresses: list[str]
    keys: list[bytes]


class _Engine(Protocol):
    """One way to hold the rows."""

    name: str
    n_single: int

    def tx(self, txid: bytes) -> object: ...
    def outpoint(self, txid: bytes, place: int) -> object: ...
    def history(self, address: str, key: bytes) -> object: ...
    def bulk_txs(self, txids: Sequence[bytes]) -> int: ...


def _sqlite_type(column: pa.Field) -> str:
    if column.name == "id":
        return "INTEGER PRIMARY KEY"
    return "INTEGER" if pa.types.is_integer(column.type) else "BLOB"


class _OfLedger:
    """The ledger itself, through its public calls."""

    name, n_single = "dalil", N_LOOKUPS

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def tx(self, txid: bytes) -> object:
        return self.ledger.find_tx(txid)

    def outpoint(self, txid: bytes, place: int) -> object:
        name = f"{txid[::-1].hex()}:{place}"
        output = self.ledger.find_outpoint(name)
        assert output is not None
        return self.ledger.output_value[output]

    def history(self, address: str, key: bytes) -> object:
        del key
        row = self.ledger.find_address(address)
        assert row is not None
        return self.ledger.outputs_of_address(row)

    def bulk_txs(self, txids: Sequence[bytes]) -> int:
        wanted = np.frombuffer(b"".join(txids), np.uint64).reshape(-1, 4)
        column = self.ledger.tx_txid.view(np.uint64)
        return int(np.sum(self.ledger.runs.find_txs(wanted, column) >= 0))


class _OfSql:
    """What the two SQL engines are asked, in the same words."""

    base: Any

    def tx(self, txid: bytes) -> object:
        return self.base.execute(_TX, [txid]).fetchall()

    def outpoint(self, txid: bytes, place: int) -> object:
        return self.base.execute(_OUTPOINT, [place, txid]).fetchall()

    def history(self, address: str, key: bytes) -> object:
        del address
        return self.base.execute(_HISTORY, [key]).fetchall()


class _OfDuckDB(_OfSql):
    """DuckDB with unique indexes, in a file."""

    name, n_single = "DuckDB", 2_000

    def __init__(self, tables: dict[str, pa.Table], path: Path) -> None:
        self.base = duckdb.connect(str(path))
        for name, rows in tables.items():
            self.base.register("rows", rows)
            self.base.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
            self.base.unregister("rows")
        for index in _INDEXES:
            self.base.execute(index)

    def bulk_txs(self, txids: Sequence[bytes]) -> int:
        self.base.register("asked", pa.table({"txid": pa.array(txids, pa.binary())}))
        query = "SELECT count(tx.id) FROM asked JOIN tx USING (txid)"
        ((found,),) = self.base.execute(query).fetchall()
        return int(found)


class _OfSQLite(_OfSql):
    """SQLite with the same indexes, in a file."""

    name, n_single = "SQLite", N_LOOKUPS

    def __init__(self, tables: dict[str, pa.Table], path: Path) -> None:
        self.base = sqlite3.connect(path)
        self.base.execute("PRAGMA journal_mode = off")
        self.base.execute("PRAGMA cache_size = -1000000")
        for name, rows in tables.items():
            columns = ", ".join(
                f"{column.name} {_sqlite_type(column)}" for column in rows.schema
            )
            self.base.execute(f"CREATE TABLE {name} ({columns})")
            marks = ", ".join("?" * rows.num_columns)
            for batch in rows.to_batches(200_000):
                values = zip(*(c.to_pylist() for c in batch.columns), strict=True)
                self.base.executemany(f"INSERT INTO {name} VALUES ({marks})", values)
        for index in _INDEXES:
            if "(id)" not in index:
                self.base.execute(index)
        self.base.commit()

    def bulk_txs(self, txids: Sequence[bytes]) -> int:
        self.base.execute("CREATE TEMP TABLE IF NOT EXISTS asked (txid BLOB)")
        self.base.execute("DELETE FROM asked")
        rows = ([txid] for txid in txids)
        self.base.executemany("INSERT INTO asked VALUES (?)", rows)
        query = "SELECT count(tx.id) FROM asked JOIN tx USING (txid)"
        return int(self.base.execute(query).fetchone()[0])


_INDEXES = (
    "CREATE UNIQUE INDEX by_txid ON tx (txid)",
    "CREATE UNIQUE INDEX by_id ON output (id)",
    "CREATE INDEX by_address ON output (address)",
    "CREATE UNIQUE INDEX by_key ON address (key)",
)


def tables_of(ledger: Ledger, keys: NDArray[np.uint8]) -> dict[str, pa.Table]:
    """Give the ledger's rows to the other engines, as Arrow."""

    def fixed(rows: NDArray[np.uint8]) -> pa.Array:
        data = pa.py_buffer(np.ascontiguousarray(rows))
        kind = pa.binary(rows.shape[1])
        made = pa.FixedSizeBinaryArray.from_buffers(kind, len(rows), [None, data])
        return made.cast(pa.binary())

    ids = [np.arange(n) for n in (ledger.n_tx, ledger.n_outputs, ledger.n_addresses)]
    return {
        "tx": pa.table(
            {
                "id": ids[0],
                "txid": fixed(ledger.tx_txid),
                "first": np.array(ledger.tx_first_output[:-1]),
            }
        ),
        "output": pa.table(
            {
                "id": ids[1],
                "value": np.array(ledger.output_value),
                "address": np.array(ledger.output_address),
            }
        ),
        "address": pa.table({"id": ids[2], "key": fixed(keys)}),
    }


def asked_of(ledger: Ledger, keys: NDArray[np.uint8], n: int) -> Asked:
    """Draw what to look up."""
    dice = np.random.default_rng(1)
    txs = dice.integers(0, ledger.n_tx, n)
    counts = np.diff(ledger.tx_first_output)[txs]
    places = (dice.random(n) * counts).astype(np.int64)
    addresses = dice.integers(0, ledger.n_addresses, n // 10)
    return Asked(
        [row.tobytes() for row in np.asarray(ledger.tx_txid)[txs]],
        places.tolist(),
        [ledger.address_text(int(a)) for a in addresses],
        [keys[a].tobytes() for a in addresses],
    )


def timed(call: Callable[..., object], arguments: Sequence[tuple[Any, ...]]) -> str:
    """Call once for each; returns p50 and p99 in microseconds, as table cells."""
    took = np.empty(len(arguments))
    for args in arguments[:100]:
        call(*args)
    for i, args in enumerate(arguments):
        start = time.perf_counter_ns()
        call(*args)
        took[i] = time.perf_counter_ns() - start
    p50, p99 = np.percentile(took, [50, 99]) / 1000
    return f"{p50:,.1f} | {p99:,.1f}"


def row_of(engine: _Engine, asked: Asked) -> str:
    """Measure one engine; one row of the table."""
    n = engine.n_single
    txs = [(txid,) for txid in asked.txids[:n]]
    outpoints = list(zip(asked.txids[:n], asked.places[:n], strict=True))
    histories = list(zip(asked.addresses, asked.keys, strict=True))[:n]
    cells = [
        timed(engine.tx, txs),
        timed(engine.outpoint, outpoints),
        timed(engine.history, histories),
    ]
    engine.bulk_txs(asked.txids[:100])
    start = time.perf_counter()
    found = engine.bulk_txs(asked.txids)
    bulk = len(asked.txids) / (time.perf_counter() - start)
    assert found == len(asked.txids)
    return f"| {engine.name} | {n:,} | {' | '.join(cells)} | {bulk:,.0f} |"


def ledger_of(folder: Path) -> Ledger:
    build_from_blocks(folder / "ledger", open_blocks(folder / "blocks"))
    return Ledger.open(folder / "ledger")


def keys_of(ledger: Ledger) -> NDArray[np.uint8]:
    """Give address keys behind their type, so that they are distinct."""
    kinds = np.asarray(ledger.address_type)[:, None]
    return np.hstack([kinds, np.asarray(ledger.address_key)])


_FRESH = """
import sys, time
from pathlib import Path
from dalil.ledger import Ledger
from dalil.ledger.describe import describe_history
times = [time.perf_counter()]
ledger = Ledger.open(Path(sys.argv[1]))
times.append(time.perf_counter())
address = ledger.find_address(sys.argv[2])
times.append(time.perf_counter())
assert len(ledger.outputs_of_address(address, 0, 100)) == 100
times.append(time.perf_counter())
assert len(describe_history(ledger, sys.argv[2])["outputs"]) == 100
times.append(time.perf_counter())
print(*(1000 * (b - a) for a, b in zip(times, times[1:])))
"""
"""Milliseconds of a process's first opening, address, page, and page described."""


def fresh_process(ledger: Path, address: str) -> list[float]:
    """Ask a new process for an address's first page, step by step, in ms."""
    command = [sys.executable, "-c", _FRESH, str(ledger), address]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(cell) for cell in told.stdout.split()]


def busy_address(n_outputs: int, folder: Path) -> str:
    """Time pages of one address with very many outputs."""
    from dataclasses import replace

    n_tx = n_outputs * 12 // 100
    make_bulk(folder / "blocks", n_tx, replace(HOT, hot_outputs=n_outputs))
    ledger = ledger_of(folder)
    addresses = np.asarray(ledger.output_address)
    busiest = int(np.bincount(addresses[addresses != NO_ADDRESS]).argmax())
    name = ledger.address_text(busiest)
    took = np.array([fresh_process(folder / "ledger", name) for _ in range(5)])
    cells = " | ".join(f"{ms:.2f}" for ms in np.median(took, axis=0))
    opened = Ledger.open(folder / "ledger")
    n = opened.n_outputs_of_address(busiest)
    starts = np.random.default_rng(2).integers(0, n - _PAGE, _PAGES).tolist()
    pages = [(busiest, start, start + _PAGE) for start in starts]
    return f"| {n:,} | {cells} | {timed(opened.outputs_of_address, pages)} |"


def main(*, full: bool) -> None:
    n_tx, n_hot = (3_000_000, 10_000_000) if full else (1_000_000, 1_000_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_bulk(folder / "blocks", n_tx, MIXED)
        ledger = ledger_of(folder)
        keys = keys_of(ledger)
        tables, asked = tables_of(ledger, keys), asked_of(ledger, keys, N_LOOKUPS)
        print(
            f"{ledger.n_tx:,} transactions, {ledger.n_outputs:,} outputs, "
            f"{ledger.n_addresses:,} addresses; us a call\n"
        )
        print(
            "| engine | calls | txid p50 | p99 | outpoint p50 | p99 | "
            "address history p50 | p99 | txids in bulk, 1/s |"
        )
        print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
        print(row_of(_OfLedger(ledger), asked), flush=True)
        print(row_of(_OfSQLite(tables, folder / "sqlite"), asked), flush=True)
        print(row_of(_OfDuckDB(tables, folder / "duckdb"), asked), flush=True)
        del tables, asked, ledger, keys
    with tempfile.TemporaryDirectory() as name:
        print(
            "\n| outputs of one address | opening the ledger, ms | finding the address "
            "| first page of 100 | the page described | any page, us, p50 | p99 |"
        )
        print("|--:|--:|--:|--:|--:|--:|--:|")
        print(busy_address(n_hot, Path(name)))


if __name__ == "__main__":
    main(full="full" in sys.argv[1:])
