"""Patterns that a case's own addresses are part of, link by link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.clustering.accounts import operational_wallets
from dalil.evidence.account_statements import Linked, LinkedPremises
from dalil.evidence.findings import Finding
from dalil.tracing.accounts.naming import transfer_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dalil.cases.accounts.desk import AccountDesk
    from dalil.clustering.accounts import AccountLink, Links
    from dalil.ledger.accounts import AccountLedger

__all__ = ["linked_finding", "pattern_findings"]


def pattern_findings(desk: AccountDesk, addresses: Iterable[int]) -> Iterator[Finding]:
    """State each address of the case that sweeps to a collector with others.

    A service's collector links nobody; a charity that rotates its addresses
    makes the same pattern, and the finding's questions say so.
    """
    found = operational_wallets(
        desk.ledger,
        desk.services,
        tokens=desk.flags.counted().tolist(),
        noise=np.array(desk.noise, dtype=np.int64),
    )
    links = found.links()
    mine = np.isin(links.a, np.array(sorted(addresses), dtype=np.int64))
    for row in np.flatnonzero(mine).tolist():
        yield linked_finding(desk.ledger, links, links.link(row))


def linked_finding(view: AccountLedger, links: Links, link: AccountLink) -> Finding:
    """State one link of a rule."""
    return Finding.of(
        Linked(
            chain=view.chain,
            rule=link.rule,
            a=view.address_text(link.a),
            b=view.address_text(link.b),
        ),
        LinkedPremises(
            rule_version=str(link.version),
            parameters=dict(links.parameters),
            transfers=tuple(transfer_name(view, row) for row in link.transfers),
        ),
    )
