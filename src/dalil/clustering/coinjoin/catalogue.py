"""The rules as data: where each comes from, its numbers, where it fails."""

from __future__ import annotations

from dalil.clustering.coinjoin import rules
from dalil.clustering.coinjoin.kinds import CoinJoinType, Rule
from dalil.clustering.coinjoin.shape import STANDARD_SAT

__all__ = ["RULES"]

RULES = (
    Rule(
        id="coinjoin/whirlpool",
        kind=CoinJoinType.WHIRLPOOL,
        version=rules.RULES_VERSION,
        parameters={
            "min_inputs": rules.POOL_MIN_INPUTS,
            "max_inputs": rules.POOL_MAX_INPUTS,
            "pools_sat": rules.POOLS_SAT,
            "max_surplus_sat": rules.POOL_SURPLUS_SAT,
        },
        citation=(
            "Stütz, Stockinger, Haslhofer, Moreno-Sanchez, Maffei (2022), Adoption and"
            " Actual Privacy of Decentralized CoinJoin Implementations in Bitcoin, AFT;"
            " Ficsór's Dumplings scanner (5 to 10 equal outputs, surplus 0.0011 BTC);"
            " Samourai Wallet (2023), Introducing Whirlpool Surge Cycles."
        ),
        misses="Pools of sizes that later operators may run; they are typed unknown.",
        mistakes=(
            "One wallet cutting five to ten coins of its own into as many equal"
            " outputs of exactly a pool's size, without change."
        ),
    ),
    Rule(
        id="coinjoin/wasabi2",
        kind=CoinJoinType.WASABI2,
        version=rules.RULES_VERSION,
        parameters={
            "min_input_scripts": rules.WASABI2_MIN_INPUTS,
            "n_denominations": len(STANDARD_SAT),
            "min_standard_percent": rules.WASABI2_STANDARD_PERCENT,
            "min_uncommon_percent": rules.WASABI2_UNCOMMON_PERCENT,
        },
        citation=(
            "Ficsór, Kogman, Ontivero, Seres (2021), WabiSabi, IACR ePrint 2021/206;"
            " Schnoering, Vazirgiannis (2023), arXiv:2311.12491 (half of the outputs"
            " at a denomination); Ziegler, Nowostawski, Katt (2025), J. Cybersecur."
            " Priv. 5(4):88 (uncommon denominations); 50 inputs were the first"
            " coordinator's minimum, 21 is the wallet's default since 2.1."
        ),
        misses="Rounds below 21 inputs; they are typed unknown or nothing.",
        mistakes=(
            "A consolidation of 21 coins into powers of two and three, which only"
            " a wallet that imitates WabiSabi makes."
        ),
    ),
    Rule(
        id="coinjoin/wasabi1",
        kind=CoinJoinType.WASABI1,
        version=rules.RULES_VERSION,
        parameters={
            "min_equal_without_coordinator": rules.WASABI1_MIN_EQUAL,
            "base_sat": rules.WASABI1_BASE_SAT,
            "spread_sat": rules.WASABI1_SPREAD_SAT,
        },
        citation=(
            "Ficsór, ZeroLink and the Dumplings scanner: two coordinator addresses"
            " until block 610,000, afterwards ten or more equal outputs of 0.1 ± 0.02"
            " BTC; Stütz et al. (2022); Schnoering, Vazirgiannis (2023) for the"
            " number of change outputs."
        ),
        misses=(
            "Rounds of fewer than ten without the listed coordinators; they are"
            " typed joinmarket or unknown by their shape."
        ),
        mistakes=(
            "A batch of ten or more payments of about 0.1 BTC, all to native segwit"
            " addresses, out of ten or more coins."
        ),
    ),
    Rule(
        id="coinjoin/joinmarket",
        kind=CoinJoinType.JOINMARKET,
        version=rules.RULES_VERSION,
        parameters={
            "min_equal": rules.JOINMARKET_MIN_EQUAL,
            "max_equal": rules.JOINMARKET_MAX_EQUAL,
            "min_sat": rules.JOINMARKET_MIN_SAT,
            "fee_percent": rules.JOINMARKET_FEE_PERCENT,
            "fee_sat": rules.JOINMARKET_FEE_SAT,
        },
        citation=(
            "Goldfeder, Kalodner, Reisman, Narayanan (2017), When the Cookie Meets the"
            " Blockchain, and BlockSci's is_coinjoin: m equal outputs, m or m-1"
            " others, m inputs; JoinMarket's own is_jm_tx (three participants) and"
            " DUST_THRESHOLD (27,300 sat)."
        ),
        misses=(
            "Two participants, indistinguishable from a Stonewall or a payment of two"
            " equal sums (suspicious, kept out by the strict profile); rounds whose"
            " makers leave no change; a taker paying more than one other script type."
        ),
        mistakes=(
            "A payment of three equal sums and two or three different ones, all but"
            " one to one script type, out of coins that could fund three owners."
        ),
    ),
    Rule(
        id="coinjoin/unknown",
        kind=CoinJoinType.UNKNOWN,
        version=rules.RULES_VERSION,
        parameters={
            "min_equal": rules.UNKNOWN_MIN_EQUAL,
            "certain_equal": rules.UNKNOWN_CERTAIN_EQUAL,
            "min_sat": rules.UNKNOWN_MIN_SAT,
        },
        citation=(
            "Maxwell (2013), CoinJoin: Bitcoin privacy for the real world; Maurer,"
            " Neudecker, Florian (2017), Anonymous CoinJoin Transactions with"
            " Arbitrary Values; the shape common to ZeroLink and Whirlpool without"
            " their denominations."
        ),
        misses=(
            "Fewer than five equal outputs; joins without equal outputs (SharedCoin,"
            " PayJoin, knapsack mixing), which have no shape to see."
        ),
        mistakes=(
            "A payer of five or more equal sums, each from a coin of another address,"
            " with as many other payments as half of them."
        ),
    ),
)
"""All rules, by kind; `rules.decide` says in which order they are tried."""
