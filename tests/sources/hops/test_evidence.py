"""Findings on a fetched ledger rest on real proofs; what has none says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dalil.cases.claims import pays_finding
from dalil.cases.facts import ledger_facts
from dalil.chains.bitcoin.networks import REGTEST
from dalil.errors import StoreError
from dalil.evidence import bundle
from dalil.evidence.document import CaseFacts, Document, Method, Summary
from dalil.evidence.gathering import gather, gather_headers
from dalil.evidence.material import Material
from dalil.evidence.questions import Text
from dalil.evidence.verify import verify
from dalil.ledger import Ledger
from dalil.ledger.build_saved import build_from_saved
from dalil.sources.hops.expand import Limits
from tests.sources.hops.servers import Electrum, Esplora
from tests.sources.hops.world import Town, fetch, make_town

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.sources.hops.collect import Collected


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town()


def fetched(town: Town, kind: Any, cache: Path) -> Collected:
    with kind(town.book, REGTEST) as server:
        return fetch(server.source, cache, [town.start], Limits(4), prove_inputs=True)


def opened(found: Collected, folder: Path) -> Ledger:
    build_from_saved(folder, found.saved)
    return Ledger.open(folder)


def bundled(ledger: Ledger, folder: Path) -> dict[str, Any]:
    """Bundle one finding a transaction, and let the stand-alone verifier judge."""
    txids = [ledger.txid(tx) for tx in range(ledger.n_tx)]
    material = Material(chain=ledger.chain)
    gather(ledger, txids, material)
    gather_headers(ledger, material)
    return verified(ledger, txids, material, folder)


def verified(
    ledger: Ledger, txids: list[str], material: Material, folder: Path
) -> dict[str, Any]:
    rows = [ledger.find_outpoint(f"{txid}:0") for txid in txids]
    findings = tuple(pays_finding(ledger, row) for row in rows if row is not None)
    document = Document(
        dalil="0.1.0",
        case=CaseFacts(title="EXERCISE / تمرين", analyst="Analyst", exercise=True),
        ledgers=(ledger_facts(ledger),),
        summary=Summary(
            headline=Text("x", "x"),
            seed_sat=0,
            n_indicators=0,
            n_clusters=0,
            n_tags_met=0,
            targets=(),
        ),
        method=Method(rules=()),
        tags=None,
        prices=None,
        exhibits=(),
        traces=(),
        findings=findings,
        not_checked=(),
        stops=(),
    )
    bundle.write(folder, document, material)
    return verify(str(folder))


@pytest.mark.parametrize("kind", [Esplora, Electrum])
def test_every_transaction_is_shown_in_its_block(
    kind: Any, town: Town, tmp_path: Path
) -> None:
    ledger = opened(fetched(town, kind, tmp_path / "c"), tmp_path / "l")
    result = bundled(ledger, tmp_path / "b")
    assert result["ok"], result["failures"]
    missing = [one["what"] for one in result["not_checked"]]
    assert not [what for what in missing if "inclusion" in what]
    assert any("unanchored" in what for what in missing), "no chain to genesis is had"


def test_one_without_a_proof_is_said_to_have_none(town: Town, tmp_path: Path) -> None:
    found = fetched(town, Esplora, tmp_path / "c")
    bare = [
        replace(one, position=None, branch=None)
        if one.tx.txid[::-1].hex() == town.middle
        else one
        for one in found.saved.txs
    ]
    found.saved.txs = bare
    result = bundled(opened(found, tmp_path / "l"), tmp_path / "b")
    assert result["ok"], result["failures"]
    missing = [one["what"] for one in result["not_checked"]]
    assert [what for what in missing if "inclusion" in what] == [
        f"inclusion in a block of {town.middle}"
    ]


def test_a_branch_taken_away_is_missed(town: Town, tmp_path: Path) -> None:
    """Whoever drops a proof must say so where the reader is told."""
    ledger = opened(fetched(town, Esplora, tmp_path / "c"), tmp_path / "l")
    material = Material(chain=ledger.chain)
    gather(ledger, [town.middle], material)
    del material.proofs[town.middle]
    gather(ledger, [_other(ledger, town)], material)
    result = verified(ledger, [town.middle], material, tmp_path / "b")
    assert [one["premise"] for one in result["failures"]] == [
        f"Merkle branch of {town.middle}"
    ]


def _other(ledger: Ledger, town: Town) -> str:
    return next(t for n in range(9) if (t := ledger.txid(n)) != town.middle)


def test_a_ledger_of_seeds_never_claims_to_reach_from_genesis(
    town: Town, tmp_path: Path
) -> None:
    """Holding something of block 0 is not holding the chain from it."""
    genesis = next(iter(town.book.txs))
    with Esplora(town.book, REGTEST) as server:
        found = fetch(server.source, tmp_path / "c", [genesis, town.middle], Limits(0))
    ledger = opened(found, tmp_path / "l")
    assert int(ledger.block_height[0]) == 0
    assert not ledger.contiguous
    assert ledger_facts(ledger).anchor == "unanchored"


def harmed(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


def test_a_proof_changed_on_disk_is_never_handed_out(
    town: Town, tmp_path: Path
) -> None:
    ledger = opened(fetched(town, Esplora, tmp_path / "c"), tmp_path / "l")
    (file,) = (tmp_path / "l").rglob("proofs")
    harmed(file, -1)
    last = ledger.n_tx - 1
    with pytest.raises(StoreError, match="does not hold"):
        Ledger.open(tmp_path / "l").merkle_branch(last)
    harmed(file, -1)
    Ledger.open(tmp_path / "l").merkle_branch(last)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StoreError, match="damaged"):
        Ledger.open(tmp_path / "l").merkle_branch(last)
    file.write_bytes(b"dalil-proofs/1\n\0" + b"\xff" * 8)
    with pytest.raises(StoreError, match="damaged"):
        Ledger.open(tmp_path / "l").merkle_branch(last)
