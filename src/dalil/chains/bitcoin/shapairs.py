"""Short messages through SHA-256d two at a time, never leaving the registers.

A Merkle tree hashes 64 bytes to 32, three blocks of which the second is all
padding; a txid's second hash takes 32 bytes. Where each word comes from is
known beforehand, so nothing is padded in memory nor written between blocks.
Only where `shani.HAS_SHA_NI`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dalil.chains.bitcoin.sha256constants import ROUND_CONSTANTS, START
from dalil.chains.bitcoin.shani import FOUR, Rounds
from dalil.words import pointer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["hash_pairs", "hash_rows"]

_MASK = 0xFFFF_FFFF


def _four(words: list[int]) -> Any:  # noqa: ANN401
    return ir.Constant(FOUR, words)


_A, _B, _C, _D, _E, _F, _G, _H = (int(word) for word in START)
_START = [_four([_F, _E, _B, _A]), _four([_H, _G, _D, _C])]
_BEHIND_32 = [_four([0x8000_0000, 0, 0, 0]), _four([0, 0, 0, 256])]


def _padding_rounds() -> list[Any]:
    """Words and constants, added, of the block that is the padding of 64 bytes."""

    def turned(word: int, by: int) -> int:
        return (word >> by | word << (32 - by)) & _MASK

    w = [0x8000_0000, *[0] * 14, 512]
    for t in range(16, 64):
        s0 = turned(w[t - 15], 7) ^ turned(w[t - 15], 18) ^ w[t - 15] >> 3
        s1 = turned(w[t - 2], 17) ^ turned(w[t - 2], 19) ^ w[t - 2] >> 10
        w.append((w[t - 16] + s0 + w[t - 7] + s1) & _MASK)
    added = [(w[t] + int(ROUND_CONSTANTS[t])) & _MASK for t in range(64)]
    return [_four(added[t : t + 4]) for t in range(0, 64, 4)]


_PADDING = _padding_rounds()


def _block(both: list[Rounds], messages: list[list[Any]]) -> None:
    """Take in a block of sixteen words, four vectors, on each side."""
    before = [side.now for side in both]
    for step in range(16):
        for side, words in zip(both, messages, strict=True):
            side.four_rounds(step, words[step] if step < 4 else side.expand())
    for side, old in zip(both, before, strict=True):
        side.add(old)


def _padding_block(both: list[Rounds]) -> None:
    before = [side.now for side in both]
    for added in _PADDING:
        for side in both:
            side.add_rounds(added)
    for side, old in zip(both, before, strict=True):
        side.add(old)


def _again(builder: Any, messages: list[list[Any]]) -> list[Rounds]:  # noqa: ANN401
    """Hash 32 bytes, two vectors, on each side, from the beginning."""
    both = [Rounds(builder, _START) for _ in messages]
    _block(both, [[*words, *_BEHIND_32] for words in messages])
    return both


def _words(builder: Any, place: Any, n: int) -> list[Any]:  # noqa: ANN401
    side = Rounds(builder, [])
    four = builder.bitcast(place, FOUR.as_pointer())
    return [side.load(builder.gep(four, [ir.IntType(64)(i)])) for i in range(n)]


def _write(builder: Any, side: Rounds, place: Any) -> None:  # noqa: ANN401
    four = builder.bitcast(place, FOUR.as_pointer())
    for i, half in enumerate(side.digest()):
        value = side.call("llvm.bswap.v4i32", half)
        builder.store(value, builder.gep(four, [ir.IntType(64)(i)]), align=1)


def _hash_pairs(
    _typing: Any,  # noqa: ANN401
    to: Any,  # noqa: ANN401
    to_at: Any,  # noqa: ANN401, ARG001
    source: Any,  # noqa: ANN401
    at: Any,  # noqa: ANN401, ARG001
    other: Any,  # noqa: ANN401, ARG001
) -> Any:  # noqa: ANN401
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        kind = signature.args[2]
        places = [pointer(context, builder, kind, args[2], at) for at in args[3:]]
        both = [Rounds(builder, _START) for _ in places]
        _block(both, [_words(builder, place, 4) for place in places])
        _padding_block(both)
        both = _again(builder, [list(side.digest()) for side in both])
        target = pointer(context, builder, signature.args[0], *args[:2])
        for i, side in enumerate(both):
            _write(builder, side, builder.gep(target, [ir.IntType(64)(32 * i)]))
        return context.get_dummy_value()

    whole = types.int64
    return types.void(to, whole, source, whole, whole), emit


def _hash_rows(
    _typing: Any,  # noqa: ANN401
    rows: Any,  # noqa: ANN401
    at: Any,  # noqa: ANN401, ARG001
    other: Any,  # noqa: ANN401, ARG001
) -> Any:  # noqa: ANN401
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        kind = signature.args[0]
        places = [pointer(context, builder, kind, args[0], at) for at in args[1:]]
        both = _again(builder, [_words(builder, place, 2) for place in places])
        for side, place in zip(both, places, strict=True):
            _write(builder, side, place)
        return context.get_dummy_value()

    return types.void(rows, types.int64, types.int64), emit


hash_pairs: Callable[..., None] = intrinsic(_hash_pairs)
"""``hash_pairs(to, to_at, source, at, other)``: SHA-256d of 64 bytes at each place.

The two digests go to byte `to_at` of `to`, one behind the other; `to` may be
`source`.
"""

hash_rows: Callable[..., None] = intrinsic(_hash_rows)
"""``hash_rows(rows, at, other)``: SHA-256 of the 32 bytes at each place, in place.

The places may be the same: it is hashed once.
"""
