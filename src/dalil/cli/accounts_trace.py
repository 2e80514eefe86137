"""`dalil trace` on a ledger of accounts: one trace for each token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dalil.cli.accounts import amount_text
from dalil.cli.output import Ticker, printable
from dalil.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.cli.trace_options import Asked
    from dalil.ledger.accounts import AccountLedger
    from dalil.tracing import Limits, Mark

__all__ = ["accounts_result", "accounts_text"]

_TRANSFER = re.compile(r"((?:0x)?[0-9a-fA-F]{64}):(tx|internal-\d{1,9}|\d{1,9})")
_SHOWN = 20


def accounts_result(direction: str, asked: Asked, limits: Limits) -> dict[str, Any]:
    """Trace every token that came to the seeds, or the one asked for.

    One token's trace stands by itself; of several each is one of ``traces``.
    """
    from dalil.cases.accounts.desk import noise_of
    from dalil.ledger.accounts import AccountLedger
    from dalil.tracing import Direction
    from dalil.tracing.accounts import AccountRequest, trace_accounts

    view, ticker = AccountLedger.open(asked.ledger_path), Ticker()
    seeds = [*asked.seeds, *asked.more]
    transfers = [_transfer(view, seed) for seed in seeds if _TRANSFER.fullmatch(seed)]
    named = [seed for seed in seeds if not _TRANSFER.fullmatch(seed)]
    found = {text: view.find_address(text) for text in named}
    addresses = [row for row in found.values() if row is not None]
    marks, naming = _marks(view, asked)
    tokens, left_out = _tokens(view, asked, addresses, transfers, direction)
    noise = noise_of(view).transfer.tolist()
    traces = []
    for token in tokens:
        mine = [t for t in transfers if int(view.transfer_token[t]) == token]
        request = AccountRequest(
            Direction(direction),
            token,
            addresses,
            mine,
            marks=marks,
            noise=noise,
            limits=limits,
        )
        done = trace_accounts(view, request, ticker)
        traces.append(done.to_json() | _worth(done, asked))
    shared = {
        "absent": [text for text, row in found.items() if row is None],
        "n_addresses": len(addresses),
        "tokens_left_out": left_out,
        "ledger_manifest_sha256": view.manifest_sha256,
        "naming": naming,
    }
    if len(traces) == 1:
        return traces[0] | shared
    return {"direction": direction, "traces": traces} | shared


def _transfer(view: AccountLedger, seed: str) -> int:
    import numpy as np

    from dalil.tracing.accounts.naming import transfer_name

    match = _TRANSFER.fullmatch(seed)
    assert match is not None
    tx = view.find_tx(match[1])
    rows = [] if tx is None else range(*view.tx_first_transfer[tx : tx + 2].tolist())
    for row in rows:
        if transfer_name(view, int(np.int64(row))).rpartition(":")[2] == match[2]:
            return row
    raise NotFoundError("the ledger has no such transfer (TXID:LOG)", seed)


def _tokens(
    view: AccountLedger,
    asked: Asked,
    addresses: Sequence[int],
    transfers: Sequence[int],
    direction: str,
) -> tuple[list[int], list[str]]:
    """Choose tokens; also name those left out because they pose as others."""
    import numpy as np

    from dalil.cases.accounts.desk import MAX_TOKENS, token_flags

    del direction  # seeds are what came to them, either way
    if asked.token:
        token = view.find_token(asked.token)
        if token is None:
            raise NotFoundError("the ledger has no such token", asked.token)
        return [token], []
    came = [view.transfers_to(address) for address in addresses]
    rows = np.concatenate([np.array(transfers, dtype=np.int64), *came])
    tokens = np.unique(np.asarray(view.transfer_token)[rows]).tolist()
    posing = set(token_flags(view).look_alikes().tolist())
    kept = [token for token in tokens if token not in posing][:MAX_TOKENS]
    return kept, [view.token_name(token) for token in tokens if token not in kept]


def _marks(view: AccountLedger, asked: Asked) -> tuple[list[Mark], dict[str, Any]]:
    """Name addresses: by tags, by what forwards to services, by the user."""
    from dalil.attribution import TagStore
    from dalil.cases.accounts.desk import deposit_marks
    from dalil.settings import default_tag_store
    from dalil.tracing.naming import marks_from_tags

    tagged: list[Mark] = []
    spread: list[Mark] = []
    manifest = None
    folder = asked.tags or default_tag_store(asked.ledger_path)
    if asked.tags or folder.is_dir():
        with TagStore.open(folder) as store:
            manifest = store.manifest_sha256
            tagged = marks_from_tags(view, store)
        if asked.profile != "none":
            spread = deposit_marks(view, tagged)
    naming = {
        "tags_manifest_sha256": manifest,
        "profile": asked.profile,
        "n_tagged_addresses": len({mark.address for mark in tagged}),
        "n_deposit_addresses": len({mark.address for mark in spread}),
    }
    return [*tagged, *spread, *_own_marks(view, asked)], naming


def _own_marks(view: AccountLedger, asked: Asked) -> list[Mark]:
    from dalil.tracing import Mark

    wanted = [(address, address, "requested stop") for address in asked.stop_at]
    for text in asked.targets:
        name, equals, address = text.rpartition("=")
        if not equals or not name.strip():
            raise UsageError("--to takes NAME=ADDRESS", text)
        wanted.append((name.strip(), address.strip(), "target"))
    found = [(view.find_address(address), name, why) for name, address, why in wanted]
    return [Mark(row, name, why) for row, name, why in found if row is not None]


def _worth(done: Any, asked: Asked) -> dict[str, Any]:  # noqa: ANN401 - an AccountTrace
    """Add each target's bounds in money of the days it arrived."""
    if asked.prices is None:
        return {}
    from dalil.cases.accounts.worth import token_money
    from dalil.evidence.canonical import plain
    from dalil.tracing.prices import PriceSeries

    series = PriceSeries.load(asked.prices)
    targets = done.to_json()["targets"]
    for target, row in zip(done.targets, targets, strict=True):
        worth = token_money(done, target, series, asked.currency)
        row["money"] = None if worth is None else plain(worth)
    prices = {"source": series.source, "sha256": series.sha256}
    return {"targets": targets, "prices": prices}


def accounts_text(result: dict[str, Any]) -> str:
    """Write a trace's JSON for people, the answer before the details."""
    traces = result.get("traces", [result])
    lines = [f"not in this ledger: {text}" for text in result["absent"]]
    lines += [
        f"not followed, it poses as another token: {name}"
        for name in result["tokens_left_out"]
    ]
    if not traces:
        lines.append("Nothing that came to the seeds is in this ledger.")
    for trace in traces:
        lines += _trace_lines(trace)
    return "\n".join(map(printable, lines))


def _trace_lines(trace: dict[str, Any]) -> list[str]:
    def between(row: dict[str, Any]) -> str:
        low = amount_text(row["lower_amount"], trace)
        return f"{low} to {amount_text(row['upper_amount'], trace)}"

    seeds = trace["seeds"]
    total = amount_text(seeds["total_amount"], trace)
    lines = [
        trace["token"],
        f"  {total} in {seeds['n']} seed transfers, {trace['n_transactions']} payments "
        f"{trace['direction']}",
    ]
    lines += [
        f"  a seed came to a service: {seed['name']} ({seed['where']})"
        for seed in seeds["on_services"]
    ]
    lines += [f"  {said}" for said in trace["assumptions"]]
    if trace["reentry"]:
        lines.append(f"  upper bounds are widened: {trace['reentry_reason']}")
    lines.append("Targets:" if trace["targets"] else "No named address was met.")
    for row in trace["targets"]:
        lines.append(f"  {row['name']} ({row['reason']}): {row['headline']}")
    lines.append(f"Held: {between(trace['unspent'])}")
    lines += [
        f"  {row['reason']}: {row['n_stops']}, {between(row)}"
        for row in trace["stop_totals"]
    ]
    for stop in trace["stops"][:_SHOWN]:
        name = f" {stop['name']}" if stop["name"] else ""
        lines.append(f"  {stop['where']} {stop['reason']}{name}: {between(stop)}")
    if len(trace["stops"]) > _SHOWN:
        more = len(trace["stops"]) - _SHOWN
        lines.append(f"  … and {more} more; --json lists them all")
    return lines
