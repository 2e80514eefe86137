"""One stretch of memory for a segment: blocks from both ends, results between.

It is mapped once and becomes memory where it is touched. Records that are
dead once inputs are linked (transactions, spends) fill blocks from the lower
end, records that live to the last from the upper end. Results take what lies
between, then what the dead records leave: the size given is never exceeded.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BLOCK", "Arena"]

BLOCK = 256
"""Words of a block: one that links to the block before, then records."""

_NORESERVE = 0x4000
_HUGE = 64 << 20
_MOST = 1 << 35
T = TypeVar("T", bound=np.generic)


class Arena:
    """`size` bytes at most; positions and counts are in 8-byte words.

    `low` and `high` bound what is free. More than 32 GiB are not used, so that
    a position fits 32 bits.
    """

    def __init__(self, size: int) -> None:
        n_blocks = min(size, _MOST) // (8 * BLOCK)
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE
        memory = mmap.mmap(-1, max(n_blocks, 2) * 8 * BLOCK, flags=flags)
        if len(memory) >= _HUGE:
            memory.madvise(mmap.MADV_HUGEPAGE)
        self.words: NDArray[np.uint64] = np.frombuffer(memory, np.uint64)
        self.clear()

    def clear(self) -> None:
        """Make all of it free again; what was touched stays memory."""
        self.low, self.high = BLOCK, self.words.size

    def blocks_below(self, n: int) -> int:
        """Take `n` adjacent blocks from the lower end; returns their position."""
        self._check(n * BLOCK)
        self.low += n * BLOCK
        return self.low - n * BLOCK

    def blocks_above(self, n: int) -> int:
        """Take `n` adjacent blocks from the upper end; returns their position."""
        self._check(n * BLOCK)
        self.high -= n * BLOCK
        return self.high

    def below(self, shape: int | tuple[int, ...], dtype: type[T]) -> NDArray[T]:
        """Take an array from the lower end."""
        words = _words(shape, dtype)
        self._check(words)
        self.low += words
        return self._array(self.low - words, shape, dtype)

    def above(self, shape: int | tuple[int, ...], dtype: type[T]) -> NDArray[T]:
        """Take an array from the upper end."""
        words = _words(shape, dtype)
        self._check(words)
        self.high -= words
        return self._array(self.high, shape, dtype)

    def _array(
        self, at: int, shape: int | tuple[int, ...], dtype: type[T]
    ) -> NDArray[T]:
        size = int(np.prod(shape))
        piece = self.words[at : at + _words(shape, dtype)].view(dtype)
        return piece[:size].reshape(shape)

    def _check(self, words: int) -> None:
        if self.low + words > self.high:
            raise MemoryError("a segment was given more rows than it has room for")


def _words(shape: int | tuple[int, ...], dtype: type[np.generic]) -> int:
    """Words that an array takes, whole cache lines."""
    return -(-int(np.prod(shape)) * np.dtype(dtype).itemsize // 64) * 8
