"""Following a chain from a node, block by block, through its reorganisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dalil.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dalil.sources.accounts.report import SourceReport
    from dalil.sources.accounts.shaping import BlockRows

__all__ = ["BlockNode", "Trail", "follow"]

_DEEPEST = 10_000
_MOST_TURNS = 1_000
"""Reorganisations in one run: a node that never settles is left."""


class BlockNode(Protocol):
    """A node that is asked for blocks by height."""

    def newest(self) -> int:
        """Height of the newest block."""

    def header(self, number: int) -> BlockRows:
        """Give a block's number, hash, parent and time."""

    def block(self, number: int) -> BlockRows:
        """Give a block and all it did."""


class Trail:
    """Hashes given or held so far, and the way back to what a node shares.

    Parameters
    ----------
    known : callable
        Gives the hash a ledger holds at a height, or None.
    header : callable
        Asks the node for a header.
    """

    def __init__(
        self,
        known: Callable[[int], bytes | None],
        header: Callable[[int], BlockRows],
        report: SourceReport,
    ) -> None:
        self._known = known
        self._header = header
        self._report = report
        self._given: dict[int, bytes] = {}
        self._n_turns = 0

    def add(self, number: int, name: bytes) -> None:
        """Remember a block that was given."""
        while self._given and next(reversed(self._given)) >= number:
            self._given.popitem()
        self._given[number] = name
        if len(self._given) > 2 * _DEEPEST:
            for height in sorted(self._given)[:_DEEPEST]:
                del self._given[height]

    def at(self, number: int) -> bytes | None:
        """Give what was given or is held at a height; None if not known."""
        name = self._given.get(number) or self._known(number)
        return name if name and any(name) else None

    def heights(self, below: int) -> list[int]:
        """List heights at which something was given, below one, highest first."""
        return sorted((h for h in self._given if h < below), reverse=True)

    def shared(self, number: int) -> int:
        """Find the highest block at or below `number` that the node still has.

        Raises
        ------
        SourceError
            If none of 10,000 blocks is, or the node never settles.
        """
        for height in range(number, max(number - _DEEPEST, -1), -1):
            mine = self.at(height)
            if mine is None and height not in self._given:
                return height  # before what is held: nothing contradicts the node
            if mine == self._header(height).hash:
                return height
        raise SourceError("the node's chain shares no recent block with ours", number)

    def turn(self, number: int) -> int:
        """Note a reorganisation met at `number`; the highest block still shared."""
        self._n_turns += 1
        if self._n_turns > _MOST_TURNS:
            raise SourceError("the node's chain changes without end", number)
        fork = self.shared(number - 1)
        self._report.note(
            f"block {number}", f"the chain was reorganised above block {fork}"
        )
        return fork


def follow(
    node: BlockNode,
    after: int | None,
    known: Callable[[int], bytes | None],
    report: SourceReport,
    *,
    first: int = 0,
    last: int | None = None,
) -> Iterator[BlockRows]:
    """Give blocks in order; where the chain was reorganised, from the fork on.

    Raises
    ------
    SourceError
        If a block is no child of the one before and no fork explains it.
    """
    trail = Trail(known, node.header, report)
    at = first
    if after is not None:
        held = trail.at(after)
        at = after + 1
        if held is not None:
            at = trail.shared(after) + 1
            if at <= after:
                report.note(
                    f"block {at}", "the ledger's blocks from here on are replaced"
                )
    end = newest = node.newest()
    if last is not None:
        end = min(last, newest)
        if last > newest:
            report.note(f"block {newest}", f"the node's newest; asked for up to {last}")
    while at <= end:
        rows = node.block(at)
        before = trail.at(at - 1)
        if before is not None and rows.parent != before:
            fork = trail.turn(at)
            if fork == at - 1 and node.header(at).parent != before:
                raise SourceError("a block is no child of the one before it", at)
            at = fork + 1
            continue
        trail.add(at, rows.hash)
        yield rows
        at += 1
