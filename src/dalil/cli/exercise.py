"""`dalil exercise`: make a world with a known truth, and score a case against it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dalil.cli.output import Ticker, emit, json_option

__all__ = ["exercise"]


@click.group()
def exercise() -> None:
    """Worlds with a known truth.

    Everything in one is invented: parties, money, appeals. Its blocks are
    valid on a private regtest chain, so every tool can be tried on them and
    its answers compared with what really happened.
    """


@exercise.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--seed", default=1, show_default=True, help="Which world.")
@click.option(
    "--scale",
    default=1,
    show_default=True,
    help="1 is about 3,500 transactions; 250 about 500,000.",
)
@click.option(
    "--lang",
    type=click.Choice(["en", "ar"]),
    default="en",
    show_default=True,
    help="Language the case asks its report in.",
)
@json_option
def make(folder: Path, seed: int, scale: int, lang: str, *, as_json: bool) -> None:
    """Make an exercise in DIR: blocks, a case to work, tags, prices, truth.

    The same seed and scale give the same bytes.

    \b
    DIR/blocks/      valid regtest blocks, as Bitcoin Core keeps them
    DIR/case/        captured appeals and reports, with case.toml
    DIR/tags/        what the public knows of the services
    DIR/prices.csv   invented prices
    DIR/truth.json   what really happened; do not look before you have worked

    \b
    Example:
      dalil exercise make world --seed 7
      dalil ledger build world/ledger --blocks world/blocks
    """
    from dalil.exercise.world import make_world

    made = make_world(folder, seed, scale, Ticker(), language=lang)
    emit(
        made.to_json(),
        as_json=as_json,
        text=lambda: (
            f"Made an exercise in {folder}: {made.n_tx:,} transactions in "
            f"{made.n_blocks:,} blocks, {made.n_exhibits} captured files.\n"
            f"Next: dalil ledger build {folder}/ledger --blocks {folder}/blocks"
        ),
    )


@exercise.command(name="make-accounts")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--seed", default=1, show_default=True, help="Which world.")
@click.option(
    "--strangers",
    type=click.IntRange(0, 1_000_000),
    default=600,
    show_default=True,
    help="Accounts that rent energy from one service.",
)
@json_option
def make_accounts(folder: Path, seed: int, strangers: int, *, as_json: bool) -> None:
    """Make an exercise on a chain of accounts in DIR: rotating addresses, brokers.

    A channel asks for tokens at seventeen addresses in turn; exchanges sweep,
    a service rents energy, impostors poison, an issuer freezes. The same seed
    and number give the same bytes.

    \b
    DIR/tron/        what a node of the test network would answer
    DIR/etl/         token transfers in ethereum-etl's columns
    DIR/case/        the captured channel, with case.toml
    DIR/tags/        what the public knows of the services
    DIR/truth.json   what really happened; do not look before you have worked

    \b
    Example:
      dalil exercise make-accounts tether --seed 7
      dalil ledger build tether/ledger --source tron-json:tether/tron \\
        --chain tron:0xcd8690dc
      dalil investigate tether/case --ledger tether/ledger
    """
    from dalil.exercise.accounts import Size, make_account_world

    size = Size(n_children=strangers)
    made = make_account_world(seed, folder, size, Ticker())
    told = made.truth["blocks"] | {"chain": made.truth["chain"], "folder": str(folder)}
    emit(
        told,
        as_json=as_json,
        text=lambda: (
            f"Made an exercise in {folder}: {told['n_tx']:,} transactions in "
            f"{told['n_blocks']:,} blocks of {told['chain']}.\n"
            f"Next: dalil ledger build {folder}/ledger --source "
            f"tron-json:{folder}/tron --chain {told['chain']}"
        ),
    )


@exercise.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("case", metavar="CASE", type=click.Path(path_type=Path))
@click.option(
    "--ledger",
    "ledger_path",
    type=click.Path(path_type=Path),
    help="Score clusters and CoinJoins too; DIR/ledger is taken if it exists.",
)
@json_option
def score(folder: Path, case: Path, ledger_path: Path | None, *, as_json: bool) -> None:
    """Compare a worked CASE with the truth of the exercise in DIR.

    Rates carry Wilson's 95 % interval. They hold for this exercise and are no
    error rate for real chains. Ends with exit code 1 if a charity is accused.

    \b
    Example:
      dalil investigate world/case --ledger world/ledger
      dalil exercise score world world/case
    """
    from dalil.exercise.score import score_case
    from dalil.ledger import Ledger

    place = ledger_path or folder / "ledger"
    ledger = Ledger.open(place) if ledger_path or place.is_dir() else None
    result = score_case(folder, case, ledger)
    emit(result.to_json(), as_json=as_json, text=result.to_text)
    if not result.ok:
        sys.exit(1)
