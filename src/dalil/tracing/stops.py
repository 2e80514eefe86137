"""Why an amount is not followed further: the codes kernels store, and words."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["StopCode"]


class StopCode(IntEnum):
    """What becomes of an output on the way (uint8)."""

    CARRIED = 0
    """Spent by a transaction of the trace: no stop."""
    EMPTY = 1
    """Worth nothing, so it carries nothing."""
    SEED = 2
    """Arrived at an output that is itself a seed, where it is counted anew."""
    MARKED = 3
    """Arrived at a named address."""
    UNSPENT = 4
    COINJOIN = 5
    COINBASE = 6
    BORDER = 7
    """Backward: its source lies outside the ledger, or in a pool that hides it.
    Forward: it goes into such a pool."""
    TIME = 8
    VALUE = 9
    HOPS = 10
    SIZE = 11
    FEE = 12
    BURNED = 13
    """On chains of accounts: paid to nobody, so it is no more."""
    DESTROYED = 14
    """On chains of accounts: wiped out by the token's issuer."""
    MINTED = 15
    """On chains of accounts, backward: it came into being here."""
    FROZEN = 16
    """On chains of accounts: held where the token's issuer lets nothing move."""
    UNSUMMED = 17
    """Of a token whose balances are not the sums of its transfers."""

    @property
    def reason(self) -> str:
        """The words used in results."""
        return _REASONS[self]


_REASONS = {
    StopCode.CARRIED: "carried on",
    StopCode.EMPTY: "empty",
    StopCode.SEED: "returned to a seed",
    StopCode.MARKED: "named address",
    StopCode.UNSPENT: "unspent",
    StopCode.COINJOIN: "coinjoin",
    StopCode.COINBASE: "coinbase",
    StopCode.BORDER: "border",
    StopCode.TIME: "time limit",
    StopCode.VALUE: "value limit",
    StopCode.HOPS: "hop limit",
    StopCode.SIZE: "size limit",
    StopCode.FEE: "fee",
    StopCode.BURNED: "burned",
    StopCode.DESTROYED: "destroyed",
    StopCode.MINTED: "minted",
    StopCode.FROZEN: "held, frozen",
    StopCode.UNSUMMED: "balances are no sums",
}
