"""Bitcoin Core's undo data: the outputs a block's inputs spent, in order.

Core keeps them compressed beside each block (``rev*.dat``): amounts without
trailing zeros, standard scripts as a code and a hash. Decoding gives every
input of a block its value and full script without any earlier block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.network import Form
from dalil.chains.bitcoin.wire import read_compact
from dalil.errors import BlockDataError
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SpentOutputs", "decode_undo"]

_P = 2**256 - 2**32 - 977
_PLAIN_CODES = 6
_MAX_SCRIPT = 10_000


class SpentOutputs(NamedTuple):
    """Value in satoshi and script of each non-coinbase input of a block.

    `counts` (n_tx - 1,): inputs per transaction after the coinbase.
    `scripts` joined; `ends` (n,) where each one ends.
    """

    counts: NDArray[np.int64]
    value: NDArray[np.int64]
    scripts: NDArray[np.uint8]
    ends: NDArray[np.int64]


@kernel
def _read_varint(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Read Core's base-128 VARINT; at most nine bytes; negative position if bad."""
    value = np.int64(0)
    for _ in range(9):
        if at < 0 or at >= data.size:
            return 0, -1
        byte = np.int64(data[at])
        at += 1
        value = value << 7 | (byte & 0x7F)
        if byte < 0x80:
            return value, at
        value += 1
    return 0, -1


@kernel
def _amount(packed: int) -> int:
    if packed == 0:
        return 0
    packed -= 1
    exponent = packed % 10
    packed //= 10
    if exponent < 9:
        digit = packed % 9 + 1
        value = packed // 9 * 10 + digit
    else:
        value = packed + 1
    for _ in range(exponent):
        value *= 10
    return value


@kernel
def _script_size(code: int) -> int:
    if code == 0:
        return 25
    if code == 1:
        return 23
    if code <= 3:
        return 35
    return 67 if code <= 5 else code - _PLAIN_CODES


@kernel
def _packed_size(code: int) -> int:
    if code < 2:
        return 20
    return 32 if code <= 5 else code - _PLAIN_CODES


@kernel
def _write_script(
    data: NDArray[np.uint8], at: int, code: int, out: NDArray[np.uint8], to: int
) -> None:
    size = _packed_size(code)
    lead = 0
    if code == 0:
        out[to], out[to + 1], out[to + 2] = 0x76, 0xA9, 20
        out[to + 23], out[to + 24] = 0x88, 0xAC
        lead = 3
    elif code == 1:
        out[to], out[to + 1], out[to + 22] = 0xA9, 20, 0x87
        lead = 2
    elif code <= 3:
        out[to], out[to + 1], out[to + 34] = 33, code, 0xAC
        lead = 2
    elif code <= 5:
        out[to], out[to + 1], out[to + 66] = 65, code, 0xAC
        lead = 2
    for i in range(size):
        out[to + lead + i] = data[at + i]


@kernel
def _walk(
    data: NDArray[np.uint8],
    counts: NDArray[np.int64],
    value: NDArray[np.int64],
    ends: NDArray[np.int64],
    scripts: NDArray[np.uint8],
    *,
    fill: bool,
) -> tuple[int, int, int]:
    """Walk all records; returns inputs, script bytes, and the end, or minus a fault."""
    n_tx, pos = read_compact(data, 0, data.size)
    n, size = 0, 0
    if pos < 0 or n_tx > data.size:
        return 0, 0, -1
    for t in range(n_tx):
        n_in, pos = read_compact(data, pos, data.size)
        if pos < 0 or n_in > data.size - pos:
            return 0, 0, -1
        if fill:
            counts[t] = n_in
        for _ in range(n_in):
            height, pos = _read_varint(data, pos)
            if pos >= 0 and height >> 1 > 0:
                _version, pos = _read_varint(data, pos)
            packed, pos = _read_varint(data, pos)
            code, pos = _read_varint(data, pos)
            if pos < 0 or code - _PLAIN_CODES > _MAX_SCRIPT:
                return 0, 0, -2
            if _packed_size(code) > data.size - pos:
                return 0, 0, -1
            if fill:
                value[n] = _amount(packed)
                _write_script(data, pos, code, scripts, size)
                ends[n] = size + _script_size(code)
            size += _script_size(code)
            pos += _packed_size(code)
            n += 1
    return n, size, pos


def decode_undo(raw: NDArray[np.uint8], form: Form = Form.BITCOIN) -> SpentOutputs:
    """Decode one block's undo data (without its checksum).

    Behind them Litecoin's node keeps what undoes the extension block (a one,
    then itself), which is not read.

    Raises
    ------
    BlockDataError
        If the bytes end early, are left over, or name a script too long.
    """
    none = np.zeros(0, np.int64)
    n_in, size, end = _walk(raw, none, none, none, none.view(np.uint8), fill=False)
    if end < 0:
        raise BlockDataError("undo data does not decode", f"fault {-end}")
    if end < raw.size and not (form is Form.LITECOIN and raw[end] == 1):
        raise BlockDataError(
            "undo data does not decode", f"{raw.size - end} bytes over"
        )
    n_tx = int(read_compact(raw, 0, raw.size)[0])
    spent = SpentOutputs(
        np.empty(n_tx, np.int64),
        np.empty(n_in, np.int64),
        np.zeros(size, np.uint8),
        np.empty(n_in, np.int64),
    )
    _walk(raw, spent.counts, spent.value, spent.ends, spent.scripts, fill=True)
    _expand_keys(spent)
    return spent


def _expand_keys(spent: SpentOutputs) -> None:
    """Work the second half of uncompressed bare keys out from the first."""
    starts = np.concatenate(([0], spent.ends[:-1])) if spent.ends.size else spent.ends
    for at in starts[spent.ends - starts == 67]:
        script = spent.scripts[at : at + 67]
        if script[0] != 65 or script[1] not in (4, 5) or script[34:66].any():
            continue
        x = int.from_bytes(script[2:34].tobytes(), "big")
        y = pow(x**3 + 7, (_P + 1) // 4, _P)
        if y % 2 != script[1] - 4:
            y = _P - y
        script[1] = 4
        script[34:66] = np.frombuffer(y.to_bytes(32, "big"), np.uint8)
