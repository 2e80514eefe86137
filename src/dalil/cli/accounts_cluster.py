"""`dalil cluster` on a ledger of accounts: typed links between accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.cli.output import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dalil.clustering.accounts import AccountClusters
    from dalil.ledger.accounts import AccountLedger

__all__ = [
    "services_of",
    "show_result",
    "show_text",
    "why_result",
    "why_text",
]

_SHOWN = 50


def services_of(path: Path, view: AccountLedger, tags: Path | None) -> dict[int, str]:
    """Name the tagged services of a ledger; without a tag store there are none."""
    from dalil.attribution import TagStore
    from dalil.settings import default_tag_store
    from dalil.tracing.naming import marks_from_tags

    folder = tags or default_tag_store(path)
    if not (tags or (folder / "manifest.json").is_file()):
        return {}
    with TagStore.open(folder) as store:
        marks = marks_from_tags(view, store)
    return {mark.address: mark.name for mark in marks if mark.reason != "target"}


def _opened(
    path: Path, rules: Sequence[str], tags: Path | None
) -> tuple[AccountLedger, AccountClusters]:
    from dalil.cases.accounts.desk import noise_of, token_flags
    from dalil.clustering.accounts import DEFAULT_RULES, account_clusters
    from dalil.ledger.accounts import AccountLedger

    view = AccountLedger.open(path)
    made = account_clusters(
        view,
        rules or DEFAULT_RULES,
        services_of(path, view, tags),
        tokens=token_flags(view).counted().tolist(),
        noise=noise_of(view).transfer,
    )
    return view, made


def why_result(
    path: Path, ends: tuple[str, str], rules: Sequence[str], tags: Path | None
) -> dict[str, Any]:
    """Tell why two accounts are linked: the shortest chain of typed links."""
    view, made = _opened(path, rules, tags)
    a, b = (view.find_address(text) for text in ends)
    links = None if a is None or b is None else made.why(a, b)
    return {
        "a": ends[0],
        "b": ends[1],
        "rules": list(made.rules),
        "same_cluster": links is not None,
        "links": [link.to_json(view) for link in links or []],
    }


def why_text(result: dict[str, Any]) -> str:
    """Lay a chain of links out for people."""
    asked = ", ".join(result["rules"])
    if not result["same_cluster"]:
        return printable(
            f"no link by the rules asked for ({asked}); that proves nothing"
        )
    rows = [f"linked by {len(result['links'])} steps, by the rules asked for ({asked})"]
    for link in result["links"]:
        rows.append(f"  {link['rule']}: {link['from']} -> {link['to']}")
        rows += [f"    transfer {_reference(one)}" for one in link["transfers"]]
        rows += [f"    event in {txid}" for txid in link["events"]]
    return "\n".join(map(printable, rows))


def _reference(one: object) -> str:
    return str(one) if not isinstance(one, dict) else ":".join(map(str, one.values()))


def show_result(
    path: Path, address: str, rules: Sequence[str], tags: Path | None
) -> dict[str, Any]:
    """Describe what hangs together with an account by the rules asked for."""
    view, made = _opened(path, rules, tags)
    found = view.find_address(address)
    if found is None:
        return {"address": address, "cluster": None, "n_addresses": 0, "addresses": []}
    return {"address": address} | made.to_json(view, found)


def show_text(result: dict[str, Any]) -> str:
    """Lay a cluster of accounts out for people."""
    rules = ", ".join(rule["rule"] for rule in result.get("rules", []))
    rows = [f"{result['address']}: {result['n_addresses']:,} accounts ({rules})"]
    rows += [f"  {address}" for address in result["addresses"][:_SHOWN]]
    if result["n_addresses"] > _SHOWN:
        rows.append(f"  … and {result['n_addresses'] - _SHOWN:,} more")
    return "\n".join(map(printable, rows))
