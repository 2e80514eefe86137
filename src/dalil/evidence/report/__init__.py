"""The report: one page that answers first and shows what the answer rests on."""

from __future__ import annotations

from dalil.evidence.report.account_flows import account_passages_of
from dalil.evidence.report.flows import Passage, passages_of
from dalil.evidence.report.render import render

__all__ = ["Passage", "account_passages_of", "passages_of", "render"]
