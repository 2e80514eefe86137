"""A file of tags as bytes, hash and text, and how to point at a line of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError, LimitError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "MAX_TAG_FILE_BYTES",
    "ImportOptions",
    "SourceText",
    "day_of",
    "plain_value",
    "text_of",
]

MAX_TAG_FILE_BYTES = 256_000_000
"""A larger file is refused unread."""

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})([T ].*)?")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user says of the files, where they do not say it themselves."""

    retrieved: str | None = None
    """The day the files were fetched (YYYY-MM-DD); wins over the file's own."""
    concept: str | None = None
    """The concept of tags whose file declares none."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file read whole."""

    name: str
    sha256: str
    n_bytes: int
    text: str

    @classmethod
    def read(cls, path: Path) -> SourceText:
        """Read a file as UTF-8.

        Raises
        ------
        InputError
            If it is no regular file, cannot be read, is not UTF-8, or is empty.
        LimitError
            If it is larger than `MAX_TAG_FILE_BYTES`.
        """
        if not path.is_file():
            raise InputError("not a file", path)
        size = path.stat().st_size
        if size > MAX_TAG_FILE_BYTES:
            raise LimitError(f"larger than {MAX_TAG_FILE_BYTES:,} bytes", path)
        try:
            raw = path.read_bytes()
            text = raw.decode("utf-8-sig")
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", path) from None
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise InputError(
                f"not UTF-8, or cut off within a letter, at line {line}; "
                "nothing of the file is imported",
                path,
            ) from None
        if not text.strip():
            raise InputError("the file is empty", path)
        return cls(path.name, sha256(raw).hexdigest(), len(raw), text)

    def refuse(self, line: int, what: str) -> InputError:
        """Make the error that refuses this file whole."""
        return InputError(
            f"{what}; nothing of the file is imported", f"{self.name}, line {line}"
        )

    @property
    def ends_open(self) -> bool:
        """Tell whether the last line has no end, as in a file cut off."""
        return not self.text.endswith(("\n", "\r"))


def day_of(value: object) -> str | None:
    """Read a day as ``YYYY-MM-DD`` from a date, a time or ISO text; else None.

    >>> day_of("2023-08-16 12:18:52.619444"), day_of("soon")
    ('2023-08-16', None)
    """
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    match = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return date.fromisoformat(match[1]).isoformat()
    except ValueError:
        return None


def text_of(value: object) -> str | None:
    """Read a field as text: None where it is missing or blank."""
    if value is None:
        return None
    return str(plain_value(value)).strip() or None


def plain_value(value: Any) -> Any:  # noqa: ANN401 - as wide as YAML
    """Fold a value into what JSON can say: days and times become ISO text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain_value(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain_value(one) for one in value]
    if isinstance(value, float) and (value != value or value in (_INF, -_INF)):
        return str(value)
    return value


_INF = float("inf")
