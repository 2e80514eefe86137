"""Everything but addresses: URLs, onion services, Telegram names, pages, e-mail.

Defanged forms (``hxxp``, ``[.]``) are read like plain ones. A URL ends at the
first character outside ASCII, since Arabic words are often glued to it; an
internationalised URL is therefore cut where its first raw non-ASCII letter is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.intake.hosts import PAGES, RESERVED_TELEGRAM, TELEGRAM, under
from dalil.intake.onion import ONION_HOST, onion_checksum
from dalil.intake.steps import apply_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dalil.intake.steps import Step

__all__ = ["LinkHit", "host_of", "link_hits"]

_DOT = r"(?:\.|\[\s?(?:\.|dot)\s?\]|\(\s?(?:\.|dot)\s?\)|\{\s?(?:\.|dot)\s?\})"
_AT = r"(?:@|[\[({]\s?(?:@|at)\s?[\])}])"
_REST = r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~{}|^]"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?+"
_LINK = re.compile(
    rf"(?P<url>h(?:tt|xx|\*\*)ps?(?:\[://\]|\[:\]//|://){_REST}{{3,2048}}+)"
    rf"|(?P<tg>tg:(?://)?(?:resolve\?domain=\w{{4,32}}|join\?invite=[\w-]{{8,64}}))"
    rf"|(?<![\w.%+-])(?P<email>[A-Za-z0-9._%+-]{{1,64}}+{_AT}"
    rf"{_LABEL}(?:{_DOT}{_LABEL}){{1,5}})"
    rf"|(?<![A-Za-z0-9_@./-])(?P<bare>(?:{_LABEL}{_DOT}){{1,5}}[A-Za-z]{{2,24}}+"
    rf"(?::\d{{1,5}})?(?:/{_REST}{{0,2048}}+)?)"
    rf"|(?<![\w@/.])(?P<at>@[A-Za-z]\w{{3,31}})(?![\w@])",
    re.IGNORECASE | re.ASCII,
)
_TXID = re.compile(r"(?<![0-9A-Za-z])(?:0x)?[0-9a-fA-F]{64}(?![0-9A-Za-z])")
_TX_WORD = re.compile(
    r"(?:\btx|txid|hash|transaction|/tx/|المعاملة|معاملة|التحويلة|هاش)", re.IGNORECASE
)
_TELEGRAM_WORD = re.compile(
    r"telegram|t\.me|تلي?[غجق]را?م|تيلي?[غجق]را?م", re.IGNORECASE
)
_CONTEXT = 40
_CLOSERS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class LinkHit:
    """A link found at ``[start, end)`` of a folded text."""

    kind: str
    start: int
    end: int
    value: str
    late: tuple[Step, ...]
    checksum: str = "none"


def link_hits(text: str, *, telegram: bool) -> Iterator[LinkHit]:
    """Find the links in a folded text, in order.

    Parameters
    ----------
    text : str
        Folded text.
    telegram : bool
        Whether the text was written on Telegram, where ``@name`` is a name there.
    """
    for match in _LINK.finditer(text):
        start = match.start()
        if match["url"] or match["bare"]:
            found = _trimmed(match[0])
            yield from _urls(found, start, bare=match["bare"] is not None)
        elif match["email"]:
            yield _made(
                "email", match[0], start, [{"op": "refang"}, {"op": "lowercase"}]
            )
        elif match["tg"]:
            yield _made("telegram", match[0], start, [{"op": "telegram_name"}])
        else:
            told = telegram or _TELEGRAM_WORD.search(
                text, max(0, start - _CONTEXT), start
            )
            kind = "telegram" if told else "handle"
            yield _made(kind, match[0], start, [{"op": "telegram_name"}])
    yield from _txids(text)


def host_of(url: str) -> str:
    """Return the lower-case host of a plain URL.

    >>> host_of("https://user@Example.org:8080/x")
    'example.org'
    """
    host = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    return host.rpartition("@")[2].partition(":")[0].lower()


def _urls(found: str, start: int, *, bare: bool) -> Iterator[LinkHit]:
    steps: list[Step] = [{"op": "refang"}]
    if bare:
        steps.append({"op": "add_scheme", "scheme": "https"})
    steps.append({"op": "lowercase_host"})
    url = apply_steps(found, steps)
    host = host_of(url)
    onion = ONION_HOST.search(found)
    if bare and not (_worth(host, found) or onion):
        return
    if onion:
        late: list[Step] = [{"op": "refang"}, {"op": "lowercase"}]
        place = start + onion.start()
        yield _made("onion", onion[0], place, late, onion_checksum(onion[0]))
        if onion.end() == len(found) and bare:
            return
    kind = "page" if under(host, PAGES) else "url"
    if host.removeprefix("www.") in TELEGRAM and _names_someone(url):
        yield _made("telegram", found, start, [*steps, {"op": "telegram_name"}])
        return
    yield _made(kind, found, start, steps)


def _names_someone(url: str) -> bool:
    """Tell a channel, group or user from Telegram's own pages and actions."""
    path = url.partition("://")[2].partition("/")[2].removeprefix("s/")
    name = re.split(r"[/?#]", path, maxsplit=1)[0]
    return (
        re.fullmatch(r"\+?[\w-]{4,64}", name, re.ASCII) is not None
        and name.lower() not in RESERVED_TELEGRAM
    )


def _worth(host: str, found: str) -> bool:
    """Tell a bare host meant as a link from dotted words such as ``file.name``."""
    told = host.startswith("www.") or any(mark in found for mark in "[({")
    listed = host.removeprefix("www.") in TELEGRAM or under(host, PAGES) is not None
    return told or (listed and "/" in found)


def _txids(text: str) -> Iterator[LinkHit]:
    for match in _TXID.finditer(text):
        start, end = match.span()
        before = text[max(0, start - _CONTEXT) : start]
        alone = before.rpartition("\n")[2].strip() == "" == _line_after(text, end)
        if alone or _TX_WORD.search(before):
            yield _made("txid", match[0], start, [{"op": "lowercase"}])


def _line_after(text: str, end: int) -> str:
    return text[end : end + _CONTEXT].partition("\n")[0].strip()


def _made(
    kind: str, found: str, start: int, late: list[Step], checksum: str = "none"
) -> LinkHit:
    value = apply_steps(found, late)
    return LinkHit(kind, start, start + len(found), value, tuple(late), checksum)


def _trimmed(found: str) -> str:
    while found and (
        found[-1] in ".,;:!?'*_~|^-"
        or (
            found[-1] in _CLOSERS
            and found.count(found[-1]) > found.count(_CLOSERS[found[-1]])
        )
    ):
        found = found[:-1]
    return found
