"""Write the report: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dalil.errors import UsageError
from dalil.evidence.report.account_flows import account_flow_of
from dalil.evidence.report.figure import ICONS
from dalil.evidence.report.flows import flow_of, role_of_reason
from dalil.evidence.report.language import Words
from dalil.evidence.report.paper import Paper
from dalil.evidence.report.pictures import picture
from dalil.evidence.report.reading import Reading, whole
from dalil.evidence.report.shape import check_shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dalil.evidence.report.flows import Passage
    from dalil.evidence.report.identifiers import Cut
    from dalil.evidence.report.language import Lang
    from dalil.evidence.report.reading import Json

__all__ = ["MAX_ROWS", "SECTIONS", "page_of", "render", "sections_of"]

MAX_ROWS = 500
"""Rows of one table that are printed; the page says how many it leaves out."""

MAX_LINKS = 5
"""Transfers printed of those that make one link between two accounts."""

SECTIONS = (
    "answer", "charter", "flow", "bounds", "stops", "indicators", "tags", "clusters",
    "links", "payments", "transfers", "freezes", "method", "questions", "verify",
    "limits", "annex",
)  # fmt: skip
_OF_COINS = ("clusters", "payments")
_OF_ACCOUNTS = ("links", "transfers", "freezes")

_VERDICT_ICON = {
    "valid": "target",
    "invalid": "limit",
    "none": "unspent",
    "repaired": "again",
}


def render(
    document: Json,
    *,
    lang: Lang,
    out: Path,
    cut: Cut = "working",
    passages: Mapping[str, Sequence[Passage]] | None = None,
    root: str | None = None,
) -> None:
    """Write a findings document as a report for people.

    Parameters
    ----------
    document : dict
        ``findings.json``, as `findings.schema.json` has it.
    lang : {"en", "ar"}
        The report's language; in Arabic the page runs from right to left,
        identifiers and the flow picture do not.
    out : Path
        The file to write. It appears whole or not at all.
    cut : {"working", "public"}
        The public cut masks addresses and transactions, makes links unusable
        and leaves exhibits out.
    passages : mapping of str to sequence of Passage, optional
        By a trace's id, how its transactions hang together, for the picture;
        see `passages_of`.
    root : str, optional
        The hash of the bundle's manifest, to print beside the commands.

    Raises
    ------
    InputError
        If the document is not as its schema has it.
    UsageError
        If there is no such language or cut.

    Notes
    -----
    Equal input gives equal bytes: no clock, path or locale enters the page.
    Time and size are linear in the rows printed, which `MAX_ROWS` bounds.

    A report proves nothing by itself; it prints what the findings state, and
    says how to check them. What it masks in a public cut can be guessed from
    exact amounts and times by who holds the chain: the mask keeps an appeal
    from being repeated, it does not make anybody anonymous.
    """
    check_shape(document)
    page = page_of(document, lang=lang, cut=cut, passages=passages, root=root)
    draft = out.with_name(out.name + ".part")
    draft.write_text(page, encoding="utf-8", newline="\n")
    os.replace(draft, out)  # noqa: PTH105 - atomic on every platform


def page_of(
    document: Json,
    *,
    lang: Lang,
    cut: Cut = "working",
    passages: Mapping[str, Sequence[Passage]] | None = None,
    root: str | None = None,
) -> str:
    """Make the page that `render` writes, of a document whose shape was checked."""
    if cut not in ("working", "public"):
        raise UsageError("no such cut of a report (there are working, public)", cut)
    words = Words(lang)
    reading = Reading(document)
    paper = Paper(words, document, cut)
    template = _environment().get_template("report.html")
    return template.render(
        words=words,
        paper=paper,
        reading=reading,
        document=document,
        case=document["case"],
        pictures=_pictures(reading, paper, passages or {}),
        sections=sections_of(reading),
        root=root,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dalil.evidence.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "icons": ICONS,
        "max_links": MAX_LINKS,
        "max_rows": MAX_ROWS,
        "role_of_reason": role_of_reason,
        "verdict_icon": _VERDICT_ICON,
        "whole": whole,
    }
    return environment


def sections_of(reading: Reading) -> list[str]:
    """Name the sections of a report: none about what the case has no ledger of."""
    out = [] if reading.has_coins else [*_OF_COINS]
    out += [] if reading.has_accounts else _OF_ACCOUNTS
    return [name for name in SECTIONS if name not in out]


def _pictures(
    reading: Reading, paper: Paper, passages: Mapping[str, Sequence[Passage]]
) -> list[dict[str, Any]]:
    """Draw every trace, and list what each picture shows for its table."""
    pictures: list[dict[str, Any]] = []
    for trace in reading.document["traces"]:
        known = passages.get(trace["id"])
        flow = flow_of(reading, trace, known)
        hidden = not known and bool(trace["transactions"])
        pictures.append(picture(len(pictures), trace, flow, paper, hidden=hidden))
    followed = {asset.body["trace"]: asset for asset in reading.assets}
    for trace in reading.document["account_traces"]:
        known, asset = passages.get(trace["id"]), followed.get(trace["id"])
        body = asset.body if asset else reading.asset_of(trace["token"])
        flow = account_flow_of(asset, trace, known)
        hidden = any(node.key == "walk" for node in flow[0])
        pictures.append(
            picture(len(pictures), trace, flow, paper, hidden=hidden, asset=body)
        )
    return pictures
