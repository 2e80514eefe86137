"""Working a case on its ledger of outputs: seeds, trace, targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.cases.claims import joined_finding
from dalil.cases.following import Followed, follow
from dalil.cases.reached import collect_address, collect_payments, collect_target
from dalil.cases.starting import find_starts

if TYPE_CHECKING:
    from dalil.cases.desk import Desk
    from dalil.cases.reached import Collected
    from dalil.cases.starting import CaseExtraction, Starts

__all__ = ["CoinWork", "work_coins"]


@dataclass(frozen=True, slots=True)
class CoinWork:
    """What came of the ledger of outputs."""

    desk: Desk
    starts: Starts
    followed: Followed
    n_clusters: int


def work_coins(
    desk: Desk, into: Collected, extractions: list[CaseExtraction]
) -> CoinWork:
    """Trace what the seeds received, and state what was found in `into`."""
    starts = find_starts(desk, extractions)
    followed = follow(desk, starts)
    n_clusters = _collect_starts(desk, into, starts, followed)
    for target in followed.trace.targets:
        collect_target(desk, into, followed, target)
    return CoinWork(desk, starts, followed, n_clusters)


def _collect_starts(
    desk: Desk, into: Collected, starts: Starts, followed: Followed
) -> int:
    """State the seeds' receipts, tags and clusters; counts the clusters."""
    ledger = desk.ledger
    collect_payments(desk, into, followed.trace.seeds.outputs.tolist())
    for start in starts.borders:
        assert start.address is not None
        collect_payments(desk, into, ledger.outputs_of_address(start.address).tolist())
    for start in (*starts.traced, *starts.borders):
        if start.address is not None:
            collect_address(desk, into, start.text)
    label = desk.clusters(followed.profile).label
    groups: dict[int, list[int]] = {}
    for address in starts.addresses:
        groups.setdefault(int(label[address]), []).append(address)
    for members in groups.values():
        for other in members[1:]:
            joined = joined_finding(desk, members[0], other)
            if joined:
                into.add(joined)
    return len(groups)
