"""Single transactions against their own bytes, headers and Merkle branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.header import Header
from dalil.errors import NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.ledger.reader import Ledger

__all__ = ["check_proofs"]


def check_proofs(ledger: Ledger) -> Iterator[int]:
    """Check a ledger that does not hold whole blocks; yields 1 a proven transaction.

    Raw bytes must hash to the txid, a header to its block's hash and prove its
    work, and a branch must lead to that header. What came without a proof is
    hashed, and not counted.

    Raises
    ------
    StoreError, NotFoundError
        With the first transaction of which that is not so.
    """
    if ledger.source == "blocks":
        return
    for block in range(ledger.n_blocks):
        first, last = (int(n) for n in ledger.block_first_tx[block : block + 2])
        raw = ledger.block_header[block].tobytes()
        shown = any(raw)
        if shown:
            _check_header(ledger, block, Header.parse(raw))
        for tx in range(first, last):
            ledger.raw_tx(tx)
            yield int(shown and _is_proven(ledger, tx))


def _check_header(ledger: Ledger, block: int, header: Header) -> None:
    named = ledger.block_hash[block].tobytes()
    if header.hash != named or header.time != int(ledger.block_time[block]):
        raise StoreError("a header is not its block's", named[::-1].hex())
    if not header.meets_target(ledger.network.limit_bits):
        raise StoreError("a header proves no work", named[::-1].hex())


def _is_proven(ledger: Ledger, tx: int) -> bool:
    try:
        ledger.merkle_branch(tx)
    except NotFoundError:
        return False
    return True
