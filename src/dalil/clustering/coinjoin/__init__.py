"""CoinJoins: transactions of several owners, told apart from payments.

`classify` types one transaction, `coinjoin_types` a whole ledger, by the same
rules; `RULES` says of each rule where it comes from and where it fails.
"""

from __future__ import annotations

from dalil.clustering.coinjoin.catalogue import RULES
from dalil.clustering.coinjoin.columns import (
    Verdicts,
    coinjoin_of,
    coinjoin_types,
    coinjoin_verdicts,
)
from dalil.clustering.coinjoin.kinds import CoinJoinType, Rule
from dalil.clustering.coinjoin.rules import RULES_VERSION
from dalil.clustering.coinjoin.shape import Spent, classify
from dalil.clustering.coinjoin.txcolumns import TxColumns

__all__ = [
    "RULES",
    "RULES_VERSION",
    "CoinJoinType",
    "Rule",
    "Spent",
    "TxColumns",
    "Verdicts",
    "classify",
    "coinjoin_of",
    "coinjoin_types",
    "coinjoin_verdicts",
]
