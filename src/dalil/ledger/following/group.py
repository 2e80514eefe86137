"""Taking a group of spooled blocks into a ledger, and telling what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.errors import BlockDataError, DalilError, InputError
from dalil.ids import format_txid
from dalil.ledger.build import build_from_blocks
from dalil.ledger.reader import Ledger
from dalil.ledger.store.commit import has_ledger
from dalil.progress import silent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.chains.bitcoin.header import Header
    from dalil.progress import Progress
    from dalil.sources.blockfiles import Note
    from dalil.sources.blockfolder import BlockFolder
    from dalil.sources.node.spool import Spool

__all__ = ["RefusedError", "Taken", "take_group"]


@dataclass(frozen=True, slots=True)
class Taken:
    """One commit: the tip it reached, blocks added and taken back before."""

    height: int | None
    hash: str
    added: int
    rolled_back: int
    notes: tuple[Note, ...] = ()


class RefusedError(BlockDataError):
    """The build refused a block: its hash, and why."""

    def __init__(self, block: bytes, problem: str) -> None:
        super().__init__(f"the node's block is refused: {problem}", format_txid(block))
        self.block, self.problem = block, problem


def take_group(
    path: Path,
    spool: Spool,
    group: Sequence[Header],
    memory: int,
    progress: Progress = silent,
) -> tuple[Taken | None, DalilError | None]:
    """Build blocks of the spool into a ledger, in one commit.

    Parameters
    ----------
    path : Path
        The ledger; made if absent.
    spool : Spool
        Holds every block of `group`.
    group : sequence of Header
        In chain order; together with more work than what they replace.
    memory : int
        Bytes the build may take; less may mean several commits.

    Returns
    -------
    tuple
        What was committed, if anything was, and what stopped the build short
        of the whole group: a `RefusedError` where one block was refused.

    Raises
    ------
    StoreError, InputError
        If the ledger itself cannot be built on.
    """
    hashes = [header.hash for header in group]
    spool.sync(hashes)
    folder = spool.blocks(hashes)
    added = rolled_back = 0
    try:
        report = build_from_blocks(path, folder, progress, memory=memory)
        added, rolled_back = report.added, report.rolled_back
    except InputError:
        if not folder.notes:
            raise
    if not has_ledger(path):
        return None, _refusal(group, folder)
    ledger = Ledger.open(path)
    recent = {row.tobytes() for row in ledger.block_hash[-max(added, len(group)) :]}
    refusal = None if hashes[-1] in recent else _refusal(group, folder)
    if not added:
        return None, refusal
    spool.trust(recent)
    height = int(ledger.block_height[-1]) if ledger.heights_known else None
    tip = format_txid(ledger.block_hash[-1].tobytes())
    notes = () if refusal else tuple(folder.notes)
    return Taken(height, tip, added, rolled_back, notes), refusal


def _refusal(group: Sequence[Header], folder: BlockFolder) -> DalilError:
    """Find which block of a group was refused, by the build's notes."""
    wanted = {header.hash for header in group}
    told = {(note.file, note.offset): note.problem for note in folder.notes}
    for record in folder.records:
        at = folder.files[record.file].path.name, record.at - 8
        if at in told and record.header.hash in wanted:
            return RefusedError(record.header.hash, told[at])
    notes = "; ".join(told.values()) or "no reason given"
    return InputError(
        f"the ledger does not take the node's chain ({notes})",
        format_txid(group[-1].hash),
    )
