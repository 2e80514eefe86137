"""The kinds of CoinJoin told apart, and what a rule must say about itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CoinJoinType", "Rule"]


class CoinJoinType(IntEnum):
    """What a transaction was typed as; the value is what columns store (uint8)."""

    NONE = 0
    WHIRLPOOL = 1
    WASABI1 = 2
    WASABI2 = 3
    JOINMARKET = 4
    UNKNOWN = 5
    """A CoinJoin by its shape, made by no protocol named here."""

    @property
    def label(self) -> str | None:
        """The name used in JSON, such as ``whirlpool``; None for no CoinJoin."""
        return self.name.lower() if self else None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as data: what a reader needs to judge a verdict that names it."""

    id: str
    kind: CoinJoinType
    version: int
    parameters: Mapping[str, int | tuple[int, ...]]
    """Every number the rule compares with; amounts in satoshi."""
    citation: str
    misses: str
    """Which CoinJoins of this kind the rule does not see."""
    mistakes: str
    """Which transactions of one owner it may take for a CoinJoin."""
