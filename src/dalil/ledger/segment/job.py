"""What resolving works with, and the sharing out of partitions to threads."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from dalil.ledger.segment.pool import WRITERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    from numpy.typing import NDArray

    from dalil.ledger.segment.arena import Arena
    from dalil.ledger.segment.pool import Totals
    from dalil.ledger.segment.rows import Before, Old
    from dalil.ledger.segment.spends import Written
    from dalil.ledger.segment.take import Mix

__all__ = ["Job", "Kept", "share"]


class Kept(NamedTuple):
    """Everything taken: lists, records in each partition, pieces kept aside.

    `told` holds (first input, inputs, position), `scripts` (first tx, start,
    stop), in no order.
    """

    written: Written
    count: NDArray[np.int64]
    totals: Totals
    told: list[tuple[int, int, int]]
    scripts: list[tuple[int, int, int]]


class Job(NamedTuple):
    """One resolve: what was taken, the room for results, what came before."""

    kept: Kept
    arena: Arena
    mix: Mix
    before: Before
    old: Old
    threads: ThreadPoolExecutor


def share(job: Job, work: Callable[[int, int], None]) -> None:
    """Call `work(thread, part)` for all partitions, ascending, on two threads."""
    n_parts = job.kept.count.shape[1]
    if n_parts == 1:
        work(0, 0)
        return
    parts = count()

    def turn(thread: int) -> None:
        for part in parts:
            if part >= n_parts:
                return
            work(thread, part)

    for future in [job.threads.submit(turn, thread) for thread in range(WRITERS)]:
        future.result()
