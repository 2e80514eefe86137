"""The options of `dalil trace`, both ways and on every kind of ledger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dalil.cli.output import json_option

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Asked", "with_options"]

_path = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a trace, as typed."""

    ledger_path: Path
    more: tuple[str, ...]
    seeds: tuple[str, ...]
    whole_cluster: bool
    tags: Path | None
    targets: tuple[str, ...]
    stop_at: tuple[str, ...]
    profile: str
    max_hops: int | None
    since: str | None
    until: str | None
    min_value: int
    prices: Path | None
    currency: str
    token: str | None
    as_json: bool


_OPTIONS = [
    click.argument("ledger_path", metavar="LEDGER", type=_path),
    click.argument("more", nargs=-1, metavar="[SEED]..."),
    click.option(
        "--from",
        "seeds",
        multiple=True,
        required=True,
        metavar="ADDRESS|TXID:N",
        help="Where to start; may be given several times, or followed by several. "
        "An address means what it received, its own change left out; TXID:N an "
        "output, or on a chain of accounts the transfer of that log.",
    ),
    click.option(
        "--whole-cluster",
        is_flag=True,
        help="Start from all addresses that act together with those given.",
    ),
    click.option("--tags", type=_path, help="Tag store; default: beside the ledger."),
    click.option(
        "--to",
        "targets",
        multiple=True,
        metavar="NAME=ADDRESS",
        help="A target of your own; several addresses may bear one name.",
    ),
    click.option(
        "--stop-at",
        multiple=True,
        metavar="ADDRESS",
        help="Follow no further than here.",
    ),
    click.option(
        "--profile",
        default="default",
        show_default=True,
        help="strict, default or broad: how far a tagged service's cluster "
        "reaches as a border; none: no further than its tagged addresses.",
    ),
    click.option("--max-hops", type=click.IntRange(1), help="Transactions at most."),
    click.option("--since", metavar="DATE", help="First day (UTC, YYYY-MM-DD)."),
    click.option("--until", metavar="DATE", help="Last day (UTC, YYYY-MM-DD)."),
    click.option(
        "--min-value",
        type=click.IntRange(0),
        default=0,
        help="Satoshi, or a token's base units; follow nothing smaller. Default: "
        "follow all.",
    ),
    click.option(
        "--prices",
        type=_path,
        help="Daily prices, CSV: date,EUR,USD or date,close_usd.",
    ),
    click.option(
        "--currency",
        default="USD",
        show_default=True,
        help="Which column of the price file.",
    ),
    click.option(
        "--token",
        metavar="TOKEN",
        help="On a chain of accounts: follow this token only (CAIP-19, contract, or "
        "the symbol of a known one). Default: each that came to the seeds.",
    ),
    json_option,
]


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a trace to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
