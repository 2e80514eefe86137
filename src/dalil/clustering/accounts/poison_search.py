"""The joins behind `poisoning`: who dealt with whom, and who only looks so.

All of it works on (person, other) as seen from both ends of a transfer. First
come rough classes, which may hold strangers; the few that are left are told
apart by their exact ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.clustering.accounts.columns import Moves
    from dalil.ledger.accounts.view import I64

    Baits = NDArray[np.uint8]

__all__ = ["Baits", "Seen", "dealings", "earliest", "like_another"]

_REAL = 0
_NEITHER = 255


class Seen(NamedTuple):
    """Transfers as one end of them sees the other.

    Attributes
    ----------
    row : (n,) int64
        Transfer ids, ascending.
    person, other : (n,) uint32
        Address ids.
    """

    row: I64
    person: NDArray[np.uint32]
    other: NDArray[np.uint32]


def like_another(moves: Moves, baits: Baits, rough: I64) -> Seen:
    """List baits, from either end, whose other end has a partner's rough looks.

    A rough class is worth a look if it holds two addresses or more, and any of
    them is in a real transfer.
    """
    n = rough.size
    n_classes = int(rough.max(initial=-1)) + 1
    dealt = np.zeros(n, dtype=np.bool_)
    _mark(moves, baits, dealt)
    shared_by = np.bincount(rough, minlength=n_classes) > 1
    wanted = shared_by & (np.bincount(rough[dealt], minlength=n_classes) > 0)
    in_class = wanted[rough] if n else np.zeros(0, np.bool_)
    everyone = np.ones(n, dtype=np.bool_)
    return _seen(moves, baits, in_class, everyone, real=False)


def dealings(moves: Moves, baits: Baits, found: Seen, rough: I64) -> Seen:
    """List the real transfers of those persons with any of those rough classes."""
    n_classes = int(rough.max(initial=-1)) + 1
    classes = np.zeros(n_classes, dtype=np.bool_)
    classes[rough[found.other]] = True
    persons = np.zeros(rough.size, dtype=np.bool_)
    persons[found.person] = True
    in_class = classes[rough] if rough.size else np.zeros(0, np.bool_)
    return _seen(moves, baits, in_class, persons, real=True)


def earliest(
    found: Seen, real: Seen, addresses: I64, exact: I64
) -> tuple[I64, NDArray[np.uint32], I64]:
    """Match each bait with the person's first dealing in the same exact class.

    Returns
    -------
    rows : (n,) int64
        Of `found`; a transfer that is a bait for both ends is there once.
    imitated : (n,) uint32
    dealing : (n,) int64
    """
    if not real.row.size or not found.row.size:
        return np.empty(0, np.int64), np.empty(0, np.uint32), np.empty(0, np.int64)
    keys = _keys(real, addresses, exact)
    known, first = np.unique(keys, return_index=True)
    wanted = _keys(found, addresses, exact)
    at = np.minimum(np.searchsorted(known, wanted), known.size - 1)
    partner = first[at]
    fits = known[at] == wanted
    fits &= real.row[partner] < found.row
    fits &= real.other[partner] != found.other
    rows = np.flatnonzero(fits)
    _, once = np.unique(found.row[rows], return_index=True)
    rows = rows[once]
    return rows, real.other[partner[rows]], real.row[partner[rows]]


def _keys(seen: Seen, addresses: I64, exact: I64) -> NDArray[np.uint64]:
    class_of = exact[np.searchsorted(addresses, seen.other)].astype(np.uint64)
    return (seen.person.astype(np.uint64) << np.uint64(32)) | class_of


def _seen(
    moves: Moves,
    baits: Baits,
    in_class: NDArray[np.bool_],
    persons: NDArray[np.bool_],
    *,
    real: bool,
) -> Seen:
    none = Seen(np.empty(0, np.int64), np.empty(0, np.uint32), np.empty(0, np.uint32))
    n = _collect(moves, baits, in_class, persons, real, none)
    seen = Seen(np.empty(n, np.int64), np.empty(n, np.uint32), np.empty(n, np.uint32))
    _collect(moves, baits, in_class, persons, real, seen)
    return seen


@kernel
def _mark(moves: Moves, baits: Baits, dealt: NDArray[np.bool_]) -> None:
    for row in range(baits.size):
        if baits[row] == _REAL:
            dealt[moves.source[row]] = True
            dealt[moves.to[row]] = True


@kernel
def _collect(
    moves: Moves,
    baits: Baits,
    in_class: NDArray[np.bool_],
    persons: NDArray[np.bool_],
    real: bool,  # noqa: FBT001
    seen: Seen,
) -> int:
    """Count what is wanted, and write it where there is room."""
    n = 0
    for row in range(baits.size):
        if baits[row] == _NEITHER or (baits[row] == _REAL) != real:
            continue
        source, to = moves.source[row], moves.to[row]
        if in_class[to] and persons[source]:
            if n < seen.row.size:
                seen.row[n], seen.person[n], seen.other[n] = row, source, to
            n += 1
        if in_class[source] and persons[to]:
            if n < seen.row.size:
                seen.row[n], seen.person[n], seen.other[n] = row, to, source
            n += 1
    return n
