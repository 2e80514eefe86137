"""Compare what rules find in an account exercise with its truth.

The figures hold for this exercise, whose parties do what they were told; they
are no error rates of real chains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains import tron
from dalil.exercise.rates import Rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64, AccountView

__all__ = ["AccountJudge", "Judged"]


@dataclass(frozen=True)
class Judged:
    """How many of what was reported is right, and how many of the true was found."""

    precision: Rate
    recall: Rate

    @classmethod
    def of(cls, found: set[Any], true: set[Any]) -> Judged:
        """Compare two sets."""
        right = len(found & true)
        return cls(Rate(right, len(found)), Rate(right, len(true)))

    @property
    def perfect(self) -> bool:
        """Whether nothing is wrong and nothing is missed."""
        rates = (self.precision, self.recall)
        return all(rate.hits == rate.n for rate in rates)

    def to_json(self) -> dict[str, Any]:
        """Return both rates."""
        return {
            "precision": self.precision.to_json(),
            "recall": self.recall.to_json(),
        }


class AccountJudge:
    """Knows an exercise's truth by the ids of one ledger of it.

    The ledger may be of any account chain: addresses are met by their 20 bytes.

    Parameters
    ----------
    truth : dict
        ``truth.json``.
    ledger : AccountView

    Attributes
    ----------
    actor : dict
        Actor id by address id.
    kind : dict
        Kind by actor id.
    """

    def __init__(self, truth: Mapping[str, Any], ledger: AccountView) -> None:
        self.truth, self.ledger = truth, ledger
        rows = np.ascontiguousarray(ledger.address_key)
        self._id = {row.tobytes(): i for i, row in enumerate(rows)}
        self.kind = {actor["id"]: actor["kind"] for actor in truth["actors"]}
        self.actor = {
            self._id[key]: actor["id"]
            for actor in truth["actors"]
            for addresses in actor["accounts"].values()
            for key in map(tron.decode_address, addresses)
            if key in self._id
        }

    def id_of(self, address: str) -> int:
        """Return the ledger's id of one of the truth's addresses.

        Raises
        ------
        KeyError
            If it does not occur in the ledger.
        """
        return self._id[tron.decode_address(address)]

    def services(self) -> dict[int, str]:
        """Give the tagged addresses that pool customers' money, by id."""
        kinds = ("exchange", "broker")
        return {
            self.id_of(address): actor
            for address, actor in self.truth["tagged"].items()
            if self.kind[actor] in kinds and tron.decode_address(address) in self._id
        }

    def of_kind(self, kind: str) -> list[int]:
        """List the addresses of all parties of a kind."""
        return [a for a, actor in self.actor.items() if self.kind[actor] == kind]

    def deposits(self, borders: Mapping[int, int]) -> Judged:
        """Judge deposit addresses, each with the service wallet it belongs to.

        True are those that handed something on and that no tag names already,
        and their exchange.
        """
        paid = set(np.asarray(self.ledger.transfer_from).tolist())
        true = {
            (self.id_of(address), actor)
            for address, actor in self.truth["deposits"].items()
            if self._id.get(tron.decode_address(address)) in paid
            and address not in self.truth["tagged"]
        }
        found = {
            (address, self.actor.get(wallet, "")) for address, wallet in borders.items()
        }
        return Judged.of(found, true)

    def operational(self, patterns: Iterable[tuple[int, Iterable[int]]]) -> Judged:
        """Judge patterns of one collector and the addresses that sweep to it.

        Precision counts, over all patterns, addresses whose owner is the
        collector's; recall the campaign's rotating addresses found with theirs.
        """
        right = n = 0
        mine = self.truth["patterns"][0]
        pool = {self.id_of(address) for address in mine["pool"]}
        found: set[int] = set()
        for collector, addresses in patterns:
            members = set(addresses)
            n += len(members)
            owner = self.actor.get(collector)
            right += sum(owner == self.actor.get(a) for a in members)
            if collector == self.id_of(mine["collector"]):
                found |= members & pool
        return Judged(Rate(right, n), Rate(len(found), len(pool)))

    def links(self, pairs: Iterable[tuple[int, int]]) -> Rate:
        """Count the links whose ends have one owner."""
        same = [self.actor.get(a) == self.actor.get(b) for a, b in pairs]
        return Rate(sum(same), len(same))

    def rented(self, pairs: Iterable[tuple[int, int]]) -> int:
        """Count the links with the energy-rental service: there must be none."""
        pool = self.id_of(self.truth["rental"]["pool"])
        return sum(pool in pair for pair in pairs)

    def noise(self, transfers: I64) -> Judged:
        """Judge transfers called poisoning, by the transactions they are in.

        True are those that touch a trap; funding a trap with dust is the
        poisoner's own and no bait.
        """
        ledger = self.ledger
        traps = {self.id_of(t["address"]) for t in self.truth["poisoning"]["traps"]}
        purse = {
            address
            for address, actor in self.actor.items()
            if self.kind[actor] == "poisoner" and address not in traps
        }
        ends = zip(
            np.asarray(ledger.transfer_from).tolist(),
            np.asarray(ledger.transfer_to).tolist(),
            strict=True,
        )
        true = {
            row
            for row, (payer, payee) in enumerate(ends)
            if traps & {payer, payee} and payer not in purse
        }
        return Judged.of(set(transfers.tolist()), true)

    def freezes(self, windows: Iterable[tuple[int, int, int, int]]) -> Judged:
        """Judge windows: account, block of submission, of execution, outflow."""
        true = {
            (
                self.id_of(freeze["account"]),
                freeze["submitted"],
                freeze["executed"],
                int(freeze["outflow_amount"]),
            )
            for freeze in self.truth["freezes"]
        }
        return Judged.of(set(windows), true)

    def intervals(self, found: Mapping[int, tuple[int, int]]) -> Rate:
        """Count the true flows of all donations that lie in their interval.

        Parameters
        ----------
        found : mapping
            Lower and upper bound of what reached each address; one that is not
            named was said to get nothing.
        """
        inside = []
        for flow in self.truth["flows"]:
            lower, upper = found.get(self.id_of(flow["to"]), (0, 0))
            inside.append(lower <= int(flow["amount"]) <= upper)
        return Rate(sum(inside), len(inside))

    def accused(self, label: NDArray[np.uint32]) -> list[str]:
        """List charities with an address in a cluster of the campaign's."""
        with_campaign = {int(label[a]) for a in self.of_kind("campaign")}
        return sorted(
            {
                self.actor[a]
                for a in self.of_kind("charity")
                if int(label[a]) in with_campaign
            }
        )
