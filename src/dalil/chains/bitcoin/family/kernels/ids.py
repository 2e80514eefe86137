"""Zcash's ids by ZIP 244 for whole batches, before their columns are filled.

A kernel of its own: compiling BLAKE2b takes longer than all of the parser,
and who reads another chain should not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.chains.bitcoin.family.kernels.zip244 import is_v5, txid_v5
from dalil.chains.bitcoin.forms import ZCASH
from dalil.chains.bitcoin.wire import read_compact, skim_tx
from dalil.kernels import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["fill_v5_txids"]


@kernel
def fill_v5_txids(
    data: NDArray[np.uint8], places: NDArray[np.int64], txids: NDArray[np.uint8]
) -> None:
    """Write the id of each version 5 transaction of some blocks to its row.

    `data` and `places` are those of `parse.fill_blocks`, `txids` its column
    of them; other rows stay as they are. Stops at bytes that are no
    transaction, of which `fill_blocks` tells.
    """
    row = 0
    for b in range(places.shape[0]):
        end = places[b, 2]
        n_tx, pos = read_compact(data, places[b, 1], end)
        for _ in range(n_tx):
            after = skim_tx(data, pos, end, ZCASH).after if pos >= 0 else -1
            if after < 0:
                return
            if is_v5(data, pos):
                txid_v5(data, pos, after, txids, row)
            pos = after
            row += 1
