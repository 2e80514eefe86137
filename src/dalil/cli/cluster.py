"""`dalil cluster`: which addresses act together, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dalil.cli.accounts import is_accounts
from dalil.cli.accounts_cluster import (
    show_result,
    show_text,
    why_result,
    why_text,
)
from dalil.cli.cluster_patterns import patterns
from dalil.cli.output import Ticker, emit, json_option, say_compiling
from dalil.units import format_btc

if TYPE_CHECKING:
    from dalil.attribution import Tag
    from dalil.clustering import Clusters, Link
    from dalil.ledger import Ledger

__all__ = ["cluster"]

_FEW_ADDRESSES = 20_000
_SHOWN_TAGS = 20

_path = click.Path(path_type=Path)
_profile = click.option(
    "--profile",
    default="default",
    show_default=True,
    help="strict, default or broad: what may join addresses.",
)


_store = click.option(
    "--tags", "store", type=_path, help="Tag store; default: beside the ledger."
)
_rules = click.option(
    "--rule",
    "rules",
    multiple=True,
    help="On a chain of accounts: a rule that may link, such as operational-wallet; "
    "may be given several times.",
)


@click.group()
def cluster() -> None:
    """Which addresses act together, and why.

    Addresses spent in one transaction are joined, unless its shape is a
    CoinJoin's. Names play no part: a tag never changes who is joined.
    """


@cluster.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.argument("address")
@_profile
@_rules
@_store
@json_option
def show(
    ledger_path: Path,
    address: str,
    profile: str,
    rules: tuple[str, ...],
    store: Path | None,
    *,
    as_json: bool,
) -> None:
    """Show the cluster of ADDRESS: size, volume, weak links, tags.

    A weak link is a transaction whose removal would split the cluster; the
    more addresses hang on it, the more a mistake there would cost. A cluster
    is contested where its tags name actors that exclude each other. An address
    that LEDGER has not seen gives zeros.

    Example: dalil cluster show my-ledger ADDRESS --json
    """
    say_compiling()
    if is_accounts(ledger_path):
        told = show_result(ledger_path, address, rules, store)
        emit(told, as_json=as_json, text=lambda: show_text(told))
        return
    from dalil.clustering import clusters
    from dalil.ledger import Ledger

    ledger = Ledger.open(ledger_path)
    found = ledger.find_address(address)
    made = clusters(ledger, profile, Ticker())
    result: dict[str, Any] = {"address": address, "profile": profile}
    result |= _nothing() if found is None else _described(ledger, made, found)
    tags = _tags(ledger, made, found, store)
    result |= {"contested": bool(_contradictions(tags))}
    result["contradictions"] = _contradictions(tags)
    result["tags"] = [tag.to_json() for tag in tags]
    emit(result, as_json=as_json, text=lambda: _show_text(result))


@cluster.command()
@click.argument("ledger_path", metavar="LEDGER", type=_path)
@click.argument("a")
@click.argument("b")
@_profile
@_rules
@_store
@json_option
def why(
    ledger_path: Path,
    a: str,
    b: str,
    profile: str,
    rules: tuple[str, ...],
    store: Path | None,
    *,
    as_json: bool,
) -> None:
    """Show why A and B are in one cluster: the shortest chain of transactions.

    Every link says that one transaction spent from both addresses and is not
    typed a CoinJoin; on a chain of accounts, by which rule and which transfers
    two accounts are linked. `holds_under` names the profiles under which the two
    share a cluster. That they share none proves nothing.

    Example: dalil cluster why my-ledger ADDRESS_A ADDRESS_B --json
    """
    say_compiling()
    if is_accounts(ledger_path):
        told = why_result(ledger_path, (a, b), rules, store)
        emit(told, as_json=as_json, text=lambda: why_text(told))
        return
    from dalil.clustering import PROFILES, clusters
    from dalil.ledger import Ledger

    ledger = Ledger.open(ledger_path)
    ends = [ledger.find_address(text) for text in (a, b)]
    tick = Ticker()
    made = clusters(ledger, profile, tick)
    links, holds = None, []
    if ends[0] is not None and ends[1] is not None:
        links = made.why(ends[0], ends[1])
        every = (clusters(ledger, name, tick) for name in PROFILES)
        holds = [c.profile.name for c in every if c.label[ends[0]] == c.label[ends[1]]]
    result = {
        "a": a,
        "b": b,
        "profile": profile,
        "same_cluster": links is not None,
        "links": [_link(ledger, link) for link in links or []],
        "holds_under": holds,
    }
    emit(result, as_json=as_json, text=lambda: _why_text(result))


def _nothing() -> dict[str, Any]:
    return {
        "cluster": None,
        "n_addresses": 0,
        "n_bridges": 0,
        "received_sat": 0,
        "weak_links": [],
        "removed_bridges": [],
    }


def _described(ledger: Ledger, made: Clusters, address: int) -> dict[str, Any]:
    bridges = made.bridges(address)
    return {
        "cluster": ledger.address_text(int(made.label[address])),
        "n_addresses": made.size(address),
        "n_bridges": len(bridges),
        "received_sat": made.received_sat(address),
        "weak_links": [
            {
                "txid": ledger.txid(bridge.tx_id),
                "n_parts": bridge.n_parts,
                "n_addresses_second": bridge.second,
            }
            for bridge in made.weak_links(address)
        ],
        "removed_bridges": _removed(ledger, made, address),
    }


def _removed(ledger: Ledger, made: Clusters, address: int) -> list[str]:
    """Name the bridges that the size guard removed and that touch the cluster."""
    found = []
    for tx in made.removed.tolist():
        first, last = ledger.tx_first_input[tx : tx + 2].tolist()
        spent = ledger.input_addresses(range(first, last))
        known = spent[spent < ledger.n_addresses]
        if (made.label[known] == made.label[address]).any():
            found.append(ledger.txid(tx))
    return found


def _link(ledger: Ledger, link: Link) -> dict[str, Any]:
    return {
        "txid": ledger.txid(link.tx_id),
        "rule": link.rule,
        "from": ledger.address_text(link.a),
        "to": ledger.address_text(link.b),
    }


def _tags(
    ledger: Ledger, made: Clusters, address: int | None, store: Path | None
) -> list[Tag]:
    """Find the tags of all addresses of a cluster, by address in ledger order."""
    from dalil.attribution import TagStore
    from dalil.errors import AddressError
    from dalil.settings import default_tag_store

    folder = store or default_tag_store(ledger.path)
    if address is None or (store is None and not folder.is_dir()):
        return []
    with TagStore.open(folder) as opened:
        if made.size(address) <= _FEW_ADDRESSES:
            texts = [ledger.address_text(int(i)) for i in made.members(address)]
        else:
            texts = []
            for text in opened.addresses(ledger.chain):
                try:
                    found = ledger.find_address(text)
                except AddressError:
                    continue
                if found is not None and made.label[found] == made.label[address]:
                    texts.append(text)
        by_address = opened.find_many(texts, ledger.chain)
    return [tag for text in texts for tag in by_address.get(text, [])]


def _contradictions(tags: list[Tag]) -> list[str]:
    """Contradictions among the tags of a cluster, as if of one address."""
    from dataclasses import replace

    from dalil.attribution import conflicts

    together = [replace(tag, address="") for tag in tags]
    return [conflict.why for conflict in conflicts(together)]


def _show_text(result: dict[str, Any]) -> str:
    if not result["n_addresses"]:
        return f"{result['address']}: not in this ledger"
    rows = [
        f"cluster {result['cluster']}  ({result['profile']} profile)",
        f"addresses {result['n_addresses']:,}, "
        f"received {format_btc(result['received_sat'])} BTC in this ledger",
        f"{result['n_bridges']:,} transactions whose removal would split it",
    ]
    rows += [
        f"  {link['txid']}  {link['n_parts']} parts, the second of "
        f"{link['n_addresses_second']:,} addresses"
        for link in result["weak_links"]
    ]
    rows += [
        f"  {txid}  removed: it alone joins two large parts"
        for txid in result["removed_bridges"]
    ]
    rows += [f"contested: {why}" for why in result["contradictions"]]
    rows += [
        f"tag: {tag['address']}  {tag['label']}  ({tag['source']})"
        for tag in result["tags"][:_SHOWN_TAGS]
    ]
    if len(result["tags"]) > _SHOWN_TAGS:
        rows.append(f"… {len(result['tags']):,} tags in all: --json")
    return "\n".join(_printable(row) for row in rows)


def _why_text(result: dict[str, Any]) -> str:
    if not result["same_cluster"]:
        return "not in one cluster; that proves nothing about their owners"
    rows = [result["a"]]
    for link in result["links"]:
        rows += [f"  {link['rule']} {link['txid']}", link["to"]]
    rows.append(f"holds under: {', '.join(result['holds_under'])}")
    return "\n".join(rows)


def _printable(line: str) -> str:
    """Escape what would steer a terminal: labels are strangers' words."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


cluster.add_command(patterns)
