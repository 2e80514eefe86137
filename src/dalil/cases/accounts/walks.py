"""A trace of accounts as a bundle carries it: every transfer it rests on.

A verifier lays the walk out again from these, so what an account held and all
that came to it or left it must be there from the moment seed money did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.evidence.account_document import (
    AccountEnd,
    AccountTrace,
    WalkedAccount,
    WalkedTransfer,
)
from dalil.tracing.accounts.naming import coin_name, transfer_name
from dalil.tracing.accounts.result import amounts_json
from dalil.tracing.network import region_of, send
from dalil.tracing.stops import StopCode
from dalil.units import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dalil.tracing.accounts import AccountTrace as Found
    from dalil.tracing.columns import I64

__all__ = ["flow_pairs", "reason_of", "time_of", "walk_of"]


def time_of(found: Found, transfer: int) -> str:
    """Say when a transfer's block says it was made."""
    view = found.ledger
    block = view.block_of_tx(view.tx_of_transfer(np.array([transfer])))
    return format_utc(int(view.block_time[block][0]))


def reason_of(found: Found, coin: int) -> str:
    """Say why a coin is not followed on, as traces say it."""
    met, code = found.met.get(coin), StopCode(int(found.graph.flow.code[coin]))
    if met:
        return met.reason
    return "held" if code is StopCode.UNSPENT else code.reason


def walk_of(found: Found, seed_addresses: Iterable[int]) -> AccountTrace:
    """Lay a forward trace out as a bundle carries it.

    Cost: linear in the transfers of the accounts walked.
    """
    view, flow = found.ledger, found.graph.flow
    spans = _spans(found)
    rows = np.unique(np.concatenate([np.zeros(0, np.int64), *spans.values()]))
    return AccountTrace(
        chain=view.chain,
        token=found.unit.token,
        direction="forward",
        seeds=tuple(coin_name(view, found.graph, coin) for coin in range(flow.n_seeds)),
        seed_addresses=tuple(sorted(view.address_text(a) for a in seed_addresses)),
        accounts=tuple(
            WalkedAccount(
                view.address_text(account),
                transfer_name(view, int(mine[0])),
                _before(found, account),
            )
            for account, mine in spans.items()
        ),
        transfers=tuple(_walked(found, row) for row in rows.tolist()),
        ends=tuple(_end(found, coin) for coin in _ends(found)),
        reentry=found.reentry,
    )


def _owners(found: Found) -> I64:
    """(n_nodes,) the account that each payment of the trace is from."""
    return found.graph.holder[found.graph.flow.coin_start[:-1] + 1]


def _spans(found: Found) -> dict[int, I64]:
    """List, per account, the transfers that its part of the walk rests on."""
    flow, owner = found.graph.flow, _owners(found)
    spans: dict[int, I64] = {}
    for account in np.unique(owner).tolist():
        paid = flow.tx[owner == account]
        spans[account] = _moves(found, account, int(paid.min()))
    seeds, holder = flow.output[: flow.n_seeds], found.graph.holder[: flow.n_seeds]
    for account in np.unique(holder).tolist():
        came = spans.get(account, np.zeros(0, np.int64))
        spans[account] = np.union1d(came, seeds[holder == account])
    return spans


def _moves(found: Found, account: int, first: int) -> I64:
    """List all that moved an account's balance since the payment before `first`."""
    view, token = found.ledger, found.request.token
    out, into = (
        rows[_moving(found, rows)]
        for rows in (
            view.transfers_from(account, token),
            view.transfers_to(account, token),
        )
    )
    earlier = out[out < first]
    since = int(earlier[-1]) if earlier.size else -1
    both = np.sort(np.concatenate([out, into]))
    return both[both > since]


def _moving(found: Found, rows: I64) -> NDArray[np.bool_]:
    view = found.ledger
    amounts = np.asarray(view.transfer_amount)[rows] > 0
    wide = np.isin(rows, view.wide_transfer)
    apart = np.not_equal(
        np.asarray(view.transfer_from)[rows], np.asarray(view.transfer_to)[rows]
    )
    moving: NDArray[np.bool_] = (amounts | wide) & apart
    return moving


def _before(found: Found, account: int) -> str | None:
    """Tell what an account held ahead of its first transfer of the walk."""
    flow = found.graph.flow
    mine = np.flatnonzero(_owners(found) == account)
    if not mine.size:
        return None
    node = mine[np.argmin(flow.tx[mine])]
    held = int(flow.slot_value[flow.slot_start[node]])
    return None if held < 0 else str(held)


def _walked(found: Found, transfer: int) -> WalkedTransfer:
    view = found.ledger
    (amount,) = view.amounts(np.array([transfer]))
    return WalkedTransfer(
        transfer_name(view, transfer),
        view.address_text(int(view.transfer_from[transfer])),
        view.address_text(int(view.transfer_to[transfer])),
        str(amount),
        time_of(found, transfer),
    )


def _ends(found: Found) -> list[int]:
    flow = found.graph.flow
    ended = (flow.into < 0) & (flow.code != StopCode.EMPTY) & (flow.value != 0)
    return np.flatnonzero(ended).tolist()


def _end(found: Found, coin: int) -> AccountEnd:
    met = found.met.get(coin)
    figures = amounts_json(found.figures.of_coin(coin))
    return AccountEnd(
        coin=coin_name(found.ledger, found.graph, coin),
        reason=reason_of(found, coin),
        name=met.name if met else None,
        **figures,  # type: ignore[arg-type]
    )


def flow_pairs(
    found: Found, ends: NDArray[np.bool_], *, most: bool
) -> tuple[tuple[str, str], ...]:
    """Lay out a flow that brings the most, or the least, to some ends."""
    graph = found.graph
    flow = send(region_of(graph.flow, ends), to_ends=most).flow
    return tuple(
        sorted(
            (coin_name(found.ledger, graph, coin), str(int(flow[coin])))
            for coin in np.flatnonzero(flow != 0).tolist()
            if coin >= graph.flow.n_seeds
        )
    )
