"""A ledger's columns written down by hand, and random ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from dalil.chains.bitcoin.address import decode_address, script_of
from dalil.chains.bitcoin.networks import MAINNET
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.clustering.coinjoin import Spent
from dalil.clustering.coinjoin.shape import COORDINATORS, STANDARD_SAT, UNCOMMON_SAT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NO_ADDRESS = 0xFFFF_FFFF
N_ADDRESSES = 40
COINBASE = "coinbase"


def kind_of(address: int) -> ScriptType:
    """The type of an exercise address: the first twenty are native segwit."""
    if address < 20:
        return ScriptType.P2WPKH
    return ScriptType.P2SH if address < 30 else ScriptType.P2PKH


def script(address: int | None) -> bytes:
    """The script of an exercise address; without one, an OP_RETURN."""
    if address is None:
        return b"\x6a\x01\x2a"
    if address == N_ADDRESSES:  # stands for the coordinator
        return script_of(*decode_address(MAINNET, COORDINATORS[0]))
    return script_of(kind_of(address), bytes([address]) * 20)


@dataclass(frozen=True)
class Coin:
    """What a transaction spends: fully known, or only in part."""

    value: int | None
    address: int | None

    @property
    def spent(self) -> Spent:
        return Spent(self.value, None if self.address is None else script(self.address))


@dataclass(frozen=True)
class Tx:
    """One transaction: the coins it spends, the (value, address) it pays."""

    inputs: tuple[Coin, ...]
    outputs: tuple[tuple[int, int | None], ...]
    coinbase: bool = False


@dataclass
class Columns:
    """Transactions as columns; every other known coin is made inside the ledger.

    The coins come out of one funding transaction at the front, so that both
    ways of knowing an input (inside, and told from outside) are exercised.
    """

    txs: list[Tx]
    tx_first_input: NDArray[np.int64] = field(init=False)
    tx_first_output: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        coins = [coin for tx in self.txs for coin in tx.inputs]
        inside = [
            coin.value is not None and coin.address is not None and k % 2 == 0
            for k, coin in enumerate(coins)
        ]
        funded = [coin for coin, here in zip(coins, inside, strict=True) if here]
        outputs: list[tuple[int, int | None]] = [
            (coin.value or 0, coin.address) for coin in funded
        ]
        spends, first_input, first_output = [-2], [0, 1], [0, len(outputs)]
        outside: list[tuple[int, int, int]] = []
        n_made = n_coin = 0
        for tx in self.txs:
            for coin in tx.inputs:
                if tx.coinbase:
                    spends.append(-2)
                elif inside[n_coin]:
                    spends.append(n_made)
                else:
                    row = (
                        len(spends),
                        -1 if coin.value is None else coin.value,
                        NO_ADDRESS if coin.address is None else coin.address,
                    )
                    outside.append(row)
                    spends.append(-1)
                n_made += inside[n_coin]
                n_coin += 1
            outputs += tx.outputs
            first_input.append(len(spends))
            first_output.append(len(outputs))
        self.tx_first_input = np.array(first_input, np.int64)
        self.tx_first_output = np.array(first_output, np.int64)
        self.input_spends = np.array(spends, np.int64)
        self.output_value = np.array([value for value, _ in outputs], np.int64)
        addresses = [NO_ADDRESS if a is None else a for _, a in outputs]
        self.output_address = np.array(addresses, np.uint32)
        self.output_type = np.array(
            [
                ScriptType.OP_RETURN
                if a is None
                else ScriptType.P2WPKH
                if a == N_ADDRESSES
                else kind_of(a)
                for _, a in outputs
            ],
            np.uint8,
        )
        rows = np.array(outside, np.int64).reshape(-1, 3)
        self.outside_input = rows[:, 0].copy()
        self.outside_value = rows[:, 1].copy()
        self.outside_address = rows[:, 2].astype(np.uint32)

    def find_address(self, text: str, /) -> int | None:
        return N_ADDRESSES if text == COORDINATORS[0] else None


def cospends(*txs: Sequence[int | None]) -> Columns:
    """Transactions given by the addresses they spend from; each pays one output."""
    return Columns(
        [Tx(tuple(Coin(1_000, a) for a in inputs), ((500, 0),)) for inputs in txs]
    )


amounts = st.sampled_from(
    [
        0,
        546,
        2731,
        10000,
        27300,
        100000,
        1000000,
        9900000,
        10000000,
        *sorted(STANDARD_SAT)[:12],
        50000000,
        2**62,
    ]
)
maybe_address = st.one_of(st.none(), st.integers(0, N_ADDRESSES - 1))
coins = st.builds(Coin, st.one_of(st.none(), amounts), maybe_address)
payments = st.tuples(amounts, st.one_of(st.none(), st.integers(0, N_ADDRESSES)))


@st.composite
def joins(draw: st.DrawFn) -> Tx:
    """CoinJoins of every kind as they should be, then spoilt in up to two places."""
    m = draw(st.integers(2, 12))
    equal = draw(st.sampled_from([27_300, 1_000_000, 9_900_000, 1_234_567]))
    whole = m >= 5 and draw(st.booleans())
    n_others = 0 if whole else draw(st.integers(m - 1, m + 1))
    others = draw(st.lists(st.integers(1, 10**8), min_size=n_others, max_size=n_others))
    base = draw(st.sampled_from([0, 5, 12]))
    outputs: list[tuple[int, int | None]] = [(equal, base + k) for k in range(m)]
    outputs += [(value, base + m + k) for k, value in enumerate(others)]
    if draw(st.integers(0, 3)) == 0:
        standard = st.sampled_from(sorted(UNCOMMON_SAT)[:40])
        outputs = [(draw(standard), k) for k in range(20)]
    owned = st.builds(
        Coin,
        st.one_of(st.none(), st.integers(equal, equal + 400_000)),
        st.one_of(st.none(), st.integers(0, N_ADDRESSES - 1)),
    )
    n = draw(st.sampled_from([m, m, m + 2, 24]))
    inputs = draw(st.lists(owned, min_size=n, max_size=n))
    for _ in range(draw(st.integers(0, 2))):
        if draw(st.booleans()):
            outputs.insert(draw(st.integers(0, len(outputs))), draw(payments))
        else:
            inputs[draw(st.integers(0, n - 1))] = draw(coins)
    return Tx(tuple(inputs), tuple(outputs))


transactions = st.one_of(
    joins(),
    st.builds(
        Tx,
        st.lists(coins, min_size=1, max_size=30).map(tuple),
        st.lists(payments, min_size=1, max_size=30).map(tuple),
        st.booleans(),
    ),
)
