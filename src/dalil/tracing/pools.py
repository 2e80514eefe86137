"""Where a chain hides who paid whom: a trace that went on would be made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dalil.chains.bitcoin.network import Form
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dalil.tracing.columns import LedgerColumns

__all__ = ["pool_transactions"]


def pool_transactions(ledger: LedgerColumns) -> NDArray[np.int64]:
    """List the transactions that no trace may go through, ascending.

    Litecoin's HogEx takes what went into the extension block and gives what
    comes out, in one transaction: that two amounts meet there shows nothing.

    Raises
    ------
    InputError
        If the chain is Zcash: what goes into its shielded pools is no output,
        so that every trace would take it for fees.
    """
    network = getattr(ledger, "network", None)
    form = getattr(network, "form", Form.BITCOIN)
    if form is Form.ZCASH:
        raise InputError(
            "a trace would take what is shielded for fees; on this chain read "
            "transactions one by one, with into_pools_sat",
            getattr(network, "name", ""),
        )
    if form is not Form.LITECOIN:
        return np.zeros(0, np.int64)
    types: NDArray[np.uint8] = getattr(ledger, "output_type", np.zeros(0, np.uint8))
    held = np.flatnonzero(types == ScriptType.MWEB_HOGADDR)
    return np.unique(np.searchsorted(ledger.tx_first_output, held, side="right") - 1)
