"""What one file yields, gathered while it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dalil.attribution.model import (
    CONFIDENCE_LEVELS,
    PROBLEM_KINDS,
    Problem,
    SourceFile,
    Tag,
)
from dalil.attribution.placing import place
from dalil.attribution.source_text import SourceText, day_of, plain_value, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dalil.attribution.model import Actor

__all__ = ["PRINTED", "Contents", "Gatherer"]

PRINTED = "address as printed"
"""Under this name `extra` keeps an address that is stored in another spelling."""

_OWN_FIELDS = frozenset(
    {
        "actor",
        "address",
        "concepts",
        "confidence",
        "currency",
        "label",
        "retrieved",
        "source",
        "tags",
        "valid_from",
        "valid_to",
    }
)
"""Fields that a `Tag` has a place for; the others go to `extra`."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A file, and all that it says."""

    file: SourceFile
    tags: list[Tag] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Gatherer:
    """Makes tags out of a file's rows, and notes what is wrong with them."""

    def __init__(
        self,
        source: SourceText,
        kind: str,
        header: Mapping[str, Any],
        retrieved: str | None,
    ) -> None:
        self._source = source
        self._header = dict(header)
        plain = {k: plain_value(v) for k, v in header.items() if k not in _OWN_FIELDS}
        self.contents = Contents(
            SourceFile(
                source.sha256, source.name, kind, source.n_bytes, retrieved, plain
            )
        )
        if retrieved is None and kind != "vocabulary":
            self.note(
                1, "", "no_retrieval_day", "no day of retrieval: give --retrieved"
            )

    def note(
        self, line: int, address: str, kind: str, what: str, *, refused: bool = False
    ) -> None:
        """Note a problem of a kind in `PROBLEM_KINDS`."""
        assert kind in PROBLEM_KINDS
        problem = Problem(self._source.name, line, address, kind, what, refused)
        self.contents.problems.append(problem)

    def add(self, line: int, own: Mapping[str, Any]) -> None:
        """Make a tag of one row: its `own` fields over the file's header.

        Raises
        ------
        InputError
            If a field cannot be what it claims to be (a day that is none, a
            list of concepts that is none): the file is refused whole.
        """
        fields = self._header | dict(own)
        printed, currency = fields.get("address"), text_of(fields.get("currency"))
        placed = place("" if printed is None else str(printed), currency)
        if placed.problem is not None:
            shown = str(printed) if printed is not None else ""
            self.note(line, shown, *placed.problem, refused=placed.refused)
        if placed.refused:
            return
        confidence = text_of(fields.get("confidence"))
        if confidence is not None and confidence not in CONFIDENCE_LEVELS:
            what = f"`{confidence}` is no confidence class of TagPack's"
            self.note(line, placed.address, "unknown_confidence", what)
        extra = {k: plain_value(v) for k, v in own.items() if k not in _OWN_FIELDS}
        if printed != placed.address:
            extra[PRINTED] = str(printed)
        label = text_of(fields.get("label"))
        if label is None:
            self.note(line, placed.address, "no_label", "the tag has no label")
        self.contents.tags.append(
            Tag(
                address=placed.address,
                chain=placed.chain,
                chains=placed.chains,
                checksum=placed.checksum,
                label=label or "",
                actor=text_of(fields.get("actor")),
                concepts=self._concepts(line, fields),
                source=text_of(fields.get("source")),
                confidence=confidence,
                valid_from=self._day(line, fields, "valid_from"),
                valid_to=self._day(line, fields, "valid_to"),
                retrieved=self._day(line, fields, "retrieved")
                or self.contents.file.retrieved,
                currency=currency,
                file_sha256=self._source.sha256,
                file_name=self._source.name,
                line=line,
                extra=extra,
            )
        )

    def _concepts(self, line: int, fields: Mapping[str, Any]) -> tuple[str, ...]:
        stated = fields.get("concepts") or []
        many = [stated] if isinstance(stated, str) else stated
        if not isinstance(many, list) or not all(isinstance(one, str) for one in many):
            raise self._source.refuse(line, "`concepts` is no list of words")
        found = [*many, text_of(fields.get("category")), text_of(fields.get("abuse"))]
        return tuple(dict.fromkeys(one.strip() for one in found if one and one.strip()))

    def _day(self, line: int, fields: Mapping[str, Any], name: str) -> str | None:
        value = fields.get(name)
        if text_of(value) is None:
            return None
        day = day_of(value)
        if day is None:
            raise self._source.refuse(line, f"`{name}` is no day (YYYY-MM-DD): {value}")
        return day
