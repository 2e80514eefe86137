"""Runs: what is looked up, for the rows of some blocks, in one immutable file.

A run is determined by the columns and the ledger's seed. So none is part of the
ledger's identity, merging runs is making one over the rows of all, and checking
one is making it again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.errors import StoreError
from dalil.ledger.accounts.interning import ADDRESS_WORDS
from dalil.ledger.accounts.keyindex import KeyIndex, index_keys
from dalil.ledger.accounts.marks import words
from dalil.ledger.accounts.postings import Postings, post
from dalil.ledger.layout import canonical_json
from dalil.ledger.store.chunks import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["HASH_WORDS", "Run", "Spans", "make_run", "open_run", "write_run"]

HASH_WORDS = 8
_MAGIC = b"DALILAR1"
_HEADER_LIMIT = 1 << 16
_ALIGN = 64


class Spans(NamedTuple):
    """The rows of each table that a run covers: from, and up to."""

    block: tuple[int, int]
    tx: tuple[int, int]
    transfer: tuple[int, int]
    event: tuple[int, int]
    address: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Run:
    """An index of transaction hashes and of addresses, and three lists of rows."""

    spans: Spans
    tx: KeyIndex
    address: KeyIndex
    sent: Postings
    received: Postings
    about: Postings
    """Events by their subject; its tokens are 0."""

    def arrays(self) -> dict[str, NDArray[np.uint32]]:
        """Name all arrays, as they lie in the file."""
        named = {}
        for part in ("tx", "address", "sent", "received", "about"):
            held = getattr(self, part)
            for field in held._fields[:-1]:
                named[f"{part}.{field}"] = getattr(held, field)
        return named


def make_run(
    look: Callable[[str], NDArray[Any]], spans: Spans, seed: int, threads: Executor
) -> Run:
    """Make a run from columns, two parts at a time.

    Parameters
    ----------
    look : callable
        Gives a column by its name.
    spans : Spans
    seed : int
        The ledger's, for marks.
    threads : Executor

    Notes
    -----
    Memory: 28 bytes a transfer for each part at work, and the rows' columns.
    """

    def cut(name: str, span: tuple[int, int]) -> NDArray[Any]:
        return look(name)[span[0] : span[1]]

    def posted(owner: str, span: tuple[int, int], token: str | None) -> Postings:
        owners = cut(owner, span)
        tokens = cut(token, span) if token else np.zeros(owners.size, np.uint32)
        return post(owners, tokens, span[0])

    def indexed(name: str, span: tuple[int, int], width: int) -> KeyIndex:
        return index_keys(words(cut(name, span)), width, seed, span[0])

    transfer, event = spans.transfer, spans.event
    sent = threads.submit(posted, "transfer.from", transfer, "transfer.token")
    received = threads.submit(posted, "transfer.to", transfer, "transfer.token")
    tx = threads.submit(indexed, "tx.hash", spans.tx, HASH_WORDS)
    address = threads.submit(indexed, "address.key", spans.address, ADDRESS_WORDS)
    about = threads.submit(posted, "event.subject", event, None)
    return Run(
        spans,
        tx.result(),
        address.result(),
        sent.result(),
        received.result(),
        about.result(),
    )


def write_run(path: Path, run: Run) -> str:
    """Write and sync a run's file; returns its header's SHA-256."""
    arrays, at = run.arrays(), 0
    sections: dict[str, tuple[int, int, str]] = {}
    for name, array in arrays.items():
        sections[name] = at, array.size, sha256(array.data).hexdigest()
        at += -(-array.nbytes // _ALIGN) * _ALIGN
    header = canonical_json({"spans": run.spans._asdict(), "sections": sections})
    with path.open("wb") as file:
        file.write(_MAGIC + len(header).to_bytes(8, "little") + header)
        base = _base(len(header))
        for name, array in arrays.items():
            file.seek(base + sections[name][0])
            file.write(array.data)
        file.truncate(base + at)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
    return sha256(header).hexdigest()


def _base(header: int) -> int:
    return -(-(16 + header) // _ALIGN) * _ALIGN


def open_run(path: Path, spans: Spans, header_sha256: str) -> Run:
    """Map a run, and refuse one that has only its name and its rows.

    Its sections' hashes are not looked at here: that reads all of it.

    Raises
    ------
    StoreError
        If it is not there, cut short, or another than is asked for.
    """
    header, size = _read_header(path, header_sha256)
    told = json.loads(header)
    if Spans(*(tuple(told["spans"][t]) for t in Spans._fields)) != spans:
        raise StoreError("a run covers other rows than the ledger says", path)
    raw = np.memmap(path, np.uint8, "r") if size else np.zeros(0, np.uint8)
    base, held = _base(len(header)), np.asarray(raw)

    def section(name: str) -> NDArray[np.uint32]:
        at, n, _ = told["sections"][name]
        if base + at + 4 * n > held.size:
            raise StoreError("a run is cut short", path)
        return held[base + at : base + at + 4 * n].view(np.uint32)

    def index(part: str, first: int) -> KeyIndex:
        return KeyIndex(section(part + ".rows"), section(part + ".offsets"), first)

    def postings(part: str, first: int) -> Postings:
        a, b, c, d = (section(f"{part}.{name}") for name in Postings._fields[:-1])
        return Postings(a, b, c, d, first)

    return Run(
        spans,
        index("tx", spans.tx[0]),
        index("address", spans.address[0]),
        postings("sent", spans.transfer[0]),
        postings("received", spans.transfer[0]),
        postings("about", spans.event[0]),
    )


def _read_header(path: Path, header_sha256: str) -> tuple[bytes, int]:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            magic, length = file.read(8), int.from_bytes(file.read(8), "little")
            header = file.read(min(length, _HEADER_LIMIT))
    except OSError:
        raise StoreError("a run of the ledger cannot be read", path) from None
    if magic != _MAGIC or sha256(header).hexdigest() != header_sha256:
        raise StoreError("a run is another than the ledger's commit names", path)
    return header, size
