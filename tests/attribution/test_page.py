"""The page on tags names everything that the code can say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dalil.attribution.csv_file import CONCEPT_BY_FILE_NAME
from dalil.attribution.model import PROBLEM_KINDS
from dalil.attribution.services import KIND_OF_CONCEPT

PAGE = (Path(__file__).parents[2] / "docs" / "tags.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", PROBLEM_KINDS)
def test_every_warning_is_explained(kind: str) -> None:
    assert f"| `{kind}` |" in PAGE


@pytest.mark.parametrize("kind", sorted(set(KIND_OF_CONCEPT.values())))
def test_every_kind_of_border_is_named(kind: str) -> None:
    assert f"`{kind}`" in PAGE


@pytest.mark.parametrize("part", [part for part, _ in CONCEPT_BY_FILE_NAME])
def test_every_file_name_rule_is_told(part: str) -> None:
    assert f"`{part}" in PAGE
