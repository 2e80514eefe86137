"""Which accounts the issuer of a token had frozen when the ledger ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.accounts import EventKind
from dalil.ledger.accounts.view import NO_ADDRESS

if TYPE_CHECKING:
    from dalil.ledger.accounts.view import AccountView

__all__ = ["frozen_at_end"]


def frozen_at_end(view: AccountView, token: int) -> set[int]:
    """List the accounts frozen for a token, by address id.

    An event whose source does not name the contract counts for every token.

    Notes
    -----
    One pass over the kinds of events. A freeze says what an issuer did; it is
    no evidence of what the holder did.
    """
    kind = np.asarray(view.event_kind)
    freezing = (kind == EventKind.FREEZE) | (kind == EventKind.UNFREEZE)
    rows = np.flatnonzero(freezing)
    contract = np.asarray(view.event_contract)[rows]
    named = contract != NO_ADDRESS
    keys = np.asarray(view.address_key)[np.where(named, contract, 0)]
    ours = (keys == np.asarray(view.token_key)[token]).all(axis=1)
    rows = rows[ours | ~named]
    state = dict(
        zip(np.asarray(view.event_subject)[rows].tolist(), rows.tolist(), strict=True)
    )
    return {
        subject
        for subject, row in state.items()
        if subject != NO_ADDRESS and kind[row] == EventKind.FREEZE
    }
