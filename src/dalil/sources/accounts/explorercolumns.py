"""What block explorers call the columns of their exports, and of which chain one is."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from dalil.chains import tron
from dalil.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["MOST_CELL", "explorer_chain", "explorer_columns"]

MOST_CELL = 1 << 20
"""Characters in a cell."""
_ETHEREUM = "eip155:1"
_PLAIN = re.compile(r"[^a-z0-9]+")
_NAMES: dict[str, tuple[str, ...]] = {
    "hash": ("txhash", "transactionhash", "txnhash", "hash", "txid", "transactionid"),
    "block": ("blockno", "block", "blocknumber", "blockheight"),
    "second": ("unixtimestamp", "timestamp", "blocktimestamp"),
    "time": ("datetimeutc", "timeutc", "blocktimeutc", "dateutc"),
    "zoned": ("datetime", "time", "date"),
    "source": ("from", "fromaddress", "ownaddress", "sender"),
    "to": ("to", "toaddress", "receiver", "recipient"),
    "amount": ("tokenvalue", "quantity", "amount", "value", "amounttoken"),
    "contract": ("contractaddress", "tokencontract", "tokenaddress", "contract"),
    "symbol": ("tokensymbol", "symbol", "token", "tokenabbr"),
    "decimals": ("tokendecimal", "tokendecimals", "decimals"),
    "status": ("status", "result", "contractret", "errcode"),
    "tokenid": ("tokenid",),
}
"""Our words, and what explorers call them once blanks and marks are gone."""
_NEEDED = ("hash", "source", "to", "amount")


def explorer_columns(header: list[str], path: Path) -> dict[str, int]:
    """Find our words among a file's columns.

    Raises
    ------
    InputError
        If one that is needed is missing.
    """
    theirs = {
        _PLAIN.sub("", name.lower()): i for i, name in reversed([*enumerate(header)])
    }
    found = {}
    for word, names in _NAMES.items():
        for name in names:
            if name in theirs:
                found[word] = theirs[name]
                break
    lacks = [word for word in _NEEDED if word not in found]
    if lacks or not {"second", "time", "zoned"} & found.keys():
        missing = ", ".join(lacks) or "time"
        raise InputError(f"an export without a column of {missing}", path)
    return found


def explorer_chain(paths: Sequence[Path]) -> str:
    """Guess a chain by how addresses are spelled: TRON's begin with T."""
    csv.field_size_limit(MOST_CELL)
    for path in paths:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            lines = csv.reader(file)
            try:
                names = explorer_columns(next(lines, []), path)
                for cells in lines:
                    if len(cells) > names["source"]:
                        on_tron = cells[names["source"]].strip().startswith("T")
                        return tron.CAIP2 if on_tron else _ETHEREUM
            except csv.Error as error:
                where = f"{path.name}, row {lines.line_num}"
                raise InputError(f"not readable: {error}", where) from error
    return _ETHEREUM
