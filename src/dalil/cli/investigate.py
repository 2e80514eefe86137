"""`dalil investigate`: work a case from its captured files to a verified bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dalil.cli.accounts import amount_text
from dalil.cli.output import Ticker, emit, json_option, say_compiling
from dalil.errors import CheckFailed
from dalil.units import format_btc

__all__ = ["investigate", "summary_lines"]


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="The ledger to use; default: the one case.toml names.",
)
@json_option
def investigate(case: Path, ledger: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Work CASE: captured files to indicators, trails, report and bundle.

    CASE is a folder of captured files (text, HTML, Telegram exports, PDF) with
    a case.toml; `dalil case new CASE` writes one. Everything made is a DRAFT
    until a named reviewer decides otherwise.

    \b
    Writes into CASE: exhibits/ (read-only copies), report.html and its
    counterpart in the other language, bundle/ (for `dalil verify`).
    Example:
      dalil investigate my-case --ledger my-ledger
    """
    say_compiling()
    from dalil.cases.investigate import investigate as work
    from dalil.cases.reading import read_charter

    result = work(read_charter(case), ledger, Ticker()).to_json()
    for note in result["notes"]:
        click.echo(f"note: {note}", err=True)
    emit(result, as_json=as_json, text=lambda: "\n".join(summary_lines(result)))
    if not result["verified"]:
        raise CheckFailed(
            "the bundle does not verify; run `dalil verify` on it", result["bundle"]
        )


def summary_lines(result: dict[str, Any]) -> list[str]:
    """Lay a result out for people: the answer first."""
    lines = [f"report: {result['report']}", ""]
    for target in result["targets"]:
        lines += _target_lines(target)
    for asset in result["assets"]:
        lines += _asset_lines(asset)
    if not result["targets"] and not any(a["targets"] for a in result["assets"]):
        lines.append("No named address was reached.")
    seeds = result["seeds"]
    lines += [f"a service, so a border: {text}" for text in seeds["services"]]
    lines += [f"not in this ledger: {text}" for text in seeds["absent"]]
    lines += [
        f"not traced: {row['address']} ({row['why']})" for row in seeds["left_out"]
    ]
    state = "verified" if result["verified"] else "DOES NOT VERIFY"
    lines += [
        "",
        f"{len(result['indicators'])} indicators, {len(seeds['traced'])} seeds in "
        f"{result['n_clusters']} clusters, {result['n_tags_met']} tags met, "
        f"{result['n_findings']} findings, {len(result['stops'])} stops",
        f"bundle: {result['bundle']} ({state}, {result['n_checks']} checks)",
        f"root:   {result['root']}",
        f"review: {result['review']}",
    ]
    return lines


def _asset_lines(asset: dict[str, Any]) -> list[str]:
    seed = amount_text(asset["seed_amount"], asset)
    lines = [f"{asset['token']}: {seed} in {asset['n_seeds']} transfers"]
    for target in asset["targets"]:
        low, high, direct, took = (
            amount_text(target[f"{name}_amount"], asset)
            for name in ("lower", "upper", "direct", "received")
        )
        money = target["money"]
        shown = ""
        if money and money["lower"] is not None:
            shown = f"  ({money['lower']} – {money['upper']} {money['currency']})"
        note = "" if target["lower_amount"] != "0" else "  not determinable"
        lines += [
            f"{target['name']} ({target['service'] or 'target'})",
            f"    direct {direct}; in all {low} – {high}{shown}{note}",
            f"    of {took} that it took in from anybody",
        ]
    return lines


def _target_lines(target: dict[str, Any]) -> list[str]:
    low, high = target["lower_sat"], target["upper_sat"]
    money = target["money"]
    worth = ""
    if money:
        worth = (
            f"  ({money['lower']} – {money['upper']} {money['currency']})"
            if money["lower"] is not None
            else f"  ({money['note']})"
        )
    interval = f"{format_btc(low)} – {format_btc(high)} BTC"
    note = "" if low else "  not determinable"
    return [
        f"{target['name']} ({target['reason']})",
        f"    direct {format_btc(target['direct_sat'])} BTC; in all {interval}"
        f"{worth}{note}",
    ]
