"""A finding: a statement, its premises, the critical questions, the answers.

Its id is made of its content, so two runs name the same finding alike and
nobody can change a premise under an id that others have quoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from dalil.evidence.canonical import content_hash, plain
from dalil.evidence.questions import Question, questions_for

if TYPE_CHECKING:
    from dalil.evidence.statements import Premises, Statement

__all__ = ["PROFILES", "Finding", "Profile"]

Profile = Literal["strict", "default", "broad"]

PROFILES: tuple[Profile, ...] = ("strict", "default", "broad")
"""The rule profiles every conclusion is re-run under."""

_ID_DIGITS = 16


@dataclass(frozen=True)
class Finding:
    """One typed statement with everything it rests on.

    Parameters
    ----------
    statement, premises : Statement, Premises
        A pair of one kind, such as `Pays` and `PaysPremises`.
    questions : tuple of Question
        The critical questions of the kind, each with its answer.
    holds_under : tuple of str
        The profiles under which the statement came out the same.

    Examples
    --------
    >>> from dalil.evidence.statements import Pays, PaysPremises
    >>> paid = Finding.of(
    ...     Pays(chain="c", txid="ab" * 32, n=0, address=None, value_sat=5),
    ...     PaysPremises(
    ...         height=1,
    ...         block_hash="cd" * 32,
    ...         position=0,
    ...         time_utc="2020-01-01T00:00:00Z",
    ...     ),
    ... )
    >>> paid.kind, len(paid.id), paid.questions[0].id
    ('pays', 21, 'in_a_block')
    """

    statement: Statement
    premises: Premises
    questions: tuple[Question, ...]
    holds_under: tuple[Profile, ...] = PROFILES

    @classmethod
    def of(
        cls,
        statement: Statement,
        premises: Premises,
        holds_under: tuple[Profile, ...] = PROFILES,
    ) -> Finding:
        """Make a finding and answer its critical questions from its premises."""
        return cls(statement, premises, questions_for(statement, premises), holds_under)

    @property
    def kind(self) -> str:
        """The name of the statement's kind, such as ``pays``."""
        return self.statement.kind

    @cached_property
    def id(self) -> str:
        """The kind and the start of the content's SHA-256."""
        content = {
            "kind": self.kind,
            "statement": plain(self.statement),
            "premises": plain(self.premises),
        }
        return f"{self.kind}-{content_hash(content)[:_ID_DIGITS]}"

    def to_json(self) -> dict[str, Any]:
        """Lay the finding out as `findings.schema.json` has it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "statement": plain(self.statement),
            "premises": plain(self.premises),
            "questions": plain(self.questions),
            "holds_under": list(self.holds_under),
        }
