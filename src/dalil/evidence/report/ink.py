"""The element that keeps an identifier apart from the words around it."""

from __future__ import annotations

import re

from markupsafe import Markup

__all__ = ["NOT_PRINTABLE", "isolated", "named_char"]

NOT_PRINTABLE = re.compile(r"[^\x20-\x7e]")


def named_char(char: re.Match[str]) -> str:
    """Name a character that does not show, such as ``<U+200B>``."""
    return f"<U+{ord(char[0]):04X}>"


def isolated(kind: str, inner: str, title: str = "") -> Markup:
    """Isolate an identifier; the only place that makes this element."""
    tip = Markup(' title="{}"').format(title) if title else Markup()
    return Markup('<bdi dir="ltr" translate="no" class="id id-{}"{}>{}</bdi>').format(
        kind, tip, inner
    )
