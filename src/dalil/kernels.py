"""The one door to numba: typed, cached, free of the interpreter lock.

A function marked `kernel` is compiled the first time it is called on a
machine and loaded from numba's cache ever after. `announce_compilation`
lets the command line say so, since the first time takes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import numba
from numba.core import event
from numba.extending import register_jitable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["announce_compilation", "kernel", "lean", "shared"]

P = ParamSpec("P")
R = TypeVar("R")

_njit: Any = numba.njit  # its stubs leave out the reference counting, `_nrt`


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` with numba on first use; nogil, cached on disk.

    Integer arithmetic wraps as in C and indices are not checked: a kernel
    checks every index it derives from input bytes itself.
    """
    return cast("Callable[P, R]", _njit(cache=True, nogil=True, _nrt=True)(function))


def lean(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel that makes no arrays, for others to call in inner loops.

    numba then counts no references to the arrays it is handed, which at each
    call costs as much as reading a field does. Making an array inside fails to
    compile.
    """
    return cast("Callable[P, R]", _njit(cache=True, nogil=True, _nrt=False)(function))


def shared(function: Callable[P, R]) -> Callable[P, R]:
    """Let kernels call `function`, which stays plain Python for everyone else.

    numba compiles it into each kernel that calls it. A kernel's cache does not
    notice a change in another file, so keep the two in one module.
    """
    return register_jitable(function)


class _Compilations(event.Listener):
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._depth = 0

    def on_start(self, event: Any) -> None:  # noqa: ANN401 - numba's own type
        if self._depth == 0:
            self._say(event.data["dispatcher"].py_func.__name__)
        self._depth += 1

    def on_end(self, event: Any) -> None:  # noqa: ANN401, ARG002
        self._depth -= 1


def announce_compilation(say: Callable[[str], None]) -> None:
    """Call `say(name)` whenever a kernel is compiled rather than loaded."""
    register: Any = event.register
    register("numba:compile", _Compilations(say))
