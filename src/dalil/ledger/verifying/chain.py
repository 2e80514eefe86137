"""Whether rows follow one another, and headers carry the txids they should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.header import Header
from dalil.chains.bitcoin.merkle import merkle_root_into
from dalil.chains.bitcoin.network import Work
from dalil.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.ledger.reader import Ledger

__all__ = ["check_headers", "check_merkle", "check_shape"]

_AT_ONCE = 1 << 20


def check_shape(ledger: Ledger) -> Iterator[int]:
    """Tables bracket one another: no row is missing, none belongs to two."""
    brackets = {
        "block.first_tx": (ledger.block_first_tx, ledger.n_tx),
        "tx.first_input": (ledger.tx_first_input, ledger.n_inputs),
        "tx.first_output": (ledger.tx_first_output, ledger.n_outputs),
    }
    for name, (column, last) in brackets.items():
        if column[0] != 0 or column[-1] != last:
            raise StoreError(f"column {name} does not bracket its table", last)
        for at in range(0, column.size, _AT_ONCE):
            part = column[at : at + _AT_ONCE + 1]
            if np.any(part[1:] < part[:-1]):
                raise StoreError(f"column {name} goes back", at)
            yield part.size


def check_headers(ledger: Ledger) -> Iterator[int]:
    """Each header hashes to its block, names the one before, and has its work.

    The work of chains whose headers are not measured by SHA-256d was checked
    when they were read, and is not here.
    """
    if ledger.source != "blocks":
        return
    work = ledger.network.work
    by_id = work is Work.SHA256D
    sha256d = work in {Work.SHA256D, Work.SCRYPT}
    before = b""
    for block in range(ledger.n_blocks):
        header = Header.parse(ledger.block_header[block].tobytes())
        stated = ledger.block_hash[block].tobytes()
        if before and header.previous != before:
            raise StoreError("a header does not name the block before it", block)
        if header.time != int(ledger.block_time[block]):
            raise StoreError("a block's time is not its header's", block)
        if sha256d and header.hash != stated:
            raise StoreError("a header is not its block's", block)
        if by_id and not header.meets_target(ledger.network.limit_bits):
            raise StoreError("a header does not prove its work", block)
        before = stated
        yield 1


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
