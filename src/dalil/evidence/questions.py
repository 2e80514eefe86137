"""Critical questions: what an opponent would ask of each kind of finding.

After Deuber, Gruber, Humml, Ronge, Scheler (2024), "Argumentation Schemes for
Blockchain Deanonymisation", FinTech 3(2): every inference from a ledger to a
person is an argument with premises, and a fair reader is handed the questions
that could defeat it. Here each is asked in English and Arabic, and answered
from the premises where they answer it; where they do not, it stays *open* and
says so. An open question is not a weakness of the tool: it is for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dalil.evidence.account_statements import (
    FrozenPremises,
    LinkedPremises,
    TokenFlowPremises,
    TransfersPremises,
)
from dalil.evidence.answer_words import ANSWERS
from dalil.evidence.question_words import QUESTIONS
from dalil.evidence.statements import (
    AppearsPremises,
    FlowPremises,
    PaysPremises,
    SameClusterPremises,
    TaggedPremises,
    ValuedPremises,
)

if TYPE_CHECKING:
    from dalil.evidence.statements import Premises, Statement

__all__ = ["Question", "Text", "questions_for"]

Status = Literal["answered", "open", "not_applicable"]
_Answer = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in English and Arabic."""

    en: str
    ar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One critical question with its answer and what the answer rests on.

    `basis` names a premise, ``verifier`` where a check settles it, or
    ``not_checked`` where nothing in a bundle can.
    """

    id: str
    text: Text
    status: Status
    answer: Text
    basis: str


def questions_for(statement: Statement, premises: Premises) -> tuple[Question, ...]:
    """Ask the questions of a statement's kind and answer them from its premises.

    Examples
    --------
    >>> from dalil.evidence.statements import Valued, ValuedPremises
    >>> asked = questions_for(
    ...     Valued(
    ...         subject="pays-0",
    ...         amount_sat=1,
    ...         time_utc="2020-01-01T00:00:00Z",
    ...         currency="USD",
    ...         value=None,
    ...     ),
    ...     ValuedPremises(
    ...         day="2020-01-01", price=None, series_sha256="0" * 64, source="s"
    ...     ),
    ... )
    >>> [(q.id, q.status) for q in asked]
    [('price_known', 'open'), ('price_of_the_moment', 'open')]
    """
    answers = _answers(premises)
    return tuple(
        _question(statement.kind, name, answers.get(name, ("open",)))
        for name in QUESTIONS[statement.kind]
    )


def _question(kind: str, name: str, answer: _Answer) -> Question:
    en, ar = QUESTIONS[kind][name]
    status, basis, answer_en, answer_ar = ANSWERS[f"{name}:{answer[0]}"]
    values = answer[1:]
    return Question(
        id=name,
        text=Text(en, ar),
        status=status,
        answer=Text(answer_en.format(*values), answer_ar.format(*values)),
        basis=basis,
    )


def _answers(premises: Premises) -> dict[str, _Answer]:
    """Choose for each question the answer its premises give, with its values."""
    if isinstance(premises, AppearsPremises):
        return {
            "unchanged": ("hash",),
            "at_this_place": ("derived" if premises.text_sha256 else "from_bytes",),
            "misread": (premises.checksum,),
        }
    if isinstance(premises, SameClusterPremises):
        n = len(premises.links)
        return {
            "coinjoin": ("gate", premises.coinjoin_rule),
            "weakest_link": ("chain", str(n)) if n > 1 else ("one",),
        }
    if isinstance(premises, TaggedPremises):
        return _about_tag(premises)
    if isinstance(premises, FlowPremises | TokenFlowPremises):
        return _about_flow(premises)
    if isinstance(premises, ValuedPremises):
        known = premises.price is not None
        return {"price_known": ("given", premises.source) if known else ("none",)}
    if isinstance(premises, PaysPremises):
        return {"in_a_block": ("merkle",), "most_work": ("verifier",)}
    return _about_accounts(premises)


def _about_flow(premises: FlowPremises | TokenFlowPremises) -> dict[str, _Answer]:
    ways = {address.by for address in premises.addresses}
    named = "cluster" if "cluster" in ways else min(ways, default="request")
    gaps = isinstance(premises, FlowPremises) and premises.reentry
    return {
        "rule_of_account": ("interval",),
        "complete": ("gaps" if gaps else "whole",),
        "who_is_the_target": (named,),
    }


def _about_accounts(
    premises: TransfersPremises | LinkedPremises | FrozenPremises,
) -> dict[str, _Answer]:
    if isinstance(premises, TransfersPremises):
        return {
            "took_effect": (premises.proof,),
            "on_the_chain": (premises.proof,),
            "which_token": ("contract",),
        }
    if isinstance(premises, LinkedPremises):
        return {"rule_can_fail": ("stated", premises.rule_version)}
    n = premises.n_outflow
    return {"outflow_by_chance": ("some", str(n)) if n else ("none",)}


def _about_tag(premises: TaggedPremises) -> dict[str, _Answer]:
    tag, others = premises.tag, premises.contradicting
    source, sure = tag.source or tag.file_name, tag.confidence
    dated = tag.valid_from or tag.valid_to
    dates = (tag.valid_from or "…", tag.valid_to or "…")
    return {
        "source_knows": ("stated", source, sure) if sure else ("silent", source),
        "in_force": ("dated", *dates) if dated else ("undated",),
        "contradicted": ("yes", str(len(others))) if others else ("no",),
    }
