"""What a check of a ledger did not look at, said of the ledger at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.network import Form, Work

if TYPE_CHECKING:
    from dalil.ledger.reader import Ledger

__all__ = ["not_checked"]


def not_checked(ledger: Ledger, n_read: int) -> list[str]:
    """Say what nobody looked at, `n_read` blocks having been read again."""
    gaps = [
        "scripts, signatures, amounts created and changes of difficulty",
        "whether the world's chain is this one: compare the tip with another source",
    ]
    left = ledger.n_blocks - n_read
    fields = "versions, lock times, sequences, values, scripts and what is spent"
    if ledger.network.form is not Form.BITCOIN:
        gaps.append(
            f"{fields} of all {left:,} blocks: this chain's have no second reader here"
        )
    elif left:
        gaps.append(
            f"{fields} of {left:,} of {ledger.n_blocks:,} blocks, not read again"
        )
    if ledger.network.work not in {Work.SHA256D, Work.SCRYPT}:
        gaps.append("whether headers hash to their blocks, on this chain")
    if ledger.network.work is not Work.SHA256D:
        gaps.append("the work of headers, on this chain; it was when they were read")
    if ledger.source != "blocks":
        gaps.append(
            "blocks and times of transactions without Merkle proof: their source's word"
        )
    told = int(np.count_nonzero(ledger.outside_value >= 0))
    if told:
        gaps.append(
            f"values and addresses of {told:,} inputs from outside: undo data's or an "
            "explorer's word"
        )
    return gaps
