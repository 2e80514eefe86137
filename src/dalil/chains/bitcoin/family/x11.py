"""X11, by which Dash names its blocks and measures their work.

Eleven hashes, each of the one before; half of the last is the result. It is
not in the standard library, and no package of it is kept up with wheels, so
the eleven are kernels here, each held to its designers' description and all
of them to the names of Dash's first blocks.
"""

from __future__ import annotations

import numpy as np

from dalil.chains.bitcoin.family.kernels.x11.blake import blake512
from dalil.chains.bitcoin.family.kernels.x11.bmw import bmw512
from dalil.chains.bitcoin.family.kernels.x11.cubehash import cubehash512
from dalil.chains.bitcoin.family.kernels.x11.echo import echo512
from dalil.chains.bitcoin.family.kernels.x11.groestl import groestl512
from dalil.chains.bitcoin.family.kernels.x11.jh import jh512
from dalil.chains.bitcoin.family.kernels.x11.keccak import keccak512
from dalil.chains.bitcoin.family.kernels.x11.luffa import luffa512
from dalil.chains.bitcoin.family.kernels.x11.shavite import shavite512
from dalil.chains.bitcoin.family.kernels.x11.simd import simd512
from dalil.chains.bitcoin.family.kernels.x11.skein import skein512

__all__ = ["x11"]

_HEADER = 80
_LATER = (
    bmw512,
    groestl512,
    skein512,
    jh512,
    keccak512,
    luffa512,
    cubehash512,
    shavite512,
    simd512,
    echo512,
)


def x11(header: bytes) -> bytes:
    """Hash a header of 80 bytes to 32, in hash order; about 0.5 ms.

    Raises
    ------
    ValueError
        If `header` is of another length.
    """
    if len(header) != _HEADER:
        raise ValueError(f"X11 here takes {_HEADER} bytes, not {len(header)}")
    state, made = np.empty(64, np.uint8), np.empty(64, np.uint8)
    blake512(np.frombuffer(header, np.uint8), state)
    for hashed in _LATER:
        hashed(state, made)
        state, made = made, state
    return state[:32].tobytes()
