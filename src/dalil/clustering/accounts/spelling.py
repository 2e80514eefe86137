"""Which addresses look alike to somebody who reads only both ends.

Wallets show ``0x1234…cdef`` or ``TAbcde…wxyz``. Two addresses of one class
share the first and the last characters as the chain spells them; the leading
``0x`` or ``T`` counts, since it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.ledger.accounts.view import I64, AccountView

__all__ = ["exact_classes", "rough_classes"]

_BASE58_LENGTH = 34
_FIVE_DIGITS = 58**5
_MIX = np.uint64(0x9E3779B97F4A7C15)


def rough_classes(ledger: AccountView, n_first: int, n_last: int) -> NDArray[np.uint64]:
    """Give addresses that look alike the same number, without spelling them.

    Others may share it: on TRON the end of an address is a checksum, so only
    the start is compared here, and `exact_classes` has the last word.

    Returns
    -------
    (n_addresses,) uint64
    """
    keys = np.ascontiguousarray(ledger.address_key)
    if ledger.chain.startswith("tron:"):
        return _base58_starts(keys, n_first)
    start, _ = _hex_ends(keys, max(n_first - 2, 0))
    _, end = _hex_ends(keys, n_last)
    mixed: NDArray[np.uint64] = start * _MIX ^ end
    return mixed


def exact_classes(
    ledger: AccountView, addresses: I64, n_first: int, n_last: int
) -> I64:
    """Give some addresses the numbers of their classes, by their spelling.

    Case does not count where it is a checksum only. Spells each address: for
    the few that `rough_classes` leaves.

    Returns
    -------
    (n,) int64
    """
    seen: dict[tuple[str, str], int] = {}
    folded = not ledger.chain.startswith("tron:")
    classes = []
    for address in addresses.tolist():
        text = ledger.address_text(address)
        text = text.lower() if folded else text
        ends = (text[:n_first], text[len(text) - n_last :])
        classes.append(seen.setdefault(ends, len(seen)))
    return np.array(classes, dtype=np.int64)


def _hex_ends(keys: NDArray[np.uint8], n: int) -> tuple[Any, Any]:
    """Read the first and the last `n` hex digits (at most 16) as numbers."""
    n = min(n, 16)
    start = np.ascontiguousarray(keys[:, :8]).view(">u8").ravel().astype(np.uint64)
    end = np.ascontiguousarray(keys[:, 12:]).view(">u8").ravel().astype(np.uint64)
    if n == 0:
        return np.zeros_like(start), np.zeros_like(end)
    unread = np.uint64(64 - 4 * n)
    mask = np.uint64(0xFFFF_FFFF_FFFF_FFFF) >> unread
    return start >> unread, end & mask


def _base58_starts(keys: NDArray[np.uint8], n_first: int) -> NDArray[np.uint64]:
    """Read the first digits of base58: the whole, divided by 58 again and again."""
    starts = np.empty(len(keys), dtype=np.uint64)
    cut = _BASE58_LENGTH - min(n_first, 10)
    _divide(keys, cut // 5, 58 ** (cut % 5), starts)
    return starts


@kernel
def _divide(
    keys: NDArray[np.uint8], n_fives: int, rest: int, starts: NDArray[np.uint64]
) -> None:
    """Divide 0x41, the key and an unknown checksum (taken as 0) in 32-bit limbs.

    The checksum can carry into the start of one address in 2**120.
    """
    limbs = np.empty(7, dtype=np.int64)
    for row in range(keys.shape[0]):
        limbs[0] = 0x41
        for k in range(5):
            limbs[1 + k] = 0
            for b in range(4):
                limbs[1 + k] = limbs[1 + k] * 256 + np.int64(keys[row, 4 * k + b])
        limbs[6] = 0
        for step in range(n_fives + 1):
            by = np.int64(_FIVE_DIGITS) if step < n_fives else np.int64(rest)
            left = np.int64(0)
            for k in range(7):
                value = left * 4294967296 + limbs[k]
                limbs[k] = value // by
                left = value % by
        starts[row] = np.uint64(limbs[5] * 4294967296 + limbs[6])
