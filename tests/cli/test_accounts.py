"""The commands on a ledger of accounts, from a file of transfers to an answer.

EXERCISE / تمرين: invented parties on a test network's chain.
"""

from __future__ import annotations

import csv
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.evm import encode_address
from dalil.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

CHAIN = "eip155:31337"
TOKEN = encode_address(b"\x77" * 20)
NOBODY = "0x" + "00" * 20
COLUMNS = (
    "token_address,from_address,to_address,value,transaction_hash,log_index,"
    "block_number,block_timestamp"
)


def who(n: int) -> str:
    return encode_address(bytes([n]) * 20)


DONORS, POOL, COLLECTOR, LISTED = who(1), [who(n) for n in (2, 3, 4)], who(5), who(6)
PAYMENTS = [
    (NOBODY, DONORS, 1_000_000),
    *[(DONORS, address, 100_000 + n) for n, address in enumerate(POOL)],
    *[(address, COLLECTOR, 100_000 + n) for n, address in enumerate(POOL)],
    (COLLECTOR, LISTED, 250_000),
]


def said(*arguments: object) -> tuple[int, str]:
    """Run a command; its exit code, and what it printed anywhere."""
    out, code = io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(out):
        try:
            main([*map(str, arguments)])
        except SystemExit as done:
            code = int(done.code or 0)
    return code, out.getvalue()


def run(*arguments: object) -> Any:
    out = io.StringIO()
    with redirect_stdout(out):
        main([*map(str, arguments), "--json"])
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("accounts")
    with (folder / "token_transfers.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS.split(","))
        for n, (source, to, value) in enumerate(PAYMENTS):
            txid = f"0x{n + 1:064x}"
            time = 1_700_000_000 + 600 * n
            rows.writerow([TOKEN, source, to, value, txid, 0, n, time])
    made = run(
        *("ledger", "build", folder / "ledger", "--chain", CHAIN),
        *("--source", f"csv:{folder / 'token_transfers.csv'}"),
    )
    assert made["n_transfers"] == len(PAYMENTS)
    return folder / "ledger"


def test_info_counts_what_the_file_held(ledger: Path) -> None:
    told = run("ledger", "info", ledger)
    assert told["chain"] == CHAIN
    assert (told["n_transfers"], told["n_tokens"]) == (len(PAYMENTS), 1)
    assert (told["n_duplicates_dropped"], told["gaps"]) == (0, [])
    assert run("ledger", "verify", ledger)["ok"]


def test_going_on_with_the_same_file_adds_nothing(ledger: Path) -> None:
    before = run("ledger", "info", ledger)["manifest_sha256"]
    source = f"csv:{ledger.parent / 'token_transfers.csv'}"
    again = run("ledger", "build", ledger, "--chain", CHAIN, "--source", source)
    assert again["manifest_sha256"] == before
    assert again["added"] == 0


def test_an_address_is_summed_up_by_token_in_decimal_strings(ledger: Path) -> None:
    (row,) = run("ledger", "address", ledger, COLLECTOR)["tokens"]
    assert row["token"] == f"{CHAIN}/erc20:{TOKEN}"
    assert (row["received_amount"], row["sent_amount"]) == ("300003", "250000")
    assert row["decimals"] is None
    page = run("ledger", "history", ledger, COLLECTOR, "--limit", 2)
    assert (page["n_transfers"], page["next"]) == (4, 2)
    assert [one["amount"] for one in page["transfers"]] == ["100000", "100001"]


def test_a_transaction_tells_its_transfers(ledger: Path) -> None:
    told = run("ledger", "tx", ledger, f"0x{len(PAYMENTS):064x}")
    (moved,) = told["transfers"]
    assert (moved["from"], moved["to"], moved["amount"]) == (
        COLLECTOR,
        LISTED,
        "250000",
    )


def test_a_trace_bounds_what_came_to_a_name(ledger: Path) -> None:
    asked = [f"Listed wallet={LISTED}"]
    told = run("trace", "forward", ledger, "--from", *POOL, "--to", *asked)
    assert told["token"] == f"{CHAIN}/erc20:{TOKEN}"
    (target,) = told["targets"]
    assert target["name"] == "Listed wallet"
    assert target["upper_amount"] == "250000"
    assert target["seeds_total_amount"] == "300003"
    back = run("trace", "backward", ledger, "--from", LISTED, "--to", f"D={DONORS}")
    assert [one["name"] for one in back["targets"]] == ["D"]


def test_a_transfer_is_a_seed_by_its_name(ledger: Path) -> None:
    seed = f"0x{2:064x}:0"
    told = run("trace", "forward", ledger, "--from", seed)
    assert told["seeds"]["total_amount"] == "100000"


def test_a_link_says_its_rule_and_its_transfers(ledger: Path) -> None:
    told = run("cluster", "why", ledger, POOL[0], POOL[2])
    assert told["same_cluster"]
    assert {link["rule"] for link in told["links"]} == {"operational-wallet"}
    assert all(link["transfers"] for link in told["links"])
    members = run("cluster", "show", ledger, POOL[0])
    assert set(members["addresses"]) == {*POOL, COLLECTOR}
    nobody = run("cluster", "why", ledger, POOL[0], DONORS)
    assert not nobody["same_cluster"]


def test_patterns_find_the_pool_and_its_collector(ledger: Path) -> None:
    told = run("cluster", "patterns", ledger)
    (found,) = told["operational_wallets"]["collectors"]
    assert found["collector"] == COLLECTOR
    assert {one["address"] for one in found["addresses"]} == set(POOL)
    assert told["poisoning"]["n_transfers"] == 0


def test_every_answer_is_there_for_people_too(ledger: Path) -> None:
    for command in (
        ["ledger", "info", ledger],
        ["ledger", "address", ledger, COLLECTOR],
        ["ledger", "history", ledger, COLLECTOR],
        ["ledger", "tx", ledger, f"0x{1:064x}"],
        ["trace", "forward", ledger, "--from", POOL[0]],
        ["cluster", "show", ledger, POOL[0]],
        ["cluster", "why", ledger, POOL[0], POOL[1]],
        ["cluster", "patterns", ledger],
    ):
        code, told = said(*command)
        assert code == 0, told
        assert told.strip()


@pytest.mark.parametrize(
    ("why", "command"),
    [
        ("a token of no contract here", ["trace", "forward", "L", "--from", COLLECTOR, "--token", who(9)]),
        ("a transfer that is not there", ["trace", "forward", "L", "--from", "0x" + "9" * 64 + ":0"]),
        ("a transaction that is not there", ["ledger", "tx", "L", "0x" + "9" * 64]),
        ("a rule nobody knows", ["cluster", "why", "L", COLLECTOR, LISTED, "--rule", "hunch"]),
        ("blocks are for the other kind", ["ledger", "build", "L", "--blocks", "L"]),
        ("two kinds of source", ["ledger", "build", "L", "--source", "csv:a", "--source", "rpc:b"]),
        ("an option of accounts on blocks", ["ledger", "build", "M", "--blocks", "L", "--token", "USDT"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_in_words(
    why: str, command: list[str], ledger: Path, tmp_path: Path
) -> None:
    place = {"L": str(ledger), "M": str(tmp_path / "new")}
    code, told = said(*(place.get(word, word) for word in command))
    assert code not in (0, 1), (why, told)
    assert "Traceback" not in told
