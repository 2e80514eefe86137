"""What a case could not know and what its bundle cannot show, by name.

A name is a key of the word tables; whether it holds follows from the findings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dalil.evidence.report.reading import Reading

__all__ = ["unchecked", "unknowns"]


def unknowns(reading: Reading) -> list[str]:
    """Name what this case could not know, for the opening page."""
    document, targets = reading.document, reading.all_targets
    unpriced = [t for t in targets if t.asset is not None and t.line["money"] is None]
    prices = [document["prices"], *(asset["prices"] for asset in document["assets"])]
    asked = {
        "nothing_found": not targets,
        "not_determinable": any(
            t.figure("lower") == 0 != t.figure("upper") for t in targets
        ),
        "reentry": any(t.reentry for t in targets),
        "partial": any(not one["contiguous"] for one in document["ledgers"]),
        "unanchored": any(
            one["anchor"] == "unanchored" for one in reading.ledgers(coins=True)
        ),
        "asserted": any(
            f["premises"]["proof"] == "node-asserted" for f in reading.of("transfers")
        ),
        "by_cluster": any(t.n_addresses("cluster") for t in targets),
        "by_deposit": any(t.n_addresses("deposit") for t in targets),
        "services": any(t.line["service"] for t in targets),
        "contradicted": any(
            f["premises"]["contradicting"] for f in reading.of("tagged")
        ),
        "no_tags": not document["tags"],
        "no_prices": not any(prices),
        "no_price_day": any(
            f["statement"]["value"] is None for f in reading.of("valued")
        ),
        "no_token_price": any(prices) and bool(unpriced),
        "unknown_token": any(a.body["symbol"] is None for a in reading.assets),
    }
    return [name for name, holds in asked.items() if holds]


def unchecked(reading: Reading) -> list[str]:
    """Name what no bundle can show, as far as this case rests on it."""
    money = [t.line["money"] for asset in reading.assets for t in asset.targets]
    proofs = {f["premises"]["proof"] for f in reading.of("transfers")}
    asked = {
        "charter": True,
        "stores": True,
        "profiles": True,
        "capture": bool(reading.of("appears")),
        "pdf_text": any(f["premises"]["text_sha256"] for f in reading.of("appears")),
        "prices": bool(reading.of("valued")) or any(money),
        "coinjoin": bool(reading.of("same_cluster")),
        "tags": bool(reading.of("tagged")),
        "completeness": bool(reading.of("flow") or reading.of("token_flow")),
        "transfers": "node-asserted" in proofs or bool(reading.of("token_flow")),
        "blocks": bool(proofs - {"node-asserted"}),
        "received": bool(reading.of("token_flow")),
        "symbols": any(a.body["symbol"] is not None for a in reading.assets),
        "links": bool(reading.of("linked")),
        "freezes": bool(reading.of("frozen")),
    }
    return [name for name, holds in asked.items() if holds]
