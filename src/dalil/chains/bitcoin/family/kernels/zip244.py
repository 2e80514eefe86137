"""The id of a version 5 transaction of Zcash: a tree of hashes (ZIP 244).

Proofs and signatures have no part in it, so it cannot be changed by whoever
relays the transaction; everything else has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.family.kernels.blake2b import (
    Blake2b,
    begin_hash,
    end_hash,
    make_hash,
    take_bytes,
)
from dalil.chains.bitcoin.family.kernels.zcash import (
    ACTION,
    OUTPUT_V5,
    SPEND_V5,
    skip_many,
)
from dalil.chains.bitcoin.txparts import read_compact
from dalil.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["is_v5", "txid_v5"]


def _person(name: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(name, np.uint8)


_TX = _person(b"ZcashTxHash_\0\0\0\0")
_HEADER = _person(b"ZTxIdHeadersHash")
_TRANSPARENT = _person(b"ZTxIdTranspaHash")
_PREVOUTS = _person(b"ZTxIdPrevoutHash")
_SEQUENCE = _person(b"ZTxIdSequencHash")
_OUTPUTS = _person(b"ZTxIdOutputsHash")
_SAPLING = _person(b"ZTxIdSaplingHash")
_SPENDS = _person(b"ZTxIdSSpendsHash")
_SPENDS_COMPACT = _person(b"ZTxIdSSpendCHash")
_SPENDS_REST = _person(b"ZTxIdSSpendNHash")
_MADE = _person(b"ZTxIdSOutputHash")
_MADE_COMPACT = _person(b"ZTxIdSOutC__Hash")
_MADE_MEMOS = _person(b"ZTxIdSOutM__Hash")
_MADE_REST = _person(b"ZTxIdSOutN__Hash")
_ORCHARD = _person(b"ZTxIdOrchardHash")
_ACTIONS_COMPACT = _person(b"ZTxIdOrcActCHash")
_ACTIONS_MEMOS = _person(b"ZTxIdOrcActMHash")
_ACTIONS_REST = _person(b"ZTxIdOrcActNHash")

_HEAD = 20
_NOTE, _MEMO_END = 52, 564
"""Of an encrypted note: what a light wallet reads, and the end of the memo."""
_AMOUNT, _KEY, _SIGNATURE, _PROOF = 8, 32, 64, 192


@kernel
def is_v5(data: NDArray[np.uint8], at: int) -> bool:
    """Tell whether a skimmed transaction is of version 5."""
    return bool(data[at] == 5 and data[at + 3] & 0x80)


@kernel
def _each(
    h: Blake2b,
    data: NDArray[np.uint8],
    row: tuple[int, int, int],
    start: int,
    stop: int,
) -> None:
    """Take the bytes from `start` to `stop` of each thing of a row.

    `row` is where it starts, how many there are, and the size of one.
    """
    at, n, size = row
    for i in range(n):
        take_bytes(h, data, at + i * size + start, at + i * size + stop)


@kernel
def _two(
    h: Blake2b,
    data: NDArray[np.uint8],
    row: tuple[int, int, int],
    first: tuple[int, int],
    second: tuple[int, int],
) -> None:
    """Take two stretches of each thing of a row, one behind the other."""
    at, n, size = row
    for i in range(n):
        take_bytes(h, data, at + i * size + first[0], at + i * size + first[1])
        take_bytes(h, data, at + i * size + second[0], at + i * size + second[1])


@kernel
def _transparent(
    h: Blake2b, data: NDArray[np.uint8], inputs: int, end: int, work: NDArray[np.uint8]
) -> int:
    """Put the transparent digest at work[32:64]; returns where the outputs end."""
    n_in, first = read_compact(data, inputs, end)
    begin_hash(h, _PREVOUTS)
    pos = first
    for _ in range(n_in):
        take_bytes(h, data, pos, pos + 36)
        size, pos = read_compact(data, pos + 36, end)
        pos += size + 4
    end_hash(h, work, 128)
    begin_hash(h, _SEQUENCE)
    pos = first
    for _ in range(n_in):
        size, pos = read_compact(data, pos + 36, end)
        pos += size + 4
        take_bytes(h, data, pos - 4, pos)
    end_hash(h, work, 160)
    n_out, pos = read_compact(data, pos, end)
    start = pos
    for _ in range(n_out):
        size, pos = read_compact(data, pos + 8, end)
        pos += size
    begin_hash(h, _OUTPUTS)
    take_bytes(h, data, start, pos)
    end_hash(h, work, 192)
    begin_hash(h, _TRANSPARENT)
    if n_in or n_out:
        take_bytes(h, work, 128, 224)
    end_hash(h, work, 32)
    return pos


@kernel
def _sapling(
    h: Blake2b, data: NDArray[np.uint8], at: int, end: int, work: NDArray[np.uint8]
) -> int:
    """Put Sapling's digest at work[64:96]; returns where its part ends."""
    pos, n_spends = skip_many(data, at, end, SPEND_V5)
    spends = (pos - n_spends * SPEND_V5, n_spends, SPEND_V5)
    pos, n_made = skip_many(data, pos, end, OUTPUT_V5)
    made = (pos - n_made * OUTPUT_V5, n_made, OUTPUT_V5)
    if n_spends + n_made == 0:
        begin_hash(h, _SAPLING)
        end_hash(h, work, 64)
        return pos
    balance, anchor = pos, pos + _AMOUNT
    pos = anchor + (_KEY if n_spends else 0) + _SIGNATURE
    pos += n_spends * (_PROOF + _SIGNATURE) + n_made * _PROOF
    if n_spends:
        begin_hash(h, _SPENDS_COMPACT)
        _each(h, data, spends, 32, 64)
        end_hash(h, work, 192)
        begin_hash(h, _SPENDS_REST)
        for i in range(n_spends):
            one = spends[0] + i * SPEND_V5
            take_bytes(h, data, one, one + 32)
            take_bytes(h, data, anchor, anchor + _KEY)
            take_bytes(h, data, one + 64, one + 96)
        end_hash(h, work, 224)
    begin_hash(h, _SPENDS)
    if n_spends:
        take_bytes(h, work, 192, 256)
    end_hash(h, work, 128)
    if n_made:
        begin_hash(h, _MADE_COMPACT)
        _each(h, data, made, 32, 96 + _NOTE)
        end_hash(h, work, 192)
        begin_hash(h, _MADE_MEMOS)
        _each(h, data, made, 96 + _NOTE, 96 + _MEMO_END)
        end_hash(h, work, 224)
        begin_hash(h, _MADE_REST)
        _two(h, data, made, (0, 32), (96 + _MEMO_END, OUTPUT_V5))
        end_hash(h, work, 256)
    begin_hash(h, _MADE)
    if n_made:
        take_bytes(h, work, 192, 288)
    end_hash(h, work, 160)
    begin_hash(h, _SAPLING)
    take_bytes(h, work, 128, 192)
    take_bytes(h, data, balance, balance + _AMOUNT)
    end_hash(h, work, 64)
    return pos


@kernel
def _orchard(
    h: Blake2b, data: NDArray[np.uint8], at: int, end: int, work: NDArray[np.uint8]
) -> None:
    """Put Orchard's digest at work[96:128]."""
    pos, n = skip_many(data, at, end, ACTION)
    if n:
        actions = (pos - n * ACTION, n, ACTION)
        begin_hash(h, _ACTIONS_COMPACT)
        _two(h, data, actions, (32, 64), (96, 160 + _NOTE))
        end_hash(h, work, 128)
        begin_hash(h, _ACTIONS_MEMOS)
        _each(h, data, actions, 160 + _NOTE, 160 + _MEMO_END)
        end_hash(h, work, 160)
        begin_hash(h, _ACTIONS_REST)
        for i in range(n):
            one = actions[0] + i * ACTION
            take_bytes(h, data, one, one + 32)
            take_bytes(h, data, one + 64, one + 96)
            take_bytes(h, data, one + 160 + _MEMO_END, one + ACTION)
        end_hash(h, work, 192)
    begin_hash(h, _ORCHARD)
    if n:
        take_bytes(h, work, 128, 224)
        take_bytes(h, data, pos, pos + 1 + _AMOUNT + _KEY)
    end_hash(h, work, 96)


@kernel
def txid_v5(
    data: NDArray[np.uint8], at: int, end: int, txids: NDArray[np.uint8], row: int
) -> None:
    """Write the id of a skimmed version 5 transaction to row `row` of `txids`."""
    h, work = make_hash(), np.empty(288, np.uint8)
    begin_hash(h, _HEADER)
    take_bytes(h, data, at, at + _HEAD)
    end_hash(h, work, 0)
    pos = _transparent(h, data, at + _HEAD, end, work)
    pos = _sapling(h, data, pos, end, work)
    _orchard(h, data, pos, end, work)
    person = _TX.copy()
    person[12:] = data[at + 8 : at + 12]
    begin_hash(h, person)
    take_bytes(h, work, 0, 128)
    end_hash(h, txids[row], 0)
