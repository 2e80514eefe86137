"""Which of the blocks found are the chain: the branch with the most work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.errors import BlockDataError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dalil.sources.blockfiles import Record

__all__ = ["Chosen", "most_work_chain"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The chain with the most work, lowest block first.

    `stale` counts blocks on losing branches, `detached` those that connect to
    nothing in the chain, `duplicates` records of a block seen before.
    """

    records: list[Record]
    stale: int
    detached: int
    duplicates: int


def most_work_chain(
    records: Sequence[Record],
    *,
    excluded: Collection[bytes] = (),
    root_work: dict[bytes, int] | None = None,
) -> Chosen:
    """Choose the branch with the most work; the first seen wins a tie.

    Parameters
    ----------
    records : sequence of Record
        Every block found, in any order.
    excluded : collection of bytes
        Hashes of blocks that proved bad; neither they nor what is built on
        them is chosen.
    root_work : dict, optional
        Work already behind blocks that are not among `records` (a ledger's
        own), by hash; then only branches that start on one of them count,
        and no record at all may come out.

    Raises
    ------
    BlockDataError
        If every block is excluded.
    """
    unique: dict[bytes, Record] = {}
    for record in records:
        if record.header.hash not in excluded:
            unique.setdefault(record.header.hash, record)
    if not unique:
        raise BlockDataError("no usable block is left", len(records))
    total, root = _cumulative_work(unique, root_work or {})
    order = {block: i for i, block in enumerate(unique)}
    attached = [b for b in total if root_work is None or root[b] in root_work]
    if not attached:
        return Chosen([], 0, len(unique), len(records) - len(unique))
    best = max(attached, key=lambda block: (total[block], -order[block]))
    chain: list[Record] = []
    at: bytes = best
    while at in unique:
        chain.append(unique[at])
        at = unique[at].header.previous
    chain.reverse()
    same_root = sum(1 for block in unique if root[block] == root[best])
    return Chosen(
        chain,
        same_root - len(chain),
        len(unique) - same_root,
        len(records) - len(unique) - sum(r.header.hash in excluded for r in records),
    )


def _cumulative_work(
    unique: dict[bytes, Record], root_work: dict[bytes, int]
) -> tuple[dict[bytes, int], dict[bytes, bytes]]:
    total: dict[bytes, int] = {}
    root: dict[bytes, bytes] = {}
    for block in unique:
        path = []
        at = block
        while at in unique and at not in total:
            path.append(at)
            at = unique[at].header.previous
        work = total.get(at, root_work.get(at, 0))
        start = root.get(at, at)
        for step in reversed(path):
            work += unique[step].header.work
            total[step], root[step] = work, start
    return total, root
