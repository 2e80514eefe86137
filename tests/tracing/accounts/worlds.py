"""Small random histories of accounts, and the slow and obvious way to trace them.

The oracles know nothing of graphs, nodes or rests: they go through the
transfers in order and keep, for every account, every way seed money can lie.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from dalil.chains.accounts import TransferKind
from dalil.ledger.accounts.literal import HandAccounts

__all__ = ["Case", "Move", "World", "every_case", "every_case_backward", "worlds"]

NOBODY = "NOBODY"


@dataclass(frozen=True)
class Move:
    """One transfer, by words."""

    source: str
    to: str
    amount: int

    @property
    def moves(self) -> bool:
        return self.amount > 0 and self.source != self.to


@dataclass
class World:
    """A ledger beside the plain list of what was put into it.

    `opening` is what accounts really held before; the ledger tells it, or not.
    """

    told: bool = True
    opening: dict[str, int] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)

    def ledger(self) -> HandAccounts:
        ledger = HandAccounts(from_genesis=self.told)
        if self.told:
            for word, amount in self.opening.items():
                ledger.anchor(word, amount)
        for move in self.moves:
            kind = TransferKind.TOKEN
            ledger.pay(move.source, move.to, move.amount, kind=kind)
        return ledger

    def balances(self) -> list[dict[str, int]]:
        """What every account held before each move, and at the end."""
        now = dict(self.opening)
        rows = [dict(now)]
        for move in self.moves:
            if move.source != move.to:
                if move.source != NOBODY:
                    now[move.source] = now.get(move.source, 0) - move.amount
                now[move.to] = now.get(move.to, 0) + move.amount
            rows.append(dict(now))
        return rows


@st.composite
def worlds(
    draw: st.DrawFn,
    *,
    n_moves: int = 7,
    largest: int = 4,
    n_accounts: int = 4,
    told: bool | None = True,
) -> World:
    """Histories in which accounts mix, split, mint, burn and pay themselves."""
    words = "abcdefgh"[:n_accounts]
    world = World(told=draw(st.booleans()) if told is None else told)
    for word in words:
        if draw(st.integers(0, 3)) == 0:
            world.opening[word] = draw(st.integers(1, largest))
    for _ in range(draw(st.integers(1, n_moves))):
        held = world.balances()[-1]
        able = [w for w in words if held.get(w, 0) > 0]
        source = draw(st.sampled_from([NOBODY, *able, *able, *able]))
        to = draw(st.sampled_from([*words, *words, NOBODY]))
        if source == to == NOBODY:
            continue
        room = largest if source == NOBODY else held[source]
        world.moves.append(Move(source, to, draw(st.integers(0, room))))
    return world


Case = dict[object, int]


def every_case(world: World, seeds: set[int], ends: set[str]) -> list[Case]:
    """Every integer assignment of seed money that conserves it, forward.

    Keys are moves, ``("rest", move)`` for what stays at the payer, and
    ``("held", account)``; at `ends`, and again at a seed, it goes no further.
    """
    balances = world.balances()
    states: list[tuple[dict[str, int], Case]] = [({}, {})]
    for i, move in enumerate(world.moves):
        if not move.moves:
            continue
        grown = []
        for lies, case in states:
            tainted = lies.get(move.source, 0)
            clean = balances[i].get(move.source, 0) - tainted
            least = max(0, move.amount - clean) if move.source != NOBODY else 0
            for part in range(least, min(move.amount, tainted) + 1):
                after = dict(lies)
                after[move.source] = tainted - part
                comes = move.amount if i in seeds else part
                # Seeds count wherever they arrive; what else comes to an end stays.
                if i in seeds or move.to not in ends | {NOBODY}:
                    after[move.to] = after.get(move.to, 0) + comes
                rest = after[move.source]
                grown.append((after, {**case, i: part, ("rest", i): rest}))
        states = grown
    return [
        {**case, **{("held", w): t for w, t in lies.items() if w != NOBODY}}
        for lies, case in states
    ]


def every_case_backward(world: World, seeds: set[int], ends: set[str]) -> list[Case]:
    """Every assignment of where the seeds' money came from.

    Keys are moves, and ``("opening", account)``. What `ends` paid, and what a
    seed brought, is followed no further back.
    """
    balances = world.balances()
    states: list[tuple[dict[str, int], Case]] = [({}, {})]
    for i in reversed(range(len(world.moves))):
        move = world.moves[i]
        if not move.moves:
            continue
        grown = []
        for lies, case in states:
            wanted = lies.get(move.to, 0)
            others = balances[i + 1].get(move.to, 0) - move.amount
            least = max(0, wanted - others) if move.to != NOBODY else 0
            for part in range(least, min(move.amount, wanted) + 1):
                before = dict(lies)
                before[move.to] = wanted - part
                asked = move.amount if i in seeds else part
                if move.source not in ends | {NOBODY}:
                    before[move.source] = before.get(move.source, 0) + asked
                grown.append((before, {**case, i: part}))
        states = grown
    return [
        {**case, **{("opening", w): t for w, t in lies.items()}}
        for lies, case in states
    ]
