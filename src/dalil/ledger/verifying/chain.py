"""Whether rows follow one another, and headers carry the txids they should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.header import Header
from dalil.chains.bitcoin.merkle import merkle_root_into
from dalil.chains.bitcoin.network import Form, Work
from dalil.errors import StoreError
from dalil.ids import format_txid
from dalil.ledger.layout import COLUMNS, NO_ADDRESS
from dalil.ledger.marks import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dalil.ledger.reader import Ledger

__all__ = ["check_headers", "check_merkle", "check_shape", "check_sources"]

_AT_ONCE = 1 << 18


def check_shape(ledger: Ledger) -> Iterator[int]:
    """Tables bracket one another, ids are ids, the tip is what the manifest says.

    After this no value of a column leads out of the table that it is an id of.
    """
    sizes = {
        name: ledger.column(name).shape[0]
        for name in ("tx.txid", "address.type", "outside.input", "script.address")
    }
    sizes |= {"input": ledger.n_inputs, "output": ledger.n_outputs}
    last = {name.split(".")[0]: n for name, n in sizes.items()}
    for name, column in COLUMNS.items():
        if column.leading_zero:
            table = name.split("first_")[1]
            yield from _check_bracket(name, ledger.column(name), last[table])
    for name, most, others in (
        ("input.spends", ledger.n_outputs, (-1, -2)),
        ("output.address", ledger.n_addresses, (NO_ADDRESS,)),
        ("outside.address", ledger.n_addresses, (NO_ADDRESS,)),
        ("outside.input", ledger.n_inputs, ()),
        ("script.address", ledger.n_addresses, ()),
    ):
        values = ledger.column(name)
        for at in range(0, values.size, _AT_ONCE):
            part = values[at : at + _AT_ONCE]
            good = (part >= 0) & (part < most)
            for other in others:
                good |= part == other
            if not np.all(good):
                raise StoreError(f"column {name} names rows that are not there", at)
            yield part.size
    _check_tip(ledger)


def _check_bracket(name: str, column: NDArray[np.int64], last: int) -> Iterator[int]:
    if column[0] != 0 or column[-1] != last:
        raise StoreError(f"column {name} does not bracket its table", last)
    for at in range(0, column.size, _AT_ONCE):
        part = column[at : at + _AT_ONCE + 1]
        if np.any(part[1:] < part[:-1]):
            raise StoreError(f"column {name} goes back", at)
        yield part.size


def _check_tip(ledger: Ledger) -> None:
    tip, heights = ledger.commit.manifest["tip"], ledger.block_height
    last = int(heights[-1]) if ledger.heights_known else None
    if (tip["hash"], tip["height"]) != (
        format_txid(ledger.block_hash[-1].tobytes()),
        last,
    ):
        raise StoreError("the last block is not the manifest's tip", tip["hash"])
    step = np.diff(heights.astype(np.int64))
    if np.any(step != 1 if ledger.source == "blocks" else step < 1):
        raise StoreError("heights do not follow one another", int(heights[0]))


def check_headers(ledger: Ledger) -> Iterator[int]:
    """Each header hashes to its block, names the one before, and has its work.

    The work of chains whose headers are not measured by SHA-256d was checked
    when they were read, and is not here. A block of single transactions need
    have no header (zeros); one that it has must be its own.
    """
    work = ledger.network.work
    by_id = work is Work.SHA256D
    sha256d = work in {Work.SHA256D, Work.SCRYPT}
    linked, before = ledger.source == "blocks", b""
    for block in range(ledger.n_blocks):
        raw = ledger.block_header[block].tobytes()
        yield 1
        if not linked and not any(raw):
            continue
        header = Header.parse(raw)
        stated = ledger.block_hash[block].tobytes()
        if linked and before and header.previous != before:
            raise StoreError("a header does not name the block before it", block)
        if header.time != int(ledger.block_time[block]):
            raise StoreError("a block's time is not its header's", block)
        if sha256d and header.hash != stated:
            raise StoreError("a header is not its block's", block)
        if by_id and not header.meets_target(ledger.network.limit_bits):
            raise StoreError("a header does not prove its work", block)
        before = stated


def check_merkle(ledger: Ledger) -> Iterator[int]:
    """Each block's txids have the Merkle root that its header states."""
    if ledger.source != "blocks":
        return
    most = int(np.diff(ledger.block_first_tx).max(initial=0))
    work, root = np.empty(16 * most + 64, np.uint8), np.empty(32, np.uint8)
    for block in range(ledger.n_blocks):
        first, last = ledger.block_first_tx[block : block + 2].tolist()
        whole = merkle_root_into(ledger.tx_txid[first:last], work, root)
        if not whole or np.any(root != ledger.block_header[block, 36:68]):
            raise StoreError("the txids are not those of the header", block)
        yield last - first


def check_sources(ledger: Ledger) -> Iterator[int]:
    """See that inputs spend earlier outputs, or none that is here, and are listed."""
    listed, txids = 0, words(ledger.tx_txid)
    any_order = ledger.network.form is Form.BITCOIN_CASH
    for at in range(0, ledger.n_tx, _AT_ONCE):
        end = min(at + _AT_ONCE, ledger.n_tx)
        first = ledger.tx_first_input[at : end + 1]
        spends = ledger.input_spends[first[0] : first[-1]]
        below = np.arange(at, end)
        if any_order:
            below = ledger.block_first_tx[ledger.block_of_tx(below) + 1]
        limits = np.repeat(below, np.diff(first))
        if np.any(spends >= ledger.tx_first_output[limits]):
            raise StoreError(
                "an input spends what comes later, in transactions from", at
            )
        outside = np.flatnonzero(spends == -1)
        rows = slice(listed, listed + outside.size)
        if not np.array_equal(ledger.outside_input[rows], outside + first[0]):
            raise StoreError("column outside.input lacks an input, or has another", at)
        named = np.ascontiguousarray(ledger.outside_outpoint[rows, :32])
        found = ledger.runs.find_txs(words(named), txids)
        if np.any((found >= 0) & (found < limits[outside])):
            raise StoreError("an input from outside spends what is here", at)
        listed += outside.size
        yield spends.size
    if listed != ledger.outside_input.size:
        raise StoreError("column outside.input has inputs of no transaction", listed)
