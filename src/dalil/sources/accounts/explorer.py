"""CSV files of block explorers: what people export from Tronscan and Etherscan.

They are made for reading. Columns vary, amounts are in whole tokens with commas,
times are of some zone, rows come twice where exports overlap, and spam stands
between the rest. None of it is in any hash.
"""

from __future__ import annotations

import csv
import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from dalil.chains import evm, tron
from dalil.chains.accounts import NO_LOG, NOBODY, TokenKind, TransferKind, TxStatus
from dalil.chains.tokens import is_look_alike, known_token, token_caip19
from dalil.errors import DalilError, InputError, LimitError
from dalil.sources.accounts.grouping import grouped, unheld
from dalil.sources.accounts.numbers import clip, decimal_of, hash_of, second_of
from dalil.sources.accounts.report import SourceReport
from dalil.sources.accounts.shaping import BlockRows, TransferRow, TxRows
from dalil.sources.accounts.tables import files_under

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress

__all__ = ["ExplorerFiles"]

_MOST_ROWS = 2_000_000
_MOST_CELL = 1 << 20
_ETHEREUM = "eip155:1"
_PLAIN = re.compile(r"[^a-z0-9]+")
_AMOUNT = re.compile(r"[0-9]{1,78}(?:\.([0-9]{1,78}))?", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]*)?", re.ASCII)
_ZONE = re.compile(r"(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})$")
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
_FINE = frozenset({"", "success", "confirmed", "successful", "true", "ok", "1"})


class _Row(NamedTuple):
    block: int
    second: int
    tx: bytes
    kind: int
    token: bytes
    source: bytes
    to: bytes
    amount: int


class ExplorerFiles:
    """Exports of one chain.

    Parameters
    ----------
    paths : sequence of Path
        Files, or folders of ``.csv`` files.
    chain : str, optional
        CAIP-2; by default TRON where addresses begin with T, else Ethereum.
    first, last : int, optional
        Blocks outside are passed over.

    Notes
    -----
    Without a column of block numbers, each second stands for a block and is its
    number. Rows of a transaction keep the order of the file that told them.
    """

    kind = "tronscan"

    def __init__(
        self,
        paths: Sequence[Path],
        chain: str | None = None,
        *,
        first: int | None = None,
        last: int | None = None,
    ) -> None:
        self.report = SourceReport()
        self._paths = files_under(paths, "csv")
        self._first, self._last = first or 0, last
        self._told: str | None = chain
        self._flagged: set[bytes] = set()

    @property
    def chain(self) -> str:
        """CAIP-2."""
        if self._told is None:
            self._told = _chain_of(self._paths)
        return self._told

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give the rows in the order of the chain; see `AccountSource`."""
        blocks = unheld(self._blocks(), after, known)
        yield from grouped(
            self.chain, blocks, self.report, progress, after=after, sparse=True
        )

    def _blocks(self) -> Iterator[BlockRows]:
        """Sort rows; drop those a second export tells again.

        One file may well tell two equal transfers of one transaction, which
        are two. So a row is dropped only beyond the most that one file has.
        """
        merged: dict[_Row, int] = {}
        total = 0
        for path in self._paths:
            once: dict[_Row, int] = {}
            whole: set[bytes] = set()
            for digest, row in self._rows(path):
                if digest in whole:
                    self.report.n_duplicates_dropped += 1
                    continue
                whole.add(digest)
                once[row] = once.get(row, 0) + 1
                total += 1
                if total > _MOST_ROWS:
                    raise LimitError("too many rows for an export", _MOST_ROWS)
            for row, n in once.items():
                held = merged.get(row, 0)
                self.report.n_duplicates_dropped += min(held, n)
                merged[row] = max(held, n)
        yield from self._grouped([r for r, n in merged.items() for _ in range(n)])

    def _grouped(self, rows: list[_Row]) -> Iterator[BlockRows]:
        at: dict[int, BlockRows] = {}
        txs: dict[bytes, tuple[int, TxRows]] = {}
        for row in rows:
            if row.block < self._first or (
                self._last is not None and row.block > self._last
            ):
                continue
            block = at.setdefault(row.block, BlockRows(row.block, time=row.second))
            if block.time != row.second:
                raise InputError("one block has two times", row.block)
            if row.tx not in txs:
                txs[row.tx] = (row.block, TxRows(row.tx, status=TxStatus.UNTOLD))
                block.txs.append(txs[row.tx][1])
            number, tx = txs[row.tx]
            if number != row.block:
                raise InputError("a transaction stands in two blocks", row.tx.hex())
            tx.transfers.append(
                TransferRow(
                    TransferKind.TOKEN if row.kind else TransferKind.NATIVE,
                    row.kind,
                    row.token,
                    row.source,
                    row.to,
                    len(tx.transfers) if row.kind else NO_LOG,
                    row.amount,
                )
            )
        for number in sorted(at):
            at[number].txs.sort(key=lambda tx: tx.hash)
            yield at[number]

    def _rows(self, path: Path) -> Iterator[tuple[bytes, _Row]]:
        csv.field_size_limit(_MOST_CELL)
        n = 1
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                lines = csv.reader(file)
                names = _columns(next(lines, []), path)
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

    def _row(self, row: dict[str, str], where: str) -> _Row | None:
        if row.get("status", "").lower() not in _FINE:
            self.report.n_failed += 1
            return None
        if row.get("tokenid", "").isdigit() and not row.get("contract"):
            self.report.note(where, "a TRC-10 asset or a single piece; left out")
            return None
        second = self._second(row)
        block = (
            decimal_of(row["block"].replace(",", ""), 1 << 40)
            if row.get("block")
            else second
        )
        kind, token = self._token(row)
        return _Row(
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
        if self.chain in tron.NETWORKS:
            return tron.decode_address(text)
        return evm.decode_address(text)

    def _token(self, row: dict[str, str]) -> tuple[int, bytes]:
        contract, symbol = row.get("contract", ""), row.get("symbol", "")
        coin = "TRX" if self.chain in tron.NETWORKS else "ETH"
        if not contract:
            if symbol.upper() not in ("", coin):
                raise InputError(
                    "a token is its contract, and none is here", clip(symbol)
                )
            return TokenKind.NATIVE, NOBODY
        key = self._account(contract)
        if is_look_alike(self.chain, key, symbol):
            self.report.n_look_alikes += 1
            if key not in self._flagged:
                self._flagged.add(key)
                name = token_caip19(self.chain, TokenKind.CONTRACT, key)
                self.report.note(
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
        known = known_token(self.chain, kind, token)
        name = token_caip19(self.chain, kind, token)
        if known is not None:
            decimals = known.decimals
        elif row.get("decimals"):
            decimals = decimal_of(row["decimals"], 77)
        else:
            raise InputError("nothing tells this token's decimals", name)
        self.report.decimals.setdefault(name, (row.get("symbol", "")[:80], decimals))
        if self.report.decimals[name][1] != decimals:
            raise InputError("a token with two numbers of decimals", name)
        text = row["amount"]
        if len(text) > 200:
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


def _columns(header: list[str], path: Path) -> dict[str, int]:
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


def _chain_of(paths: Sequence[Path]) -> str:
    """Guess a chain by how addresses are spelled: TRON's begin with T."""
    csv.field_size_limit(_MOST_CELL)
    for path in paths:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            lines = csv.reader(file)
            try:
                names = _columns(next(lines, []), path)
                for cells in lines:
                    if len(cells) > names["source"]:
                        on_tron = cells[names["source"]].strip().startswith("T")
                        return tron.CAIP2 if on_tron else _ETHEREUM
            except csv.Error as error:
                where = f"{path.name}, row {lines.line_num}"
                raise InputError(f"not readable: {error}", where) from error
    return _ETHEREUM
