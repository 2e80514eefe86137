"""Which payments seed money can have passed through, and where it must stop.

Payments are visited in the order of the ledger (backward: reversed), which
puts each after all those it takes money from. The walk knows only the accounts
it is given, and names those it lacked: with them, it is walked again.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.kernels import kernel
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.columns import I64

__all__ = ["Ground", "Rules", "Start", "Walked", "walk_backward", "walk_forward"]

_CARRIED, _EMPTY, _SEED = int(StopCode.CARRIED), int(StopCode.EMPTY), int(StopCode.SEED)
_MARKED, _UNSPENT = int(StopCode.MARKED), int(StopCode.UNSPENT)
_BORDER, _TIME = int(StopCode.BORDER), int(StopCode.TIME)
_VALUE, _HOPS = int(StopCode.VALUE), int(StopCode.HOPS)
_LACKING = 255
_DEPTH_BITS = 20
_DEEPEST = (1 << _DEPTH_BITS) - 1
_LAST_TRANSFER = 1 << 42


class Rules(NamedTuple):
    """Where to stop; `marked` are address ids, ascending."""

    marked: I64
    max_hops: int
    max_transactions: int


class Ground(NamedTuple):
    """Accounts known so far, as the kernels take them; see `book.Page`.

    `address` is sorted, `account` the place of each. The `small` columns tell
    what is below the request's least value.
    """

    address: I64
    account: I64
    pay_first: I64
    pay_id: I64
    pay_to: I64
    pay_code: NDArray[np.uint8]
    pay_in_time: NDArray[np.bool_]
    pay_small: NDArray[np.bool_]
    rest_none: NDArray[np.bool_]
    rest_small: NDArray[np.bool_]
    before_none: NDArray[np.bool_]
    owner: I64
    in_start: I64
    in_stop: I64
    in_id: I64
    in_from: I64
    in_code: NDArray[np.uint8]
    in_in_time: NDArray[np.bool_]
    in_small: NDArray[np.bool_]


class Start(NamedTuple):
    """The seeds: transfer ids, ascending, and what else the walk asks of each.

    `other` is the recipient, backward the payer; `code` as in `book.Page`.
    """

    transfer: I64
    other: I64
    code: NDArray[np.uint8]
    small: NDArray[np.bool_]


class Walked(NamedTuple):
    """The part reached.

    Attributes
    ----------
    payment : (n_nodes,) int64
        In the order money was followed.
    seed_code : (n_seeds,) uint8
    code : (n_coins - n_seeds,) uint8
        Forward two a payment, for what it pays and for the rest; backward one
        for what stayed from before, and one for each transfer that came in.
    lacking, depth : (n_lacking,) int64
        Transfers whose recipients (backward: payers) were needed and not known,
        and how many hops away those are.
    """

    payment: I64
    seed_code: NDArray[np.uint8]
    code: NDArray[np.uint8]
    lacking: I64
    depth: I64


@kernel
def _is_among(sorted_ids: I64, wanted: int) -> bool:
    at = np.searchsorted(sorted_ids, wanted)
    return bool(at < sorted_ids.size and sorted_ids[at] == wanted)


@kernel
def _payments_of(ground: Ground, address: int) -> tuple[int, int]:
    """Find where an account's payments begin and end; -1 if it is not known."""
    at = np.searchsorted(ground.address, address)
    if at == ground.address.size or ground.address[at] != address:
        return -1, -1
    a = ground.account[at]
    return ground.pay_first[a], ground.pay_first[a + 1]


@kernel
def _arriving(
    ground: Ground, max_hops: int, came: tuple[int, int, bool], depth: int
) -> tuple[int, int]:
    """Judge what comes to an account, and find the payment it goes into.

    `came` is the recipient, the transfer, and whether it is small.
    """
    to, transfer, small = came
    if depth >= max_hops:
        return _HOPS, -1
    first, last = _payments_of(ground, to)
    if first < 0:
        return _LACKING, -1
    later = np.searchsorted(ground.pay_id[first:last], transfer, side="right")
    q = first + int(later)
    if q == last:
        return _UNSPENT, -1
    if not ground.pay_in_time[q]:
        return _TIME, -1
    return (_VALUE, -1) if small else (_CARRIED, q)


@kernel
def _paid(
    ground: Ground, rules: Rules, seeds: I64, q: int, depth: int
) -> tuple[int, int]:
    """Judge what payment `q` pays, to an account at `depth`."""
    code = int(ground.pay_code[q])
    if code != _CARRIED:
        return code, -1
    if _is_among(seeds, ground.pay_id[q]):
        return _SEED, -1
    if _is_among(rules.marked, ground.pay_to[q]):
        return _MARKED, -1
    came = (ground.pay_to[q], ground.pay_id[q], ground.pay_small[q])
    return _arriving(ground, rules.max_hops, came, depth)


@kernel
def _left(ground: Ground, q: int) -> int:
    """Judge what payment `q` leaves at its account."""
    if ground.rest_none[q]:
        return _EMPTY
    if q + 1 == ground.pay_first[ground.owner[q] + 1]:
        return _UNSPENT
    if not ground.pay_in_time[q + 1]:
        return _TIME
    return _VALUE if ground.rest_small[q] else _CARRIED


@kernel
def _at(ground: Ground, q: int, depth: int) -> tuple[np.int64, np.int64]:
    """Place a payment in the heap: the earlier, then the nearer, comes first."""
    return np.int64((ground.pay_id[q] << _DEPTH_BITS) | depth), np.int64(q)


@kernel
def walk_forward(ground: Ground, rules: Rules, start: Start) -> Walked:
    """Walk from seeds to every payment their money can have passed through."""
    heap = [(np.int64(0), np.int64(0))]
    heap.pop()
    lacking = [np.int64(0)]
    lacking.pop()
    depths = [np.int64(0)]
    depths.pop()
    seed_code = start.code.copy()
    for i in range(start.transfer.size):
        if seed_code[i] != _CARRIED:
            continue
        came = (start.other[i], start.transfer[i], start.small[i])
        code, into = _arriving(ground, rules.max_hops, came, 0)
        seed_code[i] = code
        if code == _LACKING:
            lacking.append(start.transfer[i])
            depths.append(np.int64(0))
        elif code == _CARRIED:
            heappush(heap, _at(ground, into, 0))
    payments = [np.int64(0)]
    payments.pop()
    codes = [np.uint8(0)]
    codes.pop()
    last = np.int64(-1)
    while len(heap) > 0 and len(payments) < rules.max_transactions:
        key, row = heappop(heap)
        if row == last:
            continue
        last, q, depth = row, int(row), int(key & _DEEPEST)
        payments.append(row)
        further = min(depth + 1, _DEEPEST)
        code, into = _paid(ground, rules, start.transfer, q, further)
        codes.append(np.uint8(code))
        if code == _LACKING:
            lacking.append(ground.pay_id[q])
            depths.append(np.int64(further))
        elif code == _CARRIED:
            heappush(heap, _at(ground, into, further))
        code = _left(ground, q)
        codes.append(np.uint8(code))
        if code == _CARRIED:
            heappush(heap, _at(ground, q + 1, depth))
    return Walked(
        np.array(payments),
        seed_code,
        np.array(codes),
        np.array(lacking),
        np.array(depths),
    )


@kernel
def _leaving(
    ground: Ground,
    rules: Rules,
    came: tuple[int, int, int],
    limits: tuple[bool, bool],
    depth: int,
) -> tuple[int, int]:
    """Judge a transfer that may be followed back.

    `came` is its id, payer and code; `limits` whether it is in time, and small.
    """
    transfer, payer, code = came
    in_time, small = limits
    if code != _CARRIED:
        return code, -1
    if _is_among(rules.marked, payer):
        return _MARKED, -1
    if not in_time:
        return _TIME, -1
    if small:
        return _VALUE, -1
    if depth >= rules.max_hops:
        return _HOPS, -1
    first, last = _payments_of(ground, payer)
    if first < 0:
        return _LACKING, -1
    return _CARRIED, first + int(np.searchsorted(ground.pay_id[first:last], transfer))


@kernel
def _stayed(ground: Ground, q: int) -> int:
    """Judge what was at the account when the last payment before `q` was made."""
    if ground.before_none[q]:
        return _EMPTY
    if q == ground.pay_first[ground.owner[q]]:
        return _BORDER
    if not ground.pay_in_time[q - 1]:
        return _TIME
    return _VALUE if ground.rest_small[q - 1] else _CARRIED


@kernel
def _came_in(
    ground: Ground, rules: Rules, seeds: I64, i: int, depth: int
) -> tuple[int, int]:
    """Judge a transfer that came in before a payment."""
    if _is_among(seeds, ground.in_id[i]):
        return _SEED, -1
    came = (ground.in_id[i], ground.in_from[i], int(ground.in_code[i]))
    limits = (bool(ground.in_in_time[i]), bool(ground.in_small[i]))
    return _leaving(ground, rules, came, limits, depth)


@kernel
def _back_at(ground: Ground, q: int, depth: int) -> tuple[np.int64, np.int64]:
    """Place a payment in the heap: the later, then the nearer, comes first."""
    key = ((_LAST_TRANSFER - ground.pay_id[q]) << _DEPTH_BITS) | depth
    return np.int64(key), np.int64(q)


@kernel
def walk_backward(ground: Ground, rules: Rules, start: Start) -> Walked:
    """Walk from seeds to every payment their money can have come through."""
    heap = [(np.int64(0), np.int64(0))]
    heap.pop()
    lacking = [np.int64(0)]
    lacking.pop()
    depths = [np.int64(0)]
    depths.pop()
    seed_code = start.code.copy()
    for i in range(start.transfer.size):
        came = (start.transfer[i], start.other[i], int(start.code[i]))
        limits = (True, bool(start.small[i]))
        code, into = _leaving(ground, rules, came, limits, 1)
        seed_code[i] = code
        if code == _LACKING:
            lacking.append(start.transfer[i])
            depths.append(np.int64(1))
        elif code == _CARRIED:
            heappush(heap, _back_at(ground, into, 1))
    payments = [np.int64(0)]
    payments.pop()
    codes = [np.uint8(0)]
    codes.pop()
    last = np.int64(-1)
    while len(heap) > 0 and len(payments) < rules.max_transactions:
        key, row = heappop(heap)
        if row == last:
            continue
        last, q, depth = row, int(row), int(key & _DEEPEST)
        payments.append(row)
        further = min(depth + 1, _DEEPEST)
        code = _stayed(ground, q)
        codes.append(np.uint8(code))
        if code == _CARRIED:
            heappush(heap, _back_at(ground, q - 1, depth))
        for i in range(ground.in_start[q], ground.in_stop[q]):
            code, into = _came_in(ground, rules, start.transfer, i, further)
            codes.append(np.uint8(code))
            if code == _LACKING:
                lacking.append(ground.in_id[i])
                depths.append(np.int64(further))
            elif code == _CARRIED:
                heappush(heap, _back_at(ground, into, further))
    return Walked(
        np.array(payments),
        seed_code,
        np.array(codes),
        np.array(lacking),
        np.array(depths),
    )
