"""Address poisoning: transfers made to be seen, with a counterparty made to fit.

Somebody makes an address whose ends look like one that the victim really deals
with, and writes a worthless transfer between it and the victim, in the hope
that the victim copies it from his history (Tsuchiya, Dong, Soska, Christin
2025, Blockchain Address Poisoning, USENIX Security). Anyone can write a
transfer of zero in anyone's name. Such rows are noise: they never enter a trace
and are shown as what they are, with the address they imitate.

Fails where: the imitation fits in fewer characters than asked; the victim's
dealings lie outside the ledger; the bait is worth more than dust. A payment
that a victim then really makes to the imitation is no noise: it is a theft.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from dalil.chains.accounts import TokenKind, TransferKind
from dalil.clustering.accounts.columns import live_rows, moves_of, reference
from dalil.clustering.accounts.links import Rule
from dalil.clustering.accounts.poison_search import (
    dealings,
    earliest,
    like_another,
)
from dalil.clustering.accounts.spelling import exact_classes, rough_classes
from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from dalil.clustering.accounts.poison_search import Baits
    from dalil.ledger.accounts.view import I64, AccountView

__all__ = ["POISONING", "Bait", "Poisoning", "PoisoningRule", "poisoning"]

POISONING = Rule(
    "address-poisoning",
    1,
    "Tsuchiya, Dong, Soska, Christin (2025), Blockchain Address Poisoning, "
    "USENIX Security, arXiv:2501.16681; thresholds are ours",
)
_MILLION = 1_000_000
_FULL = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


class Bait(IntEnum):
    """What makes a transfer worthless (uint8)."""

    ZERO = 1
    DUST = 2
    FAKE_TOKEN = 3
    """A token that poses as another one, whatever the amount."""

    @property
    def word(self) -> str:
        """The word on the wire."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class PoisoningRule:
    """The rule's parameters.

    Attributes
    ----------
    n_first, n_last : int
        Characters that must agree, as the chain spells its addresses; a leading
        ``0x`` or ``T`` counts.
    dust_millionths : int
        Of one whole token: at most so much is dust. Only where the token's
        decimals are known.
    native_dust_millionths : int
        The same of the chain's own coin, which is dearer or moves for gas.
    """

    n_first: int = 6
    n_last: int = 4
    dust_millionths: int = 100_000
    native_dust_millionths: int = 1_000

    def __post_init__(self) -> None:
        if not (3 <= self.n_first <= 10 and 1 <= self.n_last <= 10):
            raise InputError("compare 3 to 10 first and 1 to 10 last characters", self)

    def numbers(self) -> dict[str, int]:
        """List the parameters for a report."""
        return {
            "n_first": self.n_first,
            "n_last": self.n_last,
            "dust_millionths": self.dust_millionths,
            "native_dust_millionths": self.native_dust_millionths,
        }


@dataclass(frozen=True)
class Poisoning:
    """Noise, one transfer a row, ascending.

    Attributes
    ----------
    transfer : (n,) int64
        Transfer ids; hand them to `live_rows` or to a trace to pass over.
    bait : (n,) uint8
        `Bait`.
    victim, look_alike, imitated : (n,) uint32
        Address ids.
    dealing : (n,) int64
        The victim's first real transfer with the imitated address.
    """

    rule: PoisoningRule
    transfer: I64
    bait: NDArray[np.uint8]
    victim: NDArray[np.uint32]
    look_alike: NDArray[np.uint32]
    imitated: NDArray[np.uint32]
    dealing: I64

    def __len__(self) -> int:
        return int(self.transfer.size)

    def why(self, ledger: AccountView, transfer: int) -> dict[str, Any] | None:
        """Say why a transfer is noise; None where it is not."""
        row = int(np.searchsorted(self.transfer, transfer))
        if row == len(self) or self.transfer[row] != transfer:
            return None
        return self._one(ledger, row)

    def to_json(self, ledger: AccountView) -> dict[str, Any]:
        """Write every noise transfer with what it imitates."""
        return {
            "rule": POISONING.name,
            "rule_version": str(POISONING.version),
            "source": POISONING.source,
            "parameters": self.rule.numbers(),
            "n_transfers": len(self),
            "n_victims": int(np.unique(self.victim).size),
            "transfers": [self._one(ledger, row) for row in range(len(self))],
        }

    def _one(self, ledger: AccountView, row: int) -> dict[str, Any]:
        transfer = int(self.transfer[row])
        return {
            "transfer": reference(ledger, transfer),
            "bait": Bait(self.bait[row]).word,
            "token": ledger.token_name(int(ledger.transfer_token[transfer])),
            "amount": str(ledger.amounts(np.array([transfer]))[0]),
            "victim": ledger.address_text(int(self.victim[row])),
            "look_alike": ledger.address_text(int(self.look_alike[row])),
            "imitated": ledger.address_text(int(self.imitated[row])),
            "first_dealing": reference(ledger, int(self.dealing[row])),
        }


def poisoning(
    ledger: AccountView,
    rule: PoisoningRule | None = None,
    *,
    fake_tokens: Iterable[int] = (),
    dust: Mapping[int, int] | None = None,
) -> Poisoning:
    """Find worthless transfers with an address that looks like a known partner.

    Parameters
    ----------
    fake_tokens : iterable of int
        Tokens that pose as others (`tokens.flag_tokens`): what moves of them is
        worthless, and makes nobody a partner.
    dust : mapping of int to int, optional
        Largest dust of a token in base units, over what the rule says.

    Notes
    -----
    A partner is whoever the victim had a real transfer with before; of all who
    look alike, the first one is the real one. A few walks over the transfers;
    addresses are spelled out only where both ends may agree.
    """
    rule = rule or PoisoningRule()
    baits = _baits(ledger, rule, fake_tokens, dust or {})
    moves = moves_of(ledger)
    classes = rough_classes(ledger, rule.n_first, rule.n_last)
    _, rough = np.unique(classes, return_inverse=True)
    found = like_another(moves, baits, rough.astype(np.int64))
    real = dealings(moves, baits, found, rough.astype(np.int64))
    mine = np.unique(np.concatenate((found.other, real.other)).astype(np.int64))
    exact = exact_classes(ledger, mine, rule.n_first, rule.n_last)
    rows, imitated, dealing = earliest(found, real, mine, exact)
    return Poisoning(
        rule,
        found.row[rows],
        baits[found.row[rows]],
        found.person[rows],
        found.other[rows],
        imitated,
        dealing,
    )


def _baits(
    ledger: AccountView,
    rule: PoisoningRule,
    fake_tokens: Iterable[int],
    dust: Mapping[int, int],
) -> Baits:
    """Tell of each transfer which bait it may be; 0 real, 255 neither."""
    token = np.asarray(ledger.transfer_token)
    largest = np.array(
        [_largest_dust(ledger, rule, t, dust) for t in range(len(ledger.token_kind))],
        dtype=np.uint64,
    )
    narrow = np.ones(token.size, dtype=np.bool_)
    narrow[np.asarray(ledger.wide_transfer)] = False
    low = np.asarray(ledger.transfer_amount)
    baits = np.zeros(token.size, dtype=np.uint8)
    if largest.size:
        baits[narrow & (low <= largest[token])] = Bait.DUST
    baits[narrow & (low == 0)] = Bait.ZERO
    fake = np.zeros(max(len(ledger.token_kind), 1), dtype=np.bool_)
    fake[list(fake_tokens)] = True
    baits[fake[token]] = Bait.FAKE_TOKEN
    shown = np.isin(
        ledger.transfer_kind,
        [TransferKind.TOKEN, TransferKind.NATIVE, TransferKind.ASSET],
    )
    baits[~shown & (baits != 0)] = 255
    nothing = ~live_rows(ledger) & ((baits == 0) | (baits == 255))
    baits[nothing | (ledger.transfer_from == ledger.transfer_to)] = 255
    return baits


def _largest_dust(
    ledger: AccountView, rule: PoisoningRule, token: int, dust: Mapping[int, int]
) -> int:
    if token in dust:
        return min(dust[token], int(_FULL))
    decimals = ledger.token_decimals(token)
    if decimals is None or decimals > 77:
        return 0
    native = ledger.token_kind[token] == TokenKind.NATIVE
    part = rule.native_dust_millionths if native else rule.dust_millionths
    return int(min(10**decimals * part // _MILLION, int(_FULL)))
