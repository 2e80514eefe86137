"""A case: its charter, what was captured for it, and its record.

A case is a folder. ``case.toml`` is the charter (`read_charter`), ``case.db``
the record of what was done (`dalil.cases.record`), ``exhibits/``, reports and
``bundle/`` are made from it; everything else in the folder is taken as
captured (`captured_files`).
"""

from __future__ import annotations

from dalil.cases.captured import Captured, CapturedFile, captured_files
from dalil.cases.charter import Charter, ExhibitRole, Seed
from dalil.cases.reading import read_charter

__all__ = [
    "Captured",
    "CapturedFile",
    "Charter",
    "ExhibitRole",
    "Seed",
    "captured_files",
    "read_charter",
]
