"""Every forgery is rejected by its premise, or was listed beforehand; `--root` sees all."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from dalil.evidence.verify import verify
from tests.evidence.forger import Forger
from tests.evidence.forgeries import FORGERIES, Forgery

if TYPE_CHECKING:
    from pathlib import Path

    from tests.evidence.smallcase import SmallCase


@pytest.fixture(scope="module")
def told(small: SmallCase, genesis: Path) -> dict[str, dict[str, Any]]:
    """What the honest bundles' own verifications say."""
    found = {"small": verify(str(small.folder)), "genesis": verify(str(genesis))}
    assert all(result["ok"] for result in found.values())
    return found


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda f: f.id)
def test_no_forgery_passes_unseen(
    forgery: Forgery,
    small: SmallCase,
    genesis: Path,
    told: dict[str, dict[str, Any]],
    tmp_path: Path,
) -> None:
    base = small.folder if forgery.base == "small" else genesis
    honest = told[forgery.base]
    forger = Forger(base)
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
    assert root == found["root"]
    assert root != honest["root"]
    compared = verify(str(tmp_path / "forged"), root=honest["root"])
    assert "--root" in [failure["premise"] for failure in compared["failures"]]


def test_there_are_two_hundred_of_every_kind_asked_for() -> None:
    kinds = Counter(forgery.category for forgery in FORGERIES)
    asked = {"amount", "address", "tag date", "span", "hop", "rule", "header"}
    assert asked <= kinds.keys()
    assert sum(kinds.values()) >= 200
    assert len({forgery.id for forgery in FORGERIES}) == len(FORGERIES)


def test_a_bundle_sealed_again_unchanged_is_the_same(
    small: SmallCase, tmp_path: Path
) -> None:
    """Else a forgery could be found by the forger's own slips."""
    assert Forger(small.folder).seal(tmp_path / "again") == small.root
