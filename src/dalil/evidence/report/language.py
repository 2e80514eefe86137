"""The report's words, in English and Arabic, with their plural forms.

Every word a report prints that does not come from the findings stands in
``words/<lang>.yaml``, under the same keys in every language. An entry is a
string, or a table of plural forms where a count decides: English has `one`
and `other`, Arabic has all six of Unicode CLDR.

A word never carries markup: it is escaped, then its ``{placeholders}`` are
filled with values that are escaped too unless the caller already marked them
safe. So nothing from a file under examination can become an element.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import yaml
from markupsafe import Markup, escape

from dalil.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Lang", "Words", "plural_form"]

Lang = Literal["en", "ar"]
PluralForm = Literal["zero", "one", "two", "few", "many", "other"]

DIRECTION: dict[str, Literal["ltr", "rtl"]] = {"en": "ltr", "ar": "rtl"}
PLURAL_FORMS: dict[str, tuple[PluralForm, ...]] = {
    "en": ("one", "other"),
    "ar": ("zero", "one", "two", "few", "many", "other"),
}

_FORMS = frozenset(PLURAL_FORMS["ar"])


def plural_form(lang: str, n: int) -> PluralForm:
    """Name the CLDR plural form that `n` things take in a language.

    >>> [plural_form("ar", n) for n in (0, 1, 2, 3, 11, 100, 103)]
    ['zero', 'one', 'two', 'few', 'many', 'other', 'few']
    """
    if lang != "ar":
        return "one" if n == 1 else "other"
    exact: dict[int, PluralForm] = {0: "zero", 1: "one", 2: "two"}
    if n in exact:
        return exact[n]
    last_two = n % 100
    if 3 <= last_two <= 10:
        return "few"
    return "many" if last_two >= 11 else "other"


class Words:
    """One language's words.

    Parameters
    ----------
    lang : {"en", "ar"}
        The language of the report.

    Raises
    ------
    UsageError
        If there is no such language.

    Examples
    --------
    >>> Words("en")("count.indicators", n=2)
    Markup('2 indicators')
    >>> Words("ar").direction
    'rtl'
    """

    def __init__(self, lang: str) -> None:
        if lang not in DIRECTION:
            known = ", ".join(DIRECTION)
            raise UsageError(f"no such report language (there are {known})", lang)
        self.lang = lang
        self.direction = DIRECTION[lang]
        self.table = _load(lang)

    def __call__(self, key: str, *, n: int | None = None, **values: object) -> Markup:
        """Write the word `key`, its placeholders filled.

        Parameters
        ----------
        key : str
            Dotted path of the entry, such as ``"headline.between"``.
        n : int, optional
            The count that chooses the plural form; also fills ``{n}``.
        **values : object
            Placeholders; anything not already `Markup` is escaped.

        Raises
        ------
        LookupError
            If there is no such entry, or a placeholder is left unfilled: a
            defect of the report, not of its data.
        """
        try:
            entry = self.table[key]
            if isinstance(entry, str):
                text = entry
            else:
                text = entry[plural_form(self.lang, 0 if n is None else n)]
            if n is not None:
                values["n"] = f"{n:,}"
            return escape(text).format(**values)
        except KeyError as error:
            raise LookupError(
                f"the word {key!r} lacks {error} ({self.lang})"
            ) from error

    def known(self, group: str, code: str) -> str | None:
        """Name the entry for a code that came from the findings, if there is one."""
        key = f"{group}.{code}"
        return key if key in self.table else None


@cache
def _load(lang: str) -> Mapping[str, str | dict[str, str]]:
    source = files("dalil.evidence.report") / "words" / f"{lang}.yaml"
    flat: dict[str, str | dict[str, str]] = {}
    _flatten(yaml.safe_load(source.read_text("utf-8")), "", flat)
    return flat


def _flatten(
    tree: Mapping[str, object], prefix: str, flat: dict[str, str | dict[str, str]]
) -> None:
    for name, entry in tree.items():
        key = f"{prefix}{name}"
        if isinstance(entry, str):
            flat[key] = entry
        elif isinstance(entry, dict) and set(entry) <= _FORMS and "other" in entry:
            flat[key] = {str(form): str(text) for form, text in entry.items()}
        elif isinstance(entry, dict):
            _flatten(entry, f"{key}.", flat)
        else:
            raise TypeError(f"the word table's entry {key!r} is not text")
