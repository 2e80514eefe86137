"""What a case says of its ledgers of accounts, and of each asset, in two languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.evidence.document import LedgerFacts
from dalil.evidence.questions import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dalil.cases.accounts.working import AccountWork
    from dalil.evidence.account_document import Asset, AssetTarget
    from dalil.ledger.accounts import AccountLedger

__all__ = ["account_facts", "asset_headlines", "joined_text", "written"]


def account_facts(ledger: AccountLedger) -> LedgerFacts:
    """Name a ledger of accounts and the part of the chain it holds."""
    last = ledger.n_blocks - 1
    return LedgerFacts(
        chain=ledger.chain,
        manifest_sha256=ledger.manifest_sha256,
        first_height=int(ledger.block_number[0]),
        tip_height=int(ledger.block_number[last]),
        tip_hash=ledger.block_hash_text(last) or "0" * 64,
        contiguous=ledger.contiguous,
        anchor="unanchored",
    )


def joined_text(parts: Sequence[Text]) -> Text:
    """Join paragraphs, each in both languages."""
    return Text(" ".join(p.en for p in parts), " ".join(p.ar for p in parts))


def written(amount: str, asset: Asset) -> Text:
    """Write base units as people count them, without needless zeros.

    Of a token that nobody knows they stay base units; `_asset` names it.
    """
    if asset.symbol is None:
        return Text(f"{amount} base units", f"{amount} وحدة أساسية")
    digits = amount
    if asset.decimals:
        whole, part = divmod(int(amount), 10**asset.decimals)
        digits = f"{whole}.{part:0{asset.decimals}d}".rstrip("0").rstrip(".")
    return Text(f"{digits} {asset.symbol}", f"{digits} {asset.symbol}")


def asset_headlines(works: Iterable[AccountWork]) -> list[Text]:
    """Say the answer for each asset: the exact amount before the interval."""
    told = []
    for work in works:
        if work.starts.borders and not work.starts.traced:
            told.append(_SERVICE)
        elif not work.assets:
            told.append(_NOTHING)
        told += [_asset(asset) for asset in work.assets]
    return told


def _asset(asset: Asset) -> Text:
    """Say each target's share, then what the shares are shares of.

    What an address took in is nobody's by that alone, so it never comes first.
    """
    received = written(asset.seed_amount, asset)
    of = Text(
        f"The addresses in question took in {received.en}, from anybody.",
        f"وتلقّت العناوين موضوع السؤال {received.ar} من أيٍّ كان.",
    )
    named = [] if asset.symbol else [Text(f"{asset.token}:", f"{asset.token}:")]
    if not asset.targets:
        return joined_text([*named, of, _UNNAMED])
    order = sorted(
        asset.targets,
        key=lambda t: (-int(t.lower_amount), -int(t.upper_amount), t.name),
    )
    return joined_text([*named, *(_target(asset, target) for target in order), of])


def _target(asset: Asset, target: AssetTarget) -> Text:
    low, high, direct, total = (
        written(amount, asset)
        for amount in (
            target.lower_amount,
            target.upper_amount,
            target.direct_amount,
            target.received_amount,
        )
    )
    if target.lower_amount == target.upper_amount:
        share = Text(
            f"{target.name}: exactly {low.en}, {direct.en} of it directly",
            f"{target.name}: {low.ar} بالضبط، منها {direct.ar} مباشرةً",
        )
    elif target.lower_amount != "0":
        share = Text(
            f"{target.name}: {direct.en} directly; between {low.en} and {high.en} "
            "in all",
            f"{target.name}: {direct.ar} مباشرةً، وبين {low.ar} و{high.ar} إجمالاً",
        )
    else:
        share = Text(
            f"{target.name}: {direct.en} directly; not determinable, between 0 and "
            f"{high.en}",
            f"{target.name}: {direct.ar} مباشرةً، والباقي لا يمكن تحديده، بين 0 "
            f"و{high.ar}",
        )
    return Text(
        f"{share.en}, of the {total.en} that came to it from anybody.",
        f"{share.ar}، من أصل {total.ar} وردت إليها من أيٍّ كان.",
    )


_SERVICE = Text(
    "The account in question belongs, as tagged, to a service: its money is its "
    "customers'. Where it went on is attributed to nobody.",
    "الحساب موضوع السؤال منسوب في الوسوم إلى خدمة، فمالُه مال عملائها، ولا تُنسب وجهته "
    "بعد ذلك إلى أحد.",
)
_NOTHING = Text(
    "This ledger of accounts shows no tokens received by the addresses in question. "
    "That is no evidence that none were.",
    "لا يُظهر سجل الحسابات هذا رموزًا تلقّتها العناوين موضوع السؤال، وليس ذلك دليلًا "
    "على أنها لم تتلقَّ شيئًا.",
)
_UNNAMED = Text(
    "None of it met a named address in this ledger.",
    "ولم يصل منه شيء إلى عنوان معروف الاسم في هذا السجل.",
)
