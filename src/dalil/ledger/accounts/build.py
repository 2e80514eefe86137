"""Building a ledger of accounts from a source, and going on with it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dalil.chains.accounts import AccountBatch, limbs_of
from dalil.errors import InputError
from dalil.ledger.accounts.ahead import batches_ahead
from dalil.ledger.accounts.commit import Commit
from dalil.ledger.accounts.naming import check_chain
from dalil.ledger.accounts.writer import Writer
from dalil.ledger.store.commit import has_ledger
from dalil.ledger.store.opening import writing
from dalil.settings import DEFAULT_MEMORY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.progress import Progress
    from dalil.sources.accounts.report import AccountSource, SourceReport

__all__ = ["AccountReport", "Anchor", "build_accounts"]


class Anchor(NamedTuple):
    """What an address held before the ledger's first block, and who says so."""

    address: bytes
    token_kind: int
    token: bytes
    amount: int


@dataclass(slots=True)
class AccountReport:
    """What a build did, and what its source had to say."""

    added: int = 0
    """Blocks."""
    rolled_back: int = 0
    """Blocks that a reorganisation replaced."""
    n_duplicates_dropped: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    n_failed: int = 0


def build_accounts(
    path: Path,
    source: AccountSource,
    progress: Progress,
    *,
    memory: int = DEFAULT_MEMORY,
    anchors: Sequence[Anchor] | None = None,
) -> AccountReport:
    """Build a ledger, or go on with the one that is there.

    Parameters
    ----------
    path : Path
        The ledger's folder; made if absent.
    source : AccountSource
        Asked for what follows the last block held. Where a batch begins at or
        before that, the blocks from there on are replaced.
    progress : Progress
    memory : int
        Bytes that the build may take beside a batch of the source.
    anchors : sequence of Anchor, optional
        Opening balances: part of the ledger's identity, and given with the first
        build only.

    Raises
    ------
    InputError
        If the ledger is of another chain, anchors come too late or contradict
        one another, or a batch is malformed.
    SourceError
        If blocks do not follow one another.
    StoreError
        If the folder is something else, damaged, or written to by another; or
        the disk is full. What was committed stays.
    """
    chain = check_chain(source.chain)
    with writing(path):
        commit = _base(path, chain)
        if anchors and commit.number:
            raise InputError("anchors belong to a ledger's first build", len(anchors))
        with Writer(path, commit, chain, memory) as writer:
            if anchors:
                writer.name_anchors(_as_batch(chain, anchors))
            _take_all(writer, source, progress)
            told = _told(commit.told, source.report)
            kind = _kinds(commit.manifest.get("source", ""), source.kind)
            writer.finish(told, kind)
        report = source.report
        return AccountReport(
            writer.added,
            writer.rolled_back,
            report.n_duplicates_dropped,
            list(report.gaps),
            [(str(where), str(problem)) for where, problem in report.notes],
            report.n_failed,
        )


def _base(path: Path, chain: str) -> Commit:
    if not has_ledger(path):
        return Commit(seed=secrets.randbits(63))
    commit = Commit.load(path)
    if commit.manifest["chain"] != chain:
        what = f"the source's chain is {chain}, the ledger's"
        raise InputError(what, commit.manifest["chain"])
    return commit


def _take_all(writer: Writer, source: AccountSource, progress: Progress) -> None:
    for batch in batches_ahead(source, writer, progress):
        if batch.chain != source.chain:
            raise InputError("a batch is of another chain than its source", batch.chain)
        writer.take(batch)
        progress("blocks", writer.added, 0)


def _kinds(before: str, kind: str) -> str:
    return "+".join(sorted({*before.split("+"), kind} - {""}))


def _told(before: dict[str, Any], report: SourceReport) -> dict[str, Any]:
    """Add what a source said of itself to what earlier ones said."""
    gaps = {(int(a), int(b)) for a, b in before.get("gaps", [])} | set(report.gaps)
    tokens = before.get("decimals", {}) | {
        token: [str(symbol)[:64], int(decimals)]
        for token, (symbol, decimals) in report.decimals.items()
    }
    counts = {
        name: int(before.get(name, 0)) + int(getattr(report, name, 0))
        for name in ("n_duplicates_dropped", "n_not_fungible", "n_wrong_logs")
    }
    return {"gaps": sorted([list(gap) for gap in gaps]), "decimals": tokens, **counts}


def _as_batch(chain: str, anchors: Sequence[Anchor]) -> AccountBatch:
    """Lay anchors out as one transaction: from each address to itself.

    Raises
    ------
    InputError
        If two speak of the same address and token, or one is malformed.
    """
    rows = sorted(anchors, key=lambda a: (a.address, a.token_kind, a.token))
    named = [row[:3] for row in rows]
    if len(set(named)) != len(named):
        raise InputError("two anchors tell of one address and token", len(rows))
    for row in rows:
        fits = len(row.address) == len(row.token) == 20 and 0 <= row.amount < 1 << 256
        if not fits or row.token_kind not in (0, 1, 2):
            raise InputError("an anchor is malformed", row.address.hex())
    n = len(rows)

    def keys(parts: list[bytes]) -> np.ndarray[Any, np.dtype[np.uint8]]:
        return np.frombuffer(b"".join(parts), np.uint8).reshape(-1, 20)

    def none(*shape: int) -> np.ndarray[Any, Any]:
        return np.zeros((0, *shape), np.uint8)

    first = np.zeros(1, np.int64)
    return AccountBatch(
        chain,
        none().astype(np.int64),
        none(32),
        none(32),
        none().astype(np.int64),
        first,
        np.zeros((1, 32), np.uint8),
        np.zeros(1, np.int32),
        np.ones(1, np.uint8),
        np.zeros((1, 20), np.uint8),
        np.array([0, n]),
        np.zeros(2, np.int64),
        np.zeros(n, np.uint8),
        np.array([row.token_kind for row in rows], np.uint8),
        keys([row.token for row in rows]),
        keys([row.address for row in rows]),
        keys([row.address for row in rows]),
        np.zeros(n, np.int32),
        limbs_of([row.amount for row in rows]),
        none(),
        none(20),
        none(20),
        none(20),
        none().astype(np.int32),
        none(4).astype(np.uint64),
        none().astype(np.int64),
    )
