"""How an identifier stands on paper: whole, in order, and told from its twins.

Addresses, txids, outpoints and hashes are evidence. They are always written
left to right, never broken across lines, and shortened only for the eye: the
middle is in the page (so it is selected, copied and searched) but drawn as an
ellipsis, and the annex prints every shortened one in full. Two identifiers of
one report never share a short form; an attacker who mints look-alikes
("address poisoning") makes both stand in full instead.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["MAX_IDENTIFIER", "Cut", "Identifiers", "strings_of"]

Cut = Literal["working", "public"]

MAX_IDENTIFIER = 200
"""Characters of one identifier that are printed; no honest one has as many."""

_HEAD, _TAIL = 10, 6
_PLACE = r":(?:tx|(?:internal-)?[0-9]{1,10})"
_IN_TX = re.compile(rf"((?:0x)?[0-9a-fA-F]{{64}}){_PLACE}")
"""An output or a transfer: a transaction, and a place in it."""
_TOKEN = re.compile(r"([-0-9A-Za-z]{3,8}:[-_0-9A-Za-z]{1,32}/[-0-9a-z]{3,8}:)(?=.{19})")
"""What stands ahead of a contract in CAIP-19, which many tokens share."""
_BECH32 = re.compile(r"(?:bc|tb|bcrt)1.", re.IGNORECASE)
_PLAIN = re.compile(rf"(?:{_TOKEN.pattern})?[0-9A-Za-z]{{19,}}(?:{_PLACE})?")
_LONG_RUN = re.compile(
    r"(?<![0-9A-Za-z])(?=[A-Za-z]*[0-9])[0-9A-Za-z]{25,}(?::[0-9]{1,10})?"
)


class Identifiers:
    """The identifiers of one report.

    Parameters
    ----------
    values : iterable of str
        Every string of the findings, to learn which short forms are taken.
    cut : {"working", "public"}
        In the public cut an identifier is masked and numbered, so that a
        reader can follow it through the report but not pay to it.
    """

    def __init__(self, values: Iterable[str], cut: Cut = "working") -> None:
        self.cut = cut
        self.cited: dict[str, None] = {}
        self._masks: dict[str, str] = {}
        taken: dict[tuple[str, str], set[str]] = defaultdict(set)
        for value in values:
            if len(value) <= MAX_IDENTIFIER and _PLAIN.fullmatch(value):
                head, _, tail = _thirds(value)
                taken[head, tail].add(value)
        self._twins = {form for form, values in taken.items() if len(values) > 1}

    def parts(self, value: str) -> tuple[str, str, str]:
        """Split into what is drawn, what the ellipsis covers, what is drawn.

        >>> Identifiers([]).parts("bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqq4h9rt")
        ('bcrt1qqqqq', 'qqqqqqqqqqqqqqqqqqqqqqqq', 'q4h9rt')
        """
        head, middle, tail = _thirds(value)
        if len(middle) <= 2 or (head, tail) in self._twins:
            return value, "", ""
        self.cited[value] = None
        return head, middle, tail

    def mask(self, value: str) -> str:
        """Write an identifier so that it can be followed but not used.

        >>> Identifiers([], cut="public").mask("1" + "B" * 32)
        '1BBB••••#1'
        """
        if value not in self._masks:
            bech32 = _BECH32.match(value)
            head = bech32[0] if bech32 else value[:4]
            self._masks[value] = f"{head}••••#{len(self._masks) + 1}"
        return self._masks[value]

    def mask_within(self, text: str) -> str:
        """Mask every run in a text that could be an address or a txid."""
        return _LONG_RUN.sub(lambda run: self.mask(run[0]), text)


def _thirds(value: str) -> tuple[str, str, str]:
    head, tail = _HEAD, _TAIL
    if "/" in value and not _TOKEN.match(value):
        return value, "", ""
    if found := _IN_TX.fullmatch(value):
        tail += len(value) - found.end(1)
    if token := _TOKEN.match(value):
        head += token.end()
    return value[:head], value[head:-tail], value[-tail:]


def strings_of(document: object) -> Iterator[str]:
    """Yield every string of a JSON document, keys too, in no order; no recursion."""
    waiting = [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            waiting += part.keys()
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
