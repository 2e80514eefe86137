"""Deposit addresses: what hands on nearly all it receives to a known service.

An exchange gives each customer an address and sweeps it into a wallet of its
own (Victor 2020, section 4.1). Behind such an address the money is mixed with
everybody's, so it is a border as the wallet is; that it is one does not say
whose customer paid.

Fails where: a private person sends all he gets to one exchange within the time
(he is then taken for its deposit address: the trace ends one step early, never
too late); a service moves its money between own wallets of which only one is
tagged; a deposit is swept seldom, or to several wallets; a contract forwards
within the same transaction, which is kept apart as `passing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.clustering.accounts.columns import (
    contracts,
    live_rows,
    moves_of,
    n_addresses,
    nobody,
    reference,
)
from dalil.clustering.accounts.links import Links, Rule
from dalil.clustering.accounts.sweeps import Sweeping, Sweeps, amount_of, sweeps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dalil.ledger.accounts.view import I64, AccountView

__all__ = ["DEPOSIT", "DepositRule", "Deposits", "deposit_links"]

DEPOSIT = Rule(
    "deposit-address",
    1,
    "Victor (2020), Address Clustering Heuristics for Ethereum, FC 2020, "
    "doi:10.1007/978-3-030-51280-4_33",
)


@dataclass(frozen=True, slots=True)
class DepositRule:
    """The rule's parameters; see `Sweeping`.

    `most_payers` guards against wallets that many pay into and that happen to
    use one exchange: above it an address is `busy`, not a deposit address.
    """

    sweeping: Sweeping = field(default_factory=Sweeping)
    most_payers: int = 1_000

    def numbers(self) -> dict[str, int]:
        """List the parameters for a report."""
        return {
            "min_share_permille": self.sweeping.min_share_permille,
            "within_s": self.sweeping.within_s,
            "most_receipts": self.sweeping.most_receipts,
            "most_payers": self.most_payers,
        }


@dataclass(frozen=True)
class Deposits:
    """Deposit addresses, and what only looked like one.

    Attributes
    ----------
    found : Sweeps
        Deposit addresses, with the service's wallet as partner.
    busy, passing : Sweeps
        Not taken: more payers than allowed; contracts.
    """

    rule: DepositRule
    services: Mapping[int, str]
    found: Sweeps
    busy: Sweeps
    passing: Sweeps

    def borders(self) -> dict[int, int]:
        """Map each deposit address to the service's wallet it belongs to."""
        pairs = (self.found.address.tolist(), self.found.partner.tolist())
        return dict(zip(*pairs, strict=True))

    def links(self) -> Links:
        """Link each deposit address with the wallet that it is swept to."""
        found = self.found
        ends = np.stack((found.first_forward, found.last_forward), axis=1)
        none = np.full(len(found), -1, dtype=np.int64)
        return Links(
            DEPOSIT,
            self.rule.numbers(),
            found.address,
            found.partner,
            ends.astype(np.int64),
            none,
        )

    def why(self, ledger: AccountView, address: int) -> tuple[I64, I64]:
        """List the receipts and the forwards that made an address a deposit.

        Returns
        -------
        receipts, forwards : int64 arrays
            Transfer ids, ascending; empty where it is none.
        """
        rows = np.flatnonzero(self.found.address == address)
        came, went = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for row in rows.tolist():
            token, partner = int(self.found.token[row]), self.found.partner[row]
            out = ledger.transfers_from(address, token)
            came.append(ledger.transfers_to(address, token))
            went.append(out[np.asarray(ledger.transfer_to)[out] == partner])
        return np.sort(np.concatenate(came)), np.sort(np.concatenate(went))

    def to_json(self, ledger: AccountView) -> dict[str, Any]:
        """Write every deposit address, and how many were not taken."""
        return {
            "rule": DEPOSIT.name,
            "rule_version": str(DEPOSIT.version),
            "source": DEPOSIT.source,
            "parameters": self.rule.numbers(),
            "deposits": [self._one(ledger, row) for row in range(len(self.found))],
            "n_busy": len(self.busy),
            "n_passing": len(self.passing),
        }

    def _one(self, ledger: AccountView, row: int) -> dict[str, Any]:
        found = self.found
        service = int(found.partner[row])
        return {
            "address": ledger.address_text(int(found.address[row])),
            "service_address": ledger.address_text(service),
            "service": self.services[service],
            "token": ledger.token_name(int(found.token[row])),
            "received_amount": str(amount_of(found.received[row])),
            "forwarded_amount": str(amount_of(found.forwarded[row])),
            "n_receipts": int(found.n_receipts[row]),
            "n_forwards": int(found.n_forwards[row]),
            "n_payers": int(found.n_payers[row]),
            "first_forward": reference(ledger, int(found.first_forward[row])),
            "last_forward": reference(ledger, int(found.last_forward[row])),
        }


def deposit_links(
    ledger: AccountView,
    services: Mapping[int, str],
    rule: DepositRule | None = None,
    *,
    tokens: Iterable[int] | None = None,
    noise: I64 | None = None,
) -> Deposits:
    """Find the deposit addresses of known services.

    Parameters
    ----------
    services : mapping of int to str
        Address ids of tagged service wallets, and what each is called.
    tokens, noise
        See `live_rows`: which tokens count, which transfers do not.
    """
    rule = rule or DepositRule()
    n = n_addresses(ledger)
    known = np.zeros(n, dtype=np.bool_)
    known[list(services)] = True
    live = live_rows(ledger, tokens, noise)
    moves = moves_of(ledger)
    seen = sweeps(moves, live, n, len(ledger.token_kind), rule.sweeping, known)
    seen = seen.chosen(~known[seen.address] & (seen.address != nobody(ledger)))
    passing = seen.one_tx | contracts(ledger)[seen.address]
    busy = ~passing & (seen.n_payers > rule.most_payers)
    return Deposits(
        rule,
        services,
        seen.chosen(~passing & ~busy),
        seen.chosen(busy),
        seen.chosen(passing),
    )
