"""What to trace on a chain of accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.tracing.request import Direction, Limits, Mark

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AccountRequest"]


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """One question to a ledger of accounts.

    Parameters
    ----------
    direction : Direction
        Forward: where did the seeds' money go. Backward: where did it come
        from.
    token : int
        Token id. One trace follows one token; a swap ends it.
    addresses : sequence of int
        Seeds by address id: every transfer to one of them from none of them.
        Give all addresses of a group to trace it.
    transfers : sequence of int
        Seeds by transfer id. What the recipient held before is other money.
    marks : sequence of Mark
        Named addresses; marks on seed addresses are not heeded. Give services,
        their deposit addresses (``by="deposit"``), pools and bridges here.
    noise : sequence of int
        Transfers that only imitate a known partner
        (`dalil.clustering.accounts.poisoning`): never seeds of `addresses`.
        What they moved is other money.
    limits : Limits
        How far to go. A hop is one transfer between two accounts; `min_value`
        is in base units, and holds for what stays behind as for what is paid;
        `max_transactions` counts transfers.
    """

    direction: Direction
    token: int
    addresses: Sequence[int] = ()
    transfers: Sequence[int] = ()
    marks: Sequence[Mark] = ()
    noise: Sequence[int] = ()
    limits: Limits = field(default_factory=Limits)
