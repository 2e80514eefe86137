"""The operational wallet: rotating addresses that all sweep to one collector.

An appeal hands out one address after another; each hands on what it gets to one
wallet, from which the money goes to brokers and exchanges (as in the seizure of
March 2025, some seventeen addresses and one wallet: U.S. Department of Justice).
A payment processor does the same for its merchants, an exchange for its
customers, a family for its housekeeping. So a collector that is tagged, is a
contract, or that too many sweep to, is told as a service and links nobody.

Fails where: a small untagged processor or broker has no more addresses than the
guard allows (a false pattern); a group rotates its collector too, or lets money
rest longer than the time allowed (a missed one).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dalil.clustering.accounts.columns import (
    contracts,
    live_rows,
    moves_of,
    n_addresses,
    nobody,
    reference,
)
from dalil.clustering.accounts.links import Links, Rule, links_of
from dalil.clustering.accounts.sweeps import (
    Sweeping,
    Sweeps,
    amount_of,
    at_least,
    sweeps,
)
from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64, AccountView

__all__ = [
    "OPERATIONAL",
    "OperationalRule",
    "OperationalWallet",
    "OperationalWallets",
    "operational_wallets",
]

OPERATIONAL = Rule(
    "operational-wallet",
    1,
    "U.S. Attorney's Office, District of Columbia, 27 March 2025: rotating "
    "addresses that send on to an operational wallet; thresholds are ours",
)

Kind = Literal["operational_wallet", "service_sweep"]


@dataclass(frozen=True, slots=True)
class OperationalRule:
    """The rule's parameters.

    Attributes
    ----------
    min_addresses : int
        k, at least 2.
    most_addresses : int
        A collector that more sweep to is a service.
    most_payers : int
        An address that more pay into is no part of a pattern.
    least_millionths : int
        Nor is one that handed on less in all, in millionths of a whole token:
        baits and leftovers go round too. Only where decimals are known.
    """

    sweeping: Sweeping = field(default_factory=lambda: Sweeping(within_s=7 * 86_400))
    min_addresses: int = 3
    most_addresses: int = 100
    most_payers: int = 1_000
    least_millionths: int = 1_000_000

    def __post_init__(self) -> None:
        if not 2 <= self.min_addresses <= self.most_addresses:
            raise InputError("needs 2 <= min_addresses <= most_addresses", self)

    def numbers(self) -> dict[str, int]:
        """List the parameters for a report."""
        return {
            "min_addresses": self.min_addresses,
            "most_addresses": self.most_addresses,
            "most_payers": self.most_payers,
            "least_millionths": self.least_millionths,
            "min_share_permille": self.sweeping.min_share_permille,
            "within_s": self.sweeping.within_s,
            "most_receipts": self.sweeping.most_receipts,
        }


@dataclass(frozen=True)
class OperationalWallet:
    """One collector of one token with all that sweep to it.

    `reason` says what made it a service: ``tagged``, ``contract``, ``fan_in``;
    None for a pattern.
    """

    collector: int
    token: int
    kind: Kind
    reason: str | None
    addresses: Sweeps

    def to_json(self, ledger: AccountView) -> dict[str, Any]:
        """Write the pattern; of a service only its size, not its customers."""
        amounts = [amount_of(limbs) for limbs in self.addresses.forwarded]
        told: dict[str, Any] = {
            "kind": self.kind,
            "reason": self.reason,
            "collector": ledger.address_text(self.collector),
            "token": ledger.token_name(self.token),
            "n_addresses": len(self.addresses),
            "forwarded_amount": str(sum(amounts)),
            "addresses": [],
        }
        if self.kind == "operational_wallet":
            rows = enumerate(amounts)
            told["addresses"] = [self._address(ledger, *row) for row in rows]
        return told

    def _address(self, ledger: AccountView, row: int, amount: int) -> dict[str, Any]:
        it = self.addresses
        return {
            "address": ledger.address_text(int(it.address[row])),
            "received_amount": str(amount_of(it.received[row])),
            "forwarded_amount": str(amount),
            "n_receipts": int(it.n_receipts[row]),
            "n_payers": int(it.n_payers[row]),
            "first_receipt": reference(ledger, int(it.first_receipt[row])),
            "first_forward": reference(ledger, int(it.first_forward[row])),
            "last_forward": reference(ledger, int(it.last_forward[row])),
        }


@dataclass(frozen=True)
class OperationalWallets:
    """Every collector found, patterns and services, by token and collector."""

    rule: OperationalRule
    collectors: tuple[OperationalWallet, ...]

    @property
    def patterns(self) -> tuple[OperationalWallet, ...]:
        """Those that no guard calls a service."""
        wanted = "operational_wallet"
        return tuple(one for one in self.collectors if one.kind == wanted)

    def links(self) -> Links:
        """Link each address of a pattern with its collector."""
        rows = [
            (int(address), one.collector, int(first), int(last), -1)
            for one in self.patterns
            for address, first, last in zip(
                one.addresses.address,
                one.addresses.first_forward,
                one.addresses.last_forward,
                strict=True,
            )
        ]
        return links_of(OPERATIONAL, self.rule.numbers(), rows)

    def why(self, address: int) -> OperationalWallet | None:
        """Find the pattern an address is part of, as collector or not."""
        for one in self.patterns:
            if address == one.collector or address in one.addresses.address:
                return one
        return None

    def to_json(self, ledger: AccountView) -> dict[str, Any]:
        """Write all collectors."""
        return {
            "rule": OPERATIONAL.name,
            "rule_version": str(OPERATIONAL.version),
            "source": OPERATIONAL.source,
            "parameters": self.rule.numbers(),
            "collectors": [one.to_json(ledger) for one in self.collectors],
        }


def operational_wallets(
    ledger: AccountView,
    services: Mapping[int, str] | None = None,
    rule: OperationalRule | None = None,
    *,
    tokens: Iterable[int] | None = None,
    noise: I64 | None = None,
) -> OperationalWallets:
    """Find collectors that at least k addresses hand on nearly all to.

    Parameters
    ----------
    services : mapping of int to str, optional
        Address ids of tagged service wallets; none of them is a rotating
        address, and as a collector each is told as a service.
    tokens, noise
        See `live_rows`.
    """
    rule = rule or OperationalRule()
    tagged = np.zeros(n_addresses(ledger), dtype=np.bool_)
    tagged[list(services or ())] = True
    code = contracts(ledger)
    found = sweeps(
        moves_of(ledger),
        live_rows(ledger, tokens, noise),
        tagged.size,
        len(ledger.token_kind),
        rule.sweeping,
        rule.min_addresses,
    )
    zero = nobody(ledger)
    kept = ~found.one_tx & ~tagged[found.address] & ~code[found.address]
    kept &= (found.address != zero) & (found.partner != zero)
    kept &= found.n_payers <= rule.most_payers
    found = found.chosen(kept)
    found = found.chosen(_large_enough(ledger, found, rule.least_millionths))
    order = np.lexsort((found.address, found.partner, found.token))
    found = found.chosen(order)
    return OperationalWallets(rule, _grouped(found, rule, tagged, code))


def _large_enough(
    ledger: AccountView, found: Sweeps, millionths: int
) -> NDArray[np.bool_]:
    """Tell which addresses handed on at least so much of a whole token."""
    large = np.ones(len(found), dtype=np.bool_)
    for token in np.unique(found.token).tolist():
        whole = 10 ** (ledger.token_decimals(token) or 0)
        least = -(-whole * millionths // 1_000_000)
        mine = found.token == token
        large[mine] = at_least(found.forwarded[mine], least)
    return large


def _grouped(
    found: Sweeps,
    rule: OperationalRule,
    tagged: NDArray[np.bool_],
    code: NDArray[np.bool_],
) -> tuple[OperationalWallet, ...]:
    new = np.diff(found.token) != 0
    new |= np.diff(found.partner) != 0
    first = np.concatenate(([0], np.flatnonzero(new) + 1, [len(found)]))
    many = np.flatnonzero(np.diff(first) >= rule.min_addresses)
    groups = []
    for low, high in zip(first[many].tolist(), first[many + 1].tolist(), strict=True):
        collector = int(found.partner[low])
        reasons = {
            "tagged": tagged[collector],
            "contract": code[collector],
            "fan_in": high - low > rule.most_addresses,
        }
        reason = next((name for name, holds in reasons.items() if holds), None)
        groups.append(
            OperationalWallet(
                collector,
                int(found.token[low]),
                "service_sweep" if reason else "operational_wallet",
                reason,
                found.chosen(slice(low, high)),
            )
        )
    return tuple(groups)
