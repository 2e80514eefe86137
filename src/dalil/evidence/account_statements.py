"""Statements about chains that keep accounts, and what each rests on.

As in `statements`, but amounts are decimal strings of base units: a token's
may need 256 bits. Tokens are named by CAIP-19, transfers by ``txid:place``,
the place being the log's number in its block, ``tx`` for what the transaction
itself moves, or ``internal-N`` for what a call of it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from dalil.evidence.statements import TargetAddress

__all__ = [
    "Frozen",
    "FrozenPremises",
    "Linked",
    "LinkedPremises",
    "Proof",
    "TokenFlow",
    "TokenFlowPremises",
    "Transfers",
    "TransfersPremises",
]

Proof = Literal["tron-tree", "receipt-trie", "node-asserted"]
"""How a bundle shows a transfer: by TRON's tree of transactions under a signed
header, by a receipt under an Ethereum block's hash, or on a node's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfers:
    """A transaction moves an amount of one token from one account to another."""

    kind: ClassVar[str] = "transfers"
    chain: str
    txid: str
    place: str
    token: str
    from_: str
    to: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransfersPremises:
    """The block it stands in, and how that is shown."""

    height: int
    block_hash: str
    time_utc: str
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFlow:
    """How much of the seeds' tokens came to a target (backward: from it).

    `direct_amount` is exact; the interval holds under every rule that conserves
    value; conventions are null where a balance is not known. `received_amount`
    is all the target took in of this token, whoever paid: the denominator.
    """

    kind: ClassVar[str] = "token_flow"
    chain: str
    token: str
    decimals: int | None
    direction: Literal["forward", "backward"]
    seed_amount: str
    target: str
    direct_amount: str
    lower_amount: str
    upper_amount: str
    haircut_amount: str | None
    fifo_amount: str | None
    lifo_amount: str | None
    poison_amount: str | None
    received_amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFlowPremises:
    """The walk, the transfers that arrived, and a maximum flow for each bound.

    A flow is pairs (coin, base units) that conserve value at each payment of
    the walk from which the arrivals can be reached.
    """

    trace: str
    arrivals: tuple[str, ...]
    addresses: tuple[TargetAddress, ...]
    reentry: bool
    upper_flow: tuple[tuple[str, str], ...]
    lower_flow: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A rule links two accounts; it does not say that one person holds both."""

    kind: ClassVar[str] = "linked"
    chain: str
    rule: str
    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedPremises:
    """The rule, its parameters, and the transfers that made the link."""

    rule_version: str
    parameters: dict[str, int]
    transfers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The token's issuer froze an account."""

    kind: ClassVar[str] = "frozen"
    chain: str
    token: str
    address: str
    since_utc: str
    lifted_utc: str | None
    balance_amount: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenPremises:
    """The transactions that asked for the freeze and carried it out.

    `outflow_amount` left the account between the two, in `n_outflow` transfers;
    null where no request is known. What leaves in that window may be chance.
    """

    txid: str
    submission_txid: str | None
    outflow_amount: str | None
    n_outflow: int | None
