"""Which ledgers a case is worked on, and which seeds are in none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.errors import InputError
from dalil.ledger.accounts import is_account_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.cases.charter import Charter
    from dalil.cases.starting import Starts

__all__ = ["CaseLedgers", "absent_seeds", "case_ledgers"]


@dataclass(frozen=True, slots=True)
class CaseLedgers:
    """At most one ledger of outputs, and ledgers of accounts."""

    coins: Path | None
    accounts: tuple[Path, ...]

    @property
    def first(self) -> Path:
        """The ledger whose neighbouring tags serve a case that names none."""
        return self.coins or self.accounts[0]


def case_ledgers(charter: Charter, only: Path | None = None) -> CaseLedgers:
    """Sort a case's ledgers by their kind.

    Raises
    ------
    InputError
        If the case names no ledger, or two ledgers of outputs.
    """
    paths = (only,) if only is not None else charter.ledgers
    if not paths:
        raise InputError(
            "the case names no ledger; give --ledger, or `ledgers` in case.toml",
            charter.folder,
        )
    accounts = tuple(path for path in paths if is_account_ledger(path))
    coins = [path for path in paths if path not in accounts]
    if len(coins) > 1:
        raise InputError(
            "a case takes one ledger of Bitcoin's kind, beside any of accounts; this "
            "is the second",
            coins[1],
        )
    return CaseLedgers(coins[0] if coins else None, accounts)


def absent_seeds(charter: Charter, starts: Sequence[Starts]) -> tuple[str, ...]:
    """List the seeds, and appeals' addresses, that no ledger has seen."""
    traced = {s.text for one in starts for s in (*one.traced, *one.borders)}
    said = [seed.text for seed in charter.seeds]
    said += [text for one in starts for text in one.absent]
    return tuple(text for text in dict.fromkeys(said) if text not in traced)
