"""What holds for any captured text whatever: the span law and the steps."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.intake.find import Search, find_indicators
from dalil.intake.fold import fold
from dalil.intake.markup import read_page
from dalil.intake.places import text_at
from dalil.intake.records import Passage
from dalil.intake.telegram import read_telegram
from tests.intake.corpus import ADDRESSES, DISGUISES, HOMOGLYPHS
from tests.intake.redo import assert_checksum, stepped, text_of

_DECODE = {"op": "decode", "encoding": "utf-8", "errors": "strict", "by": "default"}

planted = st.builds(
    lambda address, disguise: disguise(address),
    st.sampled_from(list(ADDRESSES.values())),
    st.sampled_from([*DISGUISES.values(), lambda a: a.translate(HOMOGLYPHS)]),
)
links = st.sampled_from(
    ["https://t.me/exercise_zinnia", "hxxps://zinnia[.]example/a?b=c)", "bitcoin:", "ethereum:pay-",
     "@exercise_name", "a@b.example", "@137", "?amount=1", "www.facebook.com/x", "tg://resolve?domain=abcde"]
)  # fmt: skip
marks = st.sampled_from(
    ["<b>", "</b>", "<p>", "<br/>", "<!--", "-->", "<script>", "</script>", '<a href="', '">', "<a x='",
     "<", ">", "&#49;", "&amp;", "&zwnj;", "&", ";", "<blockquote>", "</blockquote>", "<q>", '"', "'"]
)  # fmt: skip
anything = st.text(st.characters(exclude_categories=[]), max_size=12)
carriers = st.lists(planted | links | anything, max_size=8).map("".join)
pages = st.lists(planted | links | marks | anything, max_size=14).map("".join)


def assert_laws(passage: Passage) -> None:
    search = Search()
    for found in find_indicators(passage, search):
        raw = passage.text[found.start : found.end]
        assert raw == found.raw
        for step in found.steps[1:]:
            before, raw = raw, stepped(raw, step)
            assert before != raw, "a step that does nothing is decoration"
        assert raw == found.value
        if found.kind == "address":
            assert_checksum(found.to_json())


@settings(max_examples=300, deadline=None)
@given(carriers)
def test_spans_and_steps_hold_in_any_text(text: str) -> None:
    assert_laws(Passage(text, _DECODE))


@settings(max_examples=300, deadline=None)
@given(pages)
def test_spans_and_steps_hold_in_any_page(text: str) -> None:
    page = read_page(text)
    assert_laws(Passage(text, _DECODE, {}, page.views(), page.quotes))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        carriers | st.lists(carriers.map(lambda t: {"type": "bold", "text": t})),
        max_size=3,
    )
)
def test_spans_and_steps_hold_in_any_message(texts: list[object]) -> None:
    messages = [
        {"id": n // 2, "type": "message", "text": t} for n, t in enumerate(texts)
    ]
    data = json.dumps({"messages": messages}).encode()
    export = read_telegram(data, None)
    assert export is not None
    for passage in export.passages:
        assert_laws(passage)
        assert passage.text == text_at(data, passage.source, passage.where)
        assert passage.text == text_of(data, passage.source, passage.where)


@given(st.text(st.characters(exclude_categories=[])))
def test_every_folded_letter_leads_back_to_its_source(text: str) -> None:
    folded = fold(text)
    last = 0
    for place in range(len(folded.text)):
        start, end = folded.source_span(place, place + 1)
        assert last <= start < end <= len(text)
        last = end


class _Reference(HTMLParser):
    """The standard library's reading of a page, as the oracle."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = ""
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        self.seen += "" if self._unseen else data


_words = st.sampled_from(["abc", "تمرين", "1 &amp; 2", "&#65;", "x > y", "", " "])
_tags = st.sampled_from(["b", "p", "div", "span", "blockquote", "a", "td"])


def _element(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    bodies = st.lists(inside, max_size=4).map("".join)
    return st.builds(lambda t, a, b: f"<{t}{a}>{b}</{t}>", _tags, _attributes, bodies)


_attributes = st.sampled_from(["", ' title="a > b"', " href='x'", " hidden", " a=b c"])
_leaves = _words | st.sampled_from(
    ["<!-- no -->", "<script>var a = '<b>';</script>", "<br>"]
)


@given(st.recursive(_leaves, _element, max_leaves=12))
def test_well_formed_pages_read_as_the_standard_library_reads_them(text: str) -> None:
    reference = _Reference()
    reference.feed(text)
    reference.close()
    seen = read_page(text).views()[0].folded.text
    assert "".join(seen.split()) == "".join(reference.seen.split())
