"""Re-add a certificate, as a verifier without Dalil would: standard library only.

It is given transactions as plain lists, as anyone can read them from blocks,
and returns what is wrong with the certificate; nothing is solved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PlainTx", "recheck"]


@dataclass(frozen=True)
class PlainTx:
    """A transaction as read: what it spends, and what it pays, by outpoint.

    A value is None where it is not known.
    """

    inputs: list[tuple[str, int | None]]
    outputs: list[tuple[str, int]]


class _Reader:
    """What the transactions and the certificate's lists say of every amount."""

    def __init__(
        self,
        txs: Mapping[str, PlainTx],
        proof: dict[str, Any],
        extreme: dict[str, Any],
        wanted: set[str],
    ) -> None:
        self.forward = proof["direction"] == "forward"
        self.txs = {txid: txs[txid] for txid in extreme["transactions"]}
        self.seeds = {line["outpoint"]: line["value_sat"] for line in proof["seeds"]}
        self.ends = {line["outpoint"] for line in proof["ends"]}
        self.wanted = wanted
        self.stopped = set(proof["stopped"])
        self.entering: dict[str, list[str]] = {txid: [] for txid in self.txs}
        self.into: dict[str, str] = {}
        made = {o for tx in self.txs.values() for o, _ in self.leaving_lines(tx)}
        for txid, tx in self.txs.items():
            for outpoint, _ in tx.inputs if self.forward else tx.outputs:
                carried = outpoint in made - self.ends - self.stopped
                if outpoint in self.seeds or carried:
                    self.entering[txid].append(outpoint)
                    self.into[outpoint] = txid
        # A seed that neither goes this way nor ends here plays no part.
        self.returning = set(self.seeds)
        here = [o for o in self.seeds if o in self.into or o in wanted]
        self.seeds = {outpoint: self.seeds[outpoint] for outpoint in here}

    def leaving_lines(self, tx: PlainTx) -> list[tuple[str, int | None]]:
        return list(tx.outputs) if self.forward else tx.inputs

    def leaving(self, txid: str) -> list[tuple[str, int | None]]:
        """Amounts that leave, the fee under the txid; value None if unknown."""
        tx = self.txs[txid]
        lines = self.leaving_lines(tx)
        if self.forward:
            taken = [value for _, value in tx.inputs]
            told = [value for value in taken if value is not None]
            paid = sum(value for _, value in tx.outputs)
            lines.append((txid, sum(told) - paid if len(told) == len(taken) else None))
        return lines

    def room(self, txid: str, values: Mapping[str, int]) -> int:
        return sum(values[outpoint] for outpoint in self.entering[txid])


def _amounts(reader: _Reader) -> dict[str, int]:
    """The most every amount can hold: its value, or all that enters its tx."""
    values: dict[str, int] = dict(reader.seeds)
    for lines in map(reader.leaving, reader.txs):
        values.update({o: v for o, v in lines if v is not None})
    for txid in reader.txs:
        for outpoint, value in reader.leaving(txid):
            if value is None:
                values[outpoint] = reader.room(txid, values)
    return values


def _check(reader: _Reader, extreme: dict[str, Any], *, least: bool) -> list[str]:
    wrong, wanted = [], reader.wanted
    values = _amounts(reader)
    flow = {**extreme["flow"], **extreme["fees"]}
    returned = extreme["returned"]
    for outpoint, amount in [*flow.items(), *returned.items()]:
        if outpoint not in values or not 0 < amount <= values[outpoint]:
            wrong.append(f"flow of {outpoint} is not between 0 and its value")
    for outpoint, value in reader.seeds.items():
        if flow.get(outpoint, 0) != value:
            wrong.append(f"seed {outpoint} is not whole")
    # Each amount: what it can hold, what it holds, who pays it, who takes it.
    amounts = [
        (v, v, "", reader.into.get(o), o in wanted) for o, v in reader.seeds.items()
    ]
    for txid in reader.txs:
        lines = reader.leaving(txid)
        enter = sum(flow.get(outpoint, 0) for outpoint in reader.entering[txid])
        leave = 0
        for o, _ in lines:
            again = o in reader.returning or o in returned
            held = returned.get(o, 0) if again else flow.get(o, 0)
            into = None if again else reader.into.get(o)
            leave += held
            amounts.append((values[o], held, txid, into, not again and o in wanted))
        if enter != leave:
            wrong.append(f"{txid} does not conserve")
    arrived = sum(held for _, held, _, _, is_wanted in amounts if is_wanted)
    cut, crossing = set(extreme["cut"]), 0
    for room, _, paid_by, into, is_wanted in amounts:
        near = into in cut if into else is_wanted != least
        if near and paid_by not in cut:
            crossing += room
    total = sum(reader.seeds.values())
    if arrived != extreme["value_sat"]:
        wrong.append(f"the flow comes to {arrived}")
    if (total - crossing if least else crossing) != extreme["value_sat"]:
        wrong.append(f"the cut allows {crossing}")
    return wrong


def recheck(txs: Mapping[str, PlainTx], proof: dict[str, Any]) -> list[str]:
    """What is wrong with a certificate; an empty list if nothing is."""
    ends = {line["outpoint"] for line in proof["ends"]}
    widened = ends | set(proof.get("gaps", ()))
    lower, upper = proof["lower"], proof["upper"]
    wrong = _check(_Reader(txs, proof, lower, ends), lower, least=True)
    return wrong + _check(_Reader(txs, proof, upper, widened), upper, least=False)
