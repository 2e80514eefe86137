"""What a trace of accounts says of one name, one stop, one reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dalil.tracing.accounts.naming import Unit
    from dalil.tracing.amounts import Amounts

__all__ = ["AccountStop", "AccountStopTotal", "AccountTarget", "Payer", "amounts_json"]


def amounts_json(amounts: Amounts) -> dict[str, str | None]:
    """Lay figures out as decimal strings of base units; null: not computable."""
    return {
        key.replace("_sat", "_amount"): None if value is None else str(value)
        for key, value in amounts.to_json().items()
    }


@dataclass(frozen=True, slots=True)
class Payer:
    """An account that paid a name, and all it took in itself: the denominator.

    `paid` counts transfers in which the trace met the name; `received` all of
    the token that ever came to the account up to the last of them, from anybody.
    """

    address: str
    paid: int
    received: int


@dataclass(frozen=True, slots=True)
class AccountTarget:
    """One name that money met, and how much of it, in base units.

    Parameters
    ----------
    name : str
    reason : str
        The kind of service, pool or bridge, or ``target``.
    direct : int
        Paid to the name's own addresses (backward: by them, to the seeds) by
        accounts that held nothing but seed money; exact, and never above the
        lower bound.
    amounts : Amounts
        With set bounds.
    unit : Unit
    coins : tuple of int
        The ends, by coin of the trace's graph.
    seeds_total : int
        All seed money of the trace.
    total : int
        All the name's addresses here took in (backward: paid out) of the
        token, from anybody.
    payers : tuple of Payer
        Forward: who paid the name, the largest payments first.
    n_indirect : int
        How many ends lie at addresses the name holds by cluster or by their
        forwarding only.
    """

    name: str
    reason: str
    direct: int
    amounts: Amounts
    unit: Unit
    coins: tuple[int, ...]
    seeds_total: int
    total: int
    payers: tuple[Payer, ...] = ()
    n_indirect: int = 0
    direct_coins: tuple[int, ...] = ()
    """The coins that make up `direct`; backward, seeds."""

    def denominator(self) -> str | None:
        """Say what else passed through whoever paid; None where nothing did."""
        busy = [p for p in self.payers if p.received > self.amounts.upper_sat]
        if not busy:
            return None
        most = max(busy, key=lambda payer: payer.received)
        return (
            f"of the {self.unit.write(most.received)} that {most.address} took in "
            "from anybody"
        )

    def headline(self) -> str:
        """Say it in one line: direct, then the interval, then the denominator."""
        low, high = self.amounts.lower_sat, self.amounts.upper_sat
        write = self.unit.write
        told = f"between {write(low)} and {write(high)} in all"
        if low == 0:
            told = f"not determinable, between {write(0)} and {write(high)}"
        elif low == high:
            told = f"exactly {write(low)} in all"
        of = self.denominator()
        return f"direct {write(self.direct)}; {told}" + (f"; {of}" if of else "")

    def to_json(self) -> dict[str, Any]:
        """Lay the target out under its keys on the wire."""
        return {
            "name": self.name,
            "reason": self.reason,
            "direct_amount": str(self.direct),
            **amounts_json(self.amounts),
            "determinable": self.amounts.determinable,
            "n_outputs": len(self.coins),
            "n_outputs_by_cluster": self.n_indirect,
            "seeds_total_amount": str(self.seeds_total),
            "name_total_amount": str(self.total),
            "payers": [
                {
                    "address": payer.address,
                    "paid_amount": str(payer.paid),
                    "received_amount": str(payer.received),
                }
                for payer in self.payers
            ],
            "headline": self.headline(),
        }


@dataclass(frozen=True, slots=True)
class AccountStop:
    """One place where the trace ends, with the amount that ends there.

    `where` names a transfer, or what stays at an account. Its bounds are local,
    so they may not be added up.
    """

    reason: str
    where: str
    value: int | None
    amounts: Amounts
    name: str | None
    address: str

    def to_json(self) -> dict[str, Any]:
        """Lay the stop out under its keys on the wire."""
        return {
            "reason": self.reason,
            "where": self.where,
            "name": self.name,
            "address": self.address,
            "value_amount": None if self.value is None else str(self.value),
            **amounts_json(self.amounts),
        }


@dataclass(frozen=True, slots=True)
class AccountStopTotal:
    """All stops for one reason together, with set bounds."""

    reason: str
    n_stops: int
    amounts: Amounts

    def to_json(self) -> dict[str, Any]:
        """Lay the total out."""
        told = {"reason": self.reason, "n_stops": self.n_stops}
        return {**told, **amounts_json(self.amounts)}
