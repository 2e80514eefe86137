"""What the wallets meant: which coins paid for which outputs, at every hop.

Once a coin is marked, every transaction that spends it, or a coin it went
into, is written down with its parts: so many satoshi of this input are meant
for that output. The parts of one input add up to its value. This is the truth
a bound on flows must contain, whatever convention a tool prefers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.ids import format_outpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dalil.exercise.minichain import Paid
    from dalil.exercise.signing import Coin
    from dalil.exercise.wallet import Share

__all__ = ["FEE", "Following", "Hop", "Part"]

FEE = -1
"""Stands for the fee where a part names the output it went to."""


@dataclass(frozen=True, slots=True)
class Part:
    """Satoshi of one input, and the output (or `FEE`) they were meant for."""

    outpoint: str
    output: int
    value: int


@dataclass(frozen=True, slots=True)
class Hop:
    """A transaction that moved followed coins.

    `owners` tells, for every output that received part of them, the actor's
    id and the address.
    """

    txid: str
    parts: tuple[Part, ...]
    owners: dict[int, tuple[str, str]]


class Following:
    """Writes down what becomes of marked coins until a service has them.

    Parameters
    ----------
    actor_of : callable
        Names the actor behind a wallet's number.

    Attributes
    ----------
    absorbing : set of int
        Wallets whose coins nobody follows any more: a service's pooled money.
    hops : list of Hop
        In chain order.
    """

    def __init__(self, actor_of: Callable[[int], str]) -> None:
        self._actor_of = actor_of
        self.absorbing: set[int] = set()
        self.hops: list[Hop] = []
        self._followed: set[bytes] = set()

    def mark(self, coin: Coin) -> None:
        """Follow this coin from now on."""
        self._followed.add(coin.outpoint)

    def watch(self, shares: Sequence[Share], paid: Paid) -> None:
        """Note a transaction if it spends something followed."""
        parts: list[Part] = []
        heirs: list[Coin] = []
        for share, made in zip(shares, paid.made, strict=True):
            if not any(coin.outpoint in self._followed for coin in share.coins):
                continue
            found, receivers = self._parts(share, made)
            parts += found
            heirs += receivers
        if not parts:
            return
        owners: dict[int, tuple[str, str]] = {}
        for coin in heirs:
            owners[coin.index] = (self._actor_of(coin.lock.owner), coin.lock.address)
            if coin.lock.owner not in self.absorbing:
                self._followed.add(coin.outpoint)
        self.hops.append(Hop(paid.id, tuple(parts), owners))

    def _parts(
        self, share: Share, made: Sequence[Coin | None]
    ) -> tuple[list[Part], list[Coin]]:
        """Fill the share's payees, in order, from its coins, in order."""
        parts: list[Part] = []
        heirs: list[Coin] = []
        wants = [(p.value, coin) for p, coin in zip(share.payees, made, strict=True)]
        for coin in share.coins:
            followed = coin.outpoint in self._followed
            name = format_outpoint(coin.txid, coin.index)
            left = coin.value
            while left and wants:
                want, heir = wants.pop(0)
                taken = min(want, left)
                if followed:
                    parts.append(Part(name, heir.index if heir else FEE, taken))
                    if heir and heir not in heirs:
                        heirs.append(heir)
                left -= taken
                if want > taken:
                    wants.insert(0, (want - taken, heir))
            if left and followed:
                parts.append(Part(name, FEE, left))
            if followed:
                self._followed.discard(coin.outpoint)
        return parts, heirs
