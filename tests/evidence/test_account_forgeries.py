"""No forgery of a case on accounts passes unseen; one changed byte is located."""

from __future__ import annotations

import random
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from dalil.evidence.verify import verify
from tests.evidence.account_forgeries import (
    ACCOUNT_FORGERIES,
    N_ENDS,
    N_ROWS,
    N_TRANSFERS,
)
from tests.evidence.forger import Forger

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.cases.investigate import Investigation
    from tests.evidence.forgeries import Forgery

N_FLIPS = 100


@pytest.fixture(scope="module")
def honest(accounts: Investigation) -> dict[str, Any]:
    """What the honest bundle's own verification says."""
    found = verify(str(accounts.published.bundle))
    assert found["ok"], found["failures"]
    return found


def test_the_case_has_what_is_forged(accounts: Investigation) -> None:
    f = Forger(accounts.published.bundle)
    walk = f.doc["account_traces"][0]
    assert (len(walk["ends"]), len(walk["transfers"])) == (N_ENDS, N_ROWS)
    assert sum(x["kind"] == "transfers" for x in f.doc["findings"]) == N_TRANSFERS
    assert len(walk["accounts"]) == 5
    assert len({forgery.id for forgery in ACCOUNT_FORGERIES}) == len(ACCOUNT_FORGERIES)


@pytest.mark.parametrize("forgery", ACCOUNT_FORGERIES, ids=lambda f: f.id)
def test_no_forgery_passes_unseen(
    forgery: Forgery,
    accounts: Investigation,
    honest: dict[str, Any],
    tmp_path: Path,
) -> None:
    forger = Forger(accounts.published.bundle)
    forgery.edit(forger)
    root = forger.seal(tmp_path / "forged")
    found = verify(str(tmp_path / "forged"))
    if forgery.fate == "rejected":
        premises = [failure["premise"] for failure in found["failures"]]
        assert any(re.search(forgery.named, p) for p in premises), premises
    else:
        assert found["ok"], found["failures"]
        beforehand = [entry["what"] for entry in honest["not_checked"]]
        assert any(re.search(forgery.named, what) for what in beforehand), beforehand
    assert root == found["root"] != honest["root"]


def test_a_bundle_sealed_again_unchanged_is_the_same(
    accounts: Investigation, tmp_path: Path
) -> None:
    again = Forger(accounts.published.bundle).seal(tmp_path / "again")
    assert again == accounts.published.root


def test_flips_are_located(accounts: Investigation, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(accounts.published.bundle, folder)
    dice = random.Random(22)
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    for path in dice.choices(files, k=N_FLIPS):
        before = path.read_bytes()
        flipped = bytearray(before)
        flipped[dice.randrange(len(flipped))] ^= dice.randrange(1, 256)
        path.write_bytes(flipped)
        found = verify(str(folder))
        path.write_bytes(before)
        told = [f"{f['premise']} {f['expected']}" for f in found["failures"]]
        assert any(str(path.relative_to(folder)) in text for text in told), path
    assert verify(str(folder))["ok"]


def test_an_asset_of_thirty_million_decimals_is_refused(
    accounts: Investigation, tmp_path: Path
) -> None:
    """Such a number of digits would take longer to write than anybody waits."""
    forger = Forger(accounts.published.bundle)
    for asset in forger.doc["assets"]:
        asset["decimals"] = 30_000_000
    forger.seal(tmp_path / "forged")
    found = verify(str(tmp_path / "forged"))
    assert "decimals" in {failure["premise"] for failure in found["failures"]}
