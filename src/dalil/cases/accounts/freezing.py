"""Freezes by a token's issuer on the accounts that a trace came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.evidence.account_statements import Frozen, FrozenPremises
from dalil.evidence.findings import Finding
from dalil.units import format_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.clustering.accounts import FreezeWindow, FreezeWindows
    from dalil.ledger.accounts.view import AccountView
    from dalil.tracing.accounts import AccountTrace

__all__ = ["frozen_findings"]


def frozen_findings(found: AccountTrace, freezes: FreezeWindows) -> Iterator[Finding]:
    """State each freeze of the traced token on an account of the trace.

    What left between request and freeze is counted, and says nothing of why.
    """
    view = found.ledger
    met = set(found.graph.holder.tolist()) | set(found.request.addresses)
    held = {(one.address, one.freeze): one for one in freezes.frozen}
    for window in freezes.windows:
        freeze = window.freeze
        if freeze.token != found.request.token or freeze.address not in met:
            continue
        last = held.get((freeze.address, freeze.freeze))
        lifted = None if last is None else last.unfreeze
        balance = None if last is None or last.balance is None else str(last.balance)
        yield Finding.of(
            Frozen(
                chain=view.chain,
                token=found.unit.token,
                address=view.address_text(freeze.address),
                since_utc=format_utc(window.closed),
                lifted_utc=None if lifted is None else _time(view, lifted),
                balance_amount=balance,
            ),
            _premises(view, window),
        )


def _premises(view: AccountView, window: FreezeWindow) -> FrozenPremises:
    freeze, known = window.freeze, window.amount is not None
    return FrozenPremises(
        txid=_txid(view, freeze.freeze),
        submission_txid=(
            None if freeze.submission is None else _txid(view, freeze.submission)
        ),
        outflow_amount=str(window.amount) if known else None,
        n_outflow=int(window.outflow.size) if known else None,
    )


def _txid(view: AccountView, event: int) -> str:
    return view.txid(int(view.tx_of_event(np.array([event]))[0]))


def _time(view: AccountView, event: int) -> str:
    block = view.block_of_tx(view.tx_of_event(np.array([event])))
    return format_utc(int(view.block_time[block][0]))
