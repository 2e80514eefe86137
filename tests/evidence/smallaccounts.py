"""A small case on a chain that keeps accounts, invented from end to end: EXERCISE.

Nobody holds a key of any of its addresses, which are hashes of words; where it
bears the id of a chain and the contract of a token that exist, that is so that
decimals, symbol and prices are those a real case has, and it is in memory and
in a test's folder alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from dalil.cases.investigate import Investigation, investigate
from dalil.cases.reading import read_charter
from dalil.chains import evm, tron
from dalil.chains.accounts import EventKind, TokenKind, TransferKind, TxStatus
from dalil.chains.tokens import parse_token, token_caip19
from dalil.exercise import MiniChain
from dalil.exercise.accounts import AccountBatches
from dalil.exercise.accounts.coins import DOLLAR, exercise_key
from dalil.ledger.accounts import build_accounts
from dalil.ledger.build import build_from_blocks
from dalil.progress import silent
from dalil.sources.accounts.shaping import (
    BlockRows,
    EventRow,
    TransferRow,
    TxRows,
    batch_of,
)
from dalil.sources.blockfolder import open_blocks
from dalil.units import utc_day

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.evidence.account_document import AssetTarget

__all__ = [
    "DEV",
    "DOLLAR_KEY",
    "NILE",
    "SEEDS",
    "TRON",
    "USDT",
    "Play",
    "line",
    "scandal",
    "story",
    "work",
]

TRON, NILE, DEV = "tron:0x2b6653dc", "tron:0xcd8690dc", "eip155:31337"
USDT = parse_token("USDT", TRON)[1]
DOLLAR_KEY = DOLLAR.key
SEEDS = ("appeal 1", "appeal 2", "appeal 3")
ONE = 10**6
_START, _DAY = 1_704_110_400, 86_400  # 2024-01-01T12:00:00Z


@dataclass
class Play:
    """A chain of which every block holds one transaction, a day after the last."""

    chain: str = TRON
    token: bytes = USDT
    blocks: list[BlockRows] = field(default_factory=list)

    def pay(
        self, payer: str, payee: str, amount: int, *, done: bool = True, gap: int = _DAY
    ) -> None:
        """Pay whole coins; ``NOBODY`` mints."""
        source = bytes(20) if payer == "NOBODY" else exercise_key(payer)
        row = TransferRow(
            TransferKind.TOKEN,
            TokenKind.CONTRACT,
            self.token,
            source,
            exercise_key(payee),
            0,
            amount * ONE,
        )
        self._close([row] if done else [], [], gap, done=done)

    def freeze(self, whom: str) -> None:
        """Let the issuer freeze an account."""
        subject = exercise_key(whom)
        told = EventRow(EventKind.FREEZE, self.token, subject, self.token, 0)
        self._close([], [told], _DAY)

    def _close(
        self,
        moves: list[TransferRow],
        told: list[EventRow],
        gap: int,
        *,
        done: bool = True,
    ) -> None:
        n = len(self.blocks)
        name = sha256(f"EXERCISE block {n}".encode()).digest()
        parent = self.blocks[-1].hash if n else bytes(32)
        status = TxStatus.DONE if done else TxStatus.FAILED
        tx = TxRows(
            sha256(f"EXERCISE tx {n}".encode()).digest(), 0, status, transfers=moves,
            events=told,
        )  # fmt: skip
        time = self.blocks[-1].time + gap if n else _START
        self.blocks.append(BlockRows(n, name, parent, time, [tx]))

    def text(self, name: str) -> str:
        """Write an actor's address as the chain does."""
        key = exercise_key(name)
        on_tron = self.chain.startswith("tron:")
        return tron.encode_address(key) if on_tron else evm.encode_address(key)

    @property
    def caip19(self) -> str:
        """Name the token."""
        return token_caip19(self.chain, TokenKind.CONTRACT, self.token)

    def build(self, path: Path) -> None:
        """Write the ledger."""
        make = [batch_of(self.chain, self.blocks, contiguous=True)]
        build_accounts(path, AccountBatches(self.chain, lambda: make), silent)


def story(chain: str = TRON, token: bytes = USDT) -> Play:
    """Three appeals empty into a collector; a service, an exchange, a listed wallet.

    Of 1,000 given, 100 go to an exchange through a deposit address, 50 to the
    listed wallet at once, 450 into a service nobody has named, beside the 82
    thousand of others; of what the service holds then, 450 go to the listed wallet.
    """
    play = Play(chain, token)
    for name, amount in (("donor 1", 700), ("donor 2", 600), ("crowd", 93_000)):
        play.pay("NOBODY", name, amount)
    play.pay("crowd", "market", 10_000)
    play.pay("crowd", "lotus", 82_000)
    play.pay("donor 1", "appeal 1", 600)
    play.pay("donor 2", "appeal 2", 300)
    play.pay("donor 2", "appeal 2", 5, done=False)
    play.pay("donor 2", "appeal 3", 100)
    for i, amount in ((1, 600), (2, 300), (3, 100)):
        play.pay(f"appeal {i}", "collector", amount)
    play.pay("collector", "deposit", 60)
    play.pay("deposit", "amber", 60, gap=3600)
    play.pay("collector", "deposit", 40)
    play.pay("deposit", "amber", 40, gap=3600)
    play.pay("crowd", "amber", 500)
    play.pay("collector", "moth", 50)
    play.pay("collector", "lotus", 450)
    play.pay("crowd", "moth", 7)
    play.pay("lotus", "moth", 450)
    play.pay("lotus", "shop", 20_000)
    play.pay("collector", "cold", 100)
    play.freeze("cold")
    return play


def scandal(chain: str = TRON, token: bytes = USDT) -> Play:
    """A service wallet that took in 82 million and paid 450 thousand on to a listed one."""
    play = Play(chain, token)
    play.pay("NOBODY", "customers", 90_000_000)
    for amount in (40_000_000, 30_000_000, 12_000_000):
        play.pay("customers", "lotus", amount)
    play.pay("lotus", "shops", 60_000_000)
    for amount in (200_000, 150_000, 100_000):
        play.pay("lotus", "moth", amount)
    play.pay("customers", "moth", 3_000)
    play.pay("lotus", "suppliers", 20_000_000)
    return play


TAGS = """\
# Generated: 2024-01-01
address,entity,category,source,confidence,valid_from
{amber},Exercise Exchange Amber,exchange,https://exercise.example/amber,service_data,2023-01-01
{moth},Exercise listed wallet Moth,sanction,https://exercise.example/list,authority_data,2023-01-01
"""


def work(
    folder: Path,
    play: Play,
    seeds: tuple[str, ...],
    *,
    coins: bool = False,
    prices: bool = True,
    more_tags: str = "",
) -> Investigation:
    """Write a case about a play, with a ledger of outputs too if asked, and work it."""
    play.build(folder / "accounts")
    case = folder / "case"
    case.mkdir(parents=True)
    named = {name: play.text(name) for name in ("amber", "moth", "lotus")}
    (folder / "tags.csv").write_text(
        TAGS.format(**named) + more_tags.format(**named), encoding="utf-8"
    )
    ledgers, lines = ["../accounts"], []
    for name in seeds:
        lines += ["[[seeds]]", f'address = "{play.text(name)}"',
                  'source = "EXERCISE list"']  # fmt: skip
    if coins:
        ledgers.insert(0, "../coins")
        lines += ["[[seeds]]", f'address = "{_coins(folder)}"',
                  'source = "EXERCISE list"']  # fmt: skip
    if prices:
        days = sorted({utc_day(block.time) for block in play.blocks})
        rows = "".join(f"{day},0.91,0.99{i % 10}\n" for i, day in enumerate(days))
        (folder / "dollar.csv").write_text(f"date,EUR,USD\n{rows}", encoding="utf-8")
        lines += ["[[token_prices]]", f'token = "{play.caip19}"',
                  'file = "../dollar.csv"']  # fmt: skip
    head = f"""\
title = "EXERCISE / تمرين: a case of accounts"
exercise = true
purpose = "Training"
ledgers = {ledgers!r}
tags = ["../tags.csv"]
"""
    (case / "case.toml").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    appeal = f"EXERCISE / تمرين: التبرع إلى {play.text('appeal 1')} شكرًا\n"
    (case / "post.txt").write_text(appeal, encoding="utf-8")
    return investigate(read_charter(case))


def _coins(folder: Path) -> str:
    """Build a ledger of outputs on which an address was paid and paid on."""
    chain = MiniChain(seed=5)
    donor, seed, shop = (chain.wallet(name) for name in ("donor", "seed", "shop"))
    chain.fund(donor, 9_000_000)
    chain.mine()
    donor.pays(seed, 2_000_000)
    chain.mine()
    seed.pays(shop, 1_500_000)
    chain.mine()
    chain.write(folder / "blocks")
    build_from_blocks(folder / "coins", open_blocks(folder / "blocks"))
    return chain.addresses(seed)[0]


def line(found: Investigation, name: str) -> AssetTarget:
    """Find a target's line among a case's assets."""
    told = [t for a in found.document.assets for t in a.targets if name in t.name]
    (one,) = told
    return one
