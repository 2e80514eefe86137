"""Rows of block explorers' exports, read exactly or not at all.

Amounts stand in whole tokens with commas, times are of some zone, and a token may
bear another's symbol.
"""

from __future__ import annotations

import csv
import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from dalil.chains import evm, tron
from dalil.chains.accounts import NOBODY, TokenKind
from dalil.chains.tokens import is_look_alike, known_token, token_caip19
from dalil.errors import DalilError, InputError
from dalil.sources.accounts.explorercolumns import MOST_CELL, explorer_columns
from dalil.sources.accounts.numbers import clip, decimal_of, hash_of, second_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.sources.accounts.report import SourceReport

__all__ = ["ExplorerRow", "ExplorerRows"]

_LONGEST_AMOUNT = 200
_AMOUNT = re.compile(r"[0-9]{1,78}(?:\.([0-9]{1,78}))?", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]*)?", re.ASCII)
_ZONE = re.compile(r"(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})$")
_FINE = frozenset({"", "success", "confirmed", "successful", "true", "ok", "1"})


class ExplorerRow(NamedTuple):
    """A transfer as an export tells it; amounts in base units, seconds UTC."""

    block: int
    second: int
    tx: bytes
    kind: int
    token: bytes
    source: bytes
    to: bytes
    amount: int


class ExplorerRows:
    """Reads files of one chain; what is dropped or doubted goes into the report.

    Parameters
    ----------
    chain : str
        CAIP-2.
    report : SourceReport
    """

    def __init__(self, chain: str, report: SourceReport) -> None:
        self._chain = chain
        self._report = report
        self._flagged: set[bytes] = set()

    def read(self, path: Path) -> Iterator[tuple[bytes, ExplorerRow]]:
        """Give a file's transfers, each with the hash of its whole row.

        Raises
        ------
        InputError
            If a row cannot be read exactly; its file and number are named.
        """
        csv.field_size_limit(MOST_CELL)
        n = 1
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                lines = csv.reader(file)
                names = explorer_columns(next(lines, []), path)
                for cells in lines:
                    n += 1
                    if not any(cells):
                        continue
                    row = {
                        word: cells[i].strip() if i < len(cells) else ""
                        for word, i in names.items()
                    }
                    made = self._row(row, f"{path.name}, row {n}")
                    if made is not None:
                        yield hashlib.sha256("\0".join(cells).encode()).digest(), made
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(
                f"not readable: {error}", f"{path.name}, row {n}"
            ) from error
        except DalilError as error:
            message = f"{path.name}, row {n}: {error.message}"
            raise type(error)(message, error.value) from error

    def _row(self, row: dict[str, str], where: str) -> ExplorerRow | None:
        if row.get("status", "").lower() not in _FINE:
            self._report.n_failed += 1
            return None
        if row.get("tokenid", "").isdigit() and not row.get("contract"):
            self._report.note(where, "a TRC-10 asset or a single piece; left out")
            return None
        second = self._second(row)
        block = (
            decimal_of(row["block"].replace(",", ""), 1 << 40)
            if row.get("block")
            else second
        )
        kind, token = self._token(row)
        return ExplorerRow(
            block,
            second,
            hash_of(row["hash"]),
            kind,
            token,
            self._account(row["source"]),
            self._account(row["to"]) if row["to"] else NOBODY,
            self._amount(row, kind, token),
        )

    def _second(self, row: dict[str, str]) -> int:
        """Read a time; one without a zone only of a column that says UTC."""
        if (told := row.get("second", "")).isdigit():
            number = decimal_of(told)
            return number // 1000 if number > 1 << 35 else number
        if row.get("time"):
            return second_of(row["time"])
        text = row.get("zoned") or told
        if not _ZONE.search(text):
            raise InputError("a time whose zone nothing tells", clip(text))
        return second_of(text)

    def _account(self, text: str) -> bytes:
        if self._chain in tron.NETWORKS:
            return tron.decode_address(text)
        return evm.decode_address(text)

    def _token(self, row: dict[str, str]) -> tuple[int, bytes]:
        contract, symbol = row.get("contract", ""), row.get("symbol", "")
        coin = "TRX" if self._chain in tron.NETWORKS else "ETH"
        if not contract:
            if symbol.upper() not in ("", coin):
                raise InputError(
                    "a token is its contract, and none is here", clip(symbol)
                )
            return TokenKind.NATIVE, NOBODY
        key = self._account(contract)
        if is_look_alike(self._chain, key, symbol):
            self._report.n_look_alikes += 1
            if key not in self._flagged:
                self._flagged.add(key)
                name = token_caip19(self._chain, TokenKind.CONTRACT, key)
                self._report.note(
                    name, f"bears the symbol {clip(symbol)}, and is not it"
                )
        return TokenKind.CONTRACT, key

    def _amount(self, row: dict[str, str], kind: int, token: bytes) -> int:
        """Read an amount of whole tokens into base units, exactly.

        Raises
        ------
        InputError
            If the decimals are not known, or there are more digits than them.
        """
        known = known_token(self._chain, kind, token)
        name = token_caip19(self._chain, kind, token)
        if known is not None:
            decimals = known.decimals
        elif row.get("decimals"):
            decimals = decimal_of(row["decimals"], 77)
        else:
            raise InputError("nothing tells this token's decimals", name)
        self._report.decimals.setdefault(name, (row.get("symbol", "")[:80], decimals))
        if self._report.decimals[name][1] != decimals:
            raise InputError("a token with two numbers of decimals", name)
        return _base_units(row["amount"], decimals)


def _base_units(text: str, decimals: int) -> int:
    if len(text) > _LONGEST_AMOUNT:
        raise InputError("not an amount", clip(text))
    if "," in text:
        if not _GROUPED.fullmatch(text):
            raise InputError("not an amount", clip(text))
        text = text.replace(",", "")
    match = _AMOUNT.fullmatch(text.removesuffix("."))
    if match is None:
        raise InputError("not an amount", clip(text))
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if len(part) > decimals:
        raise InputError(f"more digits than {decimals} decimals", clip(text))
    return decimal_of(int(whole + part.ljust(decimals, "0")))
