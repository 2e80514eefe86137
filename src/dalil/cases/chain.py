"""The chain of a record: entries, each bound to the last by a hash.

An entry's content (who, on what, with which result) is bound by a salted
hash, and the entries by a chain of hashes over those. So content can be purged
when its retention ends, and the chain still proves that something stood there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "FIRST_PREVIOUS",
    "ChainVerdict",
    "Entry",
    "canonical_json",
    "check_chain",
    "sha256_text",
]

FIRST_PREVIOUS = "0" * 64
"""What stands for the hash before the first entry."""


def canonical_json(value: object) -> str:
    """Write plain values in the one way that hashes the same everywhere.

    >>> canonical_json({"b": 1, "a": ["ت", None]})
    '{"a":["ت",null],"b":1}'

    Raises
    ------
    InputError
        If a value is no text, whole number, truth value, null, list or
        mapping with text keys; a float has no one way of writing it.
    """
    _refuse_unclear(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError("a record takes no text that is not UTF-8", repr(text[:100]))
    return text


def _refuse_unclear(value: object) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise InputError("a record's keys must be texts", key)
            _refuse_unclear(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_unclear(inner)
    elif value is not None and not isinstance(value, str | int):
        raise InputError("a record takes no such value", type(value).__name__)


def sha256_text(text: str) -> str:
    """Hash a text's UTF-8 bytes; lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record; `content` and `salt` are None once purged."""

    sequence: int
    time_utc: str
    action: str
    content: str | None
    salt: str | None
    content_sha256: str
    previous: str
    hash: str

    def expected_hash(self) -> str:
        """Hash what binds this entry to its place."""
        bound = [self.sequence, self.time_utc, self.action]
        return sha256_text(canonical_json([*bound, self.content_sha256, self.previous]))

    def content_holds(self) -> bool:
        """Whether the content is the one recorded, or was purged whole."""
        if self.content is None or self.salt is None:
            return self.content is None and self.salt is None
        return sha256_text(self.salt + self.content) == self.content_sha256

    def to_json(self) -> dict[str, Any]:
        """Give the entry as plain values, its content opened."""
        opened = _opened(self.content)
        return {
            "sequence": self.sequence,
            "time_utc": self.time_utc,
            "action": self.action,
            "purged": self.content is None,
            "who": opened.get("who"),
            "subject": opened.get("subject"),
            "payload": opened.get("payload"),
            "hash": self.hash,
        }

    def __str__(self) -> str:
        shown = "(purged)" if self.content is None else self.content
        return f"{self.sequence:4} {self.time_utc} {self.action:14} {shown}"


def _opened(content: str | None) -> dict[str, Any]:
    """Open a content; one that nobody wrote with Dalil opens to nothing."""
    try:
        opened = json.loads(content or "{}")
    except (ValueError, RecursionError):
        return {}
    return opened if isinstance(opened, dict) else {}


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """Whether the chain holds, and the first entry where it does not."""

    n_entries: int
    n_purged: int
    head: str
    failed_at: int | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.reason

    def to_json(self) -> dict[str, Any]:
        """Give the verdict as plain values."""
        return {"ok": self.ok, **asdict(self)}

    def __str__(self) -> str:
        if not self.ok:
            return f"BROKEN at entry {self.failed_at}: {self.reason}"
        return f"intact: {self.n_entries} entries, head {self.head}"


def check_chain(entries: Iterable[Entry], head: str | None = None) -> ChainVerdict:
    """Re-check every entry's place, content and hash, in order.

    Parameters
    ----------
    entries : iterable of Entry
        By ascending sequence.
    head : str, optional
        The hash the last entry must have, noted outside the record. Without
        it, entries cut from the end go unnoticed.

    Returns
    -------
    ChainVerdict
        With the first entry that fails and why.
    """
    previous, n_entries, n_purged = FIRST_PREVIOUS, 0, 0
    for entry in entries:
        reason = _fault(entry, n_entries + 1, previous)
        if reason:
            at = entry.sequence
            return ChainVerdict(n_entries, n_purged, previous, at, reason)
        previous = entry.hash
        n_entries += 1
        n_purged += entry.content is None
    if head is not None and head.lower() != previous:
        reason = f"the record ends with another hash than {head}"
        return ChainVerdict(n_entries, n_purged, previous, n_entries, reason)
    return ChainVerdict(n_entries, n_purged, previous)


def _fault(entry: Entry, sequence: int, previous: str) -> str:
    if entry.sequence != sequence:
        return f"entry {sequence} is missing"
    if entry.previous != previous:
        return "it does not name the hash of the entry before it"
    if entry.hash != entry.expected_hash():
        return "its hash is not that of its time, action and content hash"
    return "" if entry.content_holds() else "its content is not the one recorded"
