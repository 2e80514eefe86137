"""Typed values out of a table someone wrote by hand, and what was misspelt.

A `Fields` answers for the keys it knows; `done` then says which keys nobody
asked for, each with the nearest one that exists. A misspelt key is a warning,
not an error: the rest of the charter still holds, and the warning is shown.
"""

from __future__ import annotations

import difflib
import unicodedata
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError, LimitError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["MAX_LISTED", "MAX_TEXT", "Fields"]

MAX_TEXT = 10_000
"""Code points in one value."""

MAX_LISTED = 10_000
"""Entries in one list."""

_MAX_WARNED = 20


class Fields:
    """One table of a charter, read key by key.

    Parameters
    ----------
    values : mapping
        What the TOML reader found.
    where : str
        The table's name, for messages; empty for the top.
    warnings : list of str
        Grows by what `done` finds.
    """

    def __init__(
        self, values: Mapping[str, Any], where: str, warnings: list[str]
    ) -> None:
        self._values = values
        self._where = where
        self._warnings = warnings
        self._known: list[str] = []

    def name(self, key: str) -> str:
        """Name a key as its reader would look for it: ``limits.until``."""
        return f"{self._where}.{key}" if self._where else key

    def _take(self, key: str) -> Any:  # noqa: ANN401 - not looked at yet
        self._known.append(key)
        return self._values.get(key)

    def _refuse(self, key: str, wanted: str, value: object) -> InputError:
        return InputError(f"case.toml: {self.name(key)} must be {wanted}", value)

    def text(self, key: str, default: str = "") -> str:
        """Read a text; surrounding space is not part of it."""
        value = self._take(key)
        return default if value is None else self._clean(key, value) or default

    def _clean(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            raise self._refuse(key, "a text in quotes", value)
        if len(value) > MAX_TEXT:
            message = f"case.toml: {self.name(key)} exceeds {MAX_TEXT:,} characters"
            raise LimitError(message, len(value))
        if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in value):
            raise self._refuse(key, "a text without control characters", repr(value))
        return value.strip()

    def one_of(self, key: str, choices: Collection[str], default: str) -> str:
        """Read one of a few words."""
        value = self.text(key, default)
        if value not in choices:
            raise self._refuse(key, f"one of {', '.join(choices)}", value)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts; a single text is a list of one."""
        value = self._take(key)
        if value is None:
            return ()
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list):
            raise self._refuse(key, "a text or a list of texts", value)
        self._bound(key, listed)
        return tuple(text for one in listed if (text := self._clean(key, one)))

    def _bound(self, key: str, listed: list[Any]) -> None:
        if len(listed) > MAX_LISTED:
            message = f"case.toml: {self.name(key)} lists more than {MAX_LISTED:,}"
            raise LimitError(message, len(listed))

    def flag(self, key: str, *, default: bool) -> bool:
        """Read true or false."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._refuse(key, "true or false, without quotes", value)
        return value

    def whole(self, key: str, *, low: int, high: int) -> int | None:
        """Read a whole number from `low` to `high`; None where unset."""
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._refuse(key, "a whole number, without quotes", value)
        if not low <= value <= high:
            raise self._refuse(key, f"from {low:,} to {high:,}", value)
        return value

    def day(self, key: str) -> date | None:
        """Read a day, as TOML's own date or in quotes; None where unset or blank."""
        value = self._take(key)
        if isinstance(value, str):
            if not value.strip():
                return None
            try:
                value = date.fromisoformat(value.strip())
            except ValueError:
                raise self._refuse(key, "a day like 2027-12-31", value) from None
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self._refuse(key, "a day like 2027-12-31", value)
        return value

    def moment(self, key: str) -> int | None:
        """Read a moment as Unix seconds: a UTC day's last second, or a time.

        A time must say its offset, such as ``2027-12-31T12:00:00Z``.
        """
        wanted = "a day like 2027-12-31, or a time like 2027-12-31T12:00:00Z"
        value = self._take(key)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                value = _day_or_time(value.strip())
            except ValueError:
                raise self._refuse(key, wanted, value) from None
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise self._refuse(key, f"{wanted}; the offset is missing", value)
            return int(value.timestamp())
        if isinstance(value, date):
            return int(datetime.combine(value, time(23, 59, 59), UTC).timestamp())
        raise self._refuse(key, wanted, value)

    def table(self, key: str) -> Fields:
        """Read a ``[key]`` table; an empty one where unset."""
        value = self._take(key)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self._refuse(key, f"a table: [{self.name(key)}]", value)
        return Fields(value, self.name(key), self._warnings)

    def text_or_table(self, key: str, main: str) -> Fields:
        """Read a ``[key]`` table, or a text that stands for its `main` value."""
        value = self._values.get(key)
        if isinstance(value, str):
            self._known.append(key)
            return Fields({main: value}, self.name(key), self._warnings)
        return self.table(key)

    def tables(self, key: str) -> list[Fields]:
        """Read every ``[[key]]`` table, in order."""
        listed = self._take(key)
        if listed is None:
            return []
        if not isinstance(listed, list) or not all(isinstance(t, dict) for t in listed):
            raise self._refuse(key, f"tables: [[{self.name(key)}]]", listed)
        self._bound(key, listed)
        return [
            Fields(one, f"{self.name(key)}[{n}]", self._warnings)
            for n, one in enumerate(listed, start=1)
        ]

    def done(self) -> None:
        """Warn of the keys that no reader asked for, the first few by name."""
        unknown = [key for key in self._values if key not in self._known]
        for key in unknown[:_MAX_WARNED]:
            near = difflib.get_close_matches(key[:100], self._known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else _listing(self._known)
            self._warnings.append(
                f"case.toml: `{self.name(key[:100])}` is not known and not used; {hint}"
            )
        if len(unknown) > _MAX_WARNED:
            more = f"case.toml: {len(unknown) - _MAX_WARNED:,} more unknown keys"
            self._warnings.append(more)


def _listing(known: list[str]) -> str:
    return f"known here: {', '.join(known)}"


def _day_or_time(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)
