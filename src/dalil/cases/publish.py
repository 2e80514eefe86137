"""What leaves a case: bundle, verified at once, and the report in two languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.cases.citing import price_rows
from dalil.cases.coins import CoinWork
from dalil.evidence.bundle import write
from dalil.evidence.gathering import gather, gather_headers
from dalil.evidence.report import account_passages_of, passages_of, render
from dalil.evidence.statements import Pays, SameClusterPremises, Valued, ValuedPremises
from dalil.evidence.verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.cases.accounts.working import AccountWork
    from dalil.cases.desk import Desk
    from dalil.cases.sources import CaseSources
    from dalil.cases.starting import CaseExtraction
    from dalil.evidence.document import Document
    from dalil.evidence.material import Material
    from dalil.evidence.report import Passage

__all__ = ["LANGUAGES", "Published", "publish"]

BUNDLE = "bundle"
LANGUAGES = ("en", "ar")


@dataclass(frozen=True, slots=True)
class Published:
    """Where the outputs lie, the bundle's root, and what its verifier said."""

    report: Path
    reports: tuple[Path, ...]
    bundle: Path
    root: str
    verified: bool
    n_checks: int
    failures: tuple[dict[str, str], ...]


def publish(
    sources: CaseSources,
    document: Document,
    works: Sequence[CoinWork | AccountWork | None],
    material: Material,
    extractions: list[CaseExtraction],
) -> Published:
    """Gather the premises, write and verify the bundle, write the reports."""
    progress = sources.progress
    passages: dict[str, list[Passage]] = {}
    for work in works:
        if isinstance(work, CoinWork):
            gather(work.desk.ledger, sorted(_txids(document)), material, progress)
            gather_headers(work.desk.ledger, material)
            _quote_prices(work.desk, document, material)
            walked = passages_of(work.followed.trace)
            passages |= {record.id: walked for record in document.traces}
        elif work is not None:
            _quote_token_prices(work, material)
            proofs = work.desk.saved.to_json()
            if proofs is not None:
                material.account_proofs[work.desk.ledger.chain] = proofs
            for walk, found in zip(work.walks, work.traces, strict=True):
                passages[walk.id] = account_passages_of(found)
    for item in extractions:
        material.exhibits[item.extraction.exhibit.sha256] = item.file.path
    folder = sources.charter.folder
    root = write(folder / BUNDLE, document, material)
    progress("verifying the bundle", 0, 0)
    result = verify(str(folder / BUNDLE))
    findings = document.to_json()
    own = sources.charter.language
    reports = {
        lang: folder / ("report.html" if lang == own else f"report.{lang}.html")
        for lang in LANGUAGES
    }
    for lang, out in reports.items():
        progress("writing the report", 0, 0)
        render(findings, lang=lang, out=out, passages=passages, root=root)  # type: ignore[arg-type]
    return Published(
        reports[own],
        tuple(reports.values()),
        folder / BUNDLE,
        root,
        bool(result["ok"]),
        int(result["n_checks"]),
        tuple(result["failures"]),
    )


def _txids(document: Document) -> set[str]:
    """Name every transaction that a finding or a trace rests on."""
    found: set[str] = set()
    for record in document.traces:
        found.update(record.transactions)
        found.update(seed.partition(":")[0] for seed in record.seeds)
    for finding in document.findings:
        if isinstance(finding.statement, Pays):
            found.add(finding.statement.txid)
        if isinstance(finding.premises, SameClusterPremises):
            found.update(link.txid for link in finding.premises.links)
    return found


def _quote_prices(desk: Desk, document: Document, material: Material) -> None:
    if desk.prices is None or desk.charter.prices is None:
        return
    days = [
        (finding.premises.day, finding.statement.currency)
        for finding in document.findings
        if isinstance(finding.premises, ValuedPremises)
        and isinstance(finding.statement, Valued)
    ]
    material.prices += price_rows(desk.prices, desk.charter.prices, days)


def _quote_token_prices(work: AccountWork, material: Material) -> None:
    currency = work.desk.charter.currency
    for token, days in work.priced:
        series, file = work.desk.prices_of(token), work.desk.price_file(token)
        if series is not None and file is not None:
            material.prices += price_rows(
                series, file, [(day, currency) for day in days]
            )
