"""The charter of an exercise's case: filled in, but nobody has reviewed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.exercise.publictags import FILES

if TYPE_CHECKING:
    from dalil.exercise.exhibits import CaseFiles

__all__ = ["case_text"]

_HEAD = """\
# EXERCISE / تمرين: an invented case on a private regtest chain.
exercise = true
title = "EXERCISE Zinnia / تمرين زينيا"
purpose = "Training: find where the donations of an invented campaign went"
legal_basis = "none needed: exercise"
authority = "Exercise Authority"
analyst = "Exercise Analyst"
reviewer = ""
retention_date = 2026-12-31
ledgers = ["../ledger"]
prices = "../prices.csv"
"""


def case_text(exhibits: CaseFiles, language: str) -> str:
    """Write ``case.toml``: the reviewer is blank, so everything stays a DRAFT."""
    tags = ", ".join(f'"../tags/{name}"' for name in FILES)
    lines = [f'{_HEAD}language = "{language}"\ntags = [{tags}]']
    lines += [
        f'\n[[exhibits]]\nfile = "{file}"\nrole = "report"'
        for file in exhibits.sha256
        if exhibits.role[file] == "report"
    ]
    return "\n".join(lines) + "\n"
