"""Kernels for amounts of any size: the same source, run by Python itself.

Columns of amounts are int64 as long as no sum in a trace can pass 2**61, and
else object columns of Python's integers, which no kernel can be compiled for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from dalil.tracing.columns import I64

__all__ = ["suiting"]

P = ParamSpec("P")
R = TypeVar("R")


def suiting(function: Callable[P, R], amounts: I64) -> Callable[P, R]:
    """Choose a kernel's compiled form, or its source for Python's integers."""
    if amounts.dtype != object:
        return function
    return cast("Callable[P, R]", getattr(function, "py_func"))  # noqa: B009
