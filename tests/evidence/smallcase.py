"""A small case that really happened, on a chain made for it: EXERCISE / تمرين.

Donors pay an appeal's addresses; the campaign spends some of them together,
pays an exchange and a listed wallet, mixes the rest with other money and pays
the exchange again. Everything in the bundle follows from the blocks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.registry import read_address
from dalil.clustering import clusters
from dalil.evidence import bundle
from dalil.evidence.document import (
    CaseFacts,
    Document,
    End,
    Exhibit,
    LedgerFacts,
    Method,
    NotChecked,
    PriceFacts,
    RuleFacts,
    Stop,
    Summary,
    TagFacts,
    TagFile,
    Target,
    TraceRecord,
)
from dalil.evidence.findings import Finding
from dalil.evidence.gathering import gather, gather_headers
from dalil.evidence.material import Material, PriceRow, TagExtract, literal_fields
from dalil.evidence.questions import Text
from dalil.evidence.statements import (
    Appears,
    AppearsPremises,
    Flow,
    FlowPremises,
    Link,
    Pays,
    PaysPremises,
    SameCluster,
    SameClusterPremises,
    TagClaim,
    Tagged,
    TaggedPremises,
    TargetAddress,
    Valued,
    ValuedPremises,
)
from dalil.exercise import MiniChain, Payee, Share
from dalil.exercise.blocks import BlockFiles
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks
from dalil.tracing import Direction, Mark, TraceRequest, trace
from dalil.tracing.certificate import certificate
from dalil.units import format_btc, format_utc

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from dalil.tracing import Target as Met
    from dalil.tracing import Trace

__all__ = ["SmallCase", "small_case"]

TAG_FILE = """\
title: EXERCISE tags / وسوم تمرين
creator: Exercise Desk
confidence: service_data
tags:
  - address: {amber}
    label: Exercise Exchange Amber
    source: https://example.invalid/amber
    valid_from: 2025-01-01
    valid_to: 2025-12-31
  - address: {listed}
    label: Exercise Listed Wallet
    source: https://example.invalid/list
    valid_from: 2025-01-01
"""
PRICE_HEADER = "date,EUR,USD"
PRICE = "93500.25"


@dataclass(frozen=True)
class SmallCase:
    """A bundle on disk, and what it was written from."""

    folder: Path
    root: str
    document: Document
    material: Material


class _Story:
    """Who pays whom."""

    def __init__(self) -> None:
        self.chain = chain = MiniChain(seed=11)
        self.donors = [chain.wallet(f"donor {i}") for i in range(3)]
        self.campaign = chain.wallet("campaign")
        self.amber = chain.wallet("amber", "p2pkh")
        self.amber.reuses = True
        self.listed = chain.wallet("listed", "p2tr")
        self.listed.reuses = True
        self.other = chain.wallet("other", "p2sh")
        self.stranger = chain.wallet("stranger", "p2wsh")
        self.appeal = [self.campaign.lock() for _ in range(3)]
        self._act()

    def _act(self) -> None:
        chain, campaign = self.chain, self.campaign
        for donor in self.donors:
            chain.fund(donor, 2_000_000)
        for _ in range(2):
            chain.fund(self.other, 1_500_000)
        chain.mine()
        for i, donor in enumerate(self.donors):
            donor.pays(self.appeal[i], 700_000 + 100_000 * i)
        self.donors[0].pays(self.appeal[0], 250_000)
        chain.mine()
        coins = list(campaign.coins.values())
        first = [c for c in coins if c.lock.address == self.appeal[0].address]
        second = [c for c in coins if c.lock.address == self.appeal[1].address]
        third = [c for c in coins if c.lock.address == self.appeal[2].address]
        campaign.pays_all(
            [Payee(600_000, self.amber.lock())], coins=[first[0], second[0]]
        )
        chain.mine()
        campaign.pays_all(
            [Payee(650_000, self.listed.lock())], coins=[first[1], third[0]]
        )
        chain.mine()
        rest = list(campaign.coins.values())
        theirs = list(self.other.coins.values())[:1]
        put_in = sum(c.value for c in rest)
        mixed = chain.transact(
            [
                Share(
                    [*rest, *theirs],
                    [
                        Payee(put_in - 30_000, self.amber.lock()),
                        Payee(1_400_000, self.stranger.lock()),
                    ],
                )
            ]
        )
        assert mixed.id
        chain.mine()


def small_case(folder: Path) -> SmallCase:
    """Let it happen, build the ledger, work the case and write the bundle."""
    story = _Story()
    folder.mkdir(parents=True, exist_ok=True)
    with BlockFiles(folder / "blocks") as files:
        for block in story.chain.blocks:
            files.append(block)
    build_from_blocks(folder / "ledger", open_blocks(folder / "blocks", REGTEST))
    ledger = Ledger.open(folder / "ledger")
    document, material = _Work(ledger, story, folder).done()
    root = bundle.write(folder / "bundle", document, material)
    return SmallCase(folder / "bundle", root, document, material)


class _Work:
    def __init__(self, ledger: Ledger, story: _Story, folder: Path) -> None:
        self.ledger, self.folder = ledger, folder
        self.appeal = [lock.address for lock in story.appeal]
        self.amber = story.amber.lock().address
        self.listed = story.listed.lock().address
        self.material = Material(chain=ledger.chain)
        self.exhibits: list[Exhibit] = []
        self.findings: list[Finding] = []

    def _id(self, address: str) -> int:
        found = self.ledger.find_address(address)
        assert found is not None
        return found

    def done(self) -> tuple[Document, Material]:
        self._captured()
        names = self._tags()
        found = self._trace()
        record = self._record(found)
        joined = self._joined(self.appeal[1], self.appeal[2])
        self.findings.append(joined)
        prices = self._prices(found)
        lines = [
            self._target(found, record, target, names[target.name])
            for target in found.targets
        ]
        txids = {*record.transactions, *(s.partition(":")[0] for s in record.seeds)}
        gather(self.ledger, txids, self.material)
        gather_headers(self.ledger, self.material)
        return self._document(found, record, lines, prices), self.material

    # -- exhibits

    def _exhibit(self, name: str, data: bytes, media_type: str) -> str:
        digest = sha256(data).hexdigest()
        (self.folder / name).write_bytes(data)
        self.material.exhibits[digest] = self.folder / name
        self.exhibits.append(
            Exhibit(
                sha256=digest,
                name=name,
                bytes=len(data),
                media_type=media_type,
                role="appeal",
            )
        )
        return digest

    def _captured(self) -> None:
        first, second, third = self.appeal
        text = f"تمرين EXERCISE: تبرعوا الآن على{first}شكرا\n"
        plain = self._exhibit("appeal.txt", text.encode(), "text/plain")
        source = {"op": "decode", "encoding": "utf-8", "errors": "strict", "by": "x"}
        self._appears(plain, text, first, (source,))
        spaced = " ".join(second[i : i + 6] for i in range(0, len(second), 6))
        parts = ["EXERCISE: ", {"type": "code", "text": spaced.upper()}, " !"]
        chat = {"messages": [{"id": 1, "text": "x"}, {"id": 7, "text": parts}]}
        told = f"EXERCISE: {spaced.upper()} !"
        export = json.dumps(chat).encode()
        telegram = self._exhibit("result.json", export, "application/json")
        steps = (
            {"op": "telegram_text"},
            {"op": "remove_whitespace"},
            {"op": "lowercase"},
        )
        self._appears(telegram, told, second, steps, raw=spaced.upper(), message=7)
        page = f"EXERCISE page 3\n{third}\n"
        pdf = self._exhibit("appeal.pdf", b"%PDF-1.4 EXERCISE", "application/pdf")
        step = {"op": "pdf_text", "engine": "pypdf 5"}
        self._appears(pdf, page, third, (step,), derived=page)

    def _appears(
        self,
        exhibit: str,
        text: str,
        value: str,
        steps: tuple[dict[str, str], ...],
        raw: str = "",
        derived: str | None = None,
        message: int | None = None,
    ) -> None:
        raw = raw or value
        start = text.index(raw)
        statement = Appears(
            indicator=value,
            indicator_kind="address",
            chain=read_address(value)[0].chain,
            exhibit=exhibit,
        )
        premises = AppearsPremises(
            where={"page": 3} if derived else {"message": message} if message else {},
            start=start,
            end=start + len(raw),
            raw=raw,
            steps=steps,
            checksum="valid",
            text_sha256=self.material.add_text(derived) if derived else None,
        )
        self.findings.append(Finding.of(statement, premises))

    # -- tags

    def _tags(self) -> dict[str, tuple[str, Finding]]:
        text = TAG_FILE.format(amber=self.amber, listed=self.listed)
        digest = sha256(text.encode()).hexdigest()
        lines = text.splitlines()
        header = "\n".join(lines[:4])
        found = {}
        for line, address, label, start, end in (
            (5, self.amber, "Exercise Exchange Amber", "2025-01-01", "2025-12-31"),
            (10, self.listed, "Exercise Listed Wallet", "2025-01-01", None),
        ):
            extract = TagExtract(
                digest, "tags.yaml", line, "\n".join(lines[line - 1 : line + 4]), header
            )
            claim = TagClaim(
                label=label,
                actor=None,
                concepts=(),
                source=f"https://example.invalid/{'amber' if line == 5 else 'list'}",
                confidence="service_data",
                valid_from=start,
                valid_to=end,
                retrieved=None,
                file_sha256=digest,
                file_name="tags.yaml",
                line=line,
            )
            self.material.tags.append(extract)
            tagged = Finding.of(
                Tagged(
                    chain=self.ledger.chain,
                    address=address,
                    actor=label,
                    service="exchange" if line == 5 else None,
                ),
                TaggedPremises(tag=claim, literal=literal_fields(claim, extract)),
            )
            self.findings.append(tagged)
            found[label] = (address, tagged)
        self.tag_sha256 = digest
        return found

    # -- money

    def _trace(self) -> Trace:
        marks = [
            Mark(self._id(self.amber), "Exercise Exchange Amber", "exchange", "tag"),
            Mark(self._id(self.listed), "Exercise Listed Wallet", "target", "tag"),
        ]
        request = TraceRequest(
            Direction.FORWARD,
            addresses=[self._id(address) for address in self.appeal],
            marks=marks,
        )
        return trace(self.ledger, request)

    def _record(self, found: Trace) -> TraceRecord:
        ends = [*found.stops, *found.unspent_outputs]
        return TraceRecord(
            chain=self.ledger.chain,
            direction="forward",
            seeds=tuple(self.ledger.outpoint(int(o)) for o in found.seeds.outputs),
            seed_addresses=tuple(sorted(self.appeal)),
            transactions=tuple(self.ledger.txid(int(tx)) for tx in found.graph.tx),
            ends=tuple(
                End(
                    coin=stop.where,
                    reason=stop.reason,
                    name=stop.name,
                    **stop.amounts.to_json(),
                )
                for stop in ends
            ),
            reentry=found.reentry,
        )

    def _joined(self, a: str, b: str) -> Finding:
        found = clusters(self.ledger, profile="default")
        links = found.why(self._id(a), self._id(b))
        assert links is not None
        assert len(links) > 1
        text = self.ledger.address_text
        return Finding.of(
            SameCluster(chain=self.ledger.chain, a=a, b=b),
            SameClusterPremises(
                links=tuple(
                    Link(self.ledger.txid(k.tx_id), k.rule, text(k.a), text(k.b))
                    for k in links
                ),
                rule_version="1",
                coinjoin_rule="coinjoin 1",
            ),
        )

    def _prices(self, found: Trace) -> str:
        days = {
            format_utc(int(self.ledger.time_of_tx(int(tx))))[:10]
            for tx in found.graph.tx
        }
        series = sha256(b"EXERCISE prices").hexdigest()
        for day in sorted(days):
            row = f"{day},90000.00,{PRICE}"
            self.material.prices.append(
                PriceRow(series, "USD", day, PRICE, row, PRICE_HEADER)
            )
        return series

    def _target(
        self,
        found: Trace,
        record: TraceRecord,
        target: Met,
        named: tuple[str, Finding],
    ) -> Target:
        address, tagged = named
        arrivals = [
            self.ledger.outpoint(int(found.graph.output[c])) for c in target.coins
        ]
        self.findings += [f for a in arrivals for f in self._paid(a)]
        proof = certificate(found, target)
        amounts: Mapping[str, Any] = target.amounts.to_json()
        flow = Finding.of(
            Flow(
                chain=record.chain,
                direction="forward",
                seed_sat=found.graph.seed_total,
                target=target.name,
                direct_sat=target.direct_sat,
                **amounts,
            ),
            FlowPremises(
                trace=record.id,
                arrivals=tuple(arrivals),
                addresses=(
                    TargetAddress(address=address, by="tag", findings=(tagged.id,)),
                ),
                reentry=False,
                receipts_sat=None,
                upper_flow=_pairs(proof["upper"], record.seeds),
                lower_flow=_pairs(proof["lower"], record.seeds),
            ),
        )
        self.findings.append(flow)
        return Target(
            name=target.name,
            finding=flow.id,
            service=None,
            direct_sat=target.direct_sat,
            money=None,
            **amounts,
        )

    def _paid(self, outpoint: str) -> tuple[Finding, Finding]:
        ledger, output = self.ledger, self.ledger.find_outpoint(outpoint)
        assert output is not None
        tx = int(ledger.tx_of_output(output))
        block = int(ledger.block_of_tx(tx))
        time = format_utc(int(ledger.block_time[block]))
        value = int(ledger.output_value[output])
        paid = Finding.of(
            Pays(
                chain=ledger.chain,
                txid=ledger.txid(tx),
                n=output - int(ledger.tx_first_output[tx]),
                address=ledger.address_text(int(ledger.output_address[output])),
                value_sat=value,
            ),
            PaysPremises(
                height=int(ledger.block_height[block]),
                block_hash=ledger.block_hash[block].tobytes()[::-1].hex(),
                position=ledger.tx_position(tx),
                time_utc=time,
            ),
        )
        cents = round(value * int(PRICE.replace(".", "")) / 100_000_000)
        worth = Finding.of(
            Valued(
                subject=paid.id,
                amount_sat=value,
                time_utc=time,
                currency="USD",
                value=f"{cents // 100}.{cents % 100:02d}",
            ),
            ValuedPremises(
                day=time[:10],
                price=PRICE,
                series_sha256=self.material.prices[0].series_sha256,
                source="EXERCISE prices",
            ),
        )
        return paid, worth

    # -- the whole

    def _document(
        self, found: Trace, record: TraceRecord, lines: list[Target], series: str
    ) -> Document:
        ledger, seed_sat = self.ledger, found.graph.seed_total
        days = [row.day for row in self.material.prices]
        words = "; ".join(f"{t.name}: {format_btc(t.upper_sat)}" for t in lines)
        return Document(
            dalil="0.1.0",
            case=CaseFacts(title="EXERCISE / تمرين", analyst="Analyst", exercise=True),
            ledgers=(
                LedgerFacts(
                    chain=ledger.chain,
                    manifest_sha256=ledger.manifest_sha256,
                    first_height=0,
                    tip_height=int(ledger.block_height[-1]),
                    tip_hash=ledger.block_hash[-1].tobytes()[::-1].hex(),
                    contiguous=True,
                    anchor="genesis",
                ),
            ),
            summary=Summary(
                headline=Text(
                    f"{format_btc(seed_sat)} BTC; {words}",
                    f"{format_btc(seed_sat)} BTC؛ {words}",
                ),
                seed_sat=seed_sat,
                n_indicators=3,
                n_clusters=1,
                n_tags_met=2,
                targets=tuple(lines),
            ),
            method=Method(rules=(_rule("co-spend"), _rule("coinjoin"))),
            tags=TagFacts(
                manifest_sha256="ab" * 32,
                n_tags=2,
                files=(TagFile(name="tags.yaml", sha256=self.tag_sha256, n_tags=2),),
            ),
            prices=PriceFacts(
                source="EXERCISE prices",
                sha256=series,
                currency="USD",
                first_day=min(days),
                last_day=max(days),
            ),
            exhibits=tuple(self.exhibits),
            traces=(record,),
            findings=tuple({f.id: f for f in self.findings}.values()),
            not_checked=(
                NotChecked(what="an example", why=Text("because", "لأن"), findings=()),
            ),
            stops=tuple(
                Stop(
                    reason=end.reason,
                    where=end.coin,
                    name=end.name,
                    lower_sat=end.lower_sat,
                    upper_sat=end.upper_sat,
                )
                for end in record.ends
            ),
        )


def _rule(name: str) -> RuleFacts:
    return RuleFacts(
        id=name, version="1", profile="default", text=Text("t", "ن"), citation="c"
    )


def _pairs(
    extreme: Mapping[str, Mapping[str, int]], seeds: tuple[str, ...]
) -> tuple[tuple[str, int], ...]:
    rows = [row for row in extreme["flow"].items() if row[0] not in set(seeds)]
    return tuple(sorted([*rows, *extreme["returned"].items()]))
