"""SHA-256's compression by the processor's own instructions (x86 SHA-NI).

Two messages that do not depend on each other run through one loop: each
instruction waits for the one before it in its own message, and the other
message's fill the wait. numba has no such instructions, so the loop is
emitted here as LLVM code; the steps are those of Intel's description of the
extension, four rounds to a vector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

from dalil.chains.bitcoin.sha256constants import ROUND_CONSTANTS
from dalil.words import pointer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HAS_SHA_NI", "compress_one", "compress_two"]

_cgutils: Any = cgutils
_config: Any = config


def _has_sha_ni() -> bool:
    if _config.CPU_NAME or _config.CPU_FEATURES:  # code is made for another machine
        return False
    return bool(binding.get_host_cpu_features().get("sha", False))


HAS_SHA_NI = _has_sha_ni()
"""Whether kernels compiled here may use the instructions."""

_WORD = ir.IntType(32)
_FOUR = ir.VectorType(_WORD, 4)


def _lanes(*order: int) -> Any:  # noqa: ANN401
    return ir.Constant(ir.VectorType(_WORD, len(order)), order)


class _Lane:
    """One message on its way: two state vectors and the last four of its schedule."""

    def __init__(self, builder: Any, state: Any, data: Any) -> None:  # noqa: ANN401
        self.builder, self.data = builder, data
        self.state = builder.bitcast(state, _FOUR.as_pointer())
        low, high = (self._half(i) for i in range(2))
        self.abef = self._slot(builder.shuffle_vector(low, high, _lanes(5, 4, 1, 0)))
        self.cdgh = self._slot(builder.shuffle_vector(low, high, _lanes(7, 6, 3, 2)))
        self.schedule: list[Any] = []

    def _half(self, i: int) -> Any:  # noqa: ANN401
        place = self.builder.gep(self.state, [ir.IntType(64)(i)])
        return self.builder.load(place, align=4)

    def _slot(self, value: Any) -> Any:  # noqa: ANN401
        return _cgutils.alloca_once_value(self.builder, value)

    def _call(self, name: str, *args: Any) -> Any:  # noqa: ANN401
        kind = ir.FunctionType(_FOUR, [_FOUR] * len(args))
        function = _cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, args)

    def begin(self, block: Any) -> None:  # noqa: ANN401
        """Start on block number `block` of the message."""
        start = self.builder.mul(block, ir.IntType(64)(64))
        place = self.builder.gep(self.data, [start])
        self.block = self.builder.bitcast(place, _FOUR.as_pointer())
        self.before = [self.builder.load(slot) for slot in (self.abef, self.cdgh)]
        self.now = list(self.before)
        self.schedule = []

    def _words(self, step: int) -> Any:  # noqa: ANN401
        if step < 4:
            place = self.builder.gep(self.block, [ir.IntType(64)(step)])
            return self._call("llvm.bswap.v4i32", self.builder.load(place, align=1))
        w = self.schedule
        middle = self.builder.shuffle_vector(w[-2], w[-1], _lanes(1, 2, 3, 4))
        first = self._call("llvm.x86.sha256msg1", w[-4], w[-3])
        both = self.builder.add(first, middle)
        return self._call("llvm.x86.sha256msg2", both, w[-1])

    def four_rounds(self, step: int) -> None:
        """Do rounds 4 * step to 4 * step + 3."""
        words = self._words(step)
        self.schedule = [*self.schedule[-3:], words]
        constants = [int(k) for k in ROUND_CONSTANTS[4 * step : 4 * step + 4]]
        added = self.builder.add(words, ir.Constant(_FOUR, constants))
        abef, cdgh = self.now
        rounds = "llvm.x86.sha256rnds2"
        cdgh = self._call(rounds, cdgh, abef, added)
        rest = self.builder.shuffle_vector(added, added, _lanes(2, 3, 0, 0))
        self.now = [self._call(rounds, abef, cdgh, rest), cdgh]

    def finish(self) -> None:
        """Add the block's result to the state."""
        slots = (self.abef, self.cdgh)
        for slot, old, new in zip(slots, self.before, self.now, strict=True):
            self.builder.store(self.builder.add(old, new), slot)

    def write(self) -> None:
        """Put the state back where it came from."""
        abef, cdgh = (self.builder.load(slot) for slot in (self.abef, self.cdgh))
        low = self.builder.shuffle_vector(abef, cdgh, _lanes(3, 2, 7, 6))
        high = self.builder.shuffle_vector(abef, cdgh, _lanes(1, 0, 5, 4))
        for i, half in enumerate((low, high)):
            place = self.builder.gep(self.state, [ir.IntType(64)(i)])
            self.builder.store(half, place, align=4)


def _emit(builder: Any, lanes: list[_Lane], n_blocks: Any) -> None:  # noqa: ANN401
    with _cgutils.for_range(builder, n_blocks) as loop:
        for lane in lanes:
            lane.begin(loop.index)
        for step in range(16):
            for lane in lanes:
                lane.four_rounds(step)
        for lane in lanes:
            lane.finish()
    for lane in lanes:
        lane.write()


def _compress_one(
    _typing: Any,  # noqa: ANN401
    states: Any,  # noqa: ANN401
    lane: Any,  # noqa: ANN401, ARG001
    data: Any,  # noqa: ANN401
    at: Any,  # noqa: ANN401, ARG001
    n_blocks: Any,  # noqa: ANN401, ARG001
) -> Any:  # noqa: ANN401
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        offset = builder.mul(args[1], ir.IntType(64)(32))
        state = pointer(context, builder, signature.args[0], args[0], offset)
        block = pointer(context, builder, signature.args[2], *args[2:4])
        _emit(builder, [_Lane(builder, state, block)], args[4])
        return context.get_dummy_value()

    whole = types.int64
    return types.void(states, whole, data, whole, whole), emit


def _compress_two(
    _typing: Any,  # noqa: ANN401
    states: Any,  # noqa: ANN401
    data: Any,  # noqa: ANN401
    at: Any,  # noqa: ANN401, ARG001
    other: Any,  # noqa: ANN401, ARG001
    n_blocks: Any,  # noqa: ANN401, ARG001
) -> Any:  # noqa: ANN401
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        kinds, lanes = signature.args, []
        for i in range(2):
            offset = ir.IntType(64)(32 * i)
            state = pointer(context, builder, kinds[0], args[0], offset)
            block = pointer(context, builder, kinds[1], args[1], args[2 + i])
            lanes.append(_Lane(builder, state, block))
        _emit(builder, lanes, args[4])
        return context.get_dummy_value()

    whole = types.int64
    return types.void(states, data, whole, whole, whole), emit


compress_one: Callable[..., None] = intrinsic(_compress_one)
"""``compress_one(states, lane, data, at, n_blocks)``: take in 64-byte blocks.

`states` is (16,) uint32, two states of eight words; `lane` says which.
"""

compress_two: Callable[..., None] = intrinsic(_compress_two)
"""``compress_two(states, data, at, other, n_blocks)``: both lanes at once.

The first state takes in the blocks from `at` on, the second those from `other`.
"""
