"""The verifier's own arithmetic against tracing's, over random histories.

Two programs that share no line: one columns and kernels, one plain Python
over raw transactions. Whatever the one says, the other must find.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.transaction import Transaction, TxInput, TxOutput
from dalil.evidence import verify
from dalil.evidence.canonical import content_hash, plain
from dalil.ids import format_txid, parse_outpoint
from dalil.tracing import Direction, Mark, TraceRequest, trace
from dalil.tracing.certificate import certificate
from tests.tracing.worlds import World, worlds

if TYPE_CHECKING:
    from dalil.tracing import Stop, Target, Trace

FIGURES = (
    "lower_sat",
    "upper_sat",
    "haircut_sat",
    "fifo_sat",
    "lifo_sat",
    "poison_sat",
)


def script_of(output: int) -> bytes:
    return b"\x00\x14" + output.to_bytes(20, "big")


class Raw:
    """A world's transactions as bytes, and the names its outputs have there."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.txs: dict[str, verify.Tx] = {}
        self.told: dict[str, dict[str, Any]] = {}
        self.name: dict[int, str] = {}
        self.tx_name: dict[str, str] = {}
        row = 0
        for i, (inputs, made) in enumerate(world.txs):
            spends = []
            sources: list[Any] = [*inputs] or [None]
            for source in sources:
                spends.append(self._spend(source, row, i))
                row += 1
            outputs = tuple(TxOutput(world.values[o], script_of(o)) for o in made)
            tx = Transaction(2, tuple(spends), outputs, i)
            parsed = verify.parse_tx(tx.serialise())
            assert parsed.txid == format_txid(tx.txid)
            self.txs[parsed.txid] = parsed
            self.tx_name[world.ledger.txid(i)] = parsed.txid
            for n, output in enumerate(made):
                self.name[output] = f"{parsed.txid}:{n}"

    def _spend(self, source: Any, row: int, i: int) -> TxInput:
        if source is None:
            return TxInput(bytes(32), 0xFFFF_FFFF, b"%d" % i, 0)
        if isinstance(source, int):
            return TxInput(*parse_outpoint(self.name[source]), b"", 0)
        outside = self.world.ledger.prevout(row)
        assert outside is not None
        if source[1] is not None:
            self.told[outside] = {"value_sat": source[1], "script": None}
        return TxInput(*parse_outpoint(outside), b"", 0)

    def named(self, coin: str) -> str:
        """Translate a ledger's outpoint; what lies outside keeps its name."""
        txid, _, n = coin.partition(":")
        return f"{self.tx_name[txid]}:{n}" if txid in self.tx_name else coin

    def ledger(self) -> verify.Ledger:
        ledger = verify.Ledger.__new__(verify.Ledger)
        network = verify.NETWORKS[REGTEST.caip2]
        ledger.chain = SimpleNamespace(network=network)  # type: ignore[assignment]
        ledger.txs, ledger._told = self.txs, self.told
        return ledger


def record_of(raw: Raw, found: Trace) -> dict[str, Any]:
    def end(stop: Stop) -> dict[str, Any]:
        figures = stop.amounts.to_json()
        named = {
            "coin": raw.named(stop.where),
            "reason": stop.reason,
            "name": stop.name,
        }
        return named | figures

    ledger = found.ledger
    seeds = [ledger.outpoint(int(o)) for o in found.seeds.outputs]
    seeds += [ledger.prevout(int(i)) or "" for i in found.seeds.inputs]
    record = {
        "chain": REGTEST.caip2,
        "direction": str(found.graph.direction),
        "seeds": [raw.named(seed) for seed in seeds],
        "seed_addresses": [],
        "transactions": [raw.tx_name[ledger.txid(int(tx))] for tx in found.graph.tx],
        "ends": [end(stop) for stop in [*found.stops, *found.unspent_outputs]],
        "reentry": found.reentry,
    }
    return {"id": content_hash(record), **plain(record)}


def flow_of(raw: Raw, record: dict[str, Any], found: Trace, target: Target) -> Any:
    proof = certificate(found, target)
    seeds = set(record["seeds"])

    def pairs(extreme: dict[str, Any]) -> list[list[Any]]:
        rows = [[raw.named(k), v] for k, v in extreme["flow"].items()]
        rows = [row for row in rows if row[0] not in seeds]
        return rows + [[raw.named(k), v] for k, v in extreme["returned"].items()]

    arrivals = {raw.named(line["outpoint"]) for line in proof["ends"]}
    amounts = target.amounts
    return {
        "id": "flow-0",
        "statement": {"lower_sat": amounts.lower_sat, "upper_sat": amounts.upper_sat},
        "premises": {
            "upper_flow": pairs(proof["upper"]),
            "lower_flow": pairs(proof["lower"]),
            "receipts_sat": target.received_sat,
        },
        "arrivals": arrivals,
    }


@st.composite
def traces(draw: st.DrawFn, *, gaps: bool = False) -> tuple[World, Trace]:
    world = draw(worlds(n_txs=7, largest=50, unknown=True))
    if gaps:
        world.ledger.source = "esplora-json"
    outputs = st.sampled_from(range(len(world.values)))
    seeds = draw(st.sets(outputs, min_size=1, max_size=3))
    ends = draw(st.sets(outputs, min_size=1, max_size=4)) - seeds
    request = TraceRequest(
        draw(st.sampled_from(Direction)),
        outpoints=[world.ledger.outpoint(o) for o in sorted(seeds)],
        marks=[Mark(world.address(o), "Target") for o in sorted(ends)],
    )
    found = trace(world.ledger, request)
    assume(found.targets)
    return world, found


def recheck(world: World, found: Trace) -> None:
    verify.Report()
    raw = Raw(world)
    record = record_of(raw, found)
    walk = verify.Walk(record, raw.ledger())
    for target in found.targets:
        flow = flow_of(raw, record, found, target)
        coins = [walk.ends[name] for name in sorted(flow["arrivals"])]
        bounds = verify.Findings._bounds
        bounds(None, flow, walk, coins)  # type: ignore[arg-type]
        direct = sum(coin.cap for coin in walk.direct(coins))
        assert direct == target.direct_sat


@settings(deadline=None, max_examples=300)
@given(traces())
def test_the_verifier_finds_what_tracing_says(case: tuple[World, Trace]) -> None:
    recheck(*case)


@settings(deadline=None, max_examples=150)
@given(traces(gaps=True))
def test_the_same_where_the_ledger_has_gaps(case: tuple[World, Trace]) -> None:
    recheck(*case)


@settings(deadline=None, max_examples=200)
@given(traces(), st.data())
def test_no_figure_can_be_changed(
    case: tuple[World, Trace], data: st.DataObject
) -> None:
    world, found = case
    raw = Raw(world)
    record = record_of(raw, found)
    verify.Report()
    end = data.draw(st.sampled_from(record["ends"]))
    figure = data.draw(st.sampled_from(FIGURES))
    end[figure] = None if end[figure] == 0 else (end[figure] or 0) + 1
    del record["id"]
    record["id"] = content_hash(record)
    with pytest.raises(verify.False_, match=figure):
        verify.Walk(record, raw.ledger())


@settings(deadline=None, max_examples=200)
@given(traces(), st.data())
def test_no_hop_can_be_left_out(case: tuple[World, Trace], data: st.DataObject) -> None:
    world, found = case
    raw = Raw(world)
    record = record_of(raw, found)
    assume(record["transactions"])
    verify.Report()
    record["transactions"].remove(data.draw(st.sampled_from(record["transactions"])))
    del record["id"]
    record["id"] = content_hash(record)
    with pytest.raises(verify.False_):
        verify.Walk(record, raw.ledger())
