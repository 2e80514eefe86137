"""Text that somebody else wrote, made safe to look at without changing it.

A captured appeal, a tag's label or a case's title may hold anything: markup,
right-to-left overrides, control characters, a million letters. On paper each
such text stands in an isolated element of its own, escaped, and a character
that would steer the reader's eye without being seen is shown by its code
point instead of being obeyed or dropped.
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

__all__ = ["MAX_TEXT", "defanged", "named_controls", "user_text"]

MAX_TEXT = 2_000
"""Characters of one text that are printed; the rest is counted."""

_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, tab and newline excepted
    "\u200b\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_IDENTIFIER = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"(?P<link>[A-Za-z][A-Za-z0-9+.-]{1,20}:(?://)?[!-~]*[0-9A-Za-z/])"
    r"|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]{5,15}Z?)?)"
    r"|(?P<amount>[0-9][0-9,]{0,20}\.[0-9]{8}(?: BTC)?)"
    r"|(?P<quoted>(?=[A-Za-z]*[0-9])[0-9A-Za-z]{25,}(?::[0-9]{1,10})?"
    r"|[0-9A-Za-z]{2,6}••••#[0-9]+)"
    r")(?![0-9A-Za-z])"
)
"""What inside prose must keep its order: links, dates, amounts, identifiers."""
_SCHEME = re.compile(r"\b(ht|f)tp(s?)(?=:)", re.IGNORECASE)
_JAVASCRIPT = re.compile(r"\b(javascript|data|vbscript)(?=\s*:)", re.IGNORECASE)
_DOT = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})")


def user_text(text: str, *, raw: bool = False) -> Markup:
    """Mark up text of foreign origin: isolated, escaped, its controls shown.

    Parameters
    ----------
    text : str
        The text, at most `MAX_TEXT` characters of it: the caller cuts and counts.
    raw : bool, default False
        Also show every other invisible format character, such as U+200F,
        which Arabic prose uses lawfully but which matters inside an
        indicator as it was found.

    Returns
    -------
    Markup
        One ``<bdi dir="auto">`` element, in which links, dates, amounts and
        identifiers are isolated again, so that Arabic around them moves no
        character. Its text differs from the input only where a code point is
        named.

    Examples
    --------
    >>> user_text("<b>")
    Markup('<bdi dir="auto" class="text">&lt;b&gt;</bdi>')
    """
    pieces, done = [], 0
    for found in _IDENTIFIER.finditer(text):
        pieces += [_show(char, raw=raw) for char in text[done : found.start()]]
        pieces.append(
            Markup('<bdi dir="ltr" class="id id-{}">{}</bdi>').format(
                found.lastgroup, found[0]
            )
        )
        done = found.end()
    pieces += [_show(char, raw=raw) for char in text[done:]]
    return Markup('<bdi dir="auto" class="text">{}</bdi>').format(
        Markup("").join(pieces)
    )


def _show(char: str, *, raw: bool) -> Markup:
    hidden = _STEERING.match(char) or (raw and unicodedata.category(char) == "Cf")
    if not hidden:
        return escape(char)
    return Markup('<bdi dir="ltr" class="point">U+{}</bdi>').format(f"{ord(char):04X}")


def named_controls(text: str) -> str:
    """Name steering characters in text that must stay bare.

    >>> named_controls("a\u202eb")
    'a[U+202E]b'
    """
    return _STEERING.sub(lambda c: f"[U+{ord(c[0]):04X}]", text)


def defanged(text: str) -> str:
    """Write links so that no program follows them.

    >>> defanged("https://shop.example/?a=1.5")
    'hxxps://shop[.]example/?a=1.5'
    """
    text = _SCHEME.sub(lambda m: f"{m[1][0]}xxp{m[2]}", text)
    return _DOT.sub("[.]", _JAVASCRIPT.sub(r"\1_", text))
