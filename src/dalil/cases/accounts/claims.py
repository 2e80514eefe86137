"""Findings about chains of accounts: what was transferred, and what it reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.cases.accounts.walks import flow_pairs, time_of
from dalil.chains.accounts import BEHIND_LOGS, NO_LOG
from dalil.evidence.account_statements import (
    TokenFlow,
    TokenFlowPremises,
    Transfers,
    TransfersPremises,
)
from dalil.evidence.findings import Finding
from dalil.tracing.accounts.naming import coin_name
from dalil.tracing.accounts.result import amounts_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dalil.evidence.account_statements import Proof
    from dalil.evidence.statements import TargetAddress
    from dalil.tracing.accounts import AccountTarget, AccountTrace

__all__ = ["known_decimals", "token_flow_finding", "transfers_finding"]


def transfers_finding(
    found: AccountTrace, transfer: int, prove: Callable[[Transfers], Proof]
) -> Finding:
    """State one transfer, and how a bundle shows it, which `prove` finds out."""
    view = found.ledger
    (tx,) = view.tx_of_transfer(np.array([transfer])).tolist()
    (block,) = view.block_of_tx(np.array([tx])).tolist()
    (amount,) = view.amounts(np.array([transfer]))
    log = int(view.transfer_log[transfer])
    place = "tx" if log == NO_LOG else str(log)
    statement = Transfers(
        chain=view.chain,
        txid=view.txid(tx),
        place=f"internal-{log - BEHIND_LOGS}" if log >= BEHIND_LOGS else place,
        token=found.unit.token,
        from_=view.address_text(int(view.transfer_from[transfer])),
        to=view.address_text(int(view.transfer_to[transfer])),
        amount=str(amount),
    )
    premises = TransfersPremises(
        height=int(view.block_number[block]),
        block_hash=("0x" if view.chain.startswith("eip155:") else "")
        + view.block_hash[block].tobytes().hex(),
        time_utc=time_of(found, transfer),
        proof=prove(statement),
    )
    return Finding.of(statement, premises)


def known_decimals(found: AccountTrace) -> int | None:
    """Tell a known token's decimals; what another says of its own is not taken."""
    return found.unit.decimals if found.unit.symbol else None


def token_flow_finding(
    found: AccountTrace,
    target: AccountTarget,
    trace: str,
    holders: Mapping[int, TargetAddress],
) -> Finding:
    """State how much of the seeds' tokens came to one target.

    Parameters
    ----------
    found : AccountTrace
        Forward.
    target : AccountTarget
        Of this trace.
    trace : str
        Id of the walk as the bundle carries it.
    holders : mapping
        Per address id: why it counts as the target.
    """
    ends = np.zeros(found.graph.flow.value.size, dtype=np.bool_)
    ends[list(target.coins)] = True
    gaps = found.gaps
    statement = TokenFlow(
        chain=found.ledger.chain,
        token=found.unit.token,
        decimals=known_decimals(found),
        direction="forward",
        seed_amount=str(found.graph.flow.seed_total),
        target=target.name,
        direct_amount=str(target.direct),
        **amounts_json(target.amounts),  # type: ignore[arg-type]
        received_amount=str(target.total),
    )
    premises = TokenFlowPremises(
        trace=trace,
        arrivals=tuple(coin_name(found.ledger, found.graph, c) for c in target.coins),
        addresses=tuple(holders[a] for a in sorted(holders)),
        reentry=found.reentry is not None,
        upper_flow=flow_pairs(found, ends if gaps is None else ends | gaps, most=True),
        lower_flow=flow_pairs(found, ends, most=False),
    )
    return Finding.of(statement, premises)
