"""The closed vocabulary of normalisation steps, as pure functions of text.

An indicator's `value` is its `raw` form with `steps` applied in order. A step
is plain data, ``{"op": …}`` with the arguments its operation takes, so anyone
holding the exhibit can redo it; `docs/intake.md` states each operation in
words, and a verifier mirrors this module in a page of standard Python.

The first step of every indicator is a *source* step (`SOURCE_OPS`): it says
how the exhibit's bytes became the text that was sliced, and `apply_steps`
passes over it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "BIDI",
    "SOFT",
    "SOURCE_OPS",
    "TEXT_OPS",
    "WHITESPACE",
    "ZERO_WIDTH",
    "Step",
    "apply_step",
    "apply_steps",
]

Step = dict[str, Any]
"""One step: ``op`` names the operation, the other keys are its arguments."""

SOURCE_OPS = frozenset({"decode", "telegram_text", "pdf_text"})

ZERO_WIDTH = frozenset(
    "\u034f\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff"
) | frozenset(map(chr, range(0xFE00, 0xFE10)))
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e") | frozenset(
    "\u2066\u2067\u2068\u2069"
)
SOFT = frozenset("\u00ad\u0640")
WHITESPACE = frozenset("\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000")
WHITESPACE |= frozenset(map(chr, range(0x2000, 0x200B)))

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_TAGS = re.compile(
    r"<!--.*?-->"
    r"|<(script|style)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>.*?</\1\s*>"
    r"|</?[a-z!?](?:[^>\"']|\"[^\"]*\"|'[^']*')*>",
    re.IGNORECASE | re.DOTALL,
)
_FANGS = (
    (re.compile(r"\A(h)(?:xx|\*\*|tt\*?)(ps?)(?=[:\[])", re.IGNORECASE), r"\1tt\2"),
    (re.compile(r"\[://\]"), "://"),
    (re.compile(r"\[:\]"), ":"),
    (re.compile(r"\[\s?(?:\.|dot)\s?\]", re.IGNORECASE), "."),
    (re.compile(r"\(\s?(?:\.|dot)\s?\)", re.IGNORECASE), "."),
    (re.compile(r"\{\s?(?:\.|dot)\s?\}", re.IGNORECASE), "."),
    (re.compile(r"[\[({]\s?(?:@|at)\s?[\])}]", re.IGNORECASE), "@"),
)
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?(?://)?[^/?#]*", re.IGNORECASE)
_TELEGRAM = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)/"
    r"(?:(?:joinchat/|\+)(?P<invite>[\w-]+)|(?:s/)?(?P<name>\w+)))"
    r"|tg:(?://)?(?:resolve\?domain=(?P<tg_name>\w+)|join\?invite=(?P<tg_invite>[\w-]+))"
    r"|@(?P<at>\w+)",
    re.IGNORECASE | re.ASCII,
)


def _dropping(unwanted: frozenset[str]) -> Callable[[str, Mapping[str, Any]], str]:
    table = dict.fromkeys(map(ord, unwanted))
    return lambda text, _: text.translate(table)


def _remove(text: str, step: Mapping[str, Any]) -> str:
    return text.translate(dict.fromkeys(map(ord, step["chars"])))


def _homoglyphs(text: str, step: Mapping[str, Any]) -> str:
    return text.translate(str.maketrans(step["from"], step["to"]))


def _uri_scheme(text: str, step: Mapping[str, Any]) -> str:
    scheme = step["scheme"] + ":"
    if text[: len(scheme)].lower() != scheme:
        raise InputError(f"no `{scheme}` at the start of this text", text)
    rest = text[len(scheme) :].removeprefix("//")
    if rest[:4].lower() == "pay-":
        rest = rest[4:]
    return re.split(r"[@?/&#]", rest, maxsplit=1)[0]


def _refang(text: str, _: Mapping[str, Any]) -> str:
    for pattern, plain in _FANGS:
        text = pattern.sub(plain, text)
    return text


def _lowercase_host(text: str, _: Mapping[str, Any]) -> str:
    match = _HOST.match(text)
    end = match.end() if match else 0
    return text[:end].lower() + text[end:]


def _telegram_name(text: str, _: Mapping[str, Any]) -> str:
    match = _TELEGRAM.match(text)
    if match is None:
        raise InputError("names nothing on Telegram", text)
    found = match.groupdict()
    if invite := found["invite"] or found["tg_invite"]:
        return "+" + invite
    return "@" + (found["name"] or found["tg_name"] or found["at"] or "").lower()


TEXT_OPS: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "remove_tags": lambda text, _: _TAGS.sub("", text),
    "unescape_entities": lambda text, _: html.unescape(text),
    "strip_bidi": _dropping(BIDI),
    "strip_zero_width": _dropping(ZERO_WIDTH),
    "strip_soft": _dropping(SOFT),
    "remove": _remove,
    "remove_whitespace": _dropping(WHITESPACE),
    "nfkc": lambda text, _: unicodedata.normalize("NFKC", text),
    "fold_digits": lambda text, _: text.translate(_DIGITS),
    "reverse": lambda text, _: text[::-1],
    "homoglyphs": _homoglyphs,
    "uri_scheme": _uri_scheme,
    "refang": _refang,
    "add_scheme": lambda text, step: step["scheme"] + "://" + text,
    "lowercase": lambda text, _: text.lower(),
    "lowercase_host": _lowercase_host,
    "telegram_name": _telegram_name,
}
"""Every operation on text, in the order in which extraction applies them."""


def apply_step(text: str, step: Mapping[str, Any]) -> str:
    """Apply one step to `text`; a source step leaves it as it is.

    Raises
    ------
    InputError
        If the operation is not in the vocabulary, lacks an argument, or does
        not fit the text; the message says which.

    Examples
    --------
    >>> apply_step("bc1q ar0s", {"op": "remove_whitespace"})
    'bc1qar0s'
    """
    name = step.get("op")
    if name in SOURCE_OPS:
        return text
    operation = TEXT_OPS.get(name) if isinstance(name, str) else None
    if operation is None:
        raise InputError("not a normalisation step Dalil knows", name)
    try:
        return operation(text, step)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"a malformed `{name}` step ({error!r})", str(step)) from error


def apply_steps(raw: str, steps: Iterable[Mapping[str, Any]]) -> str:
    """Redo an indicator's normalisation: its `raw` form to its `value`.

    Raises
    ------
    InputError
        As `apply_step`.

    Examples
    --------
    >>> apply_steps("ｂｃ１ｑ", [{"op": "decode", "encoding": "utf-8"}, {"op": "nfkc"}])
    'bc1q'
    """
    for step in steps:
        raw = apply_step(raw, step)
    return raw
