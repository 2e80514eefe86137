"""Taking a batch: each row becomes a record in the partition of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dalil.chains.bitcoin.scripts import ADDRESS_TYPES, ScriptType
from dalil.kernels import lean
from dalil.ledger.marks import mark_at
from dalil.ledger.segment.lists import OUTPUT, SPEND, TOLD, TX, Lists, append, pair, put

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "INPUT_FLAG",
    "LONG",
    "LONG_WORDS",
    "Mix",
    "Rows",
    "ToldRows",
    "keep_scripts",
    "keep_told",
    "take_rows",
    "take_told",
]

LONG = (int(ScriptType.P2PK), int(ScriptType.WITNESS_UNKNOWN))
"""Types whose script is kept beside the key."""
LONG_WORDS = 10
"""Words of a kept script: its row (inputs: upper half 1), then length and bytes."""
INPUT_FLAG = 1 << 9
"""In the upper half of a key record's fifth word, above its type."""

_HAS_ADDRESS = sum(1 << int(kind) for kind in ADDRESS_TYPES)


class Mix(NamedTuple):
    """What makes a mark, and how many of its top bits choose a partition."""

    seed: np.uint64
    bits: int


class Rows(NamedTuple):
    """A batch as taking wants it: keys as flat words, `at` its first rows."""

    at: tuple[int, int, int]
    first_input: NDArray[np.int64]
    first_output: NDArray[np.int64]
    txid: NDArray[np.uint64]
    spent_txid: NDArray[np.uint64]
    spent_index: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    key: NDArray[np.uint64]
    below: NDArray[np.int64]


class ToldRows(NamedTuple):
    """What is told of a batch's inputs, keys as flat words."""

    value: NDArray[np.int64]
    kind: NDArray[np.uint8]
    key: NDArray[np.uint64]


@lean
def _has_address(kind: int) -> bool:
    return kind < 32 and _HAS_ADDRESS >> kind & 1 == 1


@lean
def _part_of(high: np.uint64, bits: int) -> int:
    """Partition of a mark."""
    return np.int64(high >> np.uint64(64 - bits)) if bits else 0


@lean
def _take_txs(words: NDArray[np.uint64], rows: Rows, lists: Lists, mix: Mix) -> None:
    keys, first = rows.txid, rows.first_output
    seed, bits = mix.seed, mix.bits
    first_tx, _first_in, first_out = rows.at
    cursor, free, left = lists.cursor[TX], lists.free_low, lists.left[:1]
    count = lists.count[TX]
    for t in range(first.size - 1):
        high, _low = mark_at(keys, 4 * t, 0, seed)
        part = _part_of(high, bits)
        at = append(words, cursor, free, left, part, 6)
        put(words, at, keys, t)
        words[at + 4] = pair(first_out + first[t], first_tx + t)
        words[at + 5] = np.uint64(first[t + 1] - first[t])
        count[part] += 1


@lean
def _take_spends(words: NDArray[np.uint64], rows: Rows, lists: Lists, mix: Mix) -> None:
    keys, first, indexes = rows.spent_txid, rows.first_input, rows.spent_index
    seed, bits = mix.seed, mix.bits
    first_tx, first_in, _first_out = rows.at
    cursor, free, left = lists.cursor[SPEND], lists.free_low, lists.left[:1]
    count, limits = lists.count[SPEND], rows.below
    own = limits.size == 0
    for t in range(first.size - 1):
        below = first_tx + t if own else limits[t]
        for i in range(first[t], first[t + 1]):
            if indexes[i] == 0xFFFF_FFFF and not (
                keys[4 * i] | keys[4 * i + 1] | keys[4 * i + 2] | keys[4 * i + 3]
            ):
                continue
            high, _low = mark_at(keys, 4 * i, 0, seed)
            part = _part_of(high, bits)
            at = append(words, cursor, free, left, part, 6)
            put(words, at, keys, i)
            words[at + 4] = pair(indexes[i], first_in + i)
            words[at + 5] = np.uint64(below)
            count[part] += 1


@lean
def _take_outputs(
    words: NDArray[np.uint64], rows: Rows, lists: Lists, mix: Mix
) -> None:
    keys, kinds = rows.key, rows.kind
    seed, bits = mix.seed, mix.bits
    _first_tx, _first_in, first_out = rows.at
    cursor, free, left = lists.cursor[OUTPUT], lists.free_high, lists.left[1:]
    count = lists.count[OUTPUT]
    for o in range(kinds.size):
        kind = np.int64(kinds[o])
        if _has_address(kind):
            high, _low = mark_at(keys, 4 * o, kind, seed)
            part = _part_of(high, bits)
            at = append(words, cursor, free, left, part, 5)
            put(words, at, keys, o)
            words[at + 4] = pair(kind, first_out + o)
            count[part] += 1


@lean
def take_rows(words: NDArray[np.uint64], rows: Rows, lists: Lists, mix: Mix) -> None:
    """Put a batch's transactions, spends and outputs into partitions."""
    _take_txs(words, rows, lists, mix)
    _take_spends(words, rows, lists, mix)
    _take_outputs(words, rows, lists, mix)


@lean
def take_told(
    words: NDArray[np.uint64], rows: Rows, told: ToldRows, lists: Lists, mix: Mix
) -> None:
    """Put the addresses told for a batch's inputs into partitions."""
    keys, first, kinds = told.key, rows.first_input, told.kind
    seed, bits = mix.seed, mix.bits
    _first_tx, first_in, first_out = rows.at
    cursor, free, left = lists.cursor[TOLD], lists.free_high, lists.left[1:]
    count, outputs = lists.count[TOLD], rows.first_output
    for t in range(first.size - 1):
        before = np.uint64(first_out + outputs[t])
        for i in range(first[t], first[t + 1]):
            kind = np.int64(kinds[i])
            if _has_address(kind):
                high, _low = mark_at(keys, 4 * i, kind, seed)
                part = _part_of(high, bits)
                at = append(words, cursor, free, left, part, 6)
                put(words, at, keys, i)
                words[at + 4] = pair(kind | INPUT_FLAG, first_in + i)
                words[at + 5] = before
                count[part] += 1


@lean
def keep_told(words: NDArray[np.uint64], at: int, rows: Rows, told: ToldRows) -> None:
    """Keep two words an input: its value; its tx's first output and its type."""
    for t in range(rows.first_input.size - 1):
        first = rows.at[2] + rows.first_output[t]
        for i in range(rows.first_input[t], rows.first_input[t + 1]):
            words[at + 2 * i] = np.uint64(told.value[i])
            words[at + 2 * i + 1] = pair(first, np.int64(told.kind[i]))


@lean
def _keep(
    words: NDArray[np.uint64], at: int, data: NDArray[np.uint8], start: int, size: int
) -> None:
    for word in range(1, LONG_WORDS):
        value = np.uint64(0)
        for byte in range(8):
            i = 8 * (word - 1) + byte
            one = np.uint64(0)
            if i == 0:
                one = np.uint64(size)
            elif i <= size:
                one = np.uint64(data[start + i - 1])
            value |= one << np.uint64(8 * byte)
        words[at + word] = value


@lean
def keep_scripts(
    words: NDArray[np.uint64],
    at: int,
    rows: Rows,
    outputs: tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int32]],
    told_kind: NDArray[np.uint8],
    told: tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int32]],
) -> int:
    """Keep the long scripts of a batch in chain order; returns where they end."""
    data, script_at, script_size = outputs
    told_data, told_at, told_size = told
    for t in range(rows.first_input.size - 1):
        if told_kind.size:
            for i in range(rows.first_input[t], rows.first_input[t + 1]):
                if told_kind[i] == LONG[0] or told_kind[i] == LONG[1]:
                    words[at] = pair(1, rows.at[1] + i)
                    _keep(words, at, told_data, told_at[i], told_size[i])
                    at += LONG_WORDS
        for o in range(rows.first_output[t], rows.first_output[t + 1]):
            if rows.kind[o] == LONG[0] or rows.kind[o] == LONG[1]:
                words[at] = pair(0, rows.at[2] + o)
                _keep(words, at, data, script_at[o], np.int64(script_size[o]))
                at += LONG_WORDS
    return at
