"""Random histories of appending and reorganising, against the obvious reading."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

import dalil.ledger.accounts.commit
import dalil.ledger.accounts.tables
import dalil.ledger.accounts.verifying
import dalil.ledger.accounts.writer
import dalil.ledger.store.chunks
import dalil.ledger.store.mapping
from dalil.ledger.accounts import AccountLedger, build_accounts, verify_accounts
from dalil.progress import silent
from tests.ledger.accounts.chains import Made, Naive, batch_of, cut, grow
from tests.ledger.accounts.checks import check_all, check_columns

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = int(os.environ.get("DALIL_SCRIPTS", "40"))
_CHUNKED = (
    dalil.ledger.store.chunks,
    dalil.ledger.store.mapping,
    dalil.ledger.accounts.commit,
    dalil.ledger.accounts.tables,
    dalil.ledger.accounts.verifying,
)


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


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a page and segments of a few transfers, as though memory were short."""
    for module in _CHUNKED:
        monkeypatch.setattr(module, "CHUNK_BYTES", 4096)
    monkeypatch.setattr(dalil.ledger.accounts.writer, "_LEAST_SEGMENT", 1)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(max(4, SCRIPTS // 4)))
def test_a_source_that_reorganises_while_it_is_read_in_small_pieces(
    seed: int, tmp_path: Path
) -> None:
    rng = random.Random(1000 + seed)
    chain, batches = grow(rng, [], 40, "first"), []
    batches += cut(rng, chain)
    for step in range(rng.randint(1, 4)):
        kept = rng.randint(0, len(chain))
        chain = grow(rng, chain[:kept], rng.randint(1, 60), step)
        batches += cut(rng, chain[kept:])
    memory = rng.choice((2_000, 10_000, 100_000))
    build_accounts(tmp_path / "a", Made(*batches), silent, memory=memory)
    ledger = AccountLedger.open(tmp_path / "a")
    check_all(ledger, Naive(chain))
    done = verify_accounts(ledger)
    assert done.ok, done.checks
    files = sum(1 for each in (tmp_path / "a" / "runs").iterdir())
    assert files == len(ledger.runs)
    build_accounts(tmp_path / "b", Made(batch_of(chain)), silent)
    at_once = AccountLedger.open(tmp_path / "b")
    assert at_once.manifest_sha256 == ledger.manifest_sha256


def test_a_source_may_ask_what_is_held_and_hears_of_all_it_gave(
    tmp_path: Path,
) -> None:
    chain = grow(random.Random(3), [], 9, "x")
    told: list[bytes | None] = []

    class Asking(Made):
        def batches(self, after, known, progress):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            del after, progress
            for block in chain:
                yield batch_of([block])
                told.append(known(block.number))
            told.append(known(99))

    build_accounts(tmp_path / "a", Asking(), silent)
    assert told == [block.hash for block in chain] + [None]


def test_a_source_that_fails_half_way_leaves_the_last_commit(tmp_path: Path) -> None:
    chain = grow(random.Random(3), [], 9, "x")

    class Failing(Made):
        def batches(self, after, known, progress):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            yield from super().batches(after, known, progress)
            raise ConnectionError("gone")

    build_accounts(tmp_path / "a", Made(batch_of(chain[:4])), silent)
    before = AccountLedger.open(tmp_path / "a").manifest_sha256
    with pytest.raises(Exception, match="gone"):
        build_accounts(tmp_path / "a", Failing(batch_of(chain[4:])), silent)
    assert AccountLedger.open(tmp_path / "a").manifest_sha256 == before
    build_accounts(tmp_path / "a", Made(batch_of(chain[4:])), silent)
    check_all(AccountLedger.open(tmp_path / "a"), Naive(chain))
