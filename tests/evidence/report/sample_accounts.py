"""A findings document about accounts for reports to be made of: EXERCISE.

Its addresses are hashes of words on TRON's test network, its tokens are made up,
and it holds one of everything that a report has words for: each kind of proof, a
link, freezes with and without a request, a token that nobody knows, and accounts
that pay each other back and forth.
"""

from __future__ import annotations

from typing import Any

from dalil.chains import tron
from dalil.evidence.account_document import (
    AccountEnd,
    AccountTrace,
    Asset,
    AssetStop,
    AssetTarget,
    WalkedAccount,
    WalkedTransfer,
)
from dalil.evidence.account_statements import (
    Frozen,
    FrozenPremises,
    Linked,
    LinkedPremises,
    TokenFlow,
    TokenFlowPremises,
    Transfers,
    TransfersPremises,
)
from dalil.evidence.document import (
    CaseFacts,
    Document,
    LedgerFacts,
    Method,
    Money,
    PriceFacts,
    Summary,
)
from dalil.evidence.findings import Finding
from dalil.evidence.questions import Text
from dalil.evidence.report import Passage
from dalil.evidence.statements import TargetAddress
from dalil.exercise.accounts.coins import CHAIN, exercise_key
from tests.evidence.report.sample import HARBOUR, KESTREL, digest, tags

__all__ = [
    "CHAIN",
    "DOLLAR",
    "PASSAGES",
    "STRANGE",
    "WALK",
    "account",
    "document",
    "wide",
]

ONE = 10**6


def account(name: str) -> str:
    """An address nobody has the key of."""
    return tron.encode_address(exercise_key(name))


DOLLAR = f"{CHAIN}/trc20:{account('dollar')}"
STRANGE = f"{CHAIN}/trc20:{account('strange token')}"
HUGE = str(2**255 + 82)
PROOFS = ("tron-tree", "receipt-trie", "node-asserted")


def row(n: int, source: str, to: str, amount: int, place: str = "0") -> WalkedTransfer:
    """One transfer of the walk."""
    return WalkedTransfer(f"{digest(f'move {n}')}:{place}", account(source), account(to),
                          str(amount * ONE), f"2024-03-{10 + n:02d}T12:00:00Z")  # fmt: skip


ROWS = (
    row(0, "giver", "appeal", 1000),
    row(1, "stranger", "broker", 82_000_000),
    row(2, "appeal", "broker", 450, "tx"),
    row(3, "appeal", "kestrel", 50, "internal-3"),
    row(4, "broker", "friend", 400),
    row(5, "friend", "broker", 300),
    row(6, "broker", "harbour deposit", 200),
    row(7, "appeal", "cold", 100),
)
NAMES = tuple(one.name for one in ROWS)


def end(coin: str, reason: str, name: str | None, lower: int, upper: int) -> AccountEnd:
    """A coin that stops."""
    top, known = str(upper * ONE), lower > 0 or name is None
    return AccountEnd(
        coin=coin, reason=reason, name=name, lower_amount=str(lower * ONE),
        upper_amount=top, haircut_amount=top if known else None,
        fifo_amount=top if known else None, lifo_amount=top if known else None,
        poison_amount=top,
    )  # fmt: skip


WALK = AccountTrace(
    chain=CHAIN,
    token=DOLLAR,
    direction="forward",
    seeds=(NAMES[0],),
    seed_addresses=(account("appeal"),),
    accounts=(
        WalkedAccount(account("appeal"), NAMES[0], "0"),
        WalkedAccount(account("broker"), NAMES[1], None),
        WalkedAccount(account("friend"), NAMES[4], "0"),
    ),
    transfers=ROWS,
    ends=(
        end(NAMES[3], "target", KESTREL, 50, 50),
        end(NAMES[6], "exchange", HARBOUR, 0, 200),
        end(NAMES[7], "held, frozen", None, 100, 100),
        end(f"rest of {account('appeal')} after {NAMES[7]}", "held", None, 400, 400),
        end(f"rest of {account('broker')} after {NAMES[6]}", "held", None, 0, 450),
        end(f"rest of {account('friend')} after {NAMES[5]}", "burned", None, 0, 100),
    ),
    reentry=None,
)
PASSAGES = [
    Passage(NAMES[2], account("broker"), 450 * ONE, 450 * ONE),
    Passage(NAMES[4], account("friend"), 0, 400 * ONE),
    Passage(NAMES[5], account("broker"), 0, 300 * ONE),
]


def transfers() -> list[Finding]:
    """Each kind of proof; one of a token that nobody knows, in base units."""
    found = []
    for n, moved in enumerate((ROWS[0], ROWS[3], ROWS[6], ROWS[7])):
        txid, _, place = moved.name.partition(":")
        strange = n == 3
        found.append(
            Finding.of(
                Transfers(
                    chain=CHAIN, txid=txid, place=place,
                    token=STRANGE if strange else DOLLAR, from_=moved.from_, to=moved.to,
                    amount=HUGE if strange else moved.amount,
                ),
                TransfersPremises(
                    height=100 + n, block_hash=digest(f"block {n}"),
                    time_utc=moved.time_utc, proof=PROOFS[n % 3],  # type: ignore[arg-type]
                ),
            )
        )  # fmt: skip
    return found


def links() -> list[Finding]:
    """Why an address counts as a service's."""
    return [
        Finding.of(
            Linked(chain=CHAIN, rule="deposit-address", a=account("harbour deposit"),
                   b=account("harbour")),
            LinkedPremises(
                rule_version="1", parameters={"within_s": 86_400},
                transfers=tuple(f"{digest(f'sweep {i}')}:0" for i in range(7)),
            ),
        )
    ]  # fmt: skip


def freezes() -> list[Finding]:
    """One asked for a while before, one out of the blue, one lifted."""
    rows: list[tuple[str, str | None, str | None, str | None, int | None]] = [
        ("cold", None, digest("asked"), str(30 * ONE), 2),
        ("friend", None, None, None, None),
        ("broker", "2024-05-02T00:00:00Z", digest("asked too"), "0", 0),
    ]
    return [
        Finding.of(
            Frozen(chain=CHAIN, token=DOLLAR, address=account(name),
                   since_utc="2024-04-01T09:30:00Z", lifted_utc=lifted,
                   balance_amount=None if name == "friend" else str(100 * ONE)),
            FrozenPremises(txid=digest(f"freeze {name}"), submission_txid=asked,
                           outflow_amount=amount, n_outflow=n),
        )
        for name, lifted, asked, amount, n in rows
    ]  # fmt: skip


def flows(tagged: list[Finding], linked: list[Finding]) -> list[Finding]:
    """One exact, one not determinable, beside what each took in."""
    named = {f.statement.actor: f.id for f in tagged}  # type: ignore[union-attr]
    rows = [
        (KESTREL, "kestrel", "tag", 0, 60, (named[KESTREL],)),
        (HARBOUR, "harbour deposit", "deposit", 1, 82_000_000,
         (linked[0].id, named[HARBOUR])),
    ]  # fmt: skip
    found = []
    for actor, name, by, n, received, cited in rows:
        stop = WALK.ends[n]
        found.append(
            Finding.of(
                TokenFlow(
                    chain=CHAIN, token=DOLLAR, decimals=6, direction="forward",
                    seed_amount=str(1000 * ONE), target=actor,
                    direct_amount=stop.lower_amount, lower_amount=stop.lower_amount,
                    upper_amount=stop.upper_amount, haircut_amount=stop.haircut_amount,
                    fifo_amount=stop.fifo_amount, lifo_amount=stop.lifo_amount,
                    poison_amount=stop.poison_amount, received_amount=str(received * ONE),
                ),
                TokenFlowPremises(
                    trace=WALK.id, arrivals=(stop.coin,),
                    addresses=(TargetAddress(address=account(name), by=by, findings=cited),),  # type: ignore[arg-type]
                    reentry=False, upper_flow=((stop.coin, stop.upper_amount),),
                    lower_flow=((stop.coin, stop.lower_amount),),
                ),
            )
        )  # fmt: skip
    return found


def assets(found: list[Finding]) -> tuple[Asset, ...]:
    """The dollar with its targets, and a token that nobody knows."""
    lines = []
    for finding in found:
        flow = finding.statement
        assert isinstance(flow, TokenFlow)
        figures = {k: getattr(flow, k) for k in (
            "direct_amount", "lower_amount", "upper_amount", "haircut_amount",
            "fifo_amount", "lifo_amount", "poison_amount", "received_amount",
        )}  # fmt: skip
        money = Money(currency="USD", direct="50.01", lower="50.01", upper="50.01")
        exact = flow.target == KESTREL
        lines.append(
            AssetTarget(name=flow.target, finding=finding.id, **figures,
                        service=None if exact else "exchange",
                        money=money if exact else None)
        )  # fmt: skip
    stops = tuple(
        AssetStop(reason=e.reason, where=e.coin, name=e.name,
                  lower_amount=e.lower_amount, upper_amount=e.upper_amount)
        for e in WALK.ends
    )  # fmt: skip
    prices = PriceFacts(source="exercise dollar prices", sha256=digest("dollar prices"),
                        currency="USD", first_day="2024-01-01", last_day="2024-12-31")  # fmt: skip
    return (
        Asset(chain=CHAIN, token=STRANGE, symbol=None, decimals=None, seed_amount=HUGE,
              n_seeds=1, trace=None),
        Asset(chain=CHAIN, token=DOLLAR, symbol="XUSD", decimals=6,
              seed_amount=str(1000 * ONE), n_seeds=1, trace=WALK.id, prices=prices,
              targets=tuple(lines), stops=stops),
    )  # fmt: skip


def document() -> dict[str, Any]:
    """The whole sample, as it stands in ``findings.json``."""
    tagged, linked = tags()[:2], links()
    found = flows(tagged, linked)
    return Document(
        dalil="0.1.0",
        case=CaseFacts(title="EXERCISE / تمرين: accounts", exercise=True),
        ledgers=(
            LedgerFacts(chain=CHAIN, manifest_sha256=digest("ledger of accounts"),
                        first_height=0, tip_height=240, tip_hash="0" * 64,
                        contiguous=True),
        ),
        summary=Summary(headline=Text("An exercise.", "تمرين."), n_tags_met=2),
        method=Method(),
        findings=(*tagged, *transfers(), *linked, *freezes(), *found),
        assets=assets(found),
        account_traces=(WALK,),
    ).to_json()  # fmt: skip


def wide(n: int) -> tuple[dict[str, Any], list[Passage]]:
    """The sample with a chain of `n` accounts, each of which also keeps something."""
    whole = document()
    walk = whole["account_traces"][0]
    passages = []
    for i in range(n):
        moved = row(0, f"step {i}" if i else "broker", f"step {i + 1}", 9)
        name = f"{digest(f'step {i}')}:0"
        walk["transfers"].append(
            {"name": name, "from": moved.from_, "to": moved.to, "amount": moved.amount,
             "time_utc": moved.time_utc}
        )  # fmt: skip
        passages.append(Passage(name, moved.to, 0, 9 * ONE))
        walk["ends"].append(
            {**walk["ends"][4], "coin": f"rest of {moved.to} after {name}"}
        )
    return whole, [*PASSAGES, *passages]
