"""URLs, onion services, Telegram names, pages, URIs, explorers, txids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dalil.intake import extract
from tests.intake.corpus import ADDRESSES
from tests.intake.redo import onion_of, redo

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.intake import Indicator

ONION = onion_of(bytes(range(32)))
HEX = bytes(range(32)).hex()
EVM, A = ADDRESSES["EVM lower case"], ADDRESSES["regtest bech32"]
MAINNET, TRON = "bip122:000000000019d6689c085ae165831e93", "tron:0x2b6653dc"


def found_in(folder: Path, text: str) -> list[Indicator]:
    file = folder / "note.txt"
    file.write_text(text)
    found = extract(file).indicators
    for indicator in found:
        redo(file.read_bytes(), indicator.to_json())
    return list(found)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (
            "see https://Zinnia.Example/Path?q=1.",
            "url",
            "https://zinnia.example/Path?q=1",
        ),
        ("(https://zinnia.example/a_(b))", "url", "https://zinnia.example/a_(b)"),
        ("تمرينhttps://zinnia.exampleتمرين", "url", "https://zinnia.example"),
        ("hxxps://zinnia[.]example/x", "url", "https://zinnia.example/x"),
        ("h**p[:]//zinnia(dot)example", "url", "http://zinnia.example"),
        ("www.zinnia.example/x", "url", "https://www.zinnia.example/x"),
        ("zinnia[.]example", "url", "https://zinnia.example"),
        (
            "https://m.facebook.com/invented.page",
            "page",
            "https://m.facebook.com/invented.page",
        ),
        ("facebook.com/invented.page!", "page", "https://facebook.com/invented.page"),
        ("https://x.com/invented", "page", "https://x.com/invented"),
        ("https://t.me/Exercise_Zinnia/17", "telegram", "@exercise_zinnia"),
        ("t[.]me/s/exercise_zinnia", "telegram", "@exercise_zinnia"),
        ("https://t.me/+AbCdEfGhIjKlMnOp", "telegram", "+AbCdEfGhIjKlMnOp"),
        ("https://t.me/joinchat/AbCdEfGhIjKlMnOp", "telegram", "+AbCdEfGhIjKlMnOp"),
        ("tg://resolve?domain=Exercise_Zinnia", "telegram", "@exercise_zinnia"),
        ("قناتنا على تيليجرام @Exercise_Zinnia", "telegram", "@exercise_zinnia"),
        ("https://t.me/share/url?url=x", "url", "https://t.me/share/url?url=x"),
        ("write to @Exercise_Zinnia", "handle", "@exercise_zinnia"),
        ("mail Zinnia@Invented.Example now", "email", "zinnia@invented.example"),
        ("zinnia[at]invented[.]example", "email", "zinnia@invented.example"),
        (ONION, "onion", ONION),
        (ONION.upper().replace(".", "[.]"), "onion", ONION),
        (f"txid: {HEX}", "txid", HEX),
        (f"\n{HEX.upper()}\n", "txid", HEX),
    ],
)
def test_reads_as(text: str, kind: str, value: str, tmp_path: Path) -> None:
    assert [(i.kind, i.value) for i in found_in(tmp_path, text)] == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    ["file.name and e.g. this", "3.14 a.b", "x@", "@ab", "user@@name", f"sha256sum {HEX} file", "t.me",
     "a.onion", "http://", "main.py/", "12:30", "@137"],
)  # fmt: skip
def test_is_no_link(text: str, tmp_path: Path) -> None:
    assert found_in(tmp_path, text) == []


def test_an_onion_address_carries_its_own_checksum(tmp_path: Path) -> None:
    wrong = ("b" if ONION[0] == "a" else "a") + ONION[1:]
    old = "abcdefghijklmnop.onion"
    verdicts = {
        i.value: i.checksum for i in found_in(tmp_path, f"{ONION} {wrong} {old}")
    }
    assert verdicts == {ONION: "valid", wrong: "invalid", old: "none"}


def test_an_onion_url_is_both(tmp_path: Path) -> None:
    found = found_in(tmp_path, f"http://{ONION}/market")
    assert [(i.kind, i.value) for i in found] == [
        ("url", f"http://{ONION}/market"),
        ("onion", ONION),
    ]


@pytest.mark.parametrize(
    ("text", "chain", "basis"),
    [
        (f"https://etherscan.io/address/{EVM}", "eip155:1", "explorer"),
        (f"https://www.bscscan.com/address/{EVM}#tokentxns", "eip155:56", "explorer"),
        (f"hxxps://polygonscan[.]com/address/{EVM}", "eip155:137", "explorer"),
        (f"https://etherscan.example/address/{EVM}", None, None),
        (f"https://etherscan.io.invented.example/address/{EVM}", None, None),
        (f"ethereum:{EVM}?value=1e18", "eip155:1", "uri"),
        (f"ethereum:pay-{EVM}@137/transfer", "eip155:137", "uri"),
        (
            f"bitcoin:{ADDRESSES['mainnet bech32'].upper()}?amount=0.1&label=x",
            MAINNET,
            "form",
        ),
        (f"tron:{ADDRESSES['TRON']}", TRON, "form"),
        (f"https://tronscan.org/#/address/{ADDRESSES['TRON']}", TRON, "form"),
        (EVM, None, None),
        (ADDRESSES["testnet bech32"], None, None),
    ],
)
def test_the_chain_is_told_only_where_something_tells_it(
    text: str, chain: str | None, basis: str | None, tmp_path: Path
) -> None:
    (found,) = [i for i in found_in(tmp_path, text) if i.kind == "address"]
    assert (found.chain, found.chain_basis) == (chain, basis)
    assert chain is None or found.chains[0] == chain


def test_undecided_chains_are_listed(tmp_path: Path) -> None:
    by_value = {i.value: i for i in found_in(tmp_path, "\n".join(ADDRESSES.values()))}
    assert by_value[EVM].chains == ("eip155:*",)
    assert len(by_value[ADDRESSES["testnet bech32"]].chains) == 3
    assert len(by_value[ADDRESSES["testnet P2PKH"]].chains) == 4
    assert by_value[A].chain == "bip122:0f9188f13cb7b2c71f2a335e3a4fc328"


def test_a_uri_is_quoted_with_its_scheme(tmp_path: Path) -> None:
    (found,) = found_in(tmp_path, f"Bitcoin:{A.upper()}?amount=1")
    assert found.raw == f"Bitcoin:{A.upper()}"
    assert [s["op"] for s in found.steps] == ["decode", "uri_scheme", "lowercase"]
