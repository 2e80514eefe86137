"""Small random ledgers, and the slow and obvious way to trace them.

The oracle knows nothing of graphs, regions or flows: it goes through the
transactions in order and keeps every way seed money can lie.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

from hypothesis import strategies as st

from dalil.tracing.literal import HandLedger

__all__ = ["World", "distributions", "every_case", "worlds"]

Source = int | tuple[str | None, int | None]


@dataclass
class World:
    """A ledger beside the plain list of what was put into it.

    Every output has an address of its own, ``o0``, ``o1``, … so that any set
    of outputs can be named.
    """

    ledger: HandLedger = field(default_factory=HandLedger)
    txs: list[tuple[list[Source], list[int]]] = field(default_factory=list)
    values: list[int] = field(default_factory=list)

    def add(self, inputs: list[Source], outputs: list[int]) -> list[int]:
        first = len(self.values)
        named = [(f"o{first + i}", value) for i, value in enumerate(outputs)]
        made = self.ledger.pay(inputs, *named) if inputs else self.ledger.mine(*named)
        self.txs.append((inputs, made))
        self.values.extend(outputs)
        return made

    def address(self, output: int) -> int:
        found = self.ledger.find_address(f"o{output}")
        assert found is not None
        return found

    def value_of(self, source: Source) -> int | None:
        return source[1] if isinstance(source, tuple) else self.values[source]

    def taken(self, inputs: list[Source]) -> int | None:
        values = [self.value_of(source) for source in inputs]
        return None if None in values else sum(v for v in values if v is not None)


@st.composite
def worlds(
    draw: st.DrawFn, *, n_txs: int = 5, largest: int = 4, unknown: bool = False
) -> World:
    """Ledgers of a few transactions that mix, split, pay fees and meet again."""
    world = World()
    free: list[Source] = []
    for _ in range(draw(st.integers(1, 3))):
        mined = draw(st.lists(st.integers(1, largest), min_size=1, max_size=2))
        free += world.add([], mined)
    for _ in range(draw(st.integers(1, n_txs))):
        if not free:
            break
        picked = draw(
            st.lists(
                st.sampled_from(range(len(free))), min_size=1, max_size=3, unique=True
            )
        )
        inputs = [free[i] for i in picked]
        free = [source for i, source in enumerate(free) if i not in picked]
        total = sum(world.value_of(source) or 0 for source in inputs)
        if draw(st.integers(0, 5)) == 0:
            value = draw(st.integers(1, largest))
            told = None if unknown and draw(st.booleans()) else value
            inputs.insert(draw(st.integers(0, len(inputs))), (None, told))
            total += value
        outputs = []
        for _ in range(draw(st.integers(1, 3))):
            outputs.append(draw(st.integers(0, total)))
            total -= outputs[-1]
        free += world.add(inputs, outputs)
    return world


def distributions(amount: int, rooms: list[int]) -> list[tuple[int, ...]]:
    """Every way to lay `amount` into `rooms`, none overfull."""
    ways = product(*(range(min(room, amount) + 1) for room in rooms))
    return [way for way in ways if sum(way) == amount]


def every_case(
    world: World, seeds: set[int], ends: set[int]
) -> list[dict[object, int]]:
    """Every assignment of seed money that conserves it, forward.

    Keys are output ids, and ``("fee", i)`` for transaction i. What arrives at
    an output of `ends`, or again at a seed, is seen there and goes no further.
    """
    cases: list[dict[object, int]] = [{}]
    for i, (inputs, made) in enumerate(world.txs):
        taken = world.taken(inputs)
        grown = []
        for case in cases:
            amount = 0
            for source in inputs:
                if isinstance(source, tuple):
                    continue
                if source in seeds:
                    amount += world.values[source]
                elif source not in ends:
                    amount += case.get(source, 0)
            rooms = [world.values[output] for output in made]
            spare = amount if taken is None else taken - sum(rooms)
            for way in distributions(amount, [*rooms, spare]) if inputs else [()]:
                grown.append(
                    {**case, **dict(zip([*made, ("fee", i)], way, strict=bool(inputs)))}
                )
        cases = grown
    return cases
