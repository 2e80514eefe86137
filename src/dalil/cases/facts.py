"""The charter, ledger, tags and prices of a case as its findings name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.evidence.document import (
    CaseFacts,
    LedgerFacts,
    PriceFacts,
    TagFacts,
    TagFile,
)
from dalil.evidence.questions import Text
from dalil.units import format_btc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.attribution import TagStore
    from dalil.cases.charter import Charter
    from dalil.cases.starting import Starts
    from dalil.evidence.document import Target
    from dalil.ledger import Ledger
    from dalil.tracing.prices import PriceSeries

__all__ = ["case_facts", "headline", "ledger_facts", "price_facts", "tag_facts"]


def case_facts(charter: Charter) -> CaseFacts:
    """State the charter. A case stays a DRAFT here: a review is a decision."""
    day = charter.retention_date
    return CaseFacts(
        title=charter.title,
        purpose=charter.purpose,
        legal_basis=charter.legal_basis,
        authority=charter.authority,
        analyst=charter.analyst,
        reviewer=charter.reviewer or None,
        retention_date=day.isoformat() if day else None,
        status="DRAFT",
        exercise=charter.exercise,
    )


def ledger_facts(ledger: Ledger) -> LedgerFacts:
    """Name a ledger and the part of the chain it holds."""
    first_known = ledger.heights_known and int(ledger.block_height[0]) == 0
    from_genesis = first_known and ledger.contiguous
    return LedgerFacts(
        chain=ledger.chain,
        manifest_sha256=ledger.manifest_sha256,
        first_height=int(ledger.block_height[0]),
        tip_height=int(ledger.block_height[-1]),
        tip_hash=ledger.block_hash[-1].tobytes()[::-1].hex(),
        contiguous=ledger.contiguous,
        anchor="genesis" if from_genesis else "unanchored",
    )


def tag_facts(store: TagStore | None) -> TagFacts | None:
    """Name a tag store and the files in it."""
    if store is None:
        return None
    manifest = store.manifest()
    return TagFacts(
        manifest_sha256=manifest["manifest_sha256"],
        n_tags=manifest["n_tags"],
        files=tuple(
            TagFile(name=f["name"], sha256=f["sha256"], n_tags=f["n_tags"])
            for f in manifest["files"]
        ),
    )


def price_facts(series: PriceSeries | None, currency: str) -> PriceFacts | None:
    """Name a price series and the days it covers."""
    if series is None:
        return None
    days = sorted(day for day, of in series.prices if of == currency)
    return PriceFacts(
        source=series.source,
        sha256=series.sha256,
        currency=currency,
        first_day=days[0] if days else "0001-01-01",
        last_day=days[-1] if days else "0001-01-01",
    )


def headline(targets: Sequence[Target], starts: Starts, seed_sat: int) -> Text:
    """Say the answer in one paragraph, exact amounts before intervals."""
    if starts.borders and not starts.traced:
        return Text(
            "The address in question belongs, as tagged, to a service: its money is "
            "its customers'. What it took in is listed; where it went on is "
            "attributed to nobody.",
            "العنوان موضوع السؤال منسوب في الوسوم إلى خدمة، فمالُه مال عملائها. "
            "ما تلقّاه مذكور أدناه، أمّا وجهته بعد ذلك فلا تُنسب إلى أحد.",
        )
    if not seed_sat:
        return Text(
            "This ledger shows no money received by the addresses in question. "
            "That is no evidence that none was.",
            "لا يُظهر هذا السجل أي أموال تلقّتها العناوين موضوع السؤال، وليس ذلك "
            "دليلاً على أنها لم تتلقَّ شيئاً.",
        )
    if not targets:
        return Text(
            f"{format_btc(seed_sat)} BTC were received; none of it met a named "
            "address in this ledger. Where it is now, this ledger does not say.",
            f"بلغ المقبوض {format_btc(seed_sat)} BTC، ولم يصل منه شيء إلى عنوان "
            "معروف الاسم في هذا السجل، ولا يقول السجل أين هو الآن.",
        )
    return _reached(targets, seed_sat)


def _reached(targets: Sequence[Target], seed_sat: int) -> Text:
    en = [f"{format_btc(seed_sat)} BTC were received."]
    ar = [f"بلغ المقبوض {format_btc(seed_sat)} BTC."]
    for target in sorted(targets, key=lambda t: (-t.lower_sat, -t.upper_sat, t.name)):
        low, high = format_btc(target.lower_sat), format_btc(target.upper_sat)
        direct = format_btc(target.direct_sat)
        if target.lower_sat == target.upper_sat:
            en.append(f"{target.name}: exactly {low} BTC, {direct} of it directly.")
            ar.append(f"{target.name}: {low} BTC بالضبط، منها {direct} مباشرةً.")
        elif target.lower_sat:
            en.append(
                f"{target.name}: {direct} BTC directly; between {low} and {high} BTC "
                "in all."
            )
            ar.append(
                f"{target.name}: {direct} BTC مباشرةً، وبين {low} و{high} BTC إجمالاً."
            )
        else:
            en.append(
                f"{target.name}: {direct} BTC directly; not determinable, between 0 "
                f"and {high} BTC."
            )
            ar.append(
                f"{target.name}: {direct} BTC مباشرةً، والباقي لا يمكن تحديده، بين 0 "
                f"و{high} BTC."
            )
    return Text(" ".join(en), " ".join(ar))
