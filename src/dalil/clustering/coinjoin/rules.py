"""Whether a transaction is a CoinJoin, and which: integers in, verdict out.

A rule sees nothing but a `Shape`: counts and amounts of one transaction. It
knows no height, no date, no neighbour and no tag, so that whoever holds the
transaction can repeat the verdict. `decide` is plain Python and is compiled as
it stands for whole ledgers: one text, two speeds.

What is known of inputs can only speak *against* a CoinJoin. An input whose
amount or script is unknown never does, so less knowledge means more
transactions kept out of clusters, never fewer.

`RULES` in `catalogue` documents each rule: source, parameters, misses and
mistakes. Change a number here and you change `RULES_VERSION`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dalil.clustering.coinjoin.kinds import CoinJoinType
from dalil.kernels import kernel, shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RULES_VERSION", "Shape", "decide", "decide_all", "suspicious"]

RULES_VERSION = 1

POOLS_SAT = (100_000, 1_000_000, 5_000_000, 50_000_000)
POOL_MIN_INPUTS, POOL_MAX_INPUTS = 5, 10
POOL_SURPLUS_SAT = 110_000

WASABI1_BASE_SAT, WASABI1_SPREAD_SAT = 10_000_000, 2_000_000
WASABI1_MIN_EQUAL = 10

WASABI2_MIN_INPUTS = 21
WASABI2_STANDARD_PERCENT, WASABI2_UNCOMMON_PERCENT = 50, 20

JOINMARKET_MIN_EQUAL, JOINMARKET_MAX_EQUAL, JOINMARKET_MIN_SAT = 3, 100, 27_300
JOINMARKET_FEE_PERCENT, JOINMARKET_FEE_SAT = 1, 200_000

UNKNOWN_MIN_EQUAL, UNKNOWN_CERTAIN_EQUAL, UNKNOWN_MIN_SAT = 5, 10, 10_000

MAKER_FEE_PERCENT, MAKER_FEE_SAT = 1, 20_000
DUST_SAT = 2_730

AMOUNT_CAP_SAT = 1 << 56
"""Amounts enter a `Shape` cut to this, so that no sum can leave 64 bits."""

_NONE = int(CoinJoinType.NONE)
_WHIRLPOOL = int(CoinJoinType.WHIRLPOOL)
_WASABI1 = int(CoinJoinType.WASABI1)
_WASABI2 = int(CoinJoinType.WASABI2)
_JOINMARKET = int(CoinJoinType.JOINMARKET)
_UNKNOWN = int(CoinJoinType.UNKNOWN)


class Shape(NamedTuple):
    """What the rules look at: one transaction in nineteen integers.

    *Outputs* are the spendable ones; those that start with OP_RETURN are only
    counted. *Equal* outputs are those of the most frequent amount (the largest
    such amount, if several are as frequent).
    """

    n_inputs: int
    n_outputs: int
    n_unspendable: int
    n_equal: int
    equal_sat: int
    n_groups: int
    """Amounts that occur more than once."""
    n_single: int
    """Outputs whose amount occurs once."""
    n_owners: int
    """Most owners the inputs can have: known scripts once, unknown ones each."""
    n_funded: int
    """Most owners who can each have put in `equal_sat`, less a maker's fee."""
    n_repeated: int
    """Outputs paying a script that an earlier output pays already."""
    n_returned: int
    """Outputs paying a script that a known input spends from."""
    n_main_type: int
    """Outputs of the most frequent script type."""
    n_native: int
    """Outputs of a native segwit type."""
    n_coordinator: int
    """Outputs to a script that collected Wasabi 1's coordination fee."""
    n_standard: int
    """Outputs at a denomination of WabiSabi wallets."""
    n_uncommon: int
    """Of those, outputs at a denomination that people do not pay in."""
    n_off_pool: int
    """Known inputs that put in less than `equal_sat`, or too much for a pool."""
    max_input_sat: int
    """The largest known input, 0 if none is known."""
    max_other_sat: int
    """The largest output of another amount than `equal_sat`."""


@shared
def decide(s: Shape) -> int:
    """Return the `CoinJoinType` of a transaction of shape `s`, as an integer.

    Two protocols come first that need no equal share for everyone: Wasabi 1
    where it paid its coordinator, and WabiSabi, where one owner may take the
    same denomination several times. For all others there must be as many owners
    as equal outputs, each able to fund his own; then each protocol's own marks.
    """
    if s.n_inputs < 2 or s.n_equal < 2:
        return _NONE
    if s.n_coordinator > 0 and s.n_inputs >= s.n_equal:
        return _WASABI1
    if s.n_repeated > 0 or s.n_unspendable > 0:
        return _NONE
    if (
        s.n_native == s.n_outputs
        and s.n_owners >= WASABI2_MIN_INPUTS
        and 100 * s.n_standard >= WASABI2_STANDARD_PERCENT * s.n_outputs
        and 100 * s.n_uncommon >= WASABI2_UNCOMMON_PERCENT * s.n_outputs
    ):
        return _WASABI2
    if s.n_owners < s.n_equal or s.n_funded < s.n_equal:
        return _NONE
    if _is_whirlpool(s):
        return _WHIRLPOOL
    if (
        s.n_native == s.n_outputs
        and s.n_equal >= WASABI1_MIN_EQUAL
        and abs(s.equal_sat - WASABI1_BASE_SAT) <= WASABI1_SPREAD_SAT
        and s.n_single <= s.n_equal + 1
    ):
        return _WASABI1
    if s.n_returned > 0 or s.n_main_type < s.n_outputs - 1:
        return _NONE
    if _is_joinmarket(s):
        return _JOINMARKET
    if (
        s.n_equal >= UNKNOWN_MIN_EQUAL
        and s.equal_sat >= UNKNOWN_MIN_SAT
        and s.n_single <= s.n_equal + 1
        and (
            s.n_single == 0
            or 2 * s.n_single >= s.n_equal
            or s.n_equal >= UNKNOWN_CERTAIN_EQUAL
        )
    ):
        return _UNKNOWN
    return _NONE


@shared
def _is_whirlpool(s: Shape) -> bool:
    return (
        POOL_MIN_INPUTS <= s.n_inputs <= POOL_MAX_INPUTS
        and s.n_outputs == s.n_inputs
        and s.n_equal == s.n_outputs
        and s.equal_sat in POOLS_SAT
        and s.n_off_pool == 0
    )


@shared
def _is_joinmarket(s: Shape) -> bool:
    others = s.n_outputs - s.n_equal
    fees = s.equal_sat // 100 * JOINMARKET_FEE_PERCENT * s.n_equal + JOINMARKET_FEE_SAT
    return (
        JOINMARKET_MIN_EQUAL <= s.n_equal <= JOINMARKET_MAX_EQUAL
        and s.equal_sat >= JOINMARKET_MIN_SAT
        and s.n_equal - 1 <= others <= s.n_equal
        and s.n_groups == 1
        and s.max_input_sat <= s.equal_sat + s.max_other_sat + fees
    )


@shared
def suspicious(s: Shape) -> bool:
    """Say whether a transaction could be a CoinJoin with equal outputs at all.

    True where each of two or more possible owners got one of the equal outputs
    and at most one further output, plus one for a coordinator. A payment of
    two equal sums out of two coins is suspicious in this sense; so is a
    Stonewall, which one wallet makes to look like two. It proves nothing; the
    strict profile declines to build on it.
    """
    return (
        s.n_inputs >= 2
        and s.n_equal - s.n_repeated >= 2
        and s.equal_sat > DUST_SAT
        and s.n_owners >= s.n_equal
        and s.n_funded >= s.n_equal
        and s.n_single <= s.n_equal + 1
    )


@kernel
def decide_all(
    rows: NDArray[np.int64], types: NDArray[np.uint8], doubts: NDArray[np.bool_]
) -> None:
    """Fill `types` and `doubts` with the verdicts on many shapes.

    Parameters
    ----------
    rows : (n, len(Shape._fields)) int64
        One `Shape` a row, fields in order.
    types : (n,) uint8, written
        `decide` of each row.
    doubts : (n,) bool, written
        `suspicious` of each row.
    """
    for i in range(rows.shape[0]):
        r = rows[i]
        if r[3] < 2:
            types[i], doubts[i] = _NONE, False
            continue
        s = Shape(
            r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8],
            r[9], r[10], r[11], r[12], r[13], r[14], r[15], r[16], r[17], r[18],
        )  # fmt: skip
        types[i] = decide(s)
        doubts[i] = suspicious(s)
