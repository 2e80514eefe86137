"""From one transaction to the `Shape` that the rules look at."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from dalil.chains.bitcoin.address import classify_script, decode_address, script_of
from dalil.chains.bitcoin.networks import MAINNET
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES, ScriptType
from dalil.clustering.coinjoin import rules
from dalil.clustering.coinjoin.kinds import CoinJoinType

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "COORDINATORS",
    "NATIVE_TYPES",
    "STANDARD_SAT",
    "UNCOMMON_SAT",
    "Spent",
    "classify",
    "funded_owners",
    "shape_of",
]

COORDINATORS = (
    "bc1qs604c7jv6amk4cxqlnvuxv26hv3e48cds4m0ew",
    "bc1qa24tsgchvuxsaccp8vrnkfd85hrcpafg20kmjw",
)
"""Mainnet addresses to which Wasabi 1 paid its coordination fee until late 2019."""

NATIVE_TYPES = (ScriptType.P2WPKH, ScriptType.P2WSH, ScriptType.P2TR)

_MIN_STANDARD_SAT, _MAX_STANDARD_SAT = 5_000, 134_375_000_000


def _series(start: int, ratio: int) -> set[int]:
    found, amount = set(), start
    while amount <= _MAX_STANDARD_SAT:
        found.add(amount)
        amount *= ratio
    return {amount for amount in found if amount >= _MIN_STANDARD_SAT}


UNCOMMON_SAT = frozenset(_series(1, 2) | _series(1, 3) | _series(2, 3))
"""WabiSabi denominations nobody pays in by habit: 2^i, 3^i, 2·3^i satoshi."""

STANDARD_SAT = UNCOMMON_SAT | _series(1, 10) | _series(2, 10) | _series(5, 10)
"""All denominations a Wasabi 2 wallet decomposes into (5,000 sat to 1,343.75 BTC)."""

_COORDINATOR_SCRIPTS = frozenset(
    script_of(*decode_address(MAINNET, address)) for address in COORDINATORS
)


class Spent(NamedTuple):
    """What is known of the output an input spends."""

    value: int | None
    """Satoshi, or None."""
    script: bytes | None
    """Its output script (or any bytes that stand for its owner), or None."""


def classify(
    inputs: Sequence[Spent], outputs: Sequence[tuple[int, bytes]]
) -> CoinJoinType:
    """Type one transaction; a coinbase must not be passed.

    Parameters
    ----------
    inputs : sequence of Spent
        One per input; None for what is not known. Less knowledge never turns
        a CoinJoin into none.
    outputs : sequence of (value in satoshi, script)
        All outputs, in any order.

    Returns
    -------
    CoinJoinType
        The verdict of `rules.decide`. It concerns the transaction's shape:
        a participant may own several of the inputs, and ``NONE`` does not
        prove that all inputs have one owner (a PayJoin has no shape at all).

    Examples
    --------
    Five strangers put in 0.01 BTC each and take out 0.01 BTC each:

    >>> outputs = [(1_000_000, bytes([0, 20]) + bytes([i]) * 20) for i in range(5)]
    >>> classify([Spent(None, None)] * 5, outputs).label
    'whirlpool'
    >>> classify([Spent(None, None)], outputs).label is None
    True
    """
    return CoinJoinType(rules.decide(shape_of(inputs, outputs)))


def shape_of(
    inputs: Sequence[Spent], outputs: Sequence[tuple[int, bytes]]
) -> rules.Shape:
    """Reduce a transaction to the integers the rules compare."""
    typed = [(value, script, classify_script(script)[0]) for value, script in outputs]
    spendable = [output for output in typed if output[2] != ScriptType.OP_RETURN]
    amounts = Counter(value for value, _, _ in spendable)
    equal, n_equal = max(
        amounts.items(), key=lambda item: (item[1], item[0]), default=(0, 0)
    )
    paid = [script for _, script, kind in spendable if kind in ADDRESS_TYPES]
    spent = {spend.script for spend in inputs} - {None}
    known = [_cut(spend.value) for spend in inputs if spend.value is not None]
    kinds = Counter(kind for _, _, kind in spendable)
    return rules.Shape(
        n_inputs=len(inputs),
        n_outputs=len(spendable),
        n_unspendable=len(outputs) - len(spendable),
        n_equal=n_equal,
        equal_sat=_cut(equal),
        n_groups=sum(count > 1 for count in amounts.values()),
        n_single=sum(count == 1 for count in amounts.values()),
        n_owners=len(spent) + sum(spend.script is None for spend in inputs),
        n_funded=len(inputs) - len(known) + funded_owners(known, _cut(equal)),
        n_repeated=len(paid) - len(set(paid)),
        n_returned=sum(script in spent for script in paid),
        n_main_type=max(kinds.values(), default=0),
        n_native=sum(kinds[kind] for kind in NATIVE_TYPES),
        n_coordinator=sum(script in _COORDINATOR_SCRIPTS for script in paid),
        n_standard=sum(value in STANDARD_SAT for value, _, _ in spendable),
        n_uncommon=sum(value in UNCOMMON_SAT for value, _, _ in spendable),
        n_off_pool=sum(
            not 0 <= value - equal <= rules.POOL_SURPLUS_SAT for value in known
        ),
        max_input_sat=max(known, default=0),
        max_other_sat=_cut(max((v for v in amounts if v != equal), default=0)),
    )


def _cut(value: int) -> int:
    return min(value, rules.AMOUNT_CAP_SAT)


def funded_owners(values: Sequence[int], equal_sat: int) -> int:
    """Bound how many owners can each have put in `equal_sat` from `values`.

    An input that suffices alone funds one owner; the smaller ones are pooled.
    A maker may put in less than he takes out, by the fee he earns.

    >>> funded_owners([500, 300_000, 400_000, 700_000], equal_sat=600_000)
    2
    """
    fee = equal_sat // 100 * rules.MAKER_FEE_PERCENT + rules.MAKER_FEE_SAT
    need = max(equal_sat - fee, 1)
    small = min(sum(value for value in values if value < need), 1 << 62)
    return sum(value >= need for value in values) + small // need
