"""Equihash: whether a solution is one, by BLAKE2b and the birthday's rules.

After Biryukov and Khovratovich (2016) with the encoding of Zcash's protocol
specification, section 7.6.1: 2**k indices of n / (k + 1) + 1 bits, whose
hashes collide pairwise on ever more leading bits until all of them cancel out.
"""

from __future__ import annotations

import struct
from hashlib import blake2b

__all__ = ["is_solution", "solution_bytes"]


def solution_bytes(n: int, k: int) -> int:
    """Count the bytes of a solution.

    >>> solution_bytes(200, 9)
    1344
    """
    return (1 << k) * (n // (k + 1) + 1) // 8


def is_solution(header: bytes, solution: bytes, n: int = 200, k: int = 9) -> bool:
    """Tell whether `solution` solves Equihash for a header.

    Parameters
    ----------
    header : bytes
        What the puzzle is about: Zcash's 140 bytes, the nonce included.
    solution : bytes
        Indices, packed without gaps, the first bit first.
    n, k : int
        The puzzle's parameters.

    Notes
    -----
    About 1 ms for (200, 9): 512 hashes, then 511 comparisons.
    """
    if len(solution) != solution_bytes(n, k):
        return False
    step = n // (k + 1)
    indices = _unpack(solution, step + 1)
    if len(set(indices)) != len(indices):
        return False
    rows = list(zip(indices, _leaves(header, indices, n, k), strict=True))
    for level in range(1, k + 1):
        shift = n - level * step if level < k else 0
        merged = []
        for (first, left), (second, right) in zip(rows[::2], rows[1::2], strict=True):
            both = left ^ right
            if first >= second or both >> shift:
                return False
            merged.append((first, both))
        rows = merged
    return True


def _unpack(solution: bytes, width: int) -> list[int]:
    number, total = int.from_bytes(solution, "big"), len(solution) * 8
    mask = (1 << width) - 1
    return [number >> at & mask for at in range(total - width, -1, -width)]


def _leaves(header: bytes, indices: list[int], n: int, k: int) -> list[int]:
    """Give each index's n bits of hash, as a number, the first bit highest."""
    per_hash = 512 // n
    size = n // 8
    state = blake2b(
        header,
        digest_size=per_hash * size,
        person=b"ZcashPoW" + struct.pack("<II", n, k),
    )
    leaves = []
    for index in indices:
        number, place = divmod(index, per_hash)
        one = state.copy()
        one.update(struct.pack("<I", number))
        raw = one.digest()[place * size : (place + 1) * size]
        leaves.append(int.from_bytes(raw, "big"))
    return leaves
