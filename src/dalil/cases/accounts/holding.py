"""Why an account counts as a target's: its tags, or the wallet it forwards to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.cases.accounts.patterns import linked_finding
from dalil.cases.reached import collect_address
from dalil.evidence.statements import TargetAddress

if TYPE_CHECKING:
    from dalil.cases.accounts.desk import AccountDesk
    from dalil.cases.reached import Collected
    from dalil.tracing.accounts import AccountTarget, AccountTrace

__all__ = ["holders_of"]


def holders_of(
    desk: AccountDesk, into: Collected, found: AccountTrace, target: AccountTarget
) -> dict[int, TargetAddress]:
    """Say of each account paid on whose word it counts as the target's."""
    own = {mark.address for mark in desk.own_marks}
    holders = {}
    for address in sorted(set(found.graph.holder[list(target.coins)].tolist())):
        text = desk.ledger.address_text(address)
        ids, by = collect_address(desk, into, text), "tag"
        if address not in own:
            wallet = desk.deposits.borders()[address]
            links = desk.deposits.links()
            row = int(np.flatnonzero(links.a == address)[0])
            linked = into.add(linked_finding(desk.ledger, links, links.link(row)))
            ids = [
                linked,
                *collect_address(desk, into, desk.ledger.address_text(wallet)),
            ]
            by = "deposit"
        holders[address] = TargetAddress(address=text, by=by, findings=tuple(ids))  # type: ignore[arg-type]
    return holders
