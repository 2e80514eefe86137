"""A page as a tree, read by the standard library's parser and nothing cleverer."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "path", "rect", "wbr"})
"""Elements the report never closes; `path` and `rect` it closes by a slash."""


@dataclass
class Element:
    """One element, its attributes and what stands inside it."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        """Every element from here down, in the page's order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child

    @property
    def text(self) -> str:
        """All the text inside."""
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    @property
    def classes(self) -> set[str]:
        """The names in its class attribute."""
        return set(self.attributes.get("class", "").split())

    @property
    def above(self) -> Iterator[Element]:
        """The elements it stands in, nearest first."""
        at = self.parent
        while at:
            yield at
            at = at.parent

    def all(self, tag: str, name: str = "") -> list[Element]:
        """Every element of a tag below, and of a class where one is named."""
        return [e for e in self if e.tag == tag and (not name or name in e.classes)]

    def one(self, tag: str, ident: str) -> Element:
        """The element with an id."""
        (found,) = [e for e in self.all(tag) if e.attributes.get("id") == ident]
        return found

    def texts(self) -> Iterator[tuple[Element, str]]:
        """Every piece of text with the element it stands in, styles left out."""
        for element in self:
            if element.tag == "style":
                continue
            for child in element.children:
                if isinstance(child, str):
                    yield element, child


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("#page", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {k: v or "" for k, v in attrs}, self.at)
        assert len(element.attributes) == len(attrs), f"attribute twice: {attrs}"
        self.at.children.append(element)
        if tag not in VOID or (tag == "path" and "ribbon" in element.classes):
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def tree_of(page: str) -> Element:
    """Read a page; every element must be closed in order."""
    builder = _Builder()
    builder.feed(page)
    builder.close()
    assert builder.at is builder.root, f"<{builder.at.tag}> is never closed"
    return builder.root
