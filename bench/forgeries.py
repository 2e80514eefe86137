"""Which forgeries of a bundle are rejected, and which were listed beforehand.

    python bench/forgeries.py

Counts the cases that tests/evidence/test_forgeries.py carries out one by one:
every hash and manifest is made anew after the change.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.evidence.forgeries import FORGERIES


def main() -> None:
    """Print the table that docs/verification.md quotes."""
    fates = Counter((forgery.category, forgery.fate) for forgery in FORGERIES)
    print("| forged | rejected, the false premise named | listed beforehand |")
    print("|---|--:|--:|")
    for category in sorted({forgery.category for forgery in FORGERIES}):
        rejected = fates[category, "rejected"]
        rest = sum(n for (c, _), n in fates.items() if c == category) - rejected
        print(f"| {category} | {rejected} | {rest} |")
    n = sum(n for (_, fate), n in fates.items() if fate == "rejected")
    print(f"| **all {len(FORGERIES)}** | **{n}** | **{len(FORGERIES) - n}** |")


if __name__ == "__main__":
    main()
