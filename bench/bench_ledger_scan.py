"""Scan whole columns, beside DuckDB and polars and the memory's own bandwidth.

    make bench                      25 million outputs
    make bench ARGS=full            100 million

Two questions are put to every way of reading: the sum of every output's value,
and that sum by script type. Ours runs over the mapped columns; Arrow, polars and
DuckDB run over the same bytes without a copy, and DuckDB and polars over a
Parquet file of the same two columns. The first rows are the machine's own
bandwidth: a plain sum of the same int64 column, which could overflow. Ways are
taken in turn, thirty rounds, and the best of each counts; answers are compared.
Figures are this machine's.
"""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dalil.chains.bitcoin.scripts import ScriptType
from dalil.exercise.bulk import make_bulk
from dalil.exercise.bulk_shape import Shape
from dalil.kernels import kernel
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_ROUNDS = 30
_OUTPUTS_A_TX = 100
_WIDE = Shape(inputs=((1, 1.0),), outputs=((_OUTPUTS_A_TX, 1.0),))
_CHUNK = 1 << 20
_PLAIN = "plain sum (may overflow)"


class Scan(NamedTuple):
    """One way to one answer: best seconds, bytes it had to read."""

    question: str
    what: str
    seconds: float
    n_bytes: int

    @property
    def bandwidth(self) -> float:
        """GB/s."""
        return self.n_bytes / self.seconds / 1e9


@kernel
def _plain_sum(values: NDArray[np.int64]) -> np.int64:
    total = np.int64(0)
    for i in range(values.size):
        total += values[i]
    return total


class Way(NamedTuple):
    """One way to ask: what to call, the answer it must give, bytes it reads."""

    question: str
    what: str
    ask: Callable[[], Any]
    wanted: object
    n_bytes: int


def race(ways: list[Way]) -> list[Scan]:
    """Take the ways in turn, round by round, so that all meet the same machine."""
    best = [float("inf")] * len(ways)
    for _ in range(_ROUNDS):
        for place, way in enumerate(ways):
            start = time.perf_counter()
            found = way.ask()
            best[place] = min(best[place], time.perf_counter() - start)
            if way.wanted is not None and found != way.wanted:
                raise SystemExit(f"{way.what}: {found} is not {way.wanted}")
    return [
        Scan(way.question, way.what, seconds, way.n_bytes)
        for way, seconds in zip(ways, best, strict=True)
    ]


def plain_ways(values: NDArray[np.int64], threads: ThreadPoolExecutor) -> list[Way]:
    """Sum the column plainly on one thread and on two: the machine's bandwidth."""
    half = values.size // 2
    parts = (values[:half], values[half:])
    asks: dict[str, Callable[[], Any]] = {
        "1 thread": lambda: _plain_sum(values),
        "2 threads": lambda: list(threads.map(_plain_sum, parts)),
    }
    return [Way(_PLAIN, what, ask, None, values.nbytes) for what, ask in asks.items()]


def sum_ways(ledger: Ledger, parquet: Path, connection: Any) -> list[Way]:  # noqa: ANN401
    """Ask for the sum of every value, every way."""
    values, table = ledger.output_value, ledger.arrow()["output"]
    frame = polars.from_arrow(table)
    assert isinstance(frame, polars.DataFrame)

    def sql(source: str) -> int:
        return int(connection.execute(f"SELECT sum(value) FROM {source}").fetchone()[0])

    lazy = polars.scan_parquet(parquet).select(polars.col("value").sum())
    asks: dict[str, Callable[[], Any]] = {
        "dalil": lambda: ledger.outputs.sum("value_sat"),
        "numpy (int64)": lambda: int(values.sum()),
        "Arrow": lambda: pc.sum(table["value"]).as_py(),
        "polars": lambda: int(frame["value"].sum()),
        "DuckDB": lambda: sql("output"),
        "polars, Parquet": lambda: int(lazy.collect().item()),
        "DuckDB, Parquet": lambda: sql(f"'{parquet}'"),
    }
    total = sum(int(part.sum()) for part in np.array_split(values, 64))
    return [
        Way("sum of values", what, ask, total, values.nbytes)
        for what, ask in asks.items()
    ]


def group_ways(ledger: Ledger, parquet: Path, connection: Any) -> list[Way]:  # noqa: ANN401
    """Ask for the sum by script type, every way."""
    codes, values = ledger.output_type, ledger.output_value
    table = ledger.arrow()["output"]
    frame = polars.from_arrow(table)
    assert isinstance(frame, polars.DataFrame)

    def numpy_way() -> dict[int, int]:
        found: dict[int, int] = {}
        for start in range(0, codes.size, _CHUNK):
            part, value = codes[start : start + _CHUNK], values[start : start + _CHUNK]
            for code in np.flatnonzero(np.bincount(part)).tolist():
                found[code] = found.get(code, 0) + int(value[part == code].sum())
        return found

    def arrow_way() -> dict[int, int]:
        found = table.group_by("type").aggregate([("value", "sum")])
        columns = (found[name].to_pylist() for name in ("type", "value_sum"))
        return dict(zip(*columns, strict=True))

    def polars_way(source: polars.LazyFrame) -> dict[Any, int]:
        asked = source.group_by("type").agg(polars.col("value").sum())
        return dict(asked.collect().iter_rows())

    def sql(source: str) -> dict[Any, int]:
        asked = f"SELECT type, sum(value) FROM {source} GROUP BY 1"
        return {key: int(value) for key, value in connection.execute(asked).fetchall()}

    file = polars.scan_parquet(parquet)
    by_code = numpy_way()
    by_type = {ScriptType(code).label: by_code[code] for code in sorted(by_code)}
    asks: dict[str, tuple[Callable[[], Any], object]] = {
        "dalil": (lambda: ledger.outputs.group_by("type").sum("value_sat"), by_type),
        "numpy (int64)": (numpy_way, by_code),
        "Arrow": (arrow_way, by_code),
        "polars": (lambda: polars_way(frame.lazy()), by_code),
        "DuckDB": (lambda: sql("output"), by_code),
        "polars, Parquet": (lambda: polars_way(file), by_code),
        "DuckDB, Parquet": (lambda: sql(f"'{parquet}'"), by_code),
    }
    n_bytes = codes.nbytes + values.nbytes
    return [
        Way("sum by type", what, ask, wanted, n_bytes)
        for what, (ask, wanted) in asks.items()
    ]


def write_parquet(ledger: Ledger, file: Path) -> None:
    """Write the two columns as an export would, in row groups, compressed."""
    table = ledger.arrow()["output"].select(["type", "value"])
    pq.write_table(table, file, compression="zstd", row_group_size=1 << 17)


def main(n_outputs: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_bulk(folder / "blocks", n_outputs // _OUTPUTS_A_TX, _WIDE)
        build_from_blocks(folder / "ledger", open_blocks(folder / "blocks"))
        ledger = Ledger.open(folder / "ledger")
        write_parquet(ledger, folder / "output.parquet")
        with (
            duckdb.connect(config={"threads": 2}) as connection,
            ThreadPoolExecutor(2) as threads,
        ):
            connection.register("output", ledger.arrow()["output"])
            file = folder / "output.parquet"
            ways = [
                *plain_ways(ledger.output_value, threads),
                *sum_ways(ledger, file, connection),
                *group_ways(ledger, file, connection),
            ]
            scans = race(ways)
        best = max(scan.bandwidth for scan in scans if scan.question == _PLAIN)
        print(f"{ledger.n_outputs:,} outputs; pyarrow {pa.__version__}, ", end="")
        print(f"polars {polars.__version__}, DuckDB {duckdb.__version__}\n")
        print("| question | read by | ms | GB/s of column | of the bandwidth |")
        print("|---|---|--:|--:|--:|")
        for scan in scans:
            print(
                f"| {scan.question} | {scan.what} | {scan.seconds * 1e3:,.1f} | "
                f"{scan.bandwidth:,.1f} | {scan.bandwidth / best:.0%} |"
            )


if __name__ == "__main__":
    main(100_000_000 if "full" in sys.argv[1:] else 25_000_000)
