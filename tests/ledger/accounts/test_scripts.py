"""Random histories of appending and reorganising, against the obvious reading."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from dalil.ledger.accounts import AccountLedger, build_accounts
from dalil.progress import silent
from tests.ledger.accounts.chains import Made, Naive, batch_of, cut, grow
from tests.ledger.accounts.checks import check_all, check_columns

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = int(os.environ.get("DALIL_SCRIPTS", "40"))


@pytest.mark.parametrize("seed", range(SCRIPTS))
def test_whatever_was_appended_and_taken_back_the_chain_is_what_counts(
    seed: int, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    chain = grow(rng, [], rng.randint(1, 8), "first")
    build_accounts(tmp_path / "a", Made(*cut(rng, chain)), silent)
    stale = AccountLedger.open(tmp_path / "a"), Naive(chain)
    for step in range(rng.randint(1, 12)):
        kept = len(chain) if rng.random() < 0.5 else rng.randint(0, len(chain))
        longer = grow(rng, chain[:kept], rng.randint(1, 6), step)
        report = build_accounts(tmp_path / "a", Made(*cut(rng, longer[kept:])), silent)
        assert (report.rolled_back, report.added) == (
            len(chain) - kept,
            len(longer) - kept,
        )
        chain = longer
    ledger = AccountLedger.open(tmp_path / "a")
    check_all(ledger, Naive(chain))
    check_columns(*stale)
    build_accounts(tmp_path / "b", Made(batch_of(chain)), silent)
    at_once = AccountLedger.open(tmp_path / "b")
    assert at_once.manifest_sha256 == ledger.manifest_sha256
