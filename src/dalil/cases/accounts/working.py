"""Working a case on one ledger of accounts: every token its seeds received."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dalil.cases.accounts.claims import (
    known_decimals,
    token_flow_finding,
    transfers_finding,
)
from dalil.cases.accounts.freezing import frozen_findings
from dalil.cases.accounts.holding import holders_of
from dalil.cases.accounts.patterns import pattern_findings
from dalil.cases.accounts.walks import walk_of
from dalil.cases.accounts.worth import days_of, token_money
from dalil.cases.facts import price_facts
from dalil.cases.reached import MAX_PAYMENTS, collect_address
from dalil.evidence.account_document import Asset, AssetStop, AssetTarget
from dalil.tracing import Direction, Limits
from dalil.tracing.accounts import AccountRequest, trace_accounts
from dalil.tracing.accounts.result import amounts_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.cases.accounts.desk import AccountDesk
    from dalil.cases.reached import Collected
    from dalil.cases.starting import Starts
    from dalil.evidence.account_document import AccountTrace as Walk
    from dalil.tracing.accounts import AccountTarget, AccountTrace

__all__ = ["AccountWork", "work_accounts"]


@dataclass(slots=True)
class AccountWork:
    """What came of one ledger of accounts."""

    desk: AccountDesk
    starts: Starts
    traces: list[AccountTrace] = field(default_factory=list)
    walks: list[Walk] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    priced: list[tuple[int, set[str]]] = field(default_factory=list)
    """Tokens with the days whose prices were used."""
    notes: list[str] = field(default_factory=list)


def work_accounts(desk: AccountDesk, into: Collected, starts: Starts) -> AccountWork:
    """Trace every token the seeds received, and state what was found.

    Findings go into `into`. A token that calls itself by a known one's name is
    not followed, and counted in a note.
    """
    work = AccountWork(desk, starts)
    addresses = starts.addresses
    for start in (*starts.traced, *starts.borders):
        if start.address is not None:
            collect_address(desk, into, start.text)
    for linked in pattern_findings(desk, addresses):
        into.add(linked)
    tokens, n_left_out = desk.tokens_of(addresses)
    if n_left_out:
        work.notes.append(
            f"{desk.ledger.chain}: {n_left_out} tokens sent to the seeds are not "
            "followed: look-alikes of known tokens, or too many"
        )
    marks = desk.marks(addresses)
    limits, usual = desk.charter.limits, Limits()
    for token in tokens:
        request = AccountRequest(
            Direction.FORWARD,
            token,
            addresses,
            marks=marks,
            noise=desk.noise,
            limits=Limits(
                max_hops=limits.max_hops or usual.max_hops,
                not_after=limits.until or usual.not_after,
            ),
        )
        found = trace_accounts(desk.ledger, request, desk.progress)
        if found.graph.flow.n_seeds:
            _state(work, into, found)
    return work


def _state(work: AccountWork, into: Collected, found: AccountTrace) -> None:
    """State a trace: receipts, walk, targets, stops."""
    walk = walk_of(found, work.starts.addresses)
    flow = found.graph.flow
    _collect(work.desk, into, found, flow.output[: flow.n_seeds].tolist())
    prices = work.desk.prices_of(found.request.token)
    if prices is not None:
        work.priced.append((found.request.token, days_of(found)))
    targets = [
        _target(work.desk, into, found, target, walk.id) for target in found.targets
    ]
    for frozen in frozen_findings(found, work.desk.freezes):
        into.add(frozen)
    work.traces.append(found)
    work.walks.append(walk)
    work.assets.append(
        Asset(
            chain=work.desk.ledger.chain,
            token=found.unit.token,
            symbol=found.unit.symbol,
            decimals=known_decimals(found),
            seed_amount=str(flow.seed_total),
            n_seeds=flow.n_seeds,
            trace=walk.id,
            prices=price_facts(prices, work.desk.charter.currency),
            targets=tuple(targets),
            stops=tuple(
                AssetStop(
                    reason=stop.reason,
                    where=stop.where,
                    name=stop.name,
                    lower_amount=str(stop.amounts.lower_sat),
                    upper_amount=str(stop.amounts.upper_sat),
                )
                for stop in (*found.stops, *found.unspent_outputs)
            ),
        )
    )


def _collect(
    desk: AccountDesk, into: Collected, found: AccountTrace, transfers: Iterable[int]
) -> int:
    """State transfers one by one, the largest first; returns how many are left out."""
    rows = list(transfers)
    amounts = found.ledger.amounts(np.array(rows, dtype=np.int64))
    largest = sorted(zip(amounts, rows, strict=True), key=lambda pair: (-pair[0], pair))
    for row in sorted(row for _, row in largest[:MAX_PAYMENTS]):
        into.add(transfers_finding(found, row, desk.saved.prove))
    return max(0, len(rows) - MAX_PAYMENTS)


def _target(
    desk: AccountDesk,
    into: Collected,
    found: AccountTrace,
    target: AccountTarget,
    trace: str,
) -> AssetTarget:
    transfers = found.graph.flow.output[list(target.coins)].tolist()
    left_out = _collect(desk, into, found, transfers)
    flow = token_flow_finding(
        found, target, trace, holders_of(desk, into, found, target)
    )
    into.add(flow)
    if left_out:
        into.leave_out(target.name, left_out, flow.id)
    return AssetTarget(
        name=target.name,
        finding=flow.id,
        service=None if target.reason == "target" else target.reason,
        direct_amount=str(target.direct),
        **amounts_json(target.amounts),  # type: ignore[arg-type]
        received_amount=str(target.total),
        money=token_money(
            found,
            target,
            desk.prices_of(found.request.token),
            desk.charter.currency,
        ),
    )
