"""What becomes of forged bundles: the table that docs/verification.md quotes.

Works a small case on a chain made for it, forges its bundle in every way that
tests/evidence/forgeries.py lists (all hashes and manifests made anew), and
prints by category how many are rejected by naming the false premise, and how
many rest on something that the honest bundle's verification lists beforehand
under `not checked`. Run from anywhere:

    python bench/forgeries.py
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dalil.evidence.verify import verify
from tests.evidence.forger import Forger
from tests.evidence.forgeries import FORGERIES, Forgery
from tests.evidence.genesis import genesis_case
from tests.evidence.smallcase import small_case


def fate(forgery: Forgery, base: Path, folder: Path) -> str:
    """Forge, verify, and say what became of it; ``PASSED`` would be a hole."""
    honest = verify(str(base))
    forger = Forger(base)
    forgery.edit(forger)
    root = forger.seal(folder)
    found = verify(str(folder))
    premises = [failure["premise"] for failure in found["failures"]]
    if any(re.search(forgery.named, premise) for premise in premises):
        return "rejected"
    beforehand = [entry["what"] for entry in honest["not_checked"]]
    listed = found["ok"] and any(re.search(forgery.named, w) for w in beforehand)
    seen = not verify(str(folder), root=honest["root"])["ok"]
    return "listed" if listed and seen and root != honest["root"] else "PASSED"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = small_case(folder / "small")
        bases = {"small": small.folder, "genesis": genesis_case(folder)}
        rows: dict[str, Counter[str]] = {}
        for forgery in FORGERIES:
            what = fate(forgery, bases[forgery.base], folder / "forged")
            rows.setdefault(forgery.category, Counter())[what] += 1
    print(f"{'forged':<12} {'tries':>6} {'rejected':>9} {'listed':>7} {'passed':>7}")
    rows["all"] = sum(rows.values(), Counter())
    for category, found in rows.items():
        told = [found[fate] for fate in ("rejected", "listed", "PASSED")]
        print(
            f"{category:<12} {found.total():>6} {told[0]:>9} {told[1]:>7} {told[2]:>7}"
        )


if __name__ == "__main__":
    main()
