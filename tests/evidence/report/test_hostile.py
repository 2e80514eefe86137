"""Findings written by an enemy: nothing in them runs, escapes, or misleads the eye."""

from __future__ import annotations

import re
from itertools import repeat
from typing import TYPE_CHECKING, Any

import pytest

from dalil.evidence.report.render import page_of
from dalil.evidence.report.usertext import MAX_TEXT
from tests.evidence.report import sample
from tests.evidence.report.tree import Element, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.evidence.report.identifiers import Cut
    from dalil.evidence.report.language import Lang

SPELLS = {
    "a script element": "<script>alert(1)</script>",
    "a closed isolate and a script": "</bdi></td></table><script>alert(1)</script>",
    "an image that fails": '"><img src=x onerror=alert(1)>',
    "an attribute broken out of": "' onmouseover='alert(1)\" autofocus onfocus=\"alert(1)",
    "a script's address": "javascript:alert(1)",
    "a page's address": "data:text/html,<script>alert(1)</script>",
    "a style that is closed": "</style><style>*{display:none}</style>",
    "a title that is closed": "</title><script>alert(1)</script>",
    "a picture inside the picture": "</text></svg><svg onload=alert(1)>",
    "a template": "{{ 7*7 }}{% include '/etc/passwd' %}",
    "a format string": "{0} {n} {amount.__class__} %s",
    "a comment": "<!-- --><![CDATA[ ]]>",
    "right-to-left override": "bcrt1q\u202egnp.exe\u202c",
    "isolates left open": "\u2067\u2067\u2067 paid to nobody",
    "isolates closed too often": "\u2069\u2069\u2069\u202c\u202c",
    "control characters": "a\x00b\x08c\x1b[31md\x7f",
    "half a character": "x\ud800y\udfff",
    "invisible letters": "pay\u200b\u2060\ufeff\U000e0041",
    "a wall of letters": "x" * 100_000,
    "an entity": "&lt;script&gt;&#x202e;&amp;",
    "a page break": "a\n\n\r\n\tb\u2028c",
}
FIXED = {
    "schema", "kind", "id", "finding", "findings", "status", "direction", "by", "trace",
    "subject",
}  # fmt: skip
"""Keys whose values the report joins or branches on; all others are replaced."""
LANGS: tuple[Lang, ...] = ("en", "ar")
FLOW = {sample.TRACE.id: sample.PASSAGES}


def cursed(part: Any, spells: Iterator[str]) -> Any:
    """The same document with a spell in place of every string."""
    if isinstance(part, dict):
        return {k: v if k in FIXED else cursed(v, spells) for k, v in part.items()}
    if isinstance(part, list):
        return [cursed(item, spells) for item in part]
    return next(spells) if isinstance(part, str) else part


def elements(page: Element) -> set[tuple[str, tuple[str, ...]]]:
    """Which elements a page is made of, with the names of their attributes."""
    return {(e.tag, tuple(sorted(e.attributes))) for e in page}


@pytest.fixture(scope="module")
def honest() -> set[tuple[str, tuple[str, ...]]]:
    """What a page is made of when nobody attacks it, controls named."""
    made = set()
    for text in ("plain", "\x00", "2024-01-01 " + "a1" * 40, "a1" * 40):
        for lang in LANGS:
            for document in (
                sample.document(),
                cursed(sample.document(), repeat(text)),
            ):
                page = page_of(document, lang=lang, passages=FLOW)
                made |= elements(tree_of(page))
    return made


@pytest.mark.parametrize("cut", ["working", "public"])
@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("spell", SPELLS.values(), ids=SPELLS)
def test_a_spell_in_every_string_makes_no_new_element(
    spell: str, lang: Lang, cut: Cut, honest: set[tuple[str, tuple[str, ...]]]
) -> None:
    document = cursed(sample.document(), repeat(spell))
    page = page_of(document, lang=lang, cut=cut, passages=FLOW)
    page.encode("utf-8")
    tree = tree_of(page)
    assert elements(tree) - honest == set()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b\ud800-\udfff]", page)
    assert "\nuser:" not in tree.text
    assert "49" not in tree.one("section", "charter").text or "{{" in tree.text


@pytest.mark.parametrize("spell", SPELLS.values(), ids=SPELLS)
def test_foreign_text_stays_inside_its_isolate(spell: str) -> None:
    document = sample.document()
    document["case"]["purpose"] = f"[[{spell}]]"
    charter = tree_of(page_of(document, lang="ar")).one("section", "charter")
    (cell,) = [e for e in charter.all("dd") if e.text.startswith("[[")]
    (isolate,) = [c for c in cell.children if isinstance(c, Element)]
    assert (isolate.tag, isolate.attributes["dir"]) == ("bdi", "auto")
    assert isolate.text.endswith("]]") == (len(spell) < MAX_TEXT)
    assert re.fullmatch(r"(… \(.*\))?", cell.text.removeprefix(isolate.text))
