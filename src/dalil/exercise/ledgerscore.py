"""Compare what a ledger is said to show with the truth: clusters, CoinJoins."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.clustering import clusters
from dalil.clustering.coinjoin import CoinJoinType, coinjoin_types
from dalil.exercise.rates import Rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.exercise.truth import Truth
    from dalil.ledger import Ledger

__all__ = ["ClusterScore", "CoinJoinScore", "score_clusters", "score_coinjoins"]


@dataclass(frozen=True)
class ClusterScore:
    """How well clusters match owners, counted by address.

    Attributes
    ----------
    precision : Rate
        Of the addresses in clusters of two or more, those whose owner owns
        most of their cluster (purity).
    recall : Rate
        Of the addresses that ever paid, in wallets with two or more such,
        those in the cluster that holds most of their wallet (inverse purity).
    pure : Rate
        Of the clusters of two or more, those with one owner.
    """

    precision: Rate
    recall: Rate
    pure: Rate


@dataclass(frozen=True)
class CoinJoinScore:
    """CoinJoins by type: right means found with the right type.

    Attributes
    ----------
    confusion : dict
        Count by (true type, reported type); ``none`` stands for no CoinJoin.
    """

    precision: Rate
    recall: Rate
    confusion: dict[tuple[str, str], int]

    def to_json(self) -> dict[str, Any]:
        """Return rates and the confusion as ``true>reported``."""
        return {
            "precision": self.precision.to_json(),
            "recall": self.recall.to_json(),
            "confusion": {
                f"{a}>{b}": n for (a, b), n in sorted(self.confusion.items())
            },
        }


def score_clusters(
    truth: Truth, ledger: Ledger, profile: str = "default"
) -> ClusterScore:
    """Compare a ledger's clusters with the wallets that issued its addresses.

    Takes time and memory linear in the addresses; their texts are written once.
    """
    label = clusters(ledger, profile).label.astype(np.int64)
    wallet, actor = _owners(truth, ledger)
    known = actor >= 0
    size = np.bincount(label[known], minlength=label.size)
    joined = known & (size[label] > 1)
    paying = np.zeros(label.size, dtype=np.bool_)
    spends = ledger.input_addresses(np.arange(ledger.n_inputs))
    paying[spends[spends < label.size]] = True
    paying &= known
    of_wallet = np.bincount(wallet[paying], minlength=int(wallet.max(initial=0)) + 1)
    paying[paying] = of_wallet[wallet[paying]] > 1
    owners = _distinct(label[joined], actor[joined])
    return ClusterScore(
        Rate(_largest(label[joined], actor[joined]), int(joined.sum())),
        Rate(_largest(wallet[paying], label[paying]), int(paying.sum())),
        Rate(int((owners == 1).sum()), owners.size),
    )


def score_coinjoins(truth: Truth, ledger: Ledger) -> CoinJoinScore:
    """Compare the CoinJoin types of a ledger with the rounds that took place."""
    types = coinjoin_types(ledger)
    confusion: Counter[tuple[str, str]] = Counter()
    left = dict(truth.coinjoins)
    for tx_id in np.flatnonzero(types):
        told = CoinJoinType(int(types[tx_id])).label or "none"
        confusion[left.pop(ledger.txid(int(tx_id)), "none"), told] += 1
    confusion.update((kind, "none") for kind in left.values())
    right = sum(n for (a, b), n in confusion.items() if a == b)
    reported = sum(n for (_, b), n in confusion.items() if b != "none")
    return CoinJoinScore(
        Rate(right, reported), Rate(right, len(truth.coinjoins)), dict(confusion)
    )


def _owners(
    truth: Truth, ledger: Ledger
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return numbers of wallet and actor for each address; -1 for nobody's."""
    wallet = np.full(ledger.n_addresses, -1, dtype=np.int64)
    actor = np.full(ledger.n_addresses, -1, dtype=np.int64)
    wallets: dict[str, int] = {}
    actors: dict[str, int] = {}
    for address in range(ledger.n_addresses):
        name = truth.owner.get(ledger.address_text(address))
        if name is not None:
            wallet[address] = wallets.setdefault(name, len(wallets))
            who = name.partition("/")[0]
            actor[address] = actors.setdefault(who, len(actors))
    return wallet, actor


def _largest(group: NDArray[np.int64], part: NDArray[np.int64]) -> int:
    """Sum, over the groups, the size of each one's largest part."""
    if group.size == 0:
        return 0
    width = int(part.max()) + 1
    pairs, counts = np.unique(group * width + part, return_counts=True)
    starts = np.flatnonzero(np.diff(pairs // width, prepend=-1))
    return int(np.maximum.reduceat(counts, starts).sum())


def _distinct(group: NDArray[np.int64], part: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the distinct parts of each group."""
    width = int(part.max(initial=0)) + 1
    pairs = np.unique(group * width + part)
    return np.unique(pairs // width, return_counts=True)[1].astype(np.int64)
