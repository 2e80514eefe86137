"""Writing down what joining a segment told: links, addresses, where blocks end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.kernels import lean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from numpy.typing import NDArray

    from dalil.ledger.segment import Resolved

__all__ = ["resolved_columns"]


def resolved_columns(
    resolved: Resolved, start: Mapping[str, int], ends: NDArray[np.int64]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Give the rows to append to each column that waited for the join.

    Parameters
    ----------
    resolved : Resolved
        Rows count from the segment's start.
    start : mapping
        Rows of each table before the segment.
    ends : (n_blocks, 3) int64
        Where each block's transactions, inputs, outputs end, from there.
    """
    yield "input.spends", resolved.spends
    yield "output.address", resolved.output_address
    yield "address.key", resolved.address_key
    yield "address.type", resolved.address_type
    yield "outside.outpoint", resolved.outside_outpoint
    yield "outside.input", resolved.outside_input + start["input"]
    yield "outside.value", resolved.outside_value
    yield "outside.address", resolved.outside_address
    yield "outside.type", resolved.outside_type
    yield "script.address", resolved.script_address
    yield "script.bytes", resolved.script_bytes
    outside = np.searchsorted(resolved.outside_input, ends[:, 1])
    yield "block.first_outside", outside + start["outside"]
    seen = np.empty(ends.shape[0], np.int64)
    _addresses_seen(resolved.address_source, ends[:, 1], ends[:, 2], seen)
    yield "block.first_address", seen + start["address"]
    scripts = np.searchsorted(resolved.script_address, seen + start["address"])
    yield "block.first_script", scripts + start["script"]


@lean
def _addresses_seen(
    source: NDArray[np.int64],
    in_ends: NDArray[np.int64],
    out_ends: NDArray[np.int64],
    seen: NDArray[np.int64],
) -> None:
    """Count the addresses first seen up to each block's end.

    `source` says where each was: an output's row, or -1 - an input's, in chain
    order; so it is cut at each block by halving.
    """
    for block in range(in_ends.size):
        low, high = 0, source.size
        while low < high:
            middle = (low + high) // 2
            at = source[middle]
            after = at >= out_ends[block] if at >= 0 else -1 - at >= in_ends[block]
            if after:
                high = middle
            else:
                low = middle + 1
        seen[block] = low
