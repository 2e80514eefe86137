"""Gas and activation: who first gave an address the coin that fees are paid in.

An address that only ever handles a token still needs the chain's own coin, or
energy lent to it, or (TRON) somebody who opens the account. Whoever provides
that for several addresses may run them. Far more often he sells it: energy
rentals, exchanges and faucets provide for thousands who do not know each other.
So a funder with more children than the guard allows links nobody.

Fails where: a rental service is young, or the ledger shows a small part of it
(children outside the ledger cannot be counted); a friend, an employer or a
wallet's own starter gift paid; a group funds each address through a service.
In a ledger that does not begin with the chain, the first funding seen need not
be the first one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.accounts import EventKind, TokenKind
from dalil.clustering.accounts.columns import (
    contracts,
    live_rows,
    n_addresses,
    nobody,
)
from dalil.clustering.accounts.links import Links, Rule
from dalil.errors import InputError
from dalil.kernels import kernel
from dalil.ledger.accounts.view import NO_ADDRESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64, AccountView

__all__ = ["FUNDING", "Funding", "FundingRule", "funding_links"]

FUNDING = Rule(
    "gas-funding",
    1,
    "practice of tracing TRON (tronorigin.io/learn/fueling and "
    "/learn/account-activation); the guard's number is ours",
)

_PROVIDING = (EventKind.ACTIVATION, EventKind.DELEGATION)


@dataclass(frozen=True, slots=True)
class FundingRule:
    """A funder with more than `most_children` children links nobody."""

    most_children: int = 20

    def __post_init__(self) -> None:
        if self.most_children < 1:
            raise InputError("a guard of no children links nobody", self)

    def numbers(self) -> dict[str, int]:
        """List the parameters for a report."""
        return {"most_children": self.most_children}


@dataclass(frozen=True)
class Funding:
    """Who provided for whom, one provision a row, with the guard's verdicts.

    Attributes
    ----------
    links_found : Links
        Funder and child, of funders within the guard: a child's first receipt
        of the native coin, its activation, the first delegation to it.
    n_children : (n_addresses,) int64
        Different addresses each address ever sent the native coin to, opened,
        or lent energy or bandwidth to, over the whole ledger.
    barred : (n_addresses,) bool
        Funders that link nobody: too many children, tagged, contracts.
    """

    rule: FundingRule
    links_found: Links
    n_children: I64
    barred: NDArray[np.bool_]

    def links(self) -> Links:
        """Link each child with its funder."""
        return self.links_found

    def children(self, funder: int) -> I64:
        """List whom a funder is linked with; none where it is barred."""
        return np.unique(self.links_found.b[self.links_found.a == funder])

    def to_json(self, ledger: AccountView) -> dict[str, Any]:
        """Write the links by funder, and every barred funder with its children."""
        links = self.links_found
        funders = np.unique(links.a).tolist()
        over = np.flatnonzero(self.barred & (self.n_children > 0)).tolist()
        return {
            "rule": FUNDING.name,
            "rule_version": str(FUNDING.version),
            "source": FUNDING.source,
            "parameters": self.rule.numbers(),
            "funders": [
                {
                    "funder": ledger.address_text(funder),
                    "n_children": int(self.n_children[funder]),
                    "links": [
                        links.link(row).to_json(ledger)
                        for row in np.flatnonzero(links.a == funder).tolist()
                    ],
                }
                for funder in funders
            ],
            "barred": [
                {
                    "funder": ledger.address_text(funder),
                    "n_children": int(self.n_children[funder]),
                }
                for funder in over
            ],
        }


def funding_links(
    ledger: AccountView,
    services: Mapping[int, str] | None = None,
    rule: FundingRule | None = None,
) -> Funding:
    """Link addresses with whoever first provided the means to pay fees.

    Parameters
    ----------
    services : mapping of int to str, optional
        Address ids of tagged services; they link nobody, whatever their size.

    Notes
    -----
    Children are counted over the whole ledger before anything is linked: a few
    walks over the native transfers, memory of a word an address and three a
    native transfer.
    """
    rule = rule or FundingRule()
    n = n_addresses(ledger)
    native = np.flatnonzero(np.asarray(ledger.token_kind) == TokenKind.NATIVE)
    rows = np.flatnonzero(live_rows(ledger, native.tolist()))
    events = _providing_events(ledger)
    funder = _both(ledger.transfer_from, rows, ledger.event_other, events)
    child = _both(ledger.transfer_to, rows, ledger.event_subject, events)
    n_children = _different(funder, child, n)
    barred = n_children > rule.most_children
    barred |= contracts(ledger)
    barred[list(services or ())] = True
    if nobody(ledger) >= 0:
        barred[nobody(ledger)] = True
    kept_rows = _first_of_each(ledger.transfer_to, rows)
    kept_rows = kept_rows[~barred[np.asarray(ledger.transfer_from)[kept_rows]]]
    kept_events = [
        _first_of_each(
            ledger.event_subject, events[ledger.event_kind[events] == kind.value]
        )
        for kind in _PROVIDING
    ]
    kept = np.concatenate(kept_events)
    kept = kept[~barred[np.asarray(ledger.event_other)[kept]]]
    return Funding(rule, _links(ledger, rule, kept_rows, kept), n_children, barred)


def _providing_events(ledger: AccountView) -> I64:
    kinds = np.asarray(ledger.event_kind)
    found = np.isin(kinds, [kind.value for kind in _PROVIDING])
    subject, other = np.asarray(ledger.event_subject), np.asarray(ledger.event_other)
    found &= (subject != NO_ADDRESS) & (other != NO_ADDRESS) & (subject != other)
    return np.flatnonzero(found)


def _both(
    of_transfers: NDArray[np.uint32],
    rows: I64,
    of_events: NDArray[np.uint32],
    events: I64,
) -> NDArray[np.uint32]:
    parts = (np.asarray(of_transfers)[rows], np.asarray(of_events)[events])
    return np.concatenate(parts)


def _first_of_each(address: NDArray[np.uint32], rows: I64) -> I64:
    """Keep the first row of each address, ascending."""
    mine = np.asarray(address)[rows]
    size = int(mine.max(initial=0)) + 1
    first = np.full(size, -1, dtype=np.int64)
    first[mine[::-1]] = rows[::-1]
    return np.sort(first[first >= 0])


def _different(
    funder: NDArray[np.uint32], child: NDArray[np.uint32], n: int
) -> NDArray[np.int64]:
    """Count the different children of each funder, without sorting pairs."""
    first = np.concatenate(([0], np.cumsum(np.bincount(funder, minlength=n))))
    grouped = np.empty(child.size, dtype=np.uint32)
    count = np.zeros(n, dtype=np.int64)
    _count_children(funder, child, first, grouped, count)
    return count


@kernel
def _count_children(
    funder: NDArray[np.uint32],
    child: NDArray[np.uint32],
    first: NDArray[np.int64],
    grouped: NDArray[np.uint32],
    count: NDArray[np.int64],
) -> None:
    at = first[:-1].copy()
    for k in range(funder.size):
        grouped[at[funder[k]]] = child[k]
        at[funder[k]] += 1
    seen_by = np.full(count.size, -1, dtype=np.int64)
    for f in range(count.size):
        for k in range(first[f], first[f + 1]):
            if seen_by[grouped[k]] != f:
                seen_by[grouped[k]] = f
                count[f] += 1


def _links(ledger: AccountView, rule: FundingRule, rows: I64, events: I64) -> Links:
    none = np.full(events.size, -1, dtype=np.int64)
    transfer = np.concatenate((rows, none))
    event = np.concatenate((np.full(rows.size, -1, dtype=np.int64), events))
    return Links(
        FUNDING,
        rule.numbers(),
        _both(ledger.transfer_from, rows, ledger.event_other, events),
        _both(ledger.transfer_to, rows, ledger.event_subject, events),
        np.stack((transfer, np.full(transfer.size, -1)), axis=1),
        event,
    )
