"""A findings document for reports to be made of: invented from end to end.

Nothing in it was found anywhere. Its organisations do not exist, its
addresses are regtest ones hashed from their own names, and its case is an
EXERCISE. It holds one of everything a report has words for.
"""

from __future__ import annotations

import copy
from hashlib import sha256
from itertools import pairwise
from typing import Any

from dalil.chains.bitcoin.address import encode_address
from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.evidence.document import (
    CaseFacts,
    Document,
    End,
    Exhibit,
    LedgerFacts,
    Method,
    Money,
    NotChecked,
    PriceFacts,
    ProfileText,
    Rate,
    RuleFacts,
    Stop,
    Summary,
    TagFacts,
    TagFile,
    Target,
    TraceRecord,
)
from dalil.evidence.findings import Finding
from dalil.evidence.questions import Text
from dalil.evidence.report import Passage
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

CHAIN = "bip122:0f9188f13cb7b2c71f2a335e3a4fc328"
KESTREL = "Kestrel Front (invented)"
HARBOUR = "Harbour Exchange (invented)"
SULLAM = "حوالات السُّلَّم (مُختلَقة)"


def digest(name: str) -> str:
    """A hash that names an invented thing."""
    return sha256(f"dalil exercise: {name}".encode()).hexdigest()


def address(name: str) -> str:
    """A regtest address nobody has the key of."""
    payload = bytes.fromhex(digest(name))[:20]
    return encode_address(REGTEST, ScriptType.P2WPKH, payload)


TX1, TX2, TX3 = (digest(f"tx {n}") for n in (1, 2, 3))
SEEDS = tuple(f"{digest(f'donation {n}')}:{n}" for n in range(3))

TRACE = TraceRecord(
    chain=CHAIN,
    direction="forward",
    seeds=SEEDS,
    seed_addresses=tuple(address(f"appeal {n}") for n in range(3)),
    transactions=(TX1, TX2, TX3),
    ends=(
        End(coin=f"{TX1}:1", reason="target", name=KESTREL, lower_sat=24_990_000,
            upper_sat=24_990_000, haircut_sat=24_990_000, fifo_sat=24_990_000,
            lifo_sat=24_990_000, poison_sat=24_990_000),
        End(coin=f"{TX2}:0", reason="exchange", name=HARBOUR, lower_sat=10_000_000,
            upper_sat=40_000_000, haircut_sat=28_000_000, fifo_sat=40_000_000,
            lifo_sat=10_000_000, poison_sat=70_000_000),
        End(coin=f"{TX3}:1", reason="money_service", name=SULLAM, lower_sat=0,
            upper_sat=19_970_000, haircut_sat=None, fifo_sat=None, lifo_sat=None,
            poison_sat=19_970_000),
        End(coin=f"{TX3}:0", reason="coinjoin", name=None, lower_sat=0,
            upper_sat=20_000_000, haircut_sat=12_000_000, fifo_sat=0,
            lifo_sat=20_000_000, poison_sat=20_000_000),
        End(coin=f"{TX3}:2", reason="unspent", name=None, lower_sat=0,
            upper_sat=5_000_000, haircut_sat=3_000_000, fifo_sat=0,
            lifo_sat=5_000_000, poison_sat=5_000_000),
    ),
    reentry=None,
)  # fmt: skip

PASSAGES = [
    Passage(SEEDS[0], TX1, 40_000_000, 40_000_000),
    Passage(SEEDS[1], TX1, 25_000_000, 25_000_000),
    Passage(f"{TX1}:0", TX2, 40_000_000, 40_000_000),
    Passage(f"{TX2}:1", TX3, 0, 29_980_000),
    Passage(SEEDS[2], TX3, 15_000_000, 15_000_000),
]


def tag(actor: str, name: str, more: dict[str, Any]) -> TagClaim:
    """A tag as an invented list would hold it."""
    claim: dict[str, Any] = {
        "label": f"{actor} – deposit",
        "actor": actor,
        "concepts": ("exchange",),
        "source": "https://lists.example/exercise/2024-05-01.yaml",
        "confidence": "manual_reviewed",
        "valid_from": "2023-01-01",
        "valid_to": None,
        "retrieved": "2024-05-02T08:00:00Z",
        "file_sha256": digest(f"file {name}"),
        "file_name": f"{name}.yaml",
        "line": 41,
    }
    return TagClaim(**(claim | more))


def payments() -> list[Finding]:
    """What the trace rests on, each with its block."""
    rows = [
        (SEEDS[0], "appeal 0", 40_000_000),
        (SEEDS[1], "appeal 1", 25_000_000),
        (SEEDS[2], "appeal 2", 15_000_000),
        (f"{TX1}:1", "kestrel", 24_990_000),
        (f"{TX2}:0", "harbour", 70_000_000),
        (f"{TX3}:1", "sullam", 19_970_000),
    ]
    return [
        Finding.of(
            Pays(
                chain=CHAIN,
                txid=coin[:64],
                n=int(coin[65:]),
                address=address(name),
                value_sat=value,
            ),
            PaysPremises(
                height=101 + number,
                block_hash=digest(f"block {number}"),
                position=1,
                time_utc=f"2024-03-{10 + number:02d}T12:00:00Z",
            ),
        )
        for number, (coin, name, value) in enumerate(rows)
    ]


def values(paid: list[Finding]) -> list[Finding]:
    """Their worth; the last day has no price."""
    found = []
    for finding in paid:
        stated, rests = finding.statement, finding.premises
        assert isinstance(stated, Pays)
        assert isinstance(rests, PaysPremises)
        last = finding is paid[-1]
        cents = stated.value_sat * 5_000_000 // 100_000_000
        found.append(
            Finding.of(
                Valued(
                    subject=finding.id,
                    amount_sat=stated.value_sat,
                    time_utc=rests.time_utc,
                    currency="USD",
                    value=None if last else f"{cents // 100}.{cents % 100:02d}",
                ),
                ValuedPremises(
                    day=rests.time_utc[:10],
                    price=None if last else "50000",
                    series_sha256=digest("prices"),
                    source="exercise price series",
                ),
            )
        )
    return found


def indicators() -> list[Finding]:
    """Three from an invented appeal: one glued to Arabic, one broken, one link."""
    first, second = address("appeal 0"), address("appeal 1")
    decode = {"op": "decode", "encoding": "utf-8", "errors": "strict", "by": "bom"}
    rows = [
        ("address", CHAIN, first, f"\u200f{first[:20]} {first[20:]}", "valid"),
        ("address", CHAIN, second[:-1] + "q", second[:-1] + "q", "invalid"),
        ("url", None, "https://appeal.example/give", "appeal.example/give", "none"),
    ]
    return [
        Finding.of(
            Appears(
                indicator=value,
                indicator_kind=kind,
                chain=chain,
                exhibit=digest("exhibit telegram"),
            ),
            AppearsPremises(
                where={"message": 7 + number},
                start=12,
                end=12 + len(raw),
                raw=raw,
                steps=(decode, {"op": "strip_bidi"}, {"op": "remove_whitespace"}),
                checksum=checksum,  # type: ignore[arg-type]
            ),
        )
        for number, (kind, chain, value, raw, checksum) in enumerate(rows)
    ]


def clusters() -> list[Finding]:
    """Why one address counts for an actor that is tagged on another."""
    names = ("sullam", "sullam two", "sullam tagged")
    links = tuple(
        Link(digest(f"joint {a}"), "cospend", address(a), address(b))
        for a, b in pairwise(names)
    )
    return [
        Finding.of(
            SameCluster(chain=CHAIN, a=address(names[0]), b=address(names[-1])),
            SameClusterPremises(
                links=links, rule_version="cospend/1", coinjoin_rule="coinjoin/1"
            ),
            holds_under=("default", "broad"),
        )
    ]


def tags() -> list[Finding]:
    """One undisputed, one with an end, one that others contradict."""
    rows: list[tuple[str, str, str | None, dict[str, Any], tuple[TagClaim, ...]]] = [
        (KESTREL, "kestrel", None, {"concepts": ("terrorism",)}, ()),
        (HARBOUR, "harbour", "exchange", {"valid_to": "2024-12-31"}, ()),
        (
            SULLAM,
            "sullam tagged",
            "money_service",
            {"label": SULLAM, "source": "قائمة التمرين", "confidence": None},
            (tag("Quay Bakery (invented)", "quay", {"concepts": ()}),),
        ),
    ]
    return [
        Finding.of(
            Tagged(chain=CHAIN, address=address(name), actor=actor, service=service),
            TaggedPremises(
                tag=tag(actor, name, more),
                literal=("label", "actor"),
                contradicting=others,
            ),
        )
        for actor, name, service, more, others in rows
    ]


def flows(tagged: list[Finding], joined: list[Finding]) -> list[Finding]:
    """One exact, one between, one not determinable."""
    named = {f.statement.actor: f.id for f in tagged}  # type: ignore[union-attr]
    rows = [
        (KESTREL, "kestrel", "tag", 24_990_000, (24_990_000, 24_990_000), 0, ()),
        (HARBOUR, "harbour", "tag", 0, (10_000_000, 40_000_000), 1, ()),
        (SULLAM, "sullam", "cluster", 0, (0, 19_970_000), 2, (joined[0].id,)),
    ]
    return [
        Finding.of(
            Flow(
                chain=CHAIN,
                direction="forward",
                seed_sat=80_000_000,
                target=actor,
                direct_sat=direct,
                lower_sat=lower,
                upper_sat=upper,
                haircut_sat=TRACE.ends[end].haircut_sat,
                fifo_sat=TRACE.ends[end].fifo_sat,
                lifo_sat=TRACE.ends[end].lifo_sat,
                poison_sat=TRACE.ends[end].poison_sat,
            ),
            FlowPremises(
                trace=TRACE.id,
                arrivals=(TRACE.ends[end].coin,),
                addresses=(
                    TargetAddress(
                        address=address(name),
                        by=by,  # type: ignore[arg-type]
                        findings=(named[actor], *more),
                    ),
                ),
                reentry=False,
                receipts_sat=8_200_000_000 if actor == HARBOUR else None,
                upper_flow=((TRACE.ends[end].coin, upper),),
                lower_flow=((TRACE.ends[end].coin, lower),),
            ),
        )
        for actor, name, by, direct, (lower, upper), end, more in rows
    ]


def summary(found: list[Finding], counts: tuple[int, int, int]) -> Summary:
    """The lines a reader sees first; their figures are the flows' own."""
    service = {KESTREL: None, HARBOUR: "exchange", SULLAM: "money_service"}
    lines = []
    for finding in found:
        flow = finding.statement
        assert isinstance(flow, Flow)
        worth = [
            f"{sat // 2000}.{sat * 5 // 100 % 100:02d}"
            for sat in (flow.direct_sat, flow.lower_sat, flow.upper_sat)
        ]
        lines.append(
            Target(
                name=flow.target,
                finding=finding.id,
                service=service[flow.target],
                direct_sat=flow.direct_sat,
                lower_sat=flow.lower_sat,
                upper_sat=flow.upper_sat,
                haircut_sat=flow.haircut_sat,
                fifo_sat=flow.fifo_sat,
                lifo_sat=flow.lifo_sat,
                poison_sat=flow.poison_sat,
                money=None
                if flow.target == SULLAM
                else Money(
                    currency="USD", direct=worth[0], lower=worth[1], upper=worth[2]
                ),
            )
        )
    return Summary(
        headline=Text(en="An exercise.", ar="تمرين."),
        seed_sat=80_000_000,
        n_indicators=counts[0],
        n_clusters=counts[1],
        n_tags_met=counts[2],
        targets=tuple(lines),
    )


def method() -> Method:
    """Two rules: one measured, one not."""
    return Method(
        rules=(
            RuleFacts(
                id="cospend",
                version="1",
                profile="default",
                text=Text(
                    en="Addresses spent together in one transaction act together.",
                    ar="العناوين التي صُرف منها معًا في معاملة واحدة تعمل معًا.",
                ),
                citation="Nakamoto (2008), section 10",
                parameters={"guard": 1000},
                measured=(
                    Rate(
                        what="precision of joined pairs",
                        population="exercise worlds, seeds 1 to 20",
                        hits=1978,
                        n=2000,
                        low="0.9834",
                        high="0.9927",
                    ),
                ),
            ),
            RuleFacts(
                id="coinjoin",
                version="1",
                profile="default",
                text=Text(
                    en="Joint transactions of several owners are kept out.",
                    ar="تُستبعد المعاملات المشتركة بين عدة مالكين.",
                ),
                citation="docs/coinjoin.md",
            ),
        ),
        profiles=(
            ProfileText(
                id="default",
                text=Text(
                    en="Co-spending without change rules.",
                    ar="الصرف المشترك من دون قواعد الباقي.",
                ),
            ),
        ),
        notes=(
            Text(
                en="Bounds were computed by maximum flow.",
                ar="حُسبت الحدود بطريقة التدفق الأعظمي.",
            ),
        ),
    )


def document() -> dict[str, Any]:
    """The whole sample, as it stands in ``findings.json``."""
    paid, seen, joined, tagged = payments(), indicators(), clusters(), tags()
    found = flows(tagged, joined)
    stops = [end for end in TRACE.ends if end.name is None]
    return Document(
        dalil="0.1.0",
        case=CaseFacts(
            title="EXERCISE / تمرين: نداء «الفنار الأزرق» المُختلَق",
            purpose="Training: follow the money of an invented appeal.",
            legal_basis="None needed: everything here is invented.",
            authority="وحدة التحريات المالية – تمرين",
            analyst="A. Analyst (exercise)",
            retention_date="2030-12-31",
            exercise=True,
        ),
        ledgers=(
            LedgerFacts(
                chain=CHAIN,
                manifest_sha256=digest("ledger"),
                first_height=0,
                tip_height=240,
                tip_hash=digest("tip"),
                contiguous=True,
                anchor="genesis",
            ),
        ),
        summary=summary(found, (len(seen), len(joined), len(tagged))),
        method=method(),
        tags=TagFacts(
            manifest_sha256=digest("tags"),
            n_tags=4,
            files=(TagFile(name="kestrel.yaml", sha256=digest("f"), n_tags=4),),
        ),
        prices=PriceFacts(
            source="exercise price series",
            sha256=digest("prices"),
            currency="USD",
            first_day="2024-01-01",
            last_day="2024-03-14",
        ),
        exhibits=(
            Exhibit(
                sha256=digest("exhibit telegram"),
                name="result.json",
                bytes=48_213,
                media_type="application/json",
                role="unknown",
            ),
        ),
        traces=(TRACE,),
        findings=(*seen, *paid, *joined, *tagged, *found, *values(paid)),
        not_checked=(
            NotChecked(
                what="completeness",
                why=Text(
                    en="That no payment is missing rests on the ledger.",
                    ar="يستند عدم نقصان أي دفعة إلى السجل.",
                ),
            ),
        ),
        stops=tuple(
            Stop(
                reason=end.reason,
                where=end.coin,
                name=None,
                lower_sat=end.lower_sat,
                upper_sat=end.upper_sat,
            )
            for end in stops
        ),
    ).to_json()


def reviewed() -> dict[str, Any]:
    """The sample after somebody answered for it."""
    whole = document()
    whole["case"] |= {"status": "REVIEWED", "reviewer": "R. Reviewer (exercise)"}
    return whole


def wide(n: int) -> tuple[dict[str, Any], list[Passage]]:
    """The sample with `n` seeds that pay `n` unspent ends through `n` steps."""
    whole = copy.deepcopy(document())
    trace = whole["traces"][0]
    steps = [digest(f"step {i}") for i in range(n)]
    trace["seeds"] = [f"{digest(f'seed {i}')}:0" for i in range(n)]
    trace["transactions"] += steps
    blank = trace["ends"][-1]
    trace["ends"] += [
        {**blank, "coin": f"{steps[-1]}:{i}", "upper_sat": 1000 * i} for i in range(n)
    ]
    hops = [Passage(f"{a}:0", b, 0, 50_000) for a, b in pairwise(steps)]
    return whole, [Passage(c, steps[0], 1000, 1000) for c in trace["seeds"]] + hops
