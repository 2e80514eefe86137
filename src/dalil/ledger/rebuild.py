"""Derived files made anew from the primary columns: after a kill, or a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import kernel
from dalil.ledger.columns import BackLinkWriter
from dalil.ledger.link import BackLinks
from dalil.ledger.slots import grow_slots
from dalil.ledger.table import Slots, insert, mark_of, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.generation import Generation

__all__ = ["rebuild_derived"]


@kernel
def _fill_slots(
    slots: Slots, keys: NDArray[np.uint64], tags: NDArray[np.uint8]
) -> None:
    for row in range(keys.shape[0]):
        tag = tags[row] if tags.size else 0
        insert(slots, mark_of(keys[row], tag, slots.seed), row)


@kernel
def _chain_back(
    address: NDArray[np.uint32], before: NDArray[np.int64], last: NDArray[np.int64]
) -> None:
    for row in range(address.size):
        if address[row] != 0xFFFF_FFFF:
            before[row] = last[address[row]]
            last[address[row]] = row


@kernel
def _spend_back(spends: NDArray[np.int64], spent_by: NDArray[np.int64]) -> None:
    for row in range(spends.size):
        if spends[row] >= 0:
            spent_by[spends[row]] = row


def rebuild_derived(generation: Generation) -> None:
    """Throw the derived files away and make them from committed rows.

    Cost: one pass over the columns, at memory speed; nothing is parsed.
    """
    folder = generation.path / "derived"
    for file in folder.iterdir():
        file.unlink()
    txid, kind = generation.read("tx.txid"), generation.read("address.type")
    key = generation.read("address.key")
    untagged = np.zeros(0, np.uint8)
    _fill_slots(grow_slots(folder, "txid", 0, txid.shape[0]), words(txid), untagged)
    _fill_slots(grow_slots(folder, "address", 0, kind.size), words(key), kind)
    n_output, n_address = generation.rows("output.value"), kind.size
    outside = generation.read("outside.address")
    rows = {
        "spent_by": n_output,
        "output_before": n_output,
        "last_output": n_address,
        "outside_before": outside.size,
        "last_outside": n_address,
    }
    back = BackLinks(
        **{name: BackLinkWriter(folder / name).at_least(n) for name, n in rows.items()}
    )
    _spend_back(generation.read("input.spends"), back.spent_by)
    address = generation.read("output.address")
    _chain_back(address, back.output_before, back.last_output)
    _chain_back(outside, back.outside_before, back.last_outside)
