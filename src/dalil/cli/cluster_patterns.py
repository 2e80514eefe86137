"""`dalil cluster patterns`: what the rules for chains of accounts find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dalil.cli.accounts import is_accounts
from dalil.cli.accounts_cluster import services_of
from dalil.cli.output import emit, json_option, printable, say_compiling
from dalil.errors import UsageError

__all__ = ["patterns"]

_path = click.Path(path_type=Path)


@click.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.option(
    "--tags", "store", type=_path, help="Tag store; default: beside the ledger."
)
@json_option
def patterns(ledger_path: Path, store: Path | None, *, as_json: bool) -> None:
    """Find what the rules for chains of accounts know, over all of LEDGER.

    Rotating addresses that sweep to one collector, deposit addresses of tagged
    services, funders, transfers that imitate a known partner, freezes. A
    pattern is a question for people: payment processors make the same ones.

    Example: dalil cluster patterns my-usdt --json
    """
    say_compiling()
    if not is_accounts(ledger_path):
        from dalil.ledger import Ledger

        Ledger.open(ledger_path)
        raise UsageError("patterns are of chains of accounts", ledger_path)
    told = _found(ledger_path, store)
    emit(told, as_json=as_json, text=lambda: _text(told))


def _found(path: Path, tags: Path | None) -> dict[str, Any]:
    """Find every pattern the rules know: none of them says who anybody is."""
    from dalil.cases.accounts.desk import noise_of, token_flags
    from dalil.clustering.accounts import (
        deposit_links,
        freeze_windows,
        funding_links,
        operational_wallets,
    )
    from dalil.ledger.accounts import AccountLedger

    view = AccountLedger.open(path)
    services, flags = services_of(path, view, tags), token_flags(view)
    tokens, noise = flags.counted().tolist(), noise_of(view)
    kept = noise.transfer
    operational = operational_wallets(view, services, tokens=tokens, noise=kept)
    return {
        "operational_wallets": operational.to_json(view),
        "deposits": deposit_links(view, services, tokens=tokens).to_json(view),
        "funding": funding_links(view, services).to_json(view),
        "poisoning": noise.to_json(view),
        "freezes": freeze_windows(view).to_json(view),
        "tokens": flags.to_json(view),
    }


def _text(result: dict[str, Any]) -> str:
    """Count what was found; ``--json`` lists it."""
    rows = []
    for one in result["operational_wallets"]["collectors"]:
        kind = one["kind"].replace("_", " ")
        why = f" ({one['reason']})" if one["reason"] else ""
        rows.append(
            f"{kind}{why}: {one['n_addresses']:,} addresses sweep {one['token']} to "
            f"{one['collector']}"
        )
    funding, noise = result["funding"], result["poisoning"]
    deposits = result["deposits"]["deposits"]
    rows += [
        f"deposit addresses of tagged services: {len(deposits):,}",
        f"funders: {len(funding['funders']):,}; left out as rental services and the "
        f"like: {len(funding['barred']):,}",
        f"noise: {noise['n_transfers']:,} transfers that imitate a known partner",
        f"freezes: {len(result['freezes']['windows']):,}",
    ]
    posing = [row["token"] for row in result["tokens"] if row["flag"] == "look-alike"]
    rows += [f"poses as a known token: {name}" for name in posing]
    return "\n".join(map(printable, rows))
