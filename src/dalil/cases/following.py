"""Following a case's money under every profile, and stating what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.evidence.document import End, TraceRecord
from dalil.evidence.findings import PROFILES, Finding
from dalil.evidence.statements import Flow, FlowPremises, TargetAddress
from dalil.tracing import Direction, Limits, TraceRequest, trace
from dalil.tracing.certificate import certificate
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dalil.cases.desk import Desk
    from dalil.cases.starting import Starts
    from dalil.evidence.findings import Profile
    from dalil.tracing import Stop, Target, Trace

__all__ = ["Followed", "arrivals_of", "flow_finding", "follow"]

_FIGURES = ("lower_sat", "upper_sat", "haircut_sat", "fifo_sat", "lifo_sat")


@dataclass(frozen=True)
class Followed:
    """The money of a case, followed under each profile."""

    profile: Profile
    traces: dict[Profile, Trace]
    record: TraceRecord

    @property
    def trace(self) -> Trace:
        """The trace under the case's own profile."""
        return self.traces[self.profile]

    def holds_under(self, target: Target) -> tuple[Profile, ...]:
        """Name the profiles under which a target has the same figures."""
        own = _figures(target)
        held: list[Profile] = []
        for profile in PROFILES:
            other = self.traces[profile].target(target.name)
            if other is not None and _figures(other) == own:
                held.append(profile)
        return tuple(held)


def _figures(target: Target) -> tuple[int | None, ...]:
    amounts = target.amounts
    return target.direct_sat, *(getattr(amounts, name) for name in _FIGURES)


def follow(desk: Desk, starts: Starts) -> Followed:
    """Trace forward from the starts, once a profile."""
    limits, usual = desk.charter.limits, Limits()
    traces: dict[Profile, Trace] = {}
    for profile in PROFILES:
        request = TraceRequest(
            direction=Direction.FORWARD,
            outpoints=starts.outpoints,
            addresses=starts.addresses,
            marks=desk.marks(profile, starts.addresses),
            coinjoin=desk.coinjoin,
            limits=Limits(
                max_hops=limits.max_hops or usual.max_hops,
                not_after=limits.until or usual.not_after,
                min_value=limits.min_value_sat,
            ),
        )
        traces[profile] = trace(desk.ledger, request, desk.progress)
    profile = next(name for name in PROFILES if name == desk.charter.profile)
    return Followed(profile, traces, _record(desk, starts, traces[profile]))


def _end(stop: Stop) -> End:
    return End(
        coin=stop.where,
        reason=stop.reason,
        name=stop.name,
        **stop.amounts.to_json(),
    )


def _record(desk: Desk, starts: Starts, found: Trace) -> TraceRecord:
    graph, ledger = found.graph, desk.ledger
    seeds = [ledger.outpoint(int(o)) for o in found.seeds.outputs]
    seeds += [ledger.prevout(int(i)) or "" for i in found.seeds.inputs]
    ends = [*found.stops, *found.unspent_outputs]
    return TraceRecord(
        chain=ledger.chain,
        direction="forward",
        seeds=tuple(seeds),
        seed_addresses=tuple(
            sorted(s.text for s in starts.traced if s.address is not None)
        ),
        transactions=tuple(ledger.txid(int(tx)) for tx in graph.tx),
        ends=tuple(_end(stop) for stop in ends),
        reentry=found.reentry,
    )


def flow_finding(
    followed: Followed,
    target: Target,
    holders: Mapping[int, TargetAddress],
    arrivals: Sequence[str],
) -> Finding:
    """State how much of the seeds' money came to one target.

    Parameters
    ----------
    followed : Followed
    target : Target
        Of the trace under the case's own profile.
    holders : mapping
        Per address id: why it counts as the target.
    arrivals : sequence of str
        The outpoints at which the money arrived.
    """
    found = followed.trace
    proof = certificate(found, target)
    statement = Flow(
        chain=followed.record.chain,
        direction="forward",
        seed_sat=int(found.graph.seed_total),
        target=target.name,
        direct_sat=target.direct_sat,
        **target.amounts.to_json(),
    )
    premises = FlowPremises(
        trace=followed.record.id,
        arrivals=tuple(arrivals),
        addresses=tuple(holders[a] for a in sorted(holders)),
        reentry=found.reentry is not None,
        receipts_sat=target.received_sat,
        upper_flow=_pairs(proof["upper"], followed.record.seeds),
        lower_flow=_pairs(proof["lower"], followed.record.seeds),
    )
    return Finding.of(statement, premises, followed.holds_under(target))


def _pairs(
    extreme: Mapping[str, Mapping[str, int]], seeds: Sequence[str]
) -> tuple[tuple[str, int], ...]:
    """List a flow by coin: what each takes beyond the seeds, fees being the rest."""
    own = set(seeds)
    pairs = [row for row in extreme["flow"].items() if row[0] not in own]
    return tuple(sorted([*pairs, *extreme["returned"].items()]))


def arrivals_of(found: Trace, target: Target) -> list[int]:
    """List the outputs at which money arrived at a target, in graph order."""
    output = found.graph.output
    return [
        int(output[coin])
        for coin in target.coins
        if found.graph.code[coin] == StopCode.MARKED and output[coin] >= 0
    ]
