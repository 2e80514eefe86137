"""All rules by name, and the clusters that a choice of them makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.clustering.accounts.common_deposit import (
    COMMON_DEPOSIT,
    common_deposit_links,
)
from dalil.clustering.accounts.deposits import DEPOSIT, deposit_links
from dalil.clustering.accounts.funding import FUNDING, funding_links
from dalil.clustering.accounts.links import AccountClusters, Links, join
from dalil.clustering.accounts.operational import OPERATIONAL, operational_wallets
from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dalil.ledger.accounts.view import I64, AccountView

__all__ = ["DEFAULT_RULES", "RULES", "account_clusters", "find_links"]

RULES = {one.name: one for one in (OPERATIONAL, FUNDING, DEPOSIT, COMMON_DEPOSIT)}
"""Every rule that links, by name."""

DEFAULT_RULES = (OPERATIONAL.name, FUNDING.name)
"""What is joined where nobody asks for more. Deposit addresses are borders of a
trace, not members of a group; payers into one deposit are linked weakly."""


def find_links(
    ledger: AccountView,
    name: str,
    services: Mapping[int, str] | None = None,
    *,
    tokens: Iterable[int] | None = None,
    noise: I64 | None = None,
) -> Links:
    """Find what one rule links, with its default parameters.

    Raises
    ------
    InputError
        If no rule has that name.
    """
    known = services or {}
    if name == OPERATIONAL.name:
        found = operational_wallets(ledger, known, tokens=tokens, noise=noise)
        return found.links()
    if name == FUNDING.name:
        return funding_links(ledger, known).links()
    if name not in RULES:
        raise InputError(f"unknown rule (one of {', '.join(RULES)})", name)
    deposits = deposit_links(ledger, known, tokens=tokens, noise=noise)
    if name == DEPOSIT.name:
        return deposits.links()
    return common_deposit_links(ledger, deposits)


def account_clusters(
    ledger: AccountView,
    rules: Sequence[str | Links] = DEFAULT_RULES,
    services: Mapping[int, str] | None = None,
    *,
    tokens: Iterable[int] | None = None,
    noise: I64 | None = None,
) -> AccountClusters:
    """Join the accounts that the rules asked for link; nothing else joins.

    Parameters
    ----------
    rules : sequence of str or Links
        Names of `RULES`, or links found with parameters of one's own.
    services : mapping of int to str, optional
        Address ids of tagged service wallets.
    tokens, noise
        Which tokens count, and which transfers do not; see `live_rows`.

    Returns
    -------
    AccountClusters
        With a `why` for each pair. Two accounts in one cluster are linked by a
        chain of typed links, each of which can be wrong.
    """
    kept = None if tokens is None else list(tokens)
    found = [
        find_links(ledger, rule, services, tokens=kept, noise=noise)
        if isinstance(rule, str)
        else rule
        for rule in rules
    ]
    return join(ledger, found)
