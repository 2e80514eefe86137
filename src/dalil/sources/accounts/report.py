"""What a source of account chains gives, and what it has to say about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress

__all__ = ["AccountSource", "Note", "SourceReport"]


_MOST_NOTES = 1000


class Note(NamedTuple):
    """Something about a source that the user must hear of; nothing is silent."""

    where: str
    """A file and row, a block, a transaction."""
    problem: str


@dataclass(slots=True)
class SourceReport:
    """What was left out, doubted or found missing; whole once all is read."""

    n_duplicates_dropped: int = 0
    """Rows that repeat another in everything."""
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of blocks, both ends included, that the source lacks."""
    notes: list[Note] = field(default_factory=list)
    """At most 1000; `n_notes_left_out` counts the rest."""
    n_notes_left_out: int = 0
    n_failed: int = 0
    """Transactions that took no effect; nothing of them is a transfer."""
    n_not_fungible: int = 0
    """Transfer events of single pieces (ERC-721), which are no amounts."""
    n_wrong_logs: int = 0
    """Logs with the topic of a known event that are not formed as it is."""
    n_from_calls: int = 0
    """Transfers read from a successful call of a known token, for want of logs."""
    n_look_alikes: int = 0
    """Transfers of contracts that bear a known token's symbol."""
    decimals: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Token (CAIP-19) to symbol and decimals, as the source tells them."""

    def note(self, where: str, problem: str) -> None:
        """Add a note, or count it where there are too many."""
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(Note(where, problem))
        else:
            self.n_notes_left_out += 1

    def gap(self, first: int, last: int) -> None:
        """Name a range of blocks that is missing, joined to the one before."""
        if self.gaps and self.gaps[-1][1] == first - 1:
            self.gaps[-1] = (self.gaps[-1][0], last)
        else:
            self.gaps.append((first, last))


class AccountSource(Protocol):
    """Where batches come from: files, or a node."""

    @property
    def chain(self) -> str:
        """CAIP-2."""

    @property
    def kind(self) -> str:
        """``csv``, ``jsonl``, ``parquet``, ``tronscan``, ``rpc`` or ``tron``."""

    @property
    def report(self) -> SourceReport:
        """Grows while batches are taken."""

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give what follows block `after`, in order; all where it is None.

        A batch whose first block is not above `after`, or not above the last
        block given before, says that the chain was reorganised: from that
        block on it replaces what was there.

        Parameters
        ----------
        after : int, optional
            The last block that is held already.
        known : callable
            Gives the hash held at a height, or None.
        progress : Progress
        """
