"""Why an account counts as a target's: its tags, or the wallet it forwards to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.cases.reached import collect_address
from dalil.clustering.accounts.deposits import DEPOSIT
from dalil.evidence.account_statements import Linked, LinkedPremises
from dalil.evidence.findings import Finding
from dalil.evidence.statements import TargetAddress
from dalil.tracing.accounts.naming import transfer_name

if TYPE_CHECKING:
    from dalil.cases.accounts.desk import AccountDesk
    from dalil.cases.reached import Collected
    from dalil.tracing.accounts import AccountTarget, AccountTrace

__all__ = ["holders_of"]

_MOST_NAMED = 20
"""Forwards named one by one behind a deposit address."""


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
            linked = into.add(_linked(desk, address, wallet))
            ids = [
                linked,
                *collect_address(desk, into, desk.ledger.address_text(wallet)),
            ]
            by = "deposit"
        holders[address] = TargetAddress(address=text, by=by, findings=tuple(ids))  # type: ignore[arg-type]
    return holders


def _linked(desk: AccountDesk, deposit: int, wallet: int) -> Finding:
    view = desk.ledger
    _, forwards = desk.deposits.why(view, deposit)
    return Finding.of(
        Linked(
            chain=view.chain,
            rule=DEPOSIT.name,
            a=view.address_text(deposit),
            b=view.address_text(wallet),
        ),
        LinkedPremises(
            rule_version=str(DEPOSIT.version),
            parameters=desk.deposits.rule.numbers(),
            transfers=tuple(
                transfer_name(view, row) for row in forwards[:_MOST_NAMED].tolist()
            ),
        ),
    )
