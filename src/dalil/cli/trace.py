"""`dalil trace`: follow money forward, or back to where it came from."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.accounts import is_accounts
from dalil.cli.accounts_trace import accounts_result, accounts_text
from dalil.cli.output import Ticker, emit, say_compiling
from dalil.cli.trace_options import Asked, with_options
from dalil.cli.trace_text import trace_text
from dalil.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.ledger import Ledger
    from dalil.tracing import Limits, Mark, Trace

__all__ = ["trace"]

_OUTPOINT = re.compile(r"[0-9a-fA-F]{64}:[0-9]+")
_DAY_SECONDS = 86_400
_FORWARD = """\b
Example:
  dalil trace forward my-ledger --from bcrt1q… --until 2019-01-25
  dalil trace forward my-ledger --from TXID:0 --to "Listed wallet=bcrt1q…" --json
"""
_BACKWARD = """\b
Example:
  dalil trace backward my-ledger --from bcrt1q… --max-hops 3
"""


@click.group()
def trace() -> None:
    """Follow money through a ledger.

    What reached a name is stated as bounds that hold under every rule which
    conserves value, beside the conventions (haircut, FIFO, LIFO, poison).
    Services, CoinJoins and the ledger's border end a trace; every end is
    listed with its amount.
    """


@trace.command(epilog=_FORWARD)
@with_options
def forward(**asked: Any) -> None:  # noqa: ANN401 - click passes what is declared
    """Follow what addresses or outputs received to where it ended."""
    _run("forward", Asked(**asked))


@trace.command(epilog=_BACKWARD)
@with_options
def backward(**asked: Any) -> None:  # noqa: ANN401 - click passes what is declared
    """Follow what addresses or outputs received back to where it came from."""
    _run("backward", Asked(**asked))


def _run(direction: str, asked: Asked) -> None:
    limits = _limits(asked)
    say_compiling()
    if is_accounts(asked.ledger_path):
        result = accounts_result(direction, asked, limits)
        emit(result, as_json=asked.as_json, text=lambda: accounts_text(result))
        return
    if asked.token:
        raise UsageError("only chains of accounts have tokens", asked.token)
    from dalil.clustering.coinjoin import coinjoin_types
    from dalil.ledger import Ledger
    from dalil.tracing import Direction, TraceRequest
    from dalil.tracing import trace as trace_money

    ledger, ticker = Ledger.open(asked.ledger_path), Ticker()
    seeds = [*asked.seeds, *asked.more]
    addresses, absent = _addresses(ledger, [s for s in seeds if not _is_outpoint(s)])
    marks, naming = _marks(ledger, asked, ticker)
    if asked.whole_cluster:
        addresses = _clustered(ledger, addresses, asked.profile, ticker)
    request = TraceRequest(
        direction=Direction(direction),
        outpoints=[seed for seed in seeds if _is_outpoint(seed)],
        addresses=addresses,
        marks=marks,
        coinjoin=coinjoin_types(ledger, ticker),
        limits=limits,
    )
    found = trace_money(ledger, request, ticker)
    result = found.to_json()
    result["seeds"]["n_addresses"] = len(addresses)
    result["seeds"]["absent"] = absent
    result["ledger_manifest_sha256"] = ledger.manifest_sha256
    result["naming"] = naming
    if asked.prices:
        _value(found, result, asked.prices, asked.currency)
    emit(result, as_json=asked.as_json, text=lambda: trace_text(result))


def _is_outpoint(seed: str) -> bool:
    return _OUTPOINT.fullmatch(seed) is not None


def _addresses(ledger: Ledger, texts: list[str]) -> tuple[list[int], list[str]]:
    """Find addresses; also those that are well formed but not in the ledger."""
    found = {text: ledger.find_address(text) for text in texts}
    return (
        [row for row in found.values() if row is not None],
        [text for text, row in found.items() if row is None],
    )


def _clustered(
    ledger: Ledger, addresses: list[int], profile: str, ticker: Ticker
) -> list[int]:
    import numpy as np

    from dalil.clustering import clusters

    name = "default" if profile == "none" else profile
    label = clusters(ledger, name, ticker).label
    rows: list[int] = np.flatnonzero(np.isin(label, label[addresses])).tolist()
    return rows


def _marks(
    ledger: Ledger, asked: Asked, ticker: Ticker
) -> tuple[list[Mark], dict[str, Any]]:
    """Name addresses: by tags, by the services' clusters, by the user."""
    from dalil.attribution import TagStore
    from dalil.clustering import clusters
    from dalil.settings import default_tag_store
    from dalil.tracing.naming import marks_from_tags, spread_over_clusters

    tagged: list[Mark] = []
    spread: list[Mark] = []
    manifest = None
    folder = asked.tags or default_tag_store(asked.ledger_path)
    if asked.tags or folder.is_dir():
        with TagStore.open(folder) as store:
            manifest = store.manifest_sha256
            tagged = marks_from_tags(ledger, store)
        if asked.profile != "none" and any(m.reason != "target" for m in tagged):
            held = clusters(ledger, asked.profile, ticker)
            spread = spread_over_clusters(tagged, held)
    naming = {
        "tags_manifest_sha256": manifest,
        "profile": asked.profile,
        "n_tagged_addresses": len({mark.address for mark in tagged}),
        "n_border_addresses_by_cluster": len({mark.address for mark in spread}),
    }
    return [*tagged, *spread, *_own_marks(ledger, asked)], naming


def _own_marks(ledger: Ledger, asked: Asked) -> list[Mark]:
    from dalil.tracing import Mark

    wanted = []
    for text in asked.targets:
        name, equals, address = text.rpartition("=")
        if not equals or not name.strip():
            raise UsageError("--to takes NAME=ADDRESS", text)
        wanted.append((name.strip(), address.strip(), "target"))
    wanted += [(address, address, "requested stop") for address in asked.stop_at]
    found = [(ledger.find_address(address), name, why) for name, address, why in wanted]
    return [Mark(row, name, why) for row, name, why in found if row is not None]


def _limits(asked: Asked) -> Limits:
    from dalil.tracing import Limits

    usual = Limits()
    return Limits(
        max_hops=asked.max_hops or usual.max_hops,
        not_before=_day(asked.since) if asked.since else usual.not_before,
        not_after=_day(asked.until) + _DAY_SECONDS - 1
        if asked.until
        else usual.not_after,
        min_value=asked.min_value,
    )


def _day(text: str) -> int:
    try:
        moment = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError("not a day (YYYY-MM-DD)", text) from None
    return int(moment.timestamp())


def _value(found: Trace, result: dict[str, Any], path: Path, currency: str) -> None:
    """Add each target's bounds in money of the days it arrived."""
    from dalil.tracing.money import money_of
    from dalil.tracing.prices import PriceSeries

    series = PriceSeries.load(path)
    result["prices"] = {"source": series.source, "sha256": series.sha256}
    for target, row in zip(found.targets, result["targets"], strict=True):
        row["money"] = money_of(found, target, series, currency).to_json()
