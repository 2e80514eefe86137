"""Resolving a segment: link inputs, look into older runs, name addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.ledger.segment.addresses import Codes
from dalil.ledger.segment.linking import link_inputs, list_outside
from dalil.ledger.segment.naming import list_long, name_addresses
from dalil.ledger.segment.outside import (
    NONE_WRONG,
    count_kinds,
    first_twice,
    look_up_far,
)
from dalil.ledger.segment.rows import COINBASE, NO_ADDRESS, Resolved

if TYPE_CHECKING:
    from dalil.ledger.segment.job import Job

__all__ = ["resolve"]


def resolve(job: Job) -> Resolved:
    """Resolve what was taken.

    Results take the arena's upper part. Its lower part, where transactions and
    spends lie, is used again once inputs are linked: for the sorting of what
    older runs have, then for all that new addresses need.
    """
    arena, rows, before = job.arena, job.kept.totals, job.before
    spends = arena.above(rows.n_in, np.int64)
    tx_entries = arena.above((rows.n_tx, 2), np.uint64)
    n_codes = rows.n_out + (rows.n_in if rows.n_told else 0)
    codes = Codes(arena.above(n_codes, np.uint32), before.n_address, rows.n_out)
    spends[:], codes.code[:] = COINBASE, NO_ADDRESS
    twice, wrong = link_inputs(job, spends, tx_entries)
    n_outside, n_far = map(int, count_kinds(spends))
    outside = list_outside(job, n_outside, spends)
    if twice:
        arena.low = 0
        wrong = min(wrong, first_twice(spends, before.n_output, arena))
    if n_far:
        arena.low = 0
        wrong = min(wrong, look_up_far(spends, n_far, job.old, arena))
    arena.low = 0
    named = name_addresses(job, codes, spends, outside)
    scripts = list_long(job, codes, named.source)
    return Resolved(
        spends,
        codes.code[: rows.n_out],
        named.columns.kind,
        named.columns.key.view(np.uint8).reshape(-1, 32),
        named.source,
        *scripts,
        *outside[:5],
        tx_entries,
        named.entries,
        0 if wrong == NONE_WRONG else 1 + wrong,
    )
