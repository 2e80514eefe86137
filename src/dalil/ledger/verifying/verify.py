"""What there is to check in a ledger, in order, each by name."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.network import Form
from dalil.errors import DalilError, StoreError
from dalil.ledger.commit import Commit
from dalil.ledger.layout import CHUNK_BYTES, COLUMNS
from dalil.ledger.reader import Ledger
from dalil.ledger.verifying.blocks import check_block
from dalil.ledger.verifying.chain import check_headers, check_merkle, check_shape
from dalil.ledger.verifying.links import check_histories, check_indexes, check_spends
from dalil.ledger.verifying.proofs import check_proofs
from dalil.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dalil.progress import Progress

__all__ = ["Check", "Verified", "verify_ledger"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, how many things it looked at, and what was wrong."""

    name: str
    n: int
    problem: str = ""


@dataclass(slots=True)
class Verified:
    """All checks, in order; `ok` when none found anything wrong."""

    manifest_sha256: str
    checks: list[Check] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found wrong."""
        return not any(check.problem for check in self.checks)


def verify_ledger(
    path: Path, *, n_blocks: int | None = None, progress: Progress = silent
) -> Verified:
    """Check a ledger against its manifest, against itself, and against raw blocks.

    Every chunk is hashed again, every run's sections too; headers must link,
    prove their work and hold the Merkle root of the txids that follow; both
    directions of every link must agree; then blocks are read again from the
    files they came from, by the plain reader, and compared field by field;
    single transactions are held against the proofs they came with.

    Parameters
    ----------
    path : Path
        The ledger.
    n_blocks : int, optional
        How many blocks to read again; None: all. Which ones follows from the
        manifest's hash alone, so that another run checks the same.
    progress : Progress, optional
        Told of each check as it goes.

    Raises
    ------
    StoreError
        If the ledger cannot be opened at all.

    Notes
    -----
    What this does not prove: that the chain is the one the world uses (compare
    the tip), that scripts and signatures are valid, that values told by undo
    data or an explorer for inputs from outside are true, and anything at all
    about blocks not read again, beyond their txids.
    """
    commit = Commit.load(path)
    ledger = Ledger.open(path)
    done = Verified(ledger.manifest_sha256)
    for name, steps in (
        ("chunks hashed", _chunks(path, commit)),
        ("runs hashed", _runs(ledger)),
        ("rows in order", check_shape(ledger)),
        ("headers linked, with work", check_headers(ledger)),
        ("Merkle roots of txids", check_merkle(ledger)),
        ("spends told both ways", check_spends(ledger)),
        ("outputs in histories", check_histories(ledger)),
        ("txids and addresses found", check_indexes(ledger)),
        ("blocks read again", _blocks(ledger, n_blocks)),
        ("single transactions proven", check_proofs(ledger)),
    ):
        done.checks.append(_count(name, steps, progress))
    return done


def _count(name: str, steps: Iterable[int], progress: Progress) -> Check:
    n = 0
    try:
        for step in steps:
            n += step
            progress(name, n, 0)
    except DalilError as error:
        return Check(name, n, str(error))
    return Check(name, n)


def _chunks(path: Path, commit: Commit) -> Iterator[int]:
    for name, column in COLUMNS.items():
        told = commit.manifest["columns"][name]["chunks"]
        size = commit.n_rows(name) * column.row_bytes
        files = commit.files(path, name)
        if len(told) != len(files):
            raise StoreError(f"column {name} has other chunks", len(files))
        for i, (file, digest) in enumerate(zip(files, told, strict=True)):
            least = min(CHUNK_BYTES, size - i * CHUNK_BYTES)
            with file.open("rb") as opened:
                found = hashlib.sha256(opened.read(least)).hexdigest()
            if found != digest:
                what = f"column {name}, chunk {i}, is not what the manifest says"
                raise StoreError(what, file)
            yield 1


def _runs(ledger: Ledger) -> Iterator[int]:
    for run in ledger.runs.runs:
        run.verify()
        yield 1


def _blocks(ledger: Ledger, n_blocks: int | None) -> Iterator[int]:
    if ledger.source != "blocks" or ledger.network.form is not Form.BITCOIN:
        return
    blocks = range(ledger.n_blocks)
    if n_blocks is not None and n_blocks < len(blocks):
        chosen = random.Random(ledger.manifest_sha256)  # noqa: S311 - no secret
        blocks = sorted(chosen.sample(blocks, n_blocks))  # type: ignore[assignment]
    for block in blocks:
        check_block(ledger, block)
        yield 1
