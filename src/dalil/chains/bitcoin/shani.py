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

__all__ = ["FOUR", "HAS_SHA_NI", "Rounds", "compress_one", "compress_two", "lanes"]

_cgutils: Any = cgutils
_config: Any = config


def _has_sha_ni() -> bool:
    if _config.CPU_NAME or _config.CPU_FEATURES:  # code is made for another machine
        return False
    return bool(binding.get_host_cpu_features().get("sha", False))


HAS_SHA_NI = _has_sha_ni()
"""Whether kernels compiled here may use the instructions."""

_WORD = ir.IntType(32)
FOUR = ir.VectorType(_WORD, 4)
"""Four words in a vector."""


def lanes(*order: int) -> Any:  # noqa: ANN401
    """Make a shuffle's order of two vectors' words."""
    return ir.Constant(ir.VectorType(_WORD, len(order)), order)


class Rounds:
    """A block on its way, in registers: two state vectors, and the schedule's last."""

    def __init__(self, builder: Any, now: list[Any]) -> None:  # noqa: ANN401
        self.builder, self.now = builder, now
        self.schedule: list[Any] = []

    def call(self, name: str, *args: Any) -> Any:  # noqa: ANN401
        """Emit a call of an LLVM function from vectors to a vector."""
        kind = ir.FunctionType(FOUR, [FOUR] * len(args))
        function = _cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, args)

    def load(self, place: Any) -> Any:  # noqa: ANN401
        """Load four words of a message."""
        return self.call("llvm.bswap.v4i32", self.builder.load(place, align=1))

    def expand(self) -> Any:  # noqa: ANN401
        """Give the schedule's next four words, from the sixteen before them."""
        w = self.schedule
        middle = self.builder.shuffle_vector(w[-2], w[-1], lanes(1, 2, 3, 4))
        first = self.call("llvm.x86.sha256msg1", w[-4], w[-3])
        both = self.builder.add(first, middle)
        return self.call("llvm.x86.sha256msg2", both, w[-1])

    def four_rounds(self, step: int, words: Any) -> None:  # noqa: ANN401
        """Do rounds 4 * step to 4 * step + 3 with their words of the schedule."""
        self.schedule = [*self.schedule[-3:], words]
        constants = [int(k) for k in ROUND_CONSTANTS[4 * step : 4 * step + 4]]
        self.add_rounds(self.builder.add(words, ir.Constant(FOUR, constants)))

    def add_rounds(self, added: Any) -> None:  # noqa: ANN401
        """Do four rounds; `added` is their words and constants in one."""
        abef, cdgh = self.now
        rounds = "llvm.x86.sha256rnds2"
        cdgh = self.call(rounds, cdgh, abef, added)
        rest = self.builder.shuffle_vector(added, added, lanes(2, 3, 0, 0))
        self.now = [self.call(rounds, abef, cdgh, rest), cdgh]

    def add(self, before: list[Any]) -> None:
        """Add the state before the block to what its rounds made of it."""
        both = zip(before, self.now, strict=True)
        self.now = [self.builder.add(old, new) for old, new in both]

    def digest(self) -> tuple[Any, Any]:
        """Give the state's eight words in order."""
        abef, cdgh = self.now
        shuffle = self.builder.shuffle_vector
        return shuffle(abef, cdgh, lanes(3, 2, 7, 6)), shuffle(
            abef, cdgh, lanes(1, 0, 5, 4)
        )


class _Lane(Rounds):
    """One message on its way through block after block."""

    def __init__(self, builder: Any, state: Any, data: Any) -> None:  # noqa: ANN401
        super().__init__(builder, [])
        self.data = data
        self.state = builder.bitcast(state, FOUR.as_pointer())
        low, high = (builder.load(self._half(i), align=4) for i in range(2))
        self.abef = self._slot(builder.shuffle_vector(low, high, lanes(5, 4, 1, 0)))
        self.cdgh = self._slot(builder.shuffle_vector(low, high, lanes(7, 6, 3, 2)))

    def _half(self, i: int) -> Any:  # noqa: ANN401
        return self.builder.gep(self.state, [ir.IntType(64)(i)])

    def _slot(self, value: Any) -> Any:  # noqa: ANN401
        return _cgutils.alloca_once_value(self.builder, value)

    def begin(self, block: Any) -> None:  # noqa: ANN401
        """Start on block number `block` of the message."""
        start = self.builder.mul(block, ir.IntType(64)(64))
        place = self.builder.gep(self.data, [start])
        self.block = self.builder.bitcast(place, FOUR.as_pointer())
        self.before = [self.builder.load(slot) for slot in (self.abef, self.cdgh)]
        self.now, self.schedule = list(self.before), []

    def step(self, step: int) -> None:
        """Do four rounds of the block."""
        if step < 4:
            words = self.load(self.builder.gep(self.block, [ir.IntType(64)(step)]))
        else:
            words = self.expand()
        self.four_rounds(step, words)

    def finish(self) -> None:
        """Add the block's result to the state."""
        self.add(self.before)
        for slot, value in zip((self.abef, self.cdgh), self.now, strict=True):
            self.builder.store(value, slot)

    def write(self) -> None:
        """Put the state back where it came from."""
        self.now = [self.builder.load(slot) for slot in (self.abef, self.cdgh)]
        for i, half in enumerate(self.digest()):
            self.builder.store(half, self._half(i), align=4)


def _emit(builder: Any, both: list[_Lane], n_blocks: Any) -> None:  # noqa: ANN401
    with _cgutils.for_range(builder, n_blocks) as loop:
        for lane in both:
            lane.begin(loop.index)
        for step in range(16):
            for lane in both:
                lane.step(step)
        for lane in both:
            lane.finish()
    for lane in both:
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
        kinds, both = signature.args, []
        for i in range(2):
            offset = ir.IntType(64)(32 * i)
            state = pointer(context, builder, kinds[0], args[0], offset)
            block = pointer(context, builder, kinds[1], args[1], args[2 + i])
            both.append(_Lane(builder, state, block))
        _emit(builder, both, args[4])
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
