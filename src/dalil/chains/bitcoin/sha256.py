"""SHA-256 for kernels: OpenSSL's where Python carries it, else our own.

Kernels hash millions of transactions, so they call the three functions of
the library that Python's own `hashlib` links against, by address, without a
Python call in between. Where that library cannot be found (a statically
linked Python), a plain implementation compiled by numba takes its place: same
digests, about a fifth of the speed.
"""

from __future__ import annotations

import _hashlib
import contextlib
import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import binding
from numba import types

from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["USES_OPENSSL", "sha256_into", "sha256d_into", "sha256d_three"]

_NAMES = ("SHA256_Init", "SHA256_Update", "SHA256_Final")


def _register() -> bool:
    for path in (_hashlib.__file__, "libcrypto.so.3", "libcrypto.so.1.1"):
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(path)
            found = {name: getattr(library, name) for name in _NAMES}
            for name, function in found.items():
                address = ctypes.cast(function, ctypes.c_void_p).value
                binding.add_symbol(f"dalil_{name}", address)
            return True
    return False


USES_OPENSSL = _register()
"""Whether kernels hash with OpenSSL."""

_pointer = types.intp
_init: Any = types.ExternalFunction("dalil_SHA256_Init", types.int32(_pointer))
_update: Any = types.ExternalFunction(
    "dalil_SHA256_Update", types.int32(_pointer, _pointer, types.intp)
)
_final: Any = types.ExternalFunction(
    "dalil_SHA256_Final", types.int32(_pointer, _pointer)
)


@kernel
def _openssl_three(
    data: NDArray[np.uint8],
    spans: tuple[int, int, int, int, int, int],
    out: NDArray[np.uint8],
) -> None:
    context = np.empty(128, np.uint8)
    ctx, base = context.ctypes.data, data.ctypes.data
    _init(ctx)
    _update(ctx, base + spans[0], spans[1] - spans[0])
    _update(ctx, base + spans[2], spans[3] - spans[2])
    _update(ctx, base + spans[4], spans[5] - spans[4])
    _final(out.ctypes.data, ctx)


_K = np.frombuffer(
    bytes.fromhex(
        "428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5"
        "d807aa98 12835b01 243185be 550c7dc3 72be5d74 80deb1fe 9bdc06a7 c19bf174"
        "e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da"
        "983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967"
        "27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85"
        "a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070"
        "19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3"
        "748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2"
    ),
    ">u4",
).astype(np.uint32)
_START = np.array(
    [
        0x6A09E667,
        0xBB67AE85,
        0x3C6EF372,
        0xA54FF53A,
        0x510E527F,
        0x9B05688C,
        0x1F83D9AB,
        0x5BE0CD19,
    ],
    dtype=np.uint32,
)


@kernel
def _rotate(word: np.uint32, by: int) -> np.uint32:
    return np.uint32((word >> np.uint32(by)) | (word << np.uint32(32 - by)))


@kernel
def _compress(state: NDArray[np.uint32], w: NDArray[np.uint32]) -> None:
    for t in range(16, 64):
        s0 = _rotate(w[t - 15], 7) ^ _rotate(w[t - 15], 18) ^ (w[t - 15] >> 3)
        s1 = _rotate(w[t - 2], 17) ^ _rotate(w[t - 2], 19) ^ (w[t - 2] >> 10)
        w[t] = np.uint32(w[t - 16] + s0 + w[t - 7] + s1)
    a, b, c, d, e, f, g, h = state
    for t in range(64):
        s1 = _rotate(e, 6) ^ _rotate(e, 11) ^ _rotate(e, 25)
        t1 = np.uint32(h + s1 + ((e & f) ^ (~e & g)) + _K[t] + w[t])
        s0 = _rotate(a, 2) ^ _rotate(a, 13) ^ _rotate(a, 22)
        t2 = np.uint32(s0 + ((a & b) ^ (a & c) ^ (b & c)))
        h, g, f, e = g, f, e, np.uint32(d + t1)
        d, c, b, a = c, b, a, np.uint32(t1 + t2)
    for i, word in enumerate((a, b, c, d, e, f, g, h)):
        state[i] = np.uint32(state[i] + word)


@kernel
def _plain_three(
    data: NDArray[np.uint8],
    spans: tuple[int, int, int, int, int, int],
    out: NDArray[np.uint8],
) -> None:
    state, w = _START.copy(), np.zeros(64, np.uint32)
    size = spans[1] - spans[0] + spans[3] - spans[2] + spans[5] - spans[4]
    padded = (size + 8) // 64 * 64 + 64
    part, at = 0, spans[0]
    for i in range(padded):
        while part < 3 and at >= spans[2 * part + 1]:
            part += 1
            at = spans[2 * part] if part < 3 else 0
        if part < 3:
            byte = np.uint32(data[at])
            at += 1
        elif i == size:
            byte = np.uint32(0x80)
        elif i >= padded - 8:
            byte = np.uint32((size * 8) >> (8 * (padded - 1 - i)) & 0xFF)
        else:
            byte = np.uint32(0)
        word = i % 64 // 4
        w[word] = np.uint32(w[word] << np.uint32(8)) | byte
        if i % 64 == 63:
            _compress(state, w)
    for i in range(32):
        out[i] = np.uint8(state[i // 4] >> np.uint32(24 - 8 * (i % 4)))


_three = _openssl_three if USES_OPENSSL else _plain_three


@kernel
def sha256_into(
    data: NDArray[np.uint8], start: int, end: int, out: NDArray[np.uint8]
) -> None:
    """Write SHA-256 of ``data[start:end]`` into `out` (32 bytes, contiguous)."""
    _three(data, (start, end, 0, 0, 0, 0), out)


@kernel
def sha256d_three(
    data: NDArray[np.uint8],
    spans: tuple[int, int, int, int, int, int],
    out: NDArray[np.uint8],
) -> None:
    """Write SHA-256d of three spans of `data`, joined, into `out`.

    A txid leaves marker, flag and witness out, which is three spans: version,
    inputs with outputs, lock time. The caller has checked the spans.
    """
    middle = np.empty(32, np.uint8)
    _three(data, spans, middle)
    _three(middle, (0, 32, 0, 0, 0, 0), out)


@kernel
def sha256d_into(
    data: NDArray[np.uint8], start: int, end: int, out: NDArray[np.uint8]
) -> None:
    """Write SHA-256d of ``data[start:end]`` into `out` (32 bytes, contiguous)."""
    sha256d_three(data, (start, end, 0, 0, 0, 0), out)
