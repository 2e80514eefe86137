"""Which accounts act together, and why: one module a rule, no rule unasked.

Accounts have no co-spending. What there is instead is weaker, and each rule says
where it fails; a link names its rule, its version and the transfers or events
that made it.
"""

from __future__ import annotations

from dalil.clustering.accounts.base_rate import BaseRate, BaseRateRule
from dalil.clustering.accounts.common_deposit import (
    CommonDepositRule,
    common_deposit_links,
)
from dalil.clustering.accounts.deposits import DepositRule, Deposits, deposit_links
from dalil.clustering.accounts.events import (
    FreezeStatistics,
    FreezeWindow,
    FreezeWindows,
    freeze_windows,
)
from dalil.clustering.accounts.freezes import Freeze, Pending
from dalil.clustering.accounts.frozen import FrozenBalance, frozen_balances
from dalil.clustering.accounts.funding import Funding, FundingRule, funding_links
from dalil.clustering.accounts.links import AccountClusters, AccountLink, Links, Rule
from dalil.clustering.accounts.operational import (
    OperationalRule,
    OperationalWallet,
    OperationalWallets,
    operational_wallets,
)
from dalil.clustering.accounts.poisoning import (
    Bait,
    Poisoning,
    PoisoningRule,
    poisoning,
)
from dalil.clustering.accounts.rules import (
    DEFAULT_RULES,
    RULES,
    account_clusters,
    find_links,
)
from dalil.clustering.accounts.sweeps import Sweeping
from dalil.clustering.accounts.tokens import TokenFlag, TokenFlags, flag_tokens

__all__ = [
    "DEFAULT_RULES",
    "RULES",
    "AccountClusters",
    "AccountLink",
    "Bait",
    "BaseRate",
    "BaseRateRule",
    "CommonDepositRule",
    "DepositRule",
    "Deposits",
    "Freeze",
    "FreezeStatistics",
    "FreezeWindow",
    "FreezeWindows",
    "FrozenBalance",
    "Funding",
    "FundingRule",
    "Links",
    "OperationalRule",
    "OperationalWallet",
    "OperationalWallets",
    "Pending",
    "Poisoning",
    "PoisoningRule",
    "Rule",
    "Sweeping",
    "TokenFlag",
    "TokenFlags",
    "account_clusters",
    "common_deposit_links",
    "deposit_links",
    "find_links",
    "flag_tokens",
    "freeze_windows",
    "frozen_balances",
    "funding_links",
    "operational_wallets",
    "poisoning",
]
