"""What to trace: where from, which way, how far, and where it must end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Direction", "Limits", "Mark", "TraceRequest"]

_FOREVER = 2**62


class Direction(StrEnum):
    """Which way money is followed."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Mark:
    """A name on an address, and with it an end to every trace that meets it.

    A mark ends a trace whatever the date; its dates only decide whether the
    amount is counted under `name`, or apart as lying outside its dates.

    Parameters
    ----------
    address : int
        Address id.
    name : str
        The actor, as results name it; marks with one name are one target.
    reason : str
        Why the trace ends here: ``exchange``, ``mixer``, … for a service,
        ``target`` for anyone else.
    by : str
        ``tag`` where the address itself is named, ``cluster`` where it only
        acts together with one that is, ``deposit`` where it only forwards to
        one that is, ``request`` where the user said so.
    valid_from, valid_to : int, optional
        Unix seconds; the name holds from the first up to, not including, the
        second.
    """

    address: int
    name: str
    reason: str = "target"
    by: Literal["tag", "cluster", "deposit", "request"] = "request"
    valid_from: int | None = None
    valid_to: int | None = None

    def holds_at(self, time: int) -> bool:
        """Whether the name is claimed for that moment."""
        begun = self.valid_from is None or self.valid_from <= time
        return begun and (self.valid_to is None or time < self.valid_to)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a trace goes. Each limit that is met is listed as a stop.

    Parameters
    ----------
    max_hops : int
        Transactions between a seed and an amount, by the shortest way; an
        output of a transaction at this distance is not followed on.
    not_before, not_after : int
        Unix seconds of the block, both included; a transaction outside is not
        entered, as if the ledger held only the blocks between them.
    min_value : int
        Satoshi; an output of less is not followed on.
    max_transactions : int
        A guard on size: so many are entered in ledger order, what would go on
        into others stops.
    """

    max_hops: int = 1_000_000
    not_before: int = 0
    not_after: int = _FOREVER
    min_value: int = 0
    max_transactions: int = 2_000_000


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """One question to a ledger.

    Parameters
    ----------
    direction : Direction
        Forward: where did the seeds' money go. Backward: where did it come
        from.
    outpoints : sequence of str
        Seeds by name. One whose transaction lies outside the ledger counts
        where an input here spends it and its value is known.
    addresses : sequence of int
        Seeds by address id: every output to one of them in a transaction that
        spends none of theirs. Give all addresses of a cluster to trace it.
    marks : sequence of Mark
        Named addresses; marks on seed addresses are not heeded.
    coinjoin : (n_tx,) uint8, optional
        Type of CoinJoin of each transaction, 0 for none, as
        `dalil.clustering.coinjoin.coinjoin_types` tells it. None looks at no
        CoinJoins, and the result says so.
    limits : Limits
        How far to go.
    """

    direction: Direction
    outpoints: Sequence[str] = ()
    addresses: Sequence[int] = ()
    marks: Sequence[Mark] = ()
    coinjoin: NDArray[np.uint8] | None = None
    limits: Limits = field(default_factory=Limits)
