"""The file of a run: what its header says, and where its sections lie.

::

    8 bytes    magic
    4 + 4      format number, length of the JSON (little-endian)
    JSON       canonical: rows, counts, SHA-256 of each section
    sections   each at the next multiple of 64 bytes, zeros between; but
               spent.own where output 0 would begin a page of 4096 bytes, so
               that runs can be mapped one behind another as one column

Where a section lies follows from the rows and the counts, so that a header
cannot say one thing of a section's place and another of its size. Nothing in
the file tells a path, a time or a program.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import NamedTuple

from dalil.errors import StoreError
from dalil.ledger.index import bucket_bits, sieve_words
from dalil.ledger.layout import canonical_json

__all__ = [
    "DTYPES",
    "FORMAT",
    "LARGEST_HEADER",
    "MAGIC",
    "PREFIX",
    "Counts",
    "Place",
    "Rows",
    "Span",
    "encode_header",
    "header_size",
    "places",
    "possible",
    "read_header",
]

MAGIC = b"DALILRUN"
FORMAT = 2
PREFIX = 16
LARGEST_HEADER = 8192
_ALIGN = 64
_PAGE = 4096
_MOST_ROWS = (1 << 32) - 2
_MOST_ANYWHERE = 1 << 48
_NO_ADDRESS = 0xFFFF_FFFF

Span = tuple[int, int]

DTYPES = {
    "tx.entries": ("<u8", 2),
    "tx.buckets": ("<u4", 1),
    "tx.sieve": ("<u8", 1),
    "address.entries": ("<u8", 2),
    "address.buckets": ("<u4", 1),
    "address.sieve": ("<u8", 1),
    "spent.own": ("<i8", 1),
    "spent.older": ("<i8", 2),
    "history.own": ("<u4", 1),
    "history.older": ("<u4", 1),
    "history.offsets": ("<u4", 1),
    "history.rows": ("<u4", 1),
    "outside.own": ("<u4", 1),
    "outside.older": ("<u4", 1),
    "outside.offsets": ("<u4", 1),
    "outside.rows": ("<u4", 1),
}
"""Element type and elements per row of each section, in the file's order."""


class Rows(NamedTuple):
    """Which rows a run covers, as (start, stop) of each table of the ledger."""

    block: Span
    tx: Span
    input: Span
    output: Span
    address: Span
    outside: Span

    def size(self, table: str) -> int:
        """Rows of one table."""
        start, stop = getattr(self, table)
        return int(stop - start)


class Counts(NamedTuple):
    """How many entries those sections have whose size the rows do not tell."""

    spent_older: int
    history_older: int
    history_rows: int
    outside_older: int
    outside_rows: int


class Place(NamedTuple):
    """Where a section lies: offset and length in bytes, and its rows."""

    offset: int
    size: int
    rows: int


def _section_rows(rows: Rows, counts: Counts) -> tuple[int, ...]:
    n_tx, n_address = rows.size("tx"), rows.size("address")
    return (
        n_tx,
        (1 << bucket_bits(n_tx)) + 1,
        sieve_words(n_tx),
        n_address,
        (1 << bucket_bits(n_address)) + 1,
        sieve_words(n_address),
        rows.size("output"),
        counts.spent_older,
        n_address + 1,
        counts.history_older,
        counts.history_older + 1,
        counts.history_rows,
        1,
        counts.outside_older,
        counts.outside_older + 1,
        counts.outside_rows,
    )


def places(rows: Rows, counts: Counts) -> dict[str, Place]:
    """Tell where each section of a run with such rows and counts lies."""
    at = header_size(rows, counts)
    found = {}
    page_offset = 8 * rows.output[0] % _PAGE
    n_rows = _section_rows(rows, counts)
    for (name, (dtype, width)), n in zip(DTYPES.items(), n_rows, strict=True):
        size = n * int(dtype[-1]) * width
        at = -(-at // _ALIGN) * _ALIGN
        if name == "spent.own":
            at += (page_offset - at) % _PAGE
        found[name] = Place(at, size, n)
        at += size
    return found


def encode_header(rows: Rows, counts: Counts, hashes: dict[str, str]) -> bytes:
    """Write the header, without the zeros that follow it."""
    text = canonical_json(
        {"counts": counts._asdict(), "rows": rows._asdict(), "sha256": hashes}
    )
    return MAGIC + FORMAT.to_bytes(4, "little") + len(text).to_bytes(4, "little") + text


def header_size(rows: Rows, counts: Counts) -> int:
    """Bytes of the header of a run with such rows and counts."""
    return len(encode_header(rows, counts, dict.fromkeys(DTYPES, "0" * 64)))


def read_header(raw: bytes) -> tuple[Rows, Counts, dict[str, str]]:
    """Read the header at the start of `raw`.

    Raises
    ------
    StoreError
        If this is no header of a run, one of a newer format, or one that no
        run can have.
    """
    if raw[:8] != MAGIC or len(raw) < PREFIX:
        raise StoreError("this file is no run of a ledger: build the ledger anew")
    form = int.from_bytes(raw[8:12], "little")
    if form != FORMAT:
        raise StoreError(f"runs of format {FORMAT} are read here, this one is", form)
    size = int.from_bytes(raw[12:16], "little")
    if size > LARGEST_HEADER or PREFIX + size > len(raw):
        raise StoreError("the header of a run cannot have this many bytes", size)
    try:
        told = json.loads(raw[PREFIX : PREFIX + size])
        rows = Rows(**{name: _span(pair) for name, pair in told["rows"].items()})
        counts = Counts(**{name: _count(n) for name, n in told["counts"].items()})
        hashes = {str(name): str(text) for name, text in told["sha256"].items()}
        same = encode_header(rows, counts, hashes) == raw[: PREFIX + size]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StoreError("the header of a run is not what a header is") from error
    if not same or list(hashes) != sorted(DTYPES) or not possible(rows, counts):
        raise StoreError("the header of a run is not what a header is")
    return rows, counts, hashes


def _count(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _span(pair: list[object]) -> Span:
    start, stop = pair
    return _count(start), _count(stop)


def possible(rows: Rows, counts: Counts) -> bool:
    """Tell whether a run can cover such rows: under 2³² - 1 of any table."""
    for start, stop in rows:
        if not 0 <= start <= stop <= _MOST_ANYWHERE or stop - start > _MOST_ROWS:
            return False
    if rows.address[1] > _NO_ADDRESS:
        return False
    bounds = (
        (0, counts.spent_older, rows.size("input")),
        (0, counts.history_older, counts.history_rows, rows.size("output")),
        (0, counts.outside_older, counts.outside_rows, rows.size("outside")),
    )
    return all(low <= high for chain in bounds for low, high in pairwise(chain))
