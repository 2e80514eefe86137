"""HTML read as evidence: nothing runs, nothing is fetched, every place is kept.

The page is cut into text, tags, comments and scripts in one linear pass, by the
tokenising rules browsers follow (quotes count only in attribute values). The
standard library's parser is not used: it takes square time on malformed pages
and does not tell where in the source an attribute's value stands.

Two views come out. The *visible* one is the text with in-line tags gone and
block tags read as line breaks. The *hidden* one holds attribute values,
comments, scripts and styles, kept apart by boundaries nothing can cross.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dalil.intake.fold import BOUNDARY, Folded, pieces_of
from dalil.intake.records import Spot, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dalil.intake.fold import Piece

    _Part = dict[str, str]

__all__ = ["Page", "read_page"]

_INLINE = frozenset(
    {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn"}
    | {"em", "font", "i", "ins", "kbd", "label", "mark", "nobr", "q", "ruby", "s"}
    | {"samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u"}
    | {"var", "wbr"}
)
_QUOTING = frozenset({"blockquote", "q", "cite"})
_TELLING = frozenset({"property", "name", "content", "rel", "itemprop", "class"})
_OPENS = re.compile(
    r"<(?:(?P<comment>!--)|(?P<declared>[!?])|(?P<end>/?)(?P<tag>[A-Za-z][^\s/>]*+))"
)
_ATTRIBUTE = re.compile(
    r"[\s/]*+(?P<name>[^\s/>][^\s/>=]*+)"
    r"(?:\s*+=\s*+(?P<value>\"[^\"]*+\"|'[^']*+'|(?![\"'])[^\s>]*+))?+"
)
_TAG_END = re.compile(r"[\s/]*+>")
_ENTITY = re.compile(
    r"&(?:#(?:[0-9]{1,8}|[xX][0-9A-Fa-f]{1,6});?|[A-Za-z][A-Za-z0-9]{1,31};)"
)
_NEWS = re.compile(
    r"\"@type\"\s*+:\s*+(?:\[[^\]]{0,200}?)?\"[A-Za-z]{0,30}NewsArticle\""
)
_BYLINE = re.compile(r"\b(?:byline|author)\b", re.IGNORECASE)


@dataclass(slots=True)
class Page:
    """What one pass over a page finds."""

    visible: list[Piece] = field(default_factory=list)
    hidden: list[Piece] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    quotes: list[tuple[int, str | None]] = field(default_factory=list)
    """From each place on, the innermost quoting element, or None."""
    notes: list[str] = field(default_factory=list)
    declares_article: bool = False
    """By og:type, JSON-LD, or a byline in <article>."""
    opened: list[str] = field(default_factory=list)
    n_opened: Counter[str] = field(default_factory=Counter)

    def views(self) -> tuple[View, View]:
        """Return the visible and the hidden view, folded."""
        return View(Folded(self.visible)), View(Folded(self.hidden), self.spots)

    def hide(self, pieces: Iterable[Piece], start: int, end: int, part: _Part) -> None:
        """Add pieces that readers of the page do not see."""
        if start < end:
            self.spots.append(Spot(start, part, hidden=True))
            self.hidden.extend(pieces)
            self.hidden.append((BOUNDARY, end, end + 1))

    def quote(self, name: str, place: int, *, closing: bool) -> None:
        """Open or close a quoting element; what lies open in it closes too."""
        if not closing:
            self.opened.append(name)
            self.n_opened[name] += 1
        elif self.n_opened[name]:
            while (last := self.opened.pop()) != name:
                self.n_opened[last] -= 1
            self.n_opened[name] -= 1
        self.quotes.append((place, self.opened[-1] if self.opened else None))


def read_page(source: str) -> Page:
    r"""Cut a page's decoded source into its views, in linear time.

    An unfinished tag, comment or script at the end is read as plain text, and
    said in `notes`: what a browser would drop is still evidence.

    Examples
    --------
    >>> page = read_page("<p>ab<b>c</b>d<p>e")
    >>> page.views()[0].folded.text
    '\nabcd\ne'
    """
    page = Page()
    place = 0
    while (opens := _OPENS.search(source, place)) is not None:
        page.visible.extend(_unescaped(source, place, opens.start()))
        n_spots, n_pieces = len(page.spots), len(page.hidden)
        end = _construct(page, source, opens)
        place = opens.start() if end is None else end
        if end is None:
            del page.spots[n_spots:], page.hidden[n_pieces:]
            page.notes.append(f"unfinished markup at {place}: the rest is read as text")
            break
    page.visible.extend(_unescaped(source, place, len(source)))
    return page


def _construct(page: Page, source: str, opens: re.Match[str]) -> int | None:
    """Read one comment, declaration or tag; its end, or None where it has none."""
    start = opens.end()
    if opens["comment"]:
        end = source.find("-->", start)
        page.hide(_unescaped(source, start, end), start, end, {"part": "comment"})
        return end + 3 if end >= 0 else None
    if opens["declared"]:
        return source.find(">", start) + 1 or None
    tag = opens["tag"].lower()
    closed = _attributes(page, source, start, tag)
    if closed is None:
        return None
    if tag not in _INLINE:
        page.visible.append(("\n", opens.start(), closed))
    if tag in _QUOTING:
        page.quote(tag, closed, closing=bool(opens["end"]))
    if tag == "article":
        page.n_opened[tag] += -1 if opens["end"] else 1
    if tag in ("script", "style") and not opens["end"]:
        return _script(page, source, closed, tag)
    return closed


def _attributes(page: Page, source: str, place: int, tag: str) -> int | None:
    found: dict[str, str] = {}
    while (match := _ATTRIBUTE.match(source, place)) is not None:
        place, name, value = match.end(), match["name"].lower(), match["value"]
        if value:
            quoted = value[0] in "\"'"
            start, end = match.start("value") + quoted, place - quoted
            part = {"part": "attribute", "tag": tag, "attribute": name}
            page.hide(_unescaped(source, start, end), start, end, part)
            if name in _TELLING:
                found.setdefault(name, source[start : min(end, start + 200)])
    _declared(page, tag, found)
    closes = _TAG_END.match(source, place)
    return closes.end() if closes else None


def _declared(page: Page, tag: str, found: dict[str, str]) -> None:
    """Note where a page calls itself an article."""
    if tag == "meta":
        about = found.get("property") or found.get("name", "")
        told = found.get("content", "").strip().lower() == "article"
        page.declares_article |= told and about.strip().lower() == "og:type"
    elif page.n_opened["article"] > 0:
        told_by = (found.get(name, "") for name in ("rel", "itemprop", "class"))
        page.declares_article |= any(_BYLINE.search(value) for value in told_by)


def _script(page: Page, source: str, start: int, tag: str) -> int | None:
    closing = re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search(source, start)
    if closing is None:
        return None
    end = closing.start()
    body = source[start:end]
    page.declares_article |= tag == "script" and _NEWS.search(body) is not None
    page.hide(pieces_of(body, start), start, end, {"part": tag})
    return end


def _unescaped(source: str, start: int, end: int) -> Iterator[Piece]:
    place = start
    for match in _ENTITY.finditer(source, start, end):
        plain = html.unescape(match[0])
        if plain == match[0]:
            continue
        yield from pieces_of(source[place : match.start()], place)
        for part, _, _ in pieces_of(plain):
            yield part, match.start(), match.end()
        place = match.end()
    yield from pieces_of(source[place:end], place)
