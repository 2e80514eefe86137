"""Small invented chains as columns, cut into runs anywhere; and what is true of them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dalil.ledger.marks import mark_of, words
from dalil.ledger.runs import (
    Rows,
    Run,
    RunParts,
    Runs,
    history_part,
    outside_part,
    spent_part,
    write_run,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SEED = 0x5EED_0F_A11_0F_17
NO_ADDRESS = 0xFFFF_FFFF
State = tuple[int, int, int, int, int]


@dataclass
class World:
    """A chain: columns as lists, and the row counts before each transaction."""

    txids: list[bytes] = field(default_factory=list)
    spends: list[int] = field(default_factory=list)
    output_address: list[int] = field(default_factory=list)
    outside_address: list[int] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    before: list[State] = field(default_factory=list)

    def here(self) -> State:
        """Rows so far: tx, input, output, address, outside."""
        return (
            len(self.txids),
            len(self.spends),
            len(self.output_address),
            len(self.keys),
            len(self.outside_address),
        )

    def rows(self, start: int, stop: int) -> Rows:
        """Rows of transactions start to stop; every one is its own block."""
        at = [*self.before, self.here()]
        pairs = zip(at[start], at[stop], strict=True)
        return Rows((start, stop), *((int(a), int(b)) for a, b in pairs))

    def txid_words(self) -> NDArray[np.uint64]:
        """All txids, (n_tx, 4)."""
        return as_words(self.txids)

    def key_words(self) -> NDArray[np.uint64]:
        """All address keys, (n_addresses, 4)."""
        return as_words(self.keys)


def as_words(keys: list[bytes]) -> NDArray[np.uint64]:
    """Lay 32-byte keys out as (n, 4) words."""
    return words(np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 32))


def invent(seed: int, n_tx: int) -> World:
    """Play a chain: coinbases, spends, repeated txids, told prevouts from outside."""
    dice, world = random.Random(seed), World()
    unspent: list[int] = []

    def some_address() -> int:
        what = dice.random()
        if what < 0.1:
            return NO_ADDRESS
        if what < 0.5 and world.keys:
            return dice.choice([0, dice.randrange(len(world.keys))])
        world.keys.append(dice.randbytes(20) + bytes(12))
        world.kinds.append(dice.randint(1, 7))
        if dice.random() < 0.2:
            world.keys[-1] = world.keys[0]
            world.kinds[-1] = 8 + len(world.keys) % 200
        return len(world.keys) - 1

    for _ in range(n_tx):
        world.before.append(world.here())
        again = world.txids and dice.random() < 0.1
        txid = dice.choice(world.txids) if again else dice.randbytes(32)
        world.txids.append(txid)
        for _ in range(dice.randint(1, 4)):
            what = dice.random()
            if what < 0.6 and unspent:
                at = dice.randrange(len(unspent))
                world.spends.append(unspent.pop(at))
            elif what < 0.8:
                world.spends.append(-1)
                world.outside_address.append(some_address())
            else:
                world.spends.append(-2)
        for _ in range(dice.randint(1, 4)):
            unspent.append(len(world.output_address))
            world.output_address.append(some_address())
    return world


def entries_of(
    keys: list[bytes], kinds: list[int] | None, span: tuple[int, int]
) -> NDArray[np.uint64]:
    """Make sorted index entries of some rows, slowly."""
    found = []
    for row in range(*span):
        kind = 0 if kinds is None else kinds[row]
        key = np.frombuffer(keys[row], np.uint64)
        high, low = mark_of(key, kind, np.uint64(SEED))
        found.append((int(high), int(low) | (row - span[0])))
    return np.array(sorted(found), np.uint64).reshape(-1, 2)


def parts_of(world: World, rows: Rows) -> RunParts:
    """Make the parts of a run over these rows."""
    spends = np.array(world.spends[slice(*rows.input)], np.int64)
    outputs = np.array(world.output_address[slice(*rows.output)], np.uint32)
    outside = np.array(world.outside_address[slice(*rows.outside)], np.uint32)
    return RunParts(
        entries_of(world.txids, None, rows.tx),
        entries_of(world.keys, world.kinds, rows.address),
        spent_part(spends, rows),
        history_part(outputs, rows),
        outside_part(outside, rows),
    )


def write_cut(world: World, start: int, stop: int, folder: Path) -> Run:
    """Write and open the run of transactions start to stop."""
    rows, path = world.rows(start, stop), folder / f"{start}-{stop}"
    write_run(path, rows, parts_of(world, rows))
    return Run.open(path, rows)


def cut_up(world: World, cuts: list[int], folder: Path) -> list[Run]:
    """Write a world as runs, cut before these transactions."""
    bounds = [0, *sorted(cuts), len(world.txids)]
    return [write_cut(world, a, b, folder) for a, b in pairwise(bounds)]


def runs_of(world: World, cuts: list[int], folder: Path) -> Runs:
    """Do as `cut_up`, and give the runs as one."""
    return Runs(cut_up(world, cuts, folder), SEED)
