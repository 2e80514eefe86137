"""Memory as words, for kernels: loads, stores and copies that need no alignment.

numba reads a byte array byte by byte; these read four, eight or thirty-two
bytes in one instruction each. An array may have any item type and any shape
as long as it is C-contiguous, and `at` always counts bytes. Nothing checks
bounds here: the caller has. Words are little-endian, as every machine is that
numba runs on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["copy_32", "copy_bytes", "load_u32", "load_u64", "pointer", "store_u64"]

_BYTE = ir.IntType(8)


def pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:  # noqa: ANN401
    """Emit the address of byte `at` of an array; for writers of intrinsics."""
    base = context.make_array(kind)(context, builder, array).data
    return builder.gep(builder.bitcast(base, _BYTE.as_pointer()), [at])


def _load(bits: int) -> Callable[..., Any]:
    def typed(_typing: Any, array: Any, at: Any) -> Any:  # noqa: ANN401, ARG001
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
            place = pointer(context, builder, signature.args[0], *args)
            word = ir.IntType(bits)
            value = builder.load(builder.bitcast(place, word.as_pointer()), align=1)
            return builder.zext(value, ir.IntType(64))

        return types.int64(array, types.int64), emit

    return typed


load_u32: Callable[..., int] = intrinsic(_load(32))
"""``load_u32(array, at)``: four little-endian bytes as an integer from 0 up."""

load_u64: Callable[..., int] = intrinsic(_load(64))
"""``load_u64(array, at)``: eight little-endian bytes as a signed integer."""


def _store_u64(_typing: Any, array: Any, at: Any, value: Any) -> Any:  # noqa: ANN401, ARG001
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        place = pointer(context, builder, signature.args[0], *args[:2])
        word = ir.IntType(64).as_pointer()
        builder.store(args[2], builder.bitcast(place, word), align=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), emit


def _copy_32(_typing: Any, to: Any, to_at: Any, source: Any, at: Any) -> Any:  # noqa: ANN401, ARG001
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        target = pointer(context, builder, signature.args[0], *args[:2])
        place = pointer(context, builder, signature.args[2], *args[2:])
        word = ir.VectorType(ir.IntType(64), 4).as_pointer()
        value = builder.load(builder.bitcast(place, word), align=1)
        builder.store(value, builder.bitcast(target, word), align=1)
        return context.get_dummy_value()

    return types.void(to, types.int64, source, types.int64), emit


def _copy_bytes(
    _typing: Any,  # noqa: ANN401
    to: Any,  # noqa: ANN401
    to_at: Any,  # noqa: ANN401, ARG001
    source: Any,  # noqa: ANN401
    at: Any,  # noqa: ANN401, ARG001
    size: Any,  # noqa: ANN401, ARG001
) -> Any:  # noqa: ANN401
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        target = pointer(context, builder, signature.args[0], *args[:2])
        place = pointer(context, builder, signature.args[2], *args[2:4])
        kinds = [_BYTE.as_pointer(), _BYTE.as_pointer(), ir.IntType(64)]
        copy = builder.module.declare_intrinsic("llvm.memcpy", kinds)
        builder.call(copy, [target, place, args[4], ir.IntType(1)(0)])
        return context.get_dummy_value()

    place = types.int64
    return types.void(to, place, source, place, place), emit


store_u64: Callable[..., None] = intrinsic(_store_u64)
"""``store_u64(array, at, value)``: write eight little-endian bytes."""

copy_32: Callable[..., None] = intrinsic(_copy_32)
"""``copy_32(to, to_at, source, at)``: copy 32 bytes, a hash."""

copy_bytes: Callable[..., None] = intrinsic(_copy_bytes)
"""``copy_bytes(to, to_at, source, at, size)``; the two may not overlap."""
