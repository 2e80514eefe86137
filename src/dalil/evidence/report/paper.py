"""The one place where a value becomes ink: identifiers, amounts, dates, text.

Templates and figure call these and nothing else to print a value of the
findings, so no identifier can reach the page outside its isolating element
and no captured text can reach it unescaped.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import Markup

from dalil.evidence.report.identifiers import (
    MAX_IDENTIFIER,
    Identifiers,
    strings_of,
)
from dalil.evidence.report.ink import NOT_PRINTABLE, isolated, named_char
from dalil.evidence.report.reading import REST, in_units
from dalil.evidence.report.usertext import (
    MAX_TEXT,
    defanged,
    named_controls,
    user_text,
)
from dalil.units import format_btc

if TYPE_CHECKING:
    from dalil.evidence.report.identifiers import Cut
    from dalil.evidence.report.language import Words
    from dalil.evidence.report.reading import Json, Whole

__all__ = ["Kind", "Paper"]

Kind = Literal[
    "address",
    "txid",
    "outpoint",
    "token",
    "hash",
    "amount",
    "money",
    "date",
    "number",
    "code",
    "symbol",
    "step",
]

_MASKED = frozenset(("address", "txid", "outpoint"))
_SHORTENED = frozenset(("address", "txid", "outpoint", "token", "hash"))
LONGEST_UNBROKEN = 24
"""Characters up to which an identifier that stands in full fits any column."""

OUTSIDE_DATES = "outside its tag's dates"
"""How tracing marks a name where money met it outside the dates of its tag."""

_DAY = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{5,15}(Z|[+-][0-9:]{5}))?")


class Paper:
    """Writes values in one language, for one cut of one report.

    Parameters
    ----------
    words : Words
        The language's words.
    document : object
        The findings, to learn which identifiers look alike.
    cut : {"working", "public"}
        Whether identifiers are masked and links defanged.
    """

    def __init__(self, words: Words, document: object, cut: Cut) -> None:
        self.words = words
        self.cut = cut
        self.public = cut == "public"
        self.identifiers = Identifiers(strings_of(document), cut)

    def id(self, value: object, kind: Kind = "code") -> Markup:
        """Write an identifier: isolated, left to right, never broken.

        Parameters
        ----------
        value : object
            The identifier as the findings spell it; None is "not known".
        kind : str
            What it is; decides shortening and, in the public cut, masking.
        """
        if value is None:
            return self.unknown()
        text = self.plain(value, kind)
        head, middle, tail = text, "", ""
        if kind in _SHORTENED and not (self.public and kind in _MASKED):
            head, middle, tail = self.identifiers.parts(text)
        if not middle:
            long = kind in _SHORTENED and len(text) > LONGEST_UNBROKEN
            return isolated(f"{kind} id-full" if long else kind, text)
        inner = Markup('{}<span class="mid">{}</span>{}').format(head, middle, tail)
        return isolated(kind, inner, title=text)

    def plain(self, value: object, kind: Kind = "code") -> str:
        """Write an identifier as bare text, masked where the cut asks for it."""
        text = NOT_PRINTABLE.sub(named_char, str(value)[:MAX_IDENTIFIER])
        if self.public and kind in _MASKED:
            return self.identifiers.mask(text)
        return text

    def short(self, value: object, kind: Kind = "code") -> str:
        """Write an identifier as a picture shows it: its middle left out."""
        text = self.plain(value, kind)
        if kind not in _SHORTENED or (self.public and kind in _MASKED):
            return text
        head, middle, tail = self.identifiers.parts(text)
        return f"{head}…{tail}" if middle else text

    def whole(self, value: str) -> Markup:
        """Write an identifier in full, for the annex."""
        return isolated("whole", value)

    def amount(self, value_sat: int | None) -> Markup:
        """Write satoshi as an exact amount of coin."""
        if value_sat is None:
            return self.unknown()
        return isolated("amount", f"{format_btc(value_sat)} BTC")

    def quantity(self, value: Whole | None, asset: Json | None) -> Markup:
        """Write an amount of a token exactly; of coin where there is no asset.

        A token that Dalil does not know stands in base units, and the place
        names it.
        """
        if asset is None and isinstance(value, int):
            return self.amount(value)
        if value is None or asset is None:
            return self.unknown()
        text = self.plain_quantity(value, asset)
        long = len(text) > LONGEST_UNBROKEN
        groups = Markup(",<wbr>").join(text.split(",")) if long else text
        shown = isolated("amount id-long" if long else "amount", groups)
        if in_units(asset):
            return shown
        n = value if isinstance(value, int) else 0
        return self.words("value.base_units", n=n, amount=shown)

    def token_amount(self, value: Whole, asset: Json) -> Markup:
        """Write an amount of a token where nothing around it names the token."""
        if asset["symbol"] is not None:
            return self.quantity(value, asset)
        amount, token = self.quantity(value, asset), self.id(asset["token"], "token")
        return self.words("value.of_token", amount=amount, token=token)

    def plain_quantity(self, value: Whole, asset: Json | None) -> str:
        """Write an amount as bare text, without needless zeros."""
        if not isinstance(value, int):
            return self.plain(value)
        if asset is None:
            return f"{format_btc(value)} BTC"
        if not in_units(asset):
            return f"{value:,}"
        whole, part = divmod(value, 10 ** asset["decimals"])
        digits = f"{part:0{asset['decimals']}d}".rstrip("0") if part else ""
        point = "." if digits else ""
        return f"{whole:,}{point}{digits} {self.plain(asset['symbol'])}"

    def asset_name(self, asset: Json) -> Markup:
        """Name a token: by its symbol where it is a known one, always by CAIP-19."""
        token = self.id(asset["token"], "token")
        if asset["symbol"] is None:
            return self.words("asset.unknown", token=token)
        return self.words(
            "asset.known", symbol=self.id(asset["symbol"], "symbol"), token=token
        )

    def coin(self, name: str) -> Markup:
        """Write a coin: an output, a transfer, or what a payment left behind."""
        found = REST.fullmatch(name)
        if not found:
            return self.id(name, "outpoint")
        address, after = self.id(found[1], "address"), self.id(found[2], "outpoint")
        return self.words("value.rest", address=address, transfer=after)

    def money(self, value: object, currency: str) -> Markup:
        """Write an amount of money with two decimals and its currency code."""
        if value is None:
            return Markup('<span class="unknown">{}</span>').format(
                self.words("value.no_price")
            )
        try:
            number = f"{Decimal(str(value)):,.2f}"
        except InvalidOperation:
            number = str(value)
        return self.id(f"{number} {currency}", "money")

    def money_note(self, note: str) -> Markup:
        """Write what a valuation leaves open; the days without a price by name."""
        days = _DAY.findall(note)
        if not days:
            return self.text(note)
        listed = self.words("page.comma").join([self.date(day) for day in days])
        return self.words("answer.no_price_days", n=len(days), days=listed)

    def date(self, value: object) -> Markup:
        """Write a date or time: ISO 8601 as an identifier, else as it was found."""
        if value is None or _DATE.fullmatch(str(value)):
            return self.id(value, "date")
        return self.text(value)

    def number(self, value: int | None) -> Markup:
        """Write a count, grouped by thousands, in Latin digits."""
        return self.unknown() if value is None else isolated("number", f"{value:,}")

    def share(self, hits: int, n: int) -> Markup:
        """Write `hits` of `n` as per cent with one decimal."""
        return isolated("number", f"{hits / n:.1%}") if n else self.unknown()

    def text(self, value: object, *, raw: bool = False) -> Markup:
        """Write text of foreign origin; see `user_text`."""
        if value is None or value == "":
            return self.unknown()
        whole = str(value)
        shown = user_text(self._masked(whole[:MAX_TEXT]), raw=raw)
        if len(whole) <= MAX_TEXT:
            return shown
        return shown + self.words("value.cut", n=len(whole) - MAX_TEXT)

    def party(self, name: str) -> Markup:
        """Write a target's name; what tracing adds to it comes in our words."""
        own = name.removesuffix(f" ({OUTSIDE_DATES})")
        if own == name:
            return self.text(name)
        return Markup("{} ({})").format(
            self.text(own), self.words("value.outside_dates")
        )

    def bare_text(self, value: str) -> str:
        """Write foreign text where no element fits, its controls named."""
        return named_controls(self._masked(value[:MAX_TEXT]))

    def _masked(self, text: str) -> str:
        if not self.public:
            return text
        return self.identifiers.mask_within(defanged(text))

    def said(self, text: dict[str, str]) -> Markup:
        """Write words that the findings hold in both languages."""
        return self.text(text[self.words.lang])

    def code_word(self, prefix: str, code: str) -> Markup:
        """Write a code of the findings in words; an unknown one as it stands."""
        for group in (prefix, "service"):
            if key := self.words.known(group, code):
                return self.words(key)
        if prefix == "basis" and code.startswith("premises"):
            return self.words("basis.premises")
        return self.text(code)

    def anchor(self, value: str) -> Markup:
        """Write what a ledger's blocks hang from."""
        kind, _, height = value.partition(":")
        if kind == "checkpoint" and height.isdecimal():
            return self.words("ledger.checkpoint", height=self.number(int(height)))
        return self.code_word("ledger", kind)

    def place(self, premises: dict[str, Any]) -> Markup:
        """Write where in an exhibit an indicator stands."""
        told = []
        for name, value in premises["where"].items():
            key = self.words.known("place", name)
            shown = self.text(value)
            told.append(
                self.words(key, value=shown)
                if key
                else Markup("{} {}").format(self.text(name), shown)
            )
        start, end = (self.number(premises[side]) for side in ("start", "end"))
        told.append(self.words("place.characters", start=start, end=end))
        return self.words("page.comma").join(told)

    def step(self, step: dict[str, Any]) -> Markup:
        """Write one step of normalisation: its name, then its arguments."""
        told = [str(step["op"])]
        told += [f"{name}={value}" for name, value in step.items() if name != "op"]
        return self.id(" ".join(told), "step")

    def unknown(self) -> Markup:
        """Write that a value is not known or was not given."""
        return Markup('<span class="unknown">{}</span>').format(
            self.words("value.unknown")
        )
