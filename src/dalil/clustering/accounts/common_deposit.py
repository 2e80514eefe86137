"""Payers into one deposit address: a weak link, and never asked by default.

A deposit address is one customer's, so whoever pays into it pays that customer,
and may be him (Victor 2020 takes them for one entity). He may as well be his
debtor, his buyer, or his donor: an appeal that names a deposit address would
link all its donors. That is why the guard is low and the rule off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dalil.clustering.accounts.columns import contracts, live_rows, nobody
from dalil.clustering.accounts.links import Links, Rule, links_of

if TYPE_CHECKING:
    from dalil.clustering.accounts.deposits import Deposits
    from dalil.ledger.accounts.view import AccountView

__all__ = ["COMMON_DEPOSIT", "CommonDepositRule", "common_deposit_links"]

COMMON_DEPOSIT = Rule(
    "common-deposit",
    1,
    "Victor (2020), Address Clustering Heuristics for Ethereum, FC 2020, "
    "doi:10.1007/978-3-030-51280-4_33",
)


@dataclass(frozen=True, slots=True)
class CommonDepositRule:
    """A deposit address with more than `most_payers` links nobody."""

    most_payers: int = 5

    def numbers(self) -> dict[str, int]:
        """List the parameters for a report."""
        return {"most_payers": self.most_payers}


def common_deposit_links(
    ledger: AccountView, deposits: Deposits, rule: CommonDepositRule | None = None
) -> Links:
    """Link the first payer into each deposit address with every other one.

    Services, contracts and the zero address are no payers. The deposit address
    itself is no part of the link.
    """
    rule = rule or CommonDepositRule()
    found = deposits.found
    few = found.chosen(found.n_payers <= rule.most_payers)
    excluded = contracts(ledger)
    excluded[list(deposits.services)] = True
    excluded[list(deposits.borders())] = True
    if nobody(ledger) >= 0:
        excluded[nobody(ledger)] = True
    live = live_rows(ledger)
    source = np.asarray(ledger.transfer_from)
    links = []
    for address, token in zip(few.address.tolist(), few.token.tolist(), strict=True):
        rows = ledger.transfers_to(address, token)
        rows = rows[live[rows] & ~excluded[source[rows]]]
        payers, at = np.unique(source[rows], return_index=True)
        first_rows = np.sort(rows[at])
        if payers.size > 1:
            first = int(first_rows[0])
            links += [
                (int(source[first]), int(source[row]), first, int(row), -1)
                for row in first_rows[1:]
            ]
    return links_of(COMMON_DEPOSIT, rule.numbers(), links)
