"""Why a bound on accounts is right: a case that comes to it, and a cut.

As for transactions with outputs (`dalil.tracing.certificate`), a maximum flow
and a minimum cut of one value prove each other. Whoever holds the transfers of
the accounts named here can lay out the payments and add up both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.errors import NotFoundError
from dalil.tracing.accounts.naming import coin_names, transfer_names
from dalil.tracing.network import Region, region_of, send
from dalil.tracing.stops import StopCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.accounts.result import AccountTarget, AccountTrace
    from dalil.tracing.columns import I64

__all__ = ["account_certificate"]


def _payments(trace: AccountTrace, nodes: NDArray[np.bool_]) -> list[str]:
    """Name nodes by their payments, in the order money was followed."""
    rows = trace.graph.flow.tx[nodes]
    names = transfer_names(trace.ledger, rows)
    return [names[row] for row in rows.tolist()]


def _extreme(trace: AccountTrace, region: Region, *, to_ends: bool) -> dict[str, Any]:
    """Lay out one extreme; a seed that takes in seed money stands in two lists."""
    graph, extreme = trace.graph, send(region, to_ends=to_ends)
    coins = np.flatnonzero(extreme.flow != 0)
    names = coin_names(trace.ledger, graph, coins)
    told: dict[str, dict[str, str]] = {"flow": {}, "returned": {}}
    for coin in coins.tolist():
        again = graph.flow.code[coin] == StopCode.SEED
        kind = "returned" if again else "flow"
        told[kind][names[coin]] = str(int(extreme.flow[coin]))
    return {
        "value_amount": str(extreme.value),
        "payments": _payments(trace, region.inside),
        **told,
        "cut": _payments(trace, extreme.cut),
    }


def _lines(trace: AccountTrace, coins: I64) -> list[dict[str, Any]]:
    value, figures = trace.graph.flow.value, trace.figures
    names = coin_names(trace.ledger, trace.graph, coins)
    return [
        {
            "coin": names[coin],
            "value_amount": None if value[coin] < 0 else str(int(value[coin])),
            "lower_amount": str(int(figures.lower[coin])),
            "upper_amount": str(int(figures.upper[coin])),
        }
        for coin in coins.tolist()
    ]


def _named(trace: AccountTrace, coins: NDArray[np.bool_]) -> list[str]:
    rows = np.flatnonzero(coins)
    return list(coin_names(trace.ledger, trace.graph, rows).values())


def account_certificate(trace: AccountTrace, target: AccountTarget) -> dict[str, Any]:
    """Lay out everything that proves one target's bounds.

    Returns
    -------
    dict
        ``direction`` and ``token``; ``seeds``: those on the way, or ends
        themselves; ``ends``: the target's transfers; ``coins``: all that the
        payments on the way paid and left (backward: took), with local bounds;
        ``stopped``: those that go into another payment and are not followed;
        ``upper`` and ``lower``: each with its ``value_amount``, the
        ``payments`` on the way, a ``flow`` per coin and what ``returned`` to
        seeds, and the ``cut``. Coins are named ``TXID:LOG``, ``rest of ACCOUNT
        after TXID:LOG`` and ``opening balance of ACCOUNT``. Where money may
        move unseen, the upper one counts all of ``gaps`` among the ends, and
        ``received_amount`` caps it.

    Raises
    ------
    NotFoundError
        If the target is not one of this trace.
    """
    if target not in trace.targets:
        raise NotFoundError("no such target in this trace", target.name)
    flow, gaps = trace.graph.flow, trace.gaps
    ends = np.zeros(flow.value.size, dtype=np.bool_)
    ends[list(target.coins)] = True
    region = region_of(flow, ends)
    widened = region if gaps is None else region_of(flow, ends | gaps)
    inside = widened.node >= 0
    inside[inside] = widened.inside[widened.node[inside]]
    held = np.isin(flow.code, [StopCode.UNSPENT, StopCode.FROZEN, StopCode.EMPTY])
    stopped = inside & ~ends & (flow.into < 0) & ~held
    seeds = np.union1d(widened.seeds, widened.ended_seeds)
    proof: dict[str, Any] = {
        "direction": str(flow.direction),
        "token": trace.unit.token,
        "seeds": _lines(trace, seeds),
        "ends": _lines(trace, np.array(target.coins, dtype=np.int64)),
        "coins": _lines(trace, np.flatnonzero(inside)),
        "stopped": _named(trace, stopped),
        "upper": _extreme(trace, widened, to_ends=True),
        "lower": _extreme(trace, region, to_ends=False),
    }
    if gaps is not None:
        proof["gaps"] = _named(trace, gaps & (inside | (widened.node < 0)))
        proof["received_amount"] = str(target.total)
    return proof
