"""CoinJoins: which transactions are typed, as what, and which must not be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.clustering.coinjoin import (
    RULES,
    RULES_VERSION,
    CoinJoinType,
    Spent,
    classify,
    coinjoin_types,
    coinjoin_verdicts,
    rules,
)
from dalil.clustering.coinjoin.shape import STANDARD_SAT, shape_of
from dalil.errors import AddressError
from tests.clustering.columns import (
    N_ADDRESSES,
    Coin,
    Columns,
    Tx,
    script,
    transactions,
)

UNKNOWN = Coin(None, None)
SEGWIT, NESTED, LEGACY = range(20), range(20, 30), range(30, 40)


def typed(tx: Tx) -> CoinJoinType:
    """The scalar verdict."""
    if tx.coinbase:
        return CoinJoinType.NONE
    outputs = [(value, script(address)) for value, address in tx.outputs]
    return classify([coin.spent for coin in tx.inputs], outputs)


def doubtful(tx: Tx) -> bool:
    """The scalar suspicion."""
    if tx.coinbase:
        return False
    outputs = [(value, script(address)) for value, address in tx.outputs]
    return rules.suspicious(shape_of([coin.spent for coin in tx.inputs], outputs))


def equal(n: int, value: int, to: range = SEGWIT) -> tuple[tuple[int, int], ...]:
    """`n` equal outputs to `n` addresses."""
    return tuple((value, to[k]) for k in range(n))


def change(n: int, to: range = SEGWIT, start: int = 12) -> tuple[tuple[int, int], ...]:
    """`n` different odd amounts."""
    return tuple((1_234_567 + 7_919 * k, to[(start + k) % len(to)]) for k in range(n))


@dataclass(frozen=True)
class Case:
    why: str
    tx: Tx
    label: str | None


def unknown_inputs(n: int) -> tuple[Coin, ...]:
    return (UNKNOWN,) * n


def whirl(n: int, pool: int = 1_000_000, n_in: int | None = None) -> Tx:
    return Tx(unknown_inputs(n if n_in is None else n_in), equal(n, pool))


WABISABI = tuple(
    (value, k)
    for k, value in enumerate(
        [
            2**27,
            2**24,
            3**15,
            3**15,
            2 * 3**13,
            2 * 3**13,
            2**20,
            2**20,
            10**6,
            10**6,
            5 * 10**5,
            3**11,
            3**11,
            2**16,
            2**16,
            10**5,
            44444,
            12345,
        ]
    )
)
ROUND_SUMS = tuple(
    (value, k)
    for k, value in enumerate([10**7, 10**7, 10**6, 10**6, 10**6, 5 * 10**5, 10**5])
)

CASES = [
    Case("Whirlpool's five by five", whirl(5), "whirlpool"),
    Case("every Samourai pool: 0.001", whirl(5, 100_000), "whirlpool"),
    Case("every Samourai pool: 0.05", whirl(5, 5_000_000), "whirlpool"),
    Case("every Samourai pool: 0.5", whirl(5, 50_000_000), "whirlpool"),
    Case("a surge cycle of eight", whirl(8), "whirlpool"),
    Case("a surge cycle of ten", whirl(10), "whirlpool"),
    Case("eleven equal sums are more than Whirlpool mixed", whirl(11), "unknown"),
    Case("five equal outputs of no pool's size", whirl(5, 1_100_000), "unknown"),
    Case("five equal outputs out of four inputs", whirl(5, n_in=4), None),
    Case("five equal outputs out of six inputs", whirl(5, n_in=6), "unknown"),
    Case("a tx0 spends one coin into equal ones", whirl(5, n_in=1), None),
    Case(
        "Whirlpool with two premix and three remix coins, all told",
        Tx(
            tuple(Coin(1_000_000 + 302 * (k < 2), 25 + k) for k in range(5)),
            equal(5, 1_000_000),
        ),
        "whirlpool",
    ),
    Case(
        "five coins of one address are no five owners",
        Tx((Coin(1_000_302, 25),) * 5, equal(5, 1_000_000)),
        None,
    ),
    Case(
        "one rich coin and four of dust fund one owner, not five",
        Tx(
            (Coin(9_000_000, 20), *(Coin(600, 21 + k) for k in range(4))),
            equal(5, 1_000_000),
        ),
        None,
    ),
    Case(
        "the coordinator's script makes any equal outputs Wasabi 1",
        Tx(
            unknown_inputs(4),
            (*equal(3, 39_997_779), *change(1), (120_000, N_ADDRESSES)),
        ),
        "wasabi1",
    ),
    Case(
        "the coordinator spending its own fees joined nobody",
        Tx(unknown_inputs(30), ((9_000_000, N_ADDRESSES),)),
        None,
    ),
    Case(
        "a payment to the coordinator out of one coin",
        Tx(unknown_inputs(1), ((20_000, N_ADDRESSES), (20_000, 3))),
        None,
    ),
    Case(
        "Wasabi 1 without a known coordinator: ten of about 0.1 BTC, change, a fee",
        Tx(unknown_inputs(14), (*equal(10, 9_970_123), *change(8))),
        "wasabi1",
    ),
    Case(
        "ten payments of 0.1 BTC to nested addresses out of twelve coins",
        Tx(unknown_inputs(12), (*equal(10, 10_000_000, NESTED), *change(1, LEGACY))),
        "unknown",
    ),
    Case(
        "a WabiSabi round: standard denominations, many of them odd",
        Tx(unknown_inputs(50), WABISABI),
        "wasabi2",
    ),
    Case(
        "a WabiSabi round of a small coordinator",
        Tx(unknown_inputs(21), WABISABI),
        "wasabi2",
    ),
    Case(
        "a WabiSabi round in which one rich owner takes a denomination four times",
        Tx(
            (Coin(40 * 10**8, 20), *(Coin(30_000, 21 + k) for k in range(19)), UNKNOWN),
            (*((2**29, k) for k in range(4)), *((v, k + 4) for v, k in WABISABI[4:16])),
        ),
        "wasabi2",
    ),
    Case(
        "twenty-one coins of one address are no WabiSabi round",
        Tx((Coin(None, 20),) * 21, WABISABI),
        None,
    ),
    Case(
        "a batch of round sums out of fifty coins is no WabiSabi",
        Tx(unknown_inputs(50), (*ROUND_SUMS, *change(9, SEGWIT, 8))),
        None,
    ),
    Case(
        "JoinMarket: four equal, four others, six inputs",
        Tx(unknown_inputs(6), (*equal(4, 19_582_308, NESTED), *change(4, NESTED, 5))),
        "joinmarket",
    ),
    Case(
        "JoinMarket: the taker sweeps, so one change is missing",
        Tx(unknown_inputs(7), (*equal(4, 6_469_546, NESTED), *change(3, NESTED, 5))),
        "joinmarket",
    ),
    Case(
        "JoinMarket: the taker pays an address of another type",
        Tx(
            unknown_inputs(6),
            ((3_000_007, 35), *equal(2, 3_000_007, NESTED), *change(3, NESTED, 5)),
        ),
        "joinmarket",
    ),
    Case(
        "three equal payments and one change are a batch payout",
        Tx(unknown_inputs(4), (*equal(3, 500_000, LEGACY), *change(1, LEGACY, 5))),
        None,
    ),
    Case(
        "nine equal payments out of three coins are a batch payout",
        Tx(unknown_inputs(3), (*equal(9, 500_000, LEGACY), *change(1, NESTED))),
        None,
    ),
    Case(
        "nine equal payments out of nine coins still have but one change",
        Tx(unknown_inputs(9), (*equal(9, 500_000, LEGACY), *change(1, LEGACY, 9))),
        None,
    ),
    Case(
        "an exchange pays customers of all address types three equal sums",
        Tx(
            unknown_inputs(9),
            ((9_950_000, 1), (9_950_000, 21), (9_950_000, 31), *change(3, LEGACY)),
        ),
        None,
    ),
    Case(
        "a payment with a data output is no JoinMarket",
        Tx(
            unknown_inputs(6),
            (*equal(4, 900_000, NESTED), *change(4, NESTED, 5), (0, None)),
        ),
        None,
    ),
    Case(
        "JoinMarket's shape, but an output returns to an input's address",
        Tx(
            (Coin(None, 25), *unknown_inputs(5)),
            (*equal(4, 900_000, NESTED), *change(4, NESTED, 5)),
        ),
        None,
    ),
    Case(
        "JoinMarket's shape, but one coin exceeds what any owner got back",
        Tx(
            (Coin(500_000_000, 35), *unknown_inputs(5)),
            (*equal(4, 900_000, NESTED), *change(4, NESTED, 5)),
        ),
        None,
    ),
    Case(
        "the same script twice among the equal outputs is one owner twice",
        Tx(
            unknown_inputs(6),
            ((900_000, 20), *equal(3, 900_000, NESTED), *change(4, NESTED, 5)),
        ),
        None,
    ),
    Case(
        "two equal outputs and two changes: a Stonewall or two parties, who knows",
        Tx(unknown_inputs(2), (*equal(2, 1_200_000), *change(2))),
        None,
    ),
    Case(
        "dust to many is no CoinJoin",
        Tx(unknown_inputs(9), (*equal(5, 546), *change(5))),
        None,
    ),
    Case(
        "six strangers at an odd amount, each with change",
        Tx(unknown_inputs(8), (*equal(6, 7_654_321), *change(7))),
        "unknown",
    ),
    Case("a coinbase", Tx((UNKNOWN,), equal(5, 1_000_000), coinbase=True), None),
    Case("a plain payment", Tx(unknown_inputs(3), change(2)), None),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.why)
def test_types(case: Case) -> None:
    assert typed(case.tx).label == case.label


SUSPICIOUS = {
    "a Stonewall": (Tx(unknown_inputs(2), (*equal(2, 10**6), *change(2))), True),
    "three equal and one change": (
        Tx(unknown_inputs(4), (*equal(3, 500_000), *change(1))),
        True,
    ),
    "a typed CoinJoin": (whirl(5), True),
    "two equal sums out of one coin": (Tx(unknown_inputs(1), equal(2, 10**6)), False),
    "two equal sums out of one address": (
        Tx((Coin(10**6, 20),) * 3, (*equal(2, 10**6), *change(1))),
        False,
    ),
    "two equal sums among ninety": (
        Tx(unknown_inputs(2), (*equal(2, 10**6), *change(20))),
        False,
    ),
    "nothing equal": (Tx(unknown_inputs(2), change(3)), False),
}


@pytest.mark.parametrize(("tx", "expected"), SUSPICIOUS.values(), ids=SUSPICIOUS.keys())
def test_suspects(tx: Tx, *, expected: bool) -> None:
    assert doubtful(tx) == expected


@settings(deadline=None, max_examples=300)
@given(st.lists(transactions, min_size=1, max_size=6))
def test_the_columns_say_what_the_single_rule_says(txs: list[Tx]) -> None:
    verdicts = coinjoin_verdicts(Columns(txs))
    assert verdicts.types.tolist()[1:] == [typed(tx) for tx in txs]
    assert verdicts.suspicious.tolist()[1:] == [doubtful(tx) for tx in txs]


@settings(deadline=None, max_examples=300)
@given(transactions, st.data())
def test_forgetting_what_is_known_of_inputs_never_clears_a_coinjoin(
    tx: Tx, data: st.DataObject
) -> None:
    kept = data.draw(
        st.lists(
            st.tuples(st.booleans(), st.booleans()),
            min_size=len(tx.inputs),
            max_size=len(tx.inputs),
        )
    )
    vaguer = tuple(
        Coin(coin.value if value else None, coin.address if address else None)
        for coin, (value, address) in zip(tx.inputs, kept, strict=True)
    )
    less = Tx(vaguer, tx.outputs, tx.coinbase)
    if typed(tx):
        assert typed(less)
    if doubtful(tx):
        assert doubtful(less)


@given(transactions, st.randoms(use_true_random=False))
def test_the_order_of_inputs_and_outputs_plays_no_part(tx: Tx, random: object) -> None:
    shuffle = random.shuffle  # type: ignore[attr-defined]
    inputs, outputs = list(tx.inputs), list(tx.outputs)
    shuffle(inputs)
    shuffle(outputs)
    assert typed(Tx(tuple(inputs), tuple(outputs), tx.coinbase)) == typed(tx)


@given(transactions)
def test_the_gate_needs_two_inputs_and_two_equal_outputs(tx: Tx) -> None:
    if typed(tx):
        values = [value for value, _ in tx.outputs]
        assert len(tx.inputs) >= 2
        assert max(values.count(value) for value in values) >= 2


def test_an_unused_value_overflows_nothing() -> None:
    huge = (2**63 - 1,) * 6
    outputs = [(value, script(k)) for k, value in enumerate(huge)]
    inputs = [Spent(2**63 - 1, script(20 + k)) for k in range(6)]
    assert classify(inputs, outputs) is CoinJoinType.UNKNOWN
    tx = Tx(
        tuple(Coin(2**63 - 1, 20 + k) for k in range(6)),
        tuple((value, k) for k, value in enumerate(huge)),
    )
    assert coinjoin_types(Columns([tx])).tolist()[1:] == [CoinJoinType.UNKNOWN]


def test_another_network_has_no_listed_coordinator() -> None:
    class Regtest(Columns):
        def find_address(self, text: str, /) -> int | None:
            raise AddressError("an address of mainnet", text)

    columns = Regtest([whirl(5)])
    assert coinjoin_types(columns).tolist()[1:] == [CoinJoinType.WHIRLPOOL]


def test_an_empty_ledger_has_no_types() -> None:
    empty = Columns([])
    empty.tx_first_input = np.zeros(1, np.int64)
    assert coinjoin_types(empty).size == 0


def test_progress_reaches_its_total() -> None:
    said: list[tuple[int, int]] = []
    coinjoin_types(
        Columns([whirl(5)]), lambda _, done, total: said.append((done, total))
    )
    assert said[-1] == (2, 2)


def test_every_type_but_none_has_a_documented_rule() -> None:
    assert {rule.kind for rule in RULES} == set(CoinJoinType) - {CoinJoinType.NONE}
    for rule in RULES:
        assert rule.version == RULES_VERSION
        assert rule.citation
        assert rule.misses
        assert rule.mistakes
        assert rule.id == f"coinjoin/{rule.kind.label}"


def test_the_denominations_are_those_of_the_wallet() -> None:
    assert len(STANDARD_SAT) == 78
    assert {5_000, 6_561, 8_192, 13_122, 10_000, 50_000_000_000} <= STANDARD_SAT
    assert 4_999 not in STANDARD_SAT
