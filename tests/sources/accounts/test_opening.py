"""``KIND:PLACE``: what is asked for reaches the source, and nonsense is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dalil.chains.accounts import TransferKind
from dalil.errors import UsageError
from dalil.progress import silent
from dalil.sources.accounts import open_source
from tests.sources.accounts.servers import TOKEN, EvmChain, NodeServer, hexed

if TYPE_CHECKING:
    from pathlib import Path

USDT_LIKE = hexed(TOKEN)
TRANSFERS = (
    "token_address,from_address,to_address,value,transaction_hash,log_index,"
    "block_number\n"
)
NONSENSE: dict[str, tuple[str, dict[str, Any], str]] = {
    "no kind": ("file.csv", {}, "a source is one of"),
    "no place": ("csv:", {}, "a source is one of"),
    "a chain of outputs": ("csv:a", {"chain": "bip122:00"}, "not an account chain"),
    "a chain of another kind": ("tron-json:a", {"chain": "eip155:1"}, "TRON"),
    "an end before its start": ("csv:a", {"first": 2, "last": 1}, "behind the last"),
    "one token of a file": ("csv:a", {"token": USDT_LIKE}, "only a node"),
    "traces of a file": ("tron-json:a", {"traces": True}, "only a node"),
    "traces of TRON": ("tron:http://127.0.0.1", {"traces": True}, "/jsonrpc"),
}


def nothing(_height: int) -> bytes | None:
    return None


@pytest.mark.parametrize(("spec", "asked", "says"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused(spec: str, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        open_source(spec, **asked)


def test_two_nodes_are_not_one_source() -> None:
    with pytest.raises(UsageError, match="one node"):
        open_source("rpc:http://127.0.0.1", "http://127.0.0.2")


@pytest.mark.parametrize(
    "url",
    [
        "http://node.example",
        "ftp://127.0.0.1",
        "http://u:p@127.0.0.1",
        "127.0.0.1",
        "http://[::1",
    ],
)
def test_places_nobody_should_ask_are_refused(url: str) -> None:
    with pytest.raises(UsageError):
        open_source(f"rpc:{url}")


@pytest.mark.parametrize("token", [None, USDT_LIKE], ids=["every block", "one token"])
def test_options_reach_the_node_that_is_opened(token: str | None) -> None:
    chain = EvmChain(12)
    with NodeServer(chain) as server:
        opened = open_source(f"rpc:{server.url}", token=token, first=3, last=7)
        batches = list(opened.batches(None, nothing, silent))
    assert {n for batch in batches for n in batch.block_number} == {3, 4, 5, 6, 7}
    kinds = {TransferKind(k) for batch in batches for k in batch.transfer_kind}
    assert (kinds == {TransferKind.TOKEN}) is (token is not None)


@pytest.mark.parametrize("kind", ["csv", "tronscan-csv", "tron-json", "rpc", "tron"])
def test_an_option_that_nobody_knows_is_refused(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "file.csv"
    place.write_text(TRANSFERS, encoding="utf-8")
    where = "http://127.0.0.1:1" if kind in ("rpc", "tron") else place
    asked: dict[str, Any] = {"lst": 5}
    with pytest.raises(TypeError, match="lst"):
        open_source(f"{kind}:{where}", **asked)
