"""A ledger of accounts at scale: building it, looking into it, tracing over it.

    python bench/bench_accounts.py              2 million transfers
    python bench/bench_accounts.py full         50 million

Transfers are made up (`dalil.exercise.accounts.bulk_transfers`): one new address
for every five, a few exchanges that sweep their customers, and every hash its
own. They are made in a thread beside the build, in memory: making them is in the
build's time, and their batch is in its memory. Peak is VmHWM, mapped files
included; `of it anonymous` is memory that is no file's. Look-ups are asked one by
one, in an order drawn at random from rows that are there.

The walk is the same question put twice to the same columns: from twenty customers
ten hops forward, stopping at exchanges, every transfer of one token out of an
address after money of the seeds can have come there. Dalil asks its postings;
DuckDB is given that token's transfers in a table of its own, sorted by payer, and
one query a hop; both must find the same number. Dalil's trace then does more: it
drops accounts that were emptied, bounds every amount, and stops at a limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from measuring import disk_bytes, run

from dalil.exercise.accounts.bulk import bulk_address, bulk_transfers
from dalil.exercise.accounts.coins import CHAIN
from dalil.ledger.accounts import AccountLedger, build_accounts
from dalil.progress import silent
from dalil.sources.accounts.report import SourceReport
from dalil.tracing.accounts.follow import trace_accounts
from dalil.tracing.accounts.request import AccountRequest
from dalil.tracing.request import Direction, Limits, Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from dalil.chains.accounts import AccountBatch

N_LOOKUPS = 20_000
_BATCH = 1_000_000
_PER_ADDRESS = 5
_EXCHANGES, _SEEDS, _HOPS = 16, 20, 10
_NEVER = 1 << 62
_MOST_PAYMENTS = 200_000


class Bulk:
    """Made-up transfers, as a source."""

    kind = "made"
    chain = CHAIN

    def __init__(self, n: int) -> None:
        self._n = n
        self.report = SourceReport()

    def batches(
        self, after: int | None, known: object, progress: object
    ) -> Iterator[AccountBatch]:
        """Give all of them."""
        del after, known, progress
        n_addresses = max(256, self._n // _PER_ADDRESS)
        yield from bulk_transfers(self._n, batch=_BATCH, n_addresses=n_addresses)


def build(path: Path, n: int, memory: int) -> None:
    """Build in this process, and print what took how long."""
    build_accounts(path.with_name("warm"), Bulk(2_000), silent)
    start = time.perf_counter()
    made = sum(batch.transfer_kind.size for batch in Bulk(n).batches(None, None, None))
    making = time.perf_counter() - start
    start = time.perf_counter()
    build_accounts(path, Bulk(n), silent, memory=memory)
    seconds = time.perf_counter() - start
    print(json.dumps({"n": made, "making": making, "seconds": seconds}))


def _times(call: Callable[[Any], object], asked: list[Any]) -> tuple[float, float]:
    """Ask one by one; the middle and the 99th of a hundred, in microseconds."""
    call(asked[0])
    took = np.empty(len(asked))
    for i, what in enumerate(asked):
        start = time.perf_counter_ns()
        call(what)
        took[i] = time.perf_counter_ns() - start
    p50, p99 = np.percentile(took, [50, 99]) / 1000
    return float(p50), float(p99)


def look(path: Path) -> dict[str, tuple[float, float]]:
    """Ask for random transactions, addresses and their transfers."""
    start = time.perf_counter()
    ledger = AccountLedger.open(path)
    opened = (time.perf_counter() - start) * 1e6
    rng = np.random.default_rng(1)
    txs = rng.integers(0, ledger.n_tx, N_LOOKUPS).tolist()
    who = rng.integers(0, ledger.n_addresses, N_LOOKUPS).tolist()
    return {
        "opening": (opened, opened),
        "transaction by hash": _times(ledger.find_tx, [ledger.txid(t) for t in txs]),
        "address by its bytes": _times(
            ledger.find_key, [ledger.address_key[a].tobytes() for a in who]
        ),
        "address by its text": _times(
            ledger.find_address, [ledger.address_text(a) for a in who[:2000]]
        ),
        "transfers from, one token": _times(lambda a: ledger.transfers_from(a, 0), who),
        "transfers to, one token": _times(lambda a: ledger.transfers_to(a, 0), who),
        "balance": _times(lambda a: ledger.balance(a, 0), who[:5000]),
    }


class Question(NamedTuple):
    """Seeds and services by address id."""

    seeds: NDArray[np.int64]
    services: NDArray[np.int64]


def question(ledger: AccountLedger) -> Question:
    """Choose twenty customers that were paid early, and all exchanges."""
    services = [ledger.find_key(bulk_address(i)) for i in range(_EXCHANGES)]
    early = np.unique(ledger.transfer_to[10_000:12_000].astype(np.int64))
    known = np.array([a for a in services if a is not None])
    seeds = np.setdiff1d(early, known)[:: max(1, early.size // _SEEDS)][:_SEEDS]
    return Question(seeds, known)


def walk(ledger: AccountLedger, asked: Question) -> int:
    """Count the transfers that can carry the seeds' money, by postings."""
    since = np.full(ledger.n_addresses, _NEVER)
    since[asked.seeds] = -1
    closed = np.zeros(ledger.n_addresses, np.bool_)
    closed[asked.services] = True
    used, front = since.copy(), asked.seeds
    for _ in range(_HOPS):
        used[front] = since[front]
        first, rows = ledger.transfers_from_many(front, 0)
        owner = np.repeat(front, np.diff(first))
        rows = rows[rows > since[owner]]
        to = ledger.transfer_to[rows].astype(np.int64)
        before = since[to]
        np.minimum.at(since, to, rows)
        front = np.unique(to[(since[to] < before) & ~closed[to]])
    reached = np.flatnonzero(used < _NEVER)
    first, rows = ledger.transfers_from_many(reached, 0)
    return int(np.sum(rows > np.repeat(used[reached], np.diff(first))))


def walk_in_sql(ledger: AccountLedger, asked: Question) -> tuple[int, float, float]:
    """Count the same with DuckDB; also seconds to load, and to walk."""
    start = time.perf_counter()
    base = duckdb.connect()
    base.execute("SET preserve_insertion_order = false")
    mine = np.flatnonzero(ledger.transfer_token == 0)
    rows = pa.table(
        {
            "id": mine,
            "payer": ledger.transfer_from[mine],
            "payee": ledger.transfer_to[mine],
        }
    )
    base.register("rows", rows)
    base.execute("CREATE TABLE moved AS SELECT * FROM rows ORDER BY payer, id")
    loaded = time.perf_counter() - start
    for name, ids in zip(("seeds", "services"), asked, strict=True):
        base.register(f"{name}_given", pa.table({"address": ids.astype(np.uint32)}))
        base.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_given")
    start = time.perf_counter()
    base.execute(
        "CREATE TABLE since AS SELECT address, -1::BIGINT AS id FROM seeds;"
        "CREATE TABLE used AS FROM since; CREATE TABLE front AS FROM since"
    )
    for _ in range(_HOPS):
        base.execute("INSERT INTO used FROM front")
        base.execute(_HOP)
    found = base.execute(
        "SELECT count(*) FROM moved JOIN "
        "(SELECT address, min(id) AS id FROM used GROUP BY address) AS u "
        "ON payer = u.address AND moved.id > u.id"
    ).fetchone()
    return (found or (0,))[0], loaded, time.perf_counter() - start


_HOP = """
CREATE OR REPLACE TABLE came AS
SELECT payee AS address, min(moved.id) AS id
FROM moved JOIN front ON payer = front.address AND moved.id > front.id
GROUP BY payee;
CREATE OR REPLACE TABLE front AS
SELECT came.* FROM came LEFT JOIN since USING (address)
WHERE (since.id IS NULL OR came.id < since.id)
AND address NOT IN (FROM services);
CREATE OR REPLACE TABLE since AS
SELECT address, min(id) AS id
FROM (FROM since UNION ALL FROM came) GROUP BY address;
"""


def trace(ledger: AccountLedger, asked: Question) -> int:
    """Trace in full, amounts and bounds with it; counts payments."""
    marks = [Mark(a, f"exchange {a}", "exchange") for a in asked.services.tolist()]
    request = AccountRequest(
        Direction.FORWARD,
        0,
        asked.seeds.tolist(),
        marks=marks,
        limits=Limits(max_hops=_HOPS, max_transactions=_MOST_PAYMENTS),
    )
    return int(trace_accounts(ledger, request).graph.flow.tx.size)


def follow(path: Path) -> None:
    """Walk and trace, and print what took how long."""
    ledger = AccountLedger.open(path)
    asked = question(ledger)
    walk(ledger, asked)
    start = time.perf_counter()
    ours = walk(ledger, asked)
    took = time.perf_counter() - start
    theirs, loading, walking = walk_in_sql(ledger, asked)
    if ours != theirs:
        raise SystemExit(f"walks differ: {ours} and {theirs}")
    print("\n| 10 hops from 20 seeds | transfers | s | loading first, s |")
    print("|---|--:|--:|--:|")
    print(f"| dalil, over its postings | {ours:,} | {took:.2f} | |")
    print(f"| DuckDB, a query a hop | {theirs:,} | {walking:.2f} | {loading:.1f} |")
    start = time.perf_counter()
    n = trace(ledger, asked)
    took = time.perf_counter() - start
    what = f"dalil trace, with amounts and bounds, {_MOST_PAYMENTS:,} at the most"
    print(f"| {what} | {n:,} | {took:.2f} | |")


def main() -> None:
    """Print the tables."""
    if sys.argv[1:2] == ["follow"]:
        follow(Path(sys.argv[2]))
        return
    if sys.argv[1:2] == ["build"]:
        build(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        return
    if sys.argv[1:2] == ["look"]:
        print(json.dumps(look(Path(sys.argv[2]))))
        return
    n = 50_000_000 if "full" in sys.argv else 2_000_000
    memory = 4_000_000_000
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / "ledger"
        command = [sys.executable, __file__, "build", str(path), str(n), str(memory)]
        ran = run(command)
        told = json.loads(ran.output)
        disk = disk_bytes(path)
        rate = told["n"] / told["seconds"]
        print(
            "| transfers | s | transfers/s | of it making them, s | CPU s | peak MB |"
        )
        print("|--:|--:|--:|--:|--:|--:|")
        print(
            f"| {told['n']:,} | {told['seconds']:.1f} | {rate:,.0f} "
            f"| {told['making']:.1f} | {ran.cpu:.1f} | {ran.peak_mb:,.0f} |"
        )
        print(f"\nof it anonymous {ran.anonymous_mb:,.0f} MB")
        print(f"on disk {disk / 1e6:,.0f} MB, {disk / told['n']:.1f} bytes a transfer:")
        parts = {
            "columns of transfers": "columns/transfer.*",
            "transactions' hashes": "columns/tx.hash",
            "other columns of transactions": "columns/tx.[!h]*",
            "addresses": "columns/address.*",
            "indexes and postings": "runs",
        }
        for name, pattern in parts.items():
            size = sum(disk_bytes(part) for part in path.glob(pattern))
            print(f"  {size / told['n']:5.1f}  {name}")
        looked = subprocess.run(
            [sys.executable, __file__, "look", str(path)],
            check=True,
            capture_output=True,
            text=True,
        )
        print("\n| look-up | p50, us | p99, us |\n|---|--:|--:|")
        for name, (p50, p99) in json.loads(looked.stdout).items():
            print(f"| {name} | {p50:,.1f} | {p99:,.1f} |")
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "follow", str(path)], check=True)


if __name__ == "__main__":
    main()
