"""Re-add a certificate from the transfers alone: standard library only.

Whoever has every transfer of the accounts named, and what they held before,
lays out each payment and adds up; nothing is solved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["History", "recheck"]

Line = tuple[str, int | None]


@dataclass(frozen=True)
class History:
    """Transfers in ledger order as (name, payer, recipient, amount); what was held.

    `opening` is None where nothing is known.
    """

    transfers: list[tuple[str, str, str, int]]
    opening: dict[str, int] | None

    def payment(self, name: str) -> tuple[list[Line], list[Line]]:
        """What came together for a payment, and what it made."""
        payer = next(row[1] for row in self.transfers if row[0] == name)
        held = None if self.opening is None else self.opening.get(payer, 0)
        lines: list[Line] = [(f"opening balance of {payer}", held)]
        for other, source, to, amount in self.transfers:
            if source == to or amount == 0 or payer not in (source, to):
                continue
            if to == payer:
                held = None if held is None else held + amount
                lines.append((other, amount))
                continue
            held = None if held is None else held - amount
            rest = (f"rest of {payer} after {other}", held)
            if other == name:
                return lines, [(other, amount), rest]
            lines = [rest]
        raise KeyError(name)


def _wrong(
    history: History, proof: dict[str, Any], which: str, wanted: set[str]
) -> list[str]:
    extreme, least = proof[which], which == "lower"
    forward = proof["direction"] == "forward"
    sides = {name: history.payment(name) for name in extreme["payments"]}
    takes = {n: side[0 if forward else 1] for n, side in sides.items()}
    gives = {n: side[1 if forward else 0] for n, side in sides.items()}
    all_seeds = {line["coin"]: int(line["value_amount"]) for line in proof["seeds"]}
    made = {name for lines in gives.values() for name, _ in lines}
    followed = made - {line["coin"] for line in proof["ends"]} - set(proof["stopped"])
    into: dict[str, str] = {}
    room: dict[str, int] = dict(all_seeds)
    entering: dict[str, list[str]] = {}
    for node, lines in takes.items():
        names = [n for n, _ in lines if n in all_seeds or n in followed]
        entering[node] = names
        into.update(dict.fromkeys(names, node))
        most = sum(room[n] for n in names)
        for name, value in gives[node]:
            if name not in all_seeds:
                room[name] = most if value is None else value
    seeds = {n: v for n, v in all_seeds.items() if n in into or n in wanted}
    flow = {n: int(v) for n, v in extreme["flow"].items()}
    returned = {n: int(v) for n, v in extreme["returned"].items()}
    wrong = [f"{n} is not whole" for n, v in seeds.items() if flow.get(n, 0) != v]
    for name, amount in [*flow.items(), *returned.items()]:
        if not 0 < amount <= room.get(name, -1):
            wrong.append(f"{name} holds more than it can")
    arrived = sum(v for n, v in flow.items() if n in seeds and n in wanted)
    crossing, cut = 0, set(extreme["cut"])
    for name, value in seeds.items():
        near = into[name] in cut if name in into else (name in wanted) != least
        crossing += value if near else 0
    for node, lines in gives.items():
        leaves = 0
        for name, _ in lines:
            again = name in all_seeds or name in returned
            held = (returned if again else flow).get(name, 0)
            leaves += held
            target = None if again else into.get(name)
            is_wanted = not again and name in wanted
            arrived += held if is_wanted else 0
            near = target in cut if target else is_wanted != least
            crossing += room[name] if near and node not in cut else 0
        if leaves != sum(flow.get(n, 0) for n in entering[node]):
            wrong.append(f"{node} does not conserve")
    value = int(extreme["value_amount"])
    if arrived != value:
        wrong.append(f"the flow comes to {arrived}")
    if (sum(seeds.values()) - crossing if least else crossing) != value:
        wrong.append(f"the cut allows {crossing}")
    return wrong


def recheck(history: History, proof: dict[str, Any]) -> list[str]:
    """What is wrong with a certificate; an empty list if nothing is."""
    ends = {line["coin"] for line in proof["ends"]}
    lower = _wrong(history, proof, "lower", ends)
    return lower + _wrong(history, proof, "upper", ends | set(proof.get("gaps", ())))
