"""The main job: from a case's captured files to findings, report and bundle.

Nothing is decided here. What comes out is a DRAFT until a named reviewer says
otherwise, and every figure in it can be checked without Dalil.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dalil
from dalil.cases.captured import captured_files
from dalil.cases.citing import TagSources
from dalil.cases.claims import appears_finding, joined_finding
from dalil.cases.desk import Desk
from dalil.cases.facts import case_facts, headline, ledger_facts, price_facts, tag_facts
from dalil.cases.following import Followed, follow
from dalil.cases.method import method_of
from dalil.cases.publish import Published, publish
from dalil.cases.reached import (
    Collected,
    collect_address,
    collect_payments,
    collect_target,
)
from dalil.cases.starting import CaseExtraction, Starts, find_starts
from dalil.evidence.document import Document, Exhibit, Stop, Summary
from dalil.evidence.material import Material
from dalil.intake import extract_all, take_in
from dalil.progress import silent

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.cases.charter import Charter
    from dalil.progress import Progress

__all__ = ["Investigation", "investigate"]

EXHIBITS = "exhibits"


@dataclass(frozen=True)
class Investigation:
    """What came of a case."""

    document: Document
    published: Published
    starts: Starts
    followed: Followed
    extractions: list[CaseExtraction]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Lay the result out under its keys on the wire."""
        record = self.followed.trace.to_json()
        targets = {t.name: t for t in self.document.summary.targets}
        for row in record["targets"]:
            money = targets[row["name"]].money
            row["money"] = None if money is None else _plain(money)
        return {
            "indicators": [
                indicator.to_json()
                for item in self.extractions
                for indicator in item.extraction.indicators
            ],
            "seeds": {
                "traced": [s.text for s in self.starts.traced],
                "services": [s.text for s in self.starts.borders],
                "absent": self.starts.absent,
                "left_out": [
                    {"address": a, "why": why} for a, why in self.starts.left_out
                ],
            },
            "targets": record["targets"],
            "stops": record["stops"],
            "unspent": record["unspent"],
            "fees": record["fees"],
            "n_clusters": self.document.summary.n_clusters,
            "n_tags_met": self.document.summary.n_tags_met,
            "n_findings": len(self.document.findings),
            "report": str(self.published.report),
            "reports": [str(path) for path in self.published.reports],
            "bundle": str(self.published.bundle),
            "root": self.published.root,
            "verified": self.published.verified,
            "n_checks": self.published.n_checks,
            "review": self.document.case.status,
            "notes": list(self.notes),
        }


def _plain(value: object) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}  # type: ignore[attr-defined]


def investigate(
    charter: Charter, ledger: Path | None = None, progress: Progress = silent
) -> Investigation:
    """Work a case from its captured files to a verified bundle.

    Parameters
    ----------
    charter : Charter
        As `read_charter` gives it.
    ledger : Path, optional
        The ledger to use; by default the charter's first.
    progress : Progress, optional

    Returns
    -------
    Investigation
        With the report in English and Arabic and the bundle, verified, in the
        case's folder.

    Notes
    -----
    Amounts are bounded, services are borders, and an address that was only
    quoted or stands in a report starts no trace. That money reached a service
    says nothing about what the service did with it, nor about who asked.
    """
    desk = Desk(charter, ledger, progress)
    extractions, notes = _read_captured(charter, progress)
    starts = find_starts(desk, extractions)
    followed = follow(desk, starts)
    into = Collected(TagSources(charter.tags))
    material = Material(chain=desk.ledger.chain)
    _collect_indicators(into, material, extractions)
    n_clusters = _collect_starts(desk, into, starts, followed)
    for target in followed.trace.targets:
        collect_target(desk, into, followed, target)
    document = _document(desk, into, followed, starts, extractions, n_clusters)
    material.tags += into.extracts.values()
    published = publish(desk, document, followed, material, extractions, progress)
    return Investigation(document, published, starts, followed, extractions, notes)


def _read_captured(
    charter: Charter, progress: Progress
) -> tuple[list[CaseExtraction], tuple[str, ...]]:
    captured = captured_files(charter)
    paths = [file.path for file in captured.files]
    take_in(paths, charter.folder / EXHIBITS)
    said = {exhibit.file for exhibit in charter.exhibits}
    key = _case_key(charter) if charter.privacy.pseudonyms else None
    items: list[CaseExtraction] = []
    notes = [*charter.warnings, *captured.notes]
    for file, found in zip(
        captured.files, extract_all(paths, key, progress), strict=True
    ):
        own = found.role == "report" and file.name not in said
        items.append(CaseExtraction(file, found, "report" if own else file.role))
        notes += [f"{file.name}: {note}" for note in found.notes]
    return items, tuple(notes)


def _case_key(charter: Charter) -> bytes:
    """Read the case's key for pseudonyms; made once, kept in the case alone."""
    import secrets

    path = charter.folder / ".pseudonym-key"
    if not path.is_file():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return bytes.fromhex(path.read_text(encoding="ascii"))


def _collect_indicators(
    into: Collected, material: Material, extractions: list[CaseExtraction]
) -> None:
    for item in extractions:
        derived = {
            _place(passage.where): passage.text
            for passage in item.extraction.passages
            if passage.derived
        }
        for indicator in item.extraction.indicators:
            text = derived.get(_place(indicator.where))
            name = None if text is None else material.add_text(text)
            into.add(appears_finding(indicator, name))


def _place(where: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(where.items()))


def _collect_starts(
    desk: Desk, into: Collected, starts: Starts, followed: Followed
) -> int:
    """State the seeds' receipts, tags and clusters; counts the clusters."""
    ledger = desk.ledger
    collect_payments(desk, into, followed.trace.seeds.outputs.tolist())
    for start in starts.borders:
        assert start.address is not None
        collect_payments(desk, into, ledger.outputs_of_address(start.address).tolist())
    for start in (*starts.traced, *starts.borders):
        if start.address is not None:
            collect_address(desk, into, start.text)
    label = desk.clusters(followed.profile).label
    groups: dict[int, list[int]] = {}
    for address in starts.addresses:
        groups.setdefault(int(label[address]), []).append(address)
    for members in groups.values():
        for other in members[1:]:
            joined = joined_finding(desk, members[0], other)
            if joined:
                into.add(joined)
    return len(groups)


def _document(
    desk: Desk,
    into: Collected,
    followed: Followed,
    starts: Starts,
    extractions: list[CaseExtraction],
    n_clusters: int,
) -> Document:
    seed_sat = int(followed.trace.graph.seed_total)
    values = {
        indicator.value
        for item in extractions
        for indicator in item.extraction.indicators
    }
    summary = Summary(
        headline=headline(into.targets, starts, seed_sat),
        seed_sat=seed_sat,
        n_indicators=len(values),
        n_clusters=n_clusters,
        n_tags_met=len(into.tags),
        targets=tuple(into.targets),
    )
    return Document(
        dalil=dalil.__version__,
        case=case_facts(desk.charter),
        ledgers=(ledger_facts(desk.ledger),),
        summary=summary,
        method=method_of(desk.charter),
        tags=tag_facts(desk.tags),
        prices=price_facts(desk.prices, desk.charter.currency),
        exhibits=_exhibits(extractions),
        traces=(followed.record,) if followed.record.seeds else (),
        findings=tuple(into.findings.values()),
        not_checked=tuple(into.not_checked),
        stops=tuple(
            Stop(
                reason=stop.reason,
                where=stop.where,
                name=stop.name,
                lower_sat=stop.amounts.lower_sat,
                upper_sat=stop.amounts.upper_sat,
            )
            for stop in followed.trace.stops
        ),
    )


def _exhibits(extractions: list[CaseExtraction]) -> tuple[Exhibit, ...]:
    kept: dict[str, Exhibit] = {}
    for item in extractions:
        exhibit = item.extraction.exhibit
        kept.setdefault(
            exhibit.sha256,
            Exhibit(
                sha256=exhibit.sha256,
                name=item.file.name,
                bytes=exhibit.n_bytes,
                media_type=exhibit.media_type,
                role=item.role,
            ),
        )
    return tuple(kept[sha] for sha in sorted(kept))
