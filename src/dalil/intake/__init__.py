"""Captured files to exhibits, texts and verified indicators with their place.

`take_in` keeps files as exhibits; `extract` reads one and lists what it points
at. `steps` and `places` redo, in standard Python, what an indicator claims.
"""

from __future__ import annotations

from dalil.intake.exhibits import take_in
from dalil.intake.extract import extract, extract_all
from dalil.intake.pseudonyms import pseudonym
from dalil.intake.records import Exhibit, Extraction, Indicator, Passage

__all__ = [
    "Exhibit",
    "Extraction",
    "Indicator",
    "Passage",
    "extract",
    "extract_all",
    "pseudonym",
    "take_in",
]
