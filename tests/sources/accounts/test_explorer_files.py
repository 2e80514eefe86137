"""CSV of block explorers: amounts exact, times of one zone, spam kept and flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dalil.chains import tron
from dalil.chains.accounts import TokenKind, whole
from dalil.errors import DalilError
from dalil.progress import silent
from dalil.sources.accounts import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.chains.accounts import AccountBatch
    from dalil.sources.accounts import SourceReport

USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
A, B, FAKE = (tron.encode_address(bytes([n]) * 20) for n in (1, 2, 3))
SCAN = "Txhash,Blockno,UnixTimestamp,From,To,TokenValue,ContractAddress,TokenSymbol\n"


def line(n: int, amount: str, second: int = 1_700_000_000, **more: str) -> str:
    contract, symbol = more.get("contract", USDT), more.get("symbol", "USDT")
    return f'{n:064x},{7 + n},{second + 3 * n},{A},{B},"{amount}",{contract},{symbol}\n'


def read(folder: Path, *texts: str) -> tuple[list[AccountBatch], SourceReport]:
    for i, text in enumerate(texts):
        (folder / f"{i}.csv").write_text(text)
    source = open_source(f"tronscan-csv:{folder}")
    return list(source.batches(None, lambda _: None, silent)), source.report


def amounts(batches: list[AccountBatch]) -> list[int]:
    return [amount for b in batches for amount in whole(b.transfer_amount)]


def test_whole_tokens_become_base_units_exactly(tmp_path: Path) -> None:
    told = ["1,234.5", "0.000001", "12", "1,000,000", "7.", "0"]
    text = SCAN + "".join(line(n, amount) for n, amount in enumerate(told))
    batches, report = read(tmp_path, text)
    assert amounts(batches) == [1_234_500_000, 1, 12_000_000, 10**12, 7_000_000, 0]
    assert batches[0].chain == tron.CAIP2
    assert not batches[0].contiguous
    assert report.decimals == {f"{tron.CAIP2}/trc20:{USDT}": ("USDT", 6)}


def test_exports_that_overlap_tell_each_transfer_once(tmp_path: Path) -> None:
    first = SCAN + line(1, "5") + line(2, "6")
    batches, report = read(tmp_path, first, SCAN + line(2, "6.0") + line(3, "7"))
    assert amounts(batches) == [5_000_000, 6_000_000, 7_000_000]
    assert report.n_duplicates_dropped == 1


def test_a_row_twice_in_one_file_is_one(tmp_path: Path) -> None:
    batches, report = read(tmp_path, SCAN + line(1, "5") * 2)
    assert amounts(batches) == [5_000_000]
    assert report.n_duplicates_dropped == 1


def test_zones_of_columns_and_of_values_come_to_one_time(tmp_path: Path) -> None:
    head = "Transaction Hash,Block,{},From,To,Quantity,ContractAddress,TokenSymbol\n"

    def at(name: str, time: str, n: int) -> str:
        return head.format(name) + f"{n:064x},{n},{time},{A},{B},1,{USDT},USDT\n"

    batches, _ = read(
        tmp_path,
        at("DateTime (UTC)", "2023-11-14 22:13:20", 1),
        at("Time", "2023-11-15 01:13:20+03:00", 2),
        at("Time(UTC)", "2023-11-14T22:13:20Z", 3),
        at("UnixTimestamp", "1700000000", 4),
        at("Timestamp", "1700000000000", 5),
    )
    assert batches[0].block_time.tolist() == [1_700_000_000] * 5


def test_spam_is_kept_and_flagged(tmp_path: Path) -> None:
    head = SCAN.replace("TokenSymbol", "TokenSymbol,TokenDecimal")
    fake = line(1, "900", contract=FAKE, symbol="USD\u0422").strip() + ",6\n"
    true = line(2, "5").strip() + ",6\n"
    batches, report = read(tmp_path, head + fake + true)
    assert amounts(batches) == [900_000_000, 5_000_000]
    assert report.n_look_alikes == 1
    assert FAKE in report.notes[0].where


def test_what_the_source_says_of_a_known_token_is_not_believed(tmp_path: Path) -> None:
    head = SCAN.replace("TokenSymbol", "TokenSymbol,TokenDecimal")
    batches, _ = read(tmp_path, head + line(1, "5").strip() + ",18\n")
    assert amounts(batches) == [5_000_000]


def test_failed_rows_are_counted_and_move_nothing(tmp_path: Path) -> None:
    head = SCAN.replace("TokenSymbol", "TokenSymbol,Status")
    rows = [
        line(n, "5").strip() + f",{s}\n" for n, s in enumerate(["SUCCESS", "REVERT"])
    ]
    batches, report = read(tmp_path, head + "".join(rows))
    assert amounts(batches) == [5_000_000]
    assert report.n_failed == 1


def test_a_row_without_a_contract_is_the_coin_itself(tmp_path: Path) -> None:
    batches, _ = read(tmp_path, SCAN + line(1, "2.5", contract="", symbol="TRX"))
    assert amounts(batches) == [2_500_000]
    assert batches[0].transfer_token_kind.tolist() == [TokenKind.NATIVE]


REFUSED = {
    "decimals nobody tells": (SCAN + line(1, "5", contract=FAKE, symbol="SUN"), "decimals"),
    "a symbol without contract": (SCAN + line(1, "5", contract=""), "contract"),
    "more digits than decimals": (SCAN + line(1, "0.0000001"), "more digits"),
    "commas anywhere": (SCAN + line(1, "1,2,3"), "not an amount"),
    "a comma for a point": (SCAN + line(1, "1.234,5"), "not an amount"),
    "an amount below nothing": (SCAN + line(1, "-5"), "not an amount"),
    "an amount of 10^6 digits": (SCAN + line(1, "9" * 10**6), "not an amount|row 2"),
    "an amount of 10^7 digits": (SCAN + line(1, "9" * 10**7), "row"),
    "a time without a zone": (
        SCAN.replace("UnixTimestamp", "Time") + line(1, "5").replace("1700000003", "2023-11-14 22:13:20"),
        "zone",
    ),
    "an address with a slip": (SCAN + line(1, "5").replace(A, A[:-1] + "x"), "checksum|base58"),
    "a column missing": ("Txhash,From,To\n1,2,3\n", "without a column"),
    "one block of two times": (SCAN + line(1, "5") + line(2, "6").replace(",9,", ",8,"), "two times"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_for_sure_is_refused(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(DalilError, match=says):
        read(tmp_path, text)
