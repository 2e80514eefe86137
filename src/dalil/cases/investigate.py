"""The main job: from a case's captured files to findings, report and bundle.

Nothing is decided here. What comes out is a DRAFT until a named reviewer says
otherwise, and every figure in it can be checked without Dalil.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dalil
from dalil.cases.accounts.desk import AccountDesk
from dalil.cases.accounts.telling import account_facts, asset_headlines, joined_text
from dalil.cases.accounts.working import AccountWork, work_accounts
from dalil.cases.captured import captured_files
from dalil.cases.citing import TagSources
from dalil.cases.claims import appears_finding
from dalil.cases.coins import CoinWork, work_coins
from dalil.cases.desk import Desk
from dalil.cases.facts import case_facts, headline, ledger_facts, price_facts, tag_facts
from dalil.cases.ledgers import absent_seeds, case_ledgers
from dalil.cases.method import method_of
from dalil.cases.publish import Published, publish
from dalil.cases.reached import Collected
from dalil.cases.sources import CaseSources
from dalil.cases.starting import CaseExtraction, find_starts
from dalil.evidence.canonical import plain
from dalil.evidence.document import Document, Exhibit, Stop, Summary
from dalil.evidence.material import Material
from dalil.intake import extract_all, take_in
from dalil.progress import silent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.cases.charter import Charter
    from dalil.progress import Progress

__all__ = ["Investigation", "investigate"]

EXHIBITS = "exhibits"


@dataclass(frozen=True)
class Investigation:
    """What came of a case: `coins` on a ledger of outputs, if it has one."""

    document: Document
    published: Published
    coins: CoinWork | None
    accounts: tuple[AccountWork, ...]
    extractions: list[CaseExtraction]
    absent: tuple[str, ...]
    """Seeds that are in no ledger of the case."""
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Lay the result out under its keys on the wire."""
        works = [w.starts for w in (self.coins, *self.accounts) if w is not None]
        return {
            "indicators": [
                indicator.to_json()
                for item in self.extractions
                for indicator in item.extraction.indicators
            ],
            "seeds": {
                "traced": [s.text for starts in works for s in starts.traced],
                "services": [s.text for starts in works for s in starts.borders],
                "absent": list(self.absent),
                "left_out": [
                    {"address": address, "why": why}
                    for starts in works
                    for address, why in starts.left_out
                ],
            },
            **self._coins_json(),
            "assets": [plain(asset) for asset in self.document.assets],
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

    def _coins_json(self) -> dict[str, Any]:
        keys = ("targets", "stops", "unspent", "fees")
        if self.coins is None:
            return {"targets": [], "stops": [], "unspent": None, "fees": None}
        record = self.coins.followed.trace.to_json()
        targets = {t.name: t for t in self.document.summary.targets}
        for row in record["targets"]:
            money = targets[row["name"]].money
            row["money"] = None if money is None else plain(money)
        return {key: record[key] for key in keys}


def investigate(
    charter: Charter, ledger: Path | None = None, progress: Progress = silent
) -> Investigation:
    """Work a case from its captured files to a verified bundle.

    Parameters
    ----------
    charter : Charter
        As `read_charter` gives it.
    ledger : Path, optional
        The one ledger to use; by default all that the charter names.
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
    says nothing about what the service did with it, nor about who asked. One
    ledger of outputs and any number of ledgers of accounts make a case; each
    asset is counted by itself, and no sum crosses chains.
    """
    paths = case_ledgers(charter, ledger)
    sources = CaseSources(charter, paths.first, progress)
    extractions, notes = _read_captured(charter, progress)
    into = Collected(TagSources(charter.tags))
    material = Material()
    _collect_indicators(into, material, extractions)
    coins = None
    if paths.coins is not None:
        coins = work_coins(Desk(sources, paths.coins), into, extractions)
        material.chain = coins.desk.ledger.chain
    accounts = []
    for path in paths.accounts:
        desk = AccountDesk(sources, path)
        starts = find_starts(desk, extractions)
        accounts.append(work_accounts(desk, into, starts))
    works = (coins, *accounts)
    document = _document(sources, into, works, extractions)
    material.tags += into.extracts.values()
    published = publish(sources, document, works, material, extractions)
    return Investigation(
        document,
        published,
        coins,
        tuple(accounts),
        extractions,
        absent_seeds(charter, [w.starts for w in works if w is not None]),
        (*notes, *(note for work in accounts for note in work.notes)),
    )


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


def _document(
    sources: CaseSources,
    into: Collected,
    works: Sequence[CoinWork | AccountWork | None],
    extractions: list[CaseExtraction],
) -> Document:
    charter = sources.charter
    coins = works[0]
    assert coins is None or isinstance(coins, CoinWork)
    accounts = [work for work in works[1:] if isinstance(work, AccountWork)]
    assets = tuple(asset for work in accounts for asset in work.assets)
    values = {
        indicator.value
        for item in extractions
        for indicator in item.extraction.indicators
    }
    seed_sat = 0 if coins is None else int(coins.followed.trace.graph.seed_total)
    told = [] if coins is None else [headline(into.targets, coins.starts, seed_sat)]
    summary = Summary(
        headline=joined_text([*told, *asset_headlines(accounts)]),
        seed_sat=seed_sat,
        n_indicators=len(values),
        n_clusters=0 if coins is None else coins.n_clusters,
        n_tags_met=len(into.tags),
        targets=tuple(into.targets),
    )
    record = None if coins is None else coins.followed.record
    return Document(
        dalil=dalil.__version__,
        case=case_facts(charter),
        ledgers=(
            *(() if coins is None else (ledger_facts(coins.desk.ledger),)),
            *(account_facts(work.desk.ledger) for work in accounts),
        ),
        summary=summary,
        method=method_of(charter, coins=coins is not None, accounts=bool(accounts)),
        tags=tag_facts(sources.tags),
        prices=price_facts(sources.prices, charter.currency),
        exhibits=_exhibits(extractions),
        traces=(record,) if record is not None and record.seeds else (),
        findings=tuple(into.findings.values()),
        not_checked=tuple(into.not_checked),
        stops=() if coins is None else _stops(coins),
        assets=assets,
        account_traces=tuple(walk for work in accounts for walk in work.walks),
    )


def _stops(coins: CoinWork) -> tuple[Stop, ...]:
    return tuple(
        Stop(
            reason=stop.reason,
            where=stop.where,
            name=stop.name,
            lower_sat=stop.amounts.lower_sat,
            upper_sat=stop.amounts.upper_sat,
        )
        for stop in coins.followed.trace.stops
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
