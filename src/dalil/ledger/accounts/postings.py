"""Which rows concern an address, in which token: sorted lists behind a directory.

One `Postings` covers the rows of some blocks in one direction. Its directory
has an entry for each (address, token) that occurs, sorted; their lists of rows,
ascending, lie behind one another. It is determined by the columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import lean
from dalil.ledger.accounts.view import NO_ADDRESS
from dalil.ledger.runs.radix import sort_by_high

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64

__all__ = ["Postings", "fill_lists", "find_lists", "post", "rows_of"]

_LOW = np.uint64(0xFFFF_FFFF)


class Postings(NamedTuple):
    """(n_pairs,) `address` and `token`, (n_pairs + 1,) `start`; (n,) `rows`.

    All uint32; rows are counted from `first`.
    """

    address: NDArray[np.uint32]
    token: NDArray[np.uint32]
    start: NDArray[np.uint32]
    rows: NDArray[np.uint32]
    first: int


def post(
    address: NDArray[np.uint32], token: NDArray[np.uint32], first: int = 0
) -> Postings:
    """Sort rows by (address, token, row); rows of `NO_ADDRESS` are left out.

    Memory: 24 bytes a row while it sorts.
    """
    words = np.empty(address.size, np.uint64)
    if token.size and int(token.max()) != int(token.min()):
        _pair_in_order(token, words)
        words = sort_by_high(words, int(token.max()) + 1)
        _pair_again(address, words)
    else:
        _pair_in_order(address, words)
    words = sort_by_high(words, 1 + int(address.max(initial=0)))
    kept = _count_below(words, NO_ADDRESS)
    words = words[:kept]
    n_pairs = _count_pairs(words, token)
    made = Postings(
        np.empty(n_pairs, np.uint32),
        np.empty(n_pairs, np.uint32),
        np.empty(n_pairs + 1, np.uint32),
        np.empty(kept, np.uint32),
        first,
    )
    _fill(words, token, made)
    return made


@lean
def _pair_in_order(keys: NDArray[np.uint32], words: NDArray[np.uint64]) -> None:
    for row in range(keys.size):
        words[row] = np.uint64(keys[row]) << np.uint64(32) | np.uint64(row)


@lean
def _pair_again(keys: NDArray[np.uint32], words: NDArray[np.uint64]) -> None:
    for i in range(words.size):
        row = words[i] & _LOW
        words[i] = np.uint64(keys[np.int64(row)]) << np.uint64(32) | row


@lean
def _count_below(words: NDArray[np.uint64], key: int) -> int:
    n = words.size
    while n and words[n - 1] >> np.uint64(32) >= np.uint64(key):
        n -= 1
    return n


@lean
def _count_pairs(words: NDArray[np.uint64], token: NDArray[np.uint32]) -> int:
    n = 0
    for i in range(words.size):
        row = np.int64(words[i] & _LOW)
        if i == 0 or (
            words[i] >> np.uint64(32) != words[i - 1] >> np.uint64(32)
            or token[row] != token[np.int64(words[i - 1] & _LOW)]
        ):
            n += 1
    return n


@lean
def _fill(words: NDArray[np.uint64], token: NDArray[np.uint32], made: Postings) -> None:
    pair = -1
    for i in range(words.size):
        row = np.int64(words[i] & _LOW)
        address = np.uint32(words[i] >> np.uint64(32))
        if pair < 0 or made.address[pair] != address or made.token[pair] != token[row]:
            pair += 1
            made.address[pair], made.token[pair] = address, token[row]
            made.start[pair] = i
        made.rows[i] = row
    made.start[pair + 1] = words.size


def rows_of(postings: Postings, address: int, token: int | None) -> I64:
    """List the rows of an address, ascending; of one token, or of all."""
    wanted = np.uint32(address)
    low = int(postings.address.searchsorted(wanted))
    high = int(postings.address.searchsorted(wanted, "right"))
    if token is not None and low < high:
        tokens, sought = postings.token[low:high], np.uint32(token)
        low, high = (
            low + int(tokens.searchsorted(sought)),
            low + int(tokens.searchsorted(sought, "right")),
        )
    if low == high:
        return np.zeros(0, np.int64)
    start, stop = int(postings.start[low]), int(postings.start[high])
    rows = postings.rows[start:stop].astype(np.int64) + postings.first
    if high - low > 1:
        rows.sort()
    return rows


@lean
def find_lists(
    postings: Postings,
    addresses: NDArray[np.int64],
    token: int,
    start: NDArray[np.int64],
    size: NDArray[np.int64],
) -> None:
    """Fill in where each address's list of one token begins, and how long it is."""
    for i in range(addresses.size):
        low, high = 0, postings.address.size
        while low < high:
            mid = (low + high) // 2
            at = np.int64(postings.address[mid])
            if at < addresses[i] or (
                at == addresses[i] and np.int64(postings.token[mid]) < token
            ):
                low = mid + 1
            else:
                high = mid
        start[i] = size[i] = 0
        if (
            low < postings.address.size
            and np.int64(postings.address[low]) == addresses[i]
            and np.int64(postings.token[low]) == token
        ):
            start[i] = postings.start[low]
            size[i] = np.int64(postings.start[low + 1]) - start[i]


@lean
def fill_lists(
    postings: Postings,
    start: NDArray[np.int64],
    size: NDArray[np.int64],
    cursor: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:
    """Write each list to its cursor, which moves on."""
    for i in range(start.size):
        for k in range(size[i]):
            out[cursor[i] + k] = postings.first + np.int64(postings.rows[start[i] + k])
        cursor[i] += size[i]
