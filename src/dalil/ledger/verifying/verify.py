"""What there is to check in a ledger, in order, each by name."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.network import Form
from dalil.errors import DalilError, StoreError
from dalil.ledger.reader import Ledger
from dalil.ledger.verifying.appearance import check_appearance, check_scripts
from dalil.ledger.verifying.blocks import check_block, check_proofs
from dalil.ledger.verifying.chain import (
    check_headers,
    check_merkle,
    check_shape,
    check_sources,
)
from dalil.ledger.verifying.files import check_chunks, check_runs
from dalil.ledger.verifying.gaps import not_checked
from dalil.ledger.verifying.links import (
    check_histories,
    check_indexes,
    check_keys_once,
    check_spends,
)
from dalil.progress import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dalil.progress import Progress

__all__ = ["Check", "Verified", "verify_ledger"]

_BYTES = (("chunks hashed", check_chunks), ("runs hashed", check_runs))
_MEANING = (
    ("headers linked, with work", check_headers),
    ("Merkle roots of txids", check_merkle),
    ("inputs spend what was there", check_sources),
    ("spends told both ways", check_spends),
    ("rows in their histories", check_histories),
    ("txids and addresses found", check_indexes),
    ("no address twice", check_keys_once),
    ("addresses as they appear", check_appearance),
    ("scripts and their addresses", check_scripts),
    ("Merkle proofs kept", check_proofs),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, how many things it looked at, and what was wrong."""

    name: str
    n: int
    problem: str = ""
    skipped: str = ""
    """Why it was not made at all."""


@dataclass(slots=True)
class Verified:
    """All checks, in order; `ok` when none found anything wrong.

    `not_checked` says what no check looked at, in sentences for people.
    """

    manifest_sha256: str
    checks: list[Check] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found wrong, and no check had to be left out."""
        return not any(check.problem or check.skipped for check in self.checks)


def verify_ledger(
    path: Path, *, n_blocks: int | None = None, progress: Progress = silent
) -> Verified:
    """Check a ledger against its manifest, against itself, and against raw blocks.

    Every chunk is hashed again, every run's sections too; headers must link,
    prove their work and hold the Merkle root of the txids that follow; both
    directions of every link must agree; then blocks are read again from the
    files they came from, by the plain reader, and compared field by field. Where
    bytes are not what was written, what they mean is not asked.

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
    about blocks not read again, beyond their txids and links; `not_checked`
    says so for the ledger at hand.

    Cost: columns and runs are read front to back, each a few times, beside one
    look a new address takes into older runs. Memory: some MB, and what the
    system keeps of mapped files while it has room.
    """
    ledger = Ledger.open(path)
    done = Verified(ledger.manifest_sha256)
    checks = done.checks

    def make(name: str, check: Callable[[Ledger], Iterator[int | StoreError]]) -> None:
        checks.append(_count(name, check(ledger), progress))

    for name, check in _BYTES:
        make(name, check)
    if done.ok:
        make("rows in order", check_shape)
    blocks = _blocks(ledger, n_blocks)
    meaning = (*_MEANING, ("blocks read again", lambda it: _read_again(it, blocks)))
    if done.ok:
        for name, check in meaning:
            make(name, check)
    else:
        why = "not made: what is read is not what was written"
        checks.extend(Check(name, 0, skipped=why) for name, _ in meaning)
    done.not_checked = not_checked(ledger, len(blocks))
    return done


def _count(name: str, steps: Iterator[int | StoreError], progress: Progress) -> Check:
    n, problems = 0, []
    try:
        for step in steps:
            if isinstance(step, StoreError):
                problems.append(str(step))
            else:
                n += step
            progress(name, n, 0)
    except DalilError as error:
        problems.append(str(error))
    except IndexError:
        problems.append("rows lead out of their tables; see the checks before")
    return Check(name, n, "; ".join(problems))


def _blocks(ledger: Ledger, n_blocks: int | None) -> list[int]:
    if ledger.network.form is not Form.BITCOIN:
        return []
    blocks = range(ledger.n_blocks)
    if n_blocks is None or n_blocks >= len(blocks):
        return list(blocks)
    chosen = random.Random(ledger.manifest_sha256)  # noqa: S311 - no secret
    return sorted(chosen.sample(blocks, n_blocks))


def _read_again(ledger: Ledger, blocks: list[int]) -> Iterator[int]:
    for block in blocks:
        check_block(ledger, block)
        yield 1
