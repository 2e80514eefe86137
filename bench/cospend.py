"""How fast addresses are joined: edges a second, on made-up transactions.

Ten million transactions spend two addresses each, out of twelve million in
clusters of heavy-tailed sizes, with ids shuffled: the worst case for caches.
Only the run time of `union` is taken, the columns are there already.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from dalil.clustering.cospend import InputAddresses, union


def made_up(n_tx: int, n_addresses: int, seed: int = 1) -> InputAddresses:
    """Columns in which each transaction spends a member and its cluster's first."""
    dice = np.random.default_rng(seed)
    sizes = np.minimum(dice.zipf(1.75, n_addresses), n_addresses // 10)
    cluster = np.repeat(np.arange(n_addresses), sizes)[:n_addresses]
    first = np.searchsorted(cluster, cluster)
    ids = dice.permutation(n_addresses).astype(np.uint32)
    member = dice.integers(0, n_addresses, n_tx)
    spent = np.empty(2 * n_tx, np.uint32)
    spent[0::2], spent[1::2] = ids[member], ids[first[member]]
    return InputAddresses(
        np.arange(n_tx + 1, dtype=np.int64) * 2,
        np.arange(2 * n_tx, dtype=np.int64),
        spent,
        np.empty(0, np.int64),
        np.empty(0, np.uint32),
    )


def main() -> None:
    """Print edges a second, the best of three runs."""
    n_tx = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    n_addresses = n_tx * 6 // 5
    columns = made_up(n_tx, n_addresses)
    kept_out = np.zeros(n_tx, np.bool_)
    best = float("inf")
    for _ in range(4):  # the first may compile
        start = time.perf_counter()
        forest = union(columns, kept_out, n_addresses)
        best = min(best, time.perf_counter() - start)
    print(f"{n_tx:,} edges in {best:.2f} s: {n_tx / best / 1e6:.1f} million a second")
    print(f"{n_addresses - forest.a.size:,} clusters of {n_addresses:,} addresses")


if __name__ == "__main__":
    main()
