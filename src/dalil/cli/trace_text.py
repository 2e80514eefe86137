"""How `dalil trace` shows a trace to people: the answer first, then every end."""

from __future__ import annotations

from typing import Any

from dalil.cli.output import printable
from dalil.units import format_btc

__all__ = ["trace_text"]

_SHOWN = 20


def trace_text(result: dict[str, Any]) -> str:
    """Write a trace's JSON for people, the answer before the details."""
    seeds, reach = result["seeds"], result["naming"]
    lines = [
        f"{format_btc(seeds['total_sat'])} BTC in {seeds['n']} seed outputs, "
        f"{result['n_transactions']} transactions {result['direction']}"
    ]
    lines += [f"  not in this ledger: {text}" for text in seeds["absent"]]
    lines += [
        f"  a seed lies on a service: {seed['name']} ({seed['where']})"
        for seed in seeds["on_services"]
    ]
    if seeds["n_unsure"]:
        lines.append(
            f"  {seeds['n_unsure']} seeds may be change: not every payer is known"
        )
    if seeds["n_outside_left_out"]:
        lines.append(
            f"  left out, received before this ledger begins: "
            f"{seeds['n_outside_left_out']} outputs, "
            f"{format_btc(seeds['outside_left_out_sat'])} BTC"
        )
    if result["reentry"]:
        lines.append(f"  upper bounds are widened: {result['reentry_reason']}")
    if reach["n_border_addresses_by_cluster"]:
        lines.append(
            f"  borders reach over clusters ({reach['profile']} profile): "
            f"{reach['n_border_addresses_by_cluster']} addresses"
        )
    lines += (
        ["", "Targets:"] if result["targets"] else ["", "No named address was met."]
    )
    for row in result["targets"]:
        lines.append(f"  {row['name']} ({row['reason']}): {row['headline']}")
        if money := row.get("money"):
            worth = (
                f"between {money['lower']} and {money['upper']} {money['currency']}"
                if money["lower"] is not None
                else f"no price for {', '.join(money['missing_days'])}"
            )
            lines.append(f"    worth {worth} on the days it arrived")
    return "\n".join(printable(line) for line in [*lines, *_ends(result)])


def _ends(result: dict[str, Any]) -> list[str]:
    def between(row: dict[str, Any]) -> str:
        low, high = row["lower_sat"], row["upper_sat"]
        return f"{format_btc(low)} to {format_btc(high)} BTC"

    lines = ["", f"Unspent: {between(result['unspent'])}"]
    lines.append(f"Fees: {between(result['fees'])}")
    if result["stops"]:
        lines.append("Stops:")
    lines += [
        f"  {row['reason']}: {row['n_stops']}, {between(row)}"
        for row in result["stop_totals"]
    ]
    stops = result["stops"]
    for stop in stops[:_SHOWN]:
        name = f" {stop['name']}" if stop["name"] else ""
        lines.append(f"  {stop['where']} {stop['reason']}{name}: {between(stop)}")
    if len(stops) > _SHOWN:
        lines.append(f"  … and {len(stops) - _SHOWN} more; --json lists them all")
    return lines
