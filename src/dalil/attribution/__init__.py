"""Who an address is said to belong to: tags, their sources, their contradictions.

Blind to clustering: a name must never change which addresses are joined.
"""

from __future__ import annotations

from dalil.attribution.conflicts import Conflict, actor_key, conflicts
from dalil.attribution.importing import FileReport, ImportReport
from dalil.attribution.model import Actor, Problem, SourceFile, Tag
from dalil.attribution.services import service_kind
from dalil.attribution.source_text import ImportOptions
from dalil.attribution.store import TagStore

__all__ = [
    "Actor",
    "Conflict",
    "FileReport",
    "ImportOptions",
    "ImportReport",
    "Problem",
    "SourceFile",
    "Tag",
    "TagStore",
    "actor_key",
    "conflicts",
    "service_kind",
]
