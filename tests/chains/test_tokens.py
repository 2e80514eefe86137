"""Tokens by contract: names, known contracts, and those that look like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains import evm, tron
from dalil.chains.accounts import NOBODY, TokenKind
from dalil.chains.tokens import (
    is_look_alike,
    known_token,
    parse_token,
    token_caip19,
)
from dalil.errors import AddressError

ETHEREUM = "eip155:1"
TRON = tron.CAIP2
USDT_ETHEREUM = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
USDT_TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
keys = st.binary(min_size=20, max_size=20)

KNOWN = [
    ("USDT on Ethereum", ETHEREUM, USDT_ETHEREUM, "USDT", 6, True),
    ("USDT on TRON", TRON, USDT_TRON, "USDT", 6, True),
    ("USDC on TRON", TRON, "TEkxiTehnzSmSe2XqrBj4w32RUN966rdz8", "USDC", 6, True),
    ("wrapped ether moves without transfers", ETHEREUM, "WETH", "WETH", 18, False),
    ("staked ether changes by itself", ETHEREUM, "stETH", "stETH", 18, False),
    ("ether comes from rewards too", ETHEREUM, "eth", "ETH", 18, False),
]


@pytest.mark.parametrize(
    ("chain", "text", "symbol", "decimals", "plain"),
    [row[1:] for row in KNOWN],
    ids=[row[0] for row in KNOWN],
)
def test_a_known_token(
    chain: str, text: str, symbol: str, decimals: int, *, plain: bool
) -> None:
    token = known_token(chain, *parse_token(text, chain))
    assert token is not None
    assert (token.symbol, token.decimals, token.plain) == (symbol, decimals, plain)
    assert token.source.startswith("https://")
    assert parse_token(token.caip19, chain) == parse_token(text, chain)


SPELLINGS = [
    ("its symbol", "usdt"),
    ("base58", USDT_TRON),
    ("node's hex", "41a614f803b6fd780986a42c78ec9c7f77e6ded13c"),
    ("hex of an EVM", "0xa614f803B6FD780986A42c78Ec9c7f77e6DeD13C"),
    ("node's hex with a prefix", "0x41a614f803b6fd780986a42c78ec9c7f77e6ded13c"),
    ("CAIP-19", f"{TRON}/trc20:{USDT_TRON}"),
]


@pytest.mark.parametrize(
    "text", [row[1] for row in SPELLINGS], ids=[row[0] for row in SPELLINGS]
)
def test_a_contract_in_any_spelling(text: str) -> None:
    kind, key = parse_token(text, TRON)
    assert token_caip19(TRON, kind, key) == f"{TRON}/trc20:{USDT_TRON}"


@given(keys, st.sampled_from([ETHEREUM, TRON, "eip155:31337"]))
def test_names_and_keys_are_one_to_one(key: bytes, chain: str) -> None:
    name = token_caip19(chain, TokenKind.CONTRACT, key)
    assert parse_token(name, chain) == (TokenKind.CONTRACT, key)


@given(st.integers(1, 10**18))
def test_an_asset_is_its_number(number: int) -> None:
    key = number.to_bytes(20, "big")
    name = token_caip19(TRON, TokenKind.ASSET, key)
    assert name == f"{TRON}/trc10:{number}"
    assert parse_token(name, TRON) == (TokenKind.ASSET, key)


REFUSED = [
    ("a token of another chain", f"{ETHEREUM}/erc20:{USDT_ETHEREUM}", TRON),
    ("a symbol no table knows", "USDX", ETHEREUM),
    ("a symbol of another chain", "USDD", ETHEREUM),
    ("an asset where there are none", f"{ETHEREUM}/trc10:1", ETHEREUM),
    ("an asset with zeros ahead", f"{TRON}/trc10:01", TRON),
    ("the coin by another number", f"{TRON}/slip44:60", TRON),
    ("a contract with a slip", f"{TRON}/trc20:{USDT_TRON[:-1]}s", TRON),
    ("case that fails its checksum", USDT_ETHEREUM.replace("dA", "Da"), ETHEREUM),
    ("nothing", "", TRON),
    ("a chain without accounts", "USDT", "bip122:000000000019d6689c085ae165831e93"),
    ("ten million letters", "A" * 10**7, TRON),
    ("a number of ten million digits", f"{TRON}/trc10:" + "9" * 10**7, TRON),
]


@pytest.mark.parametrize(
    ("text", "chain"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_no_token(text: str, chain: str) -> None:
    with pytest.raises(AddressError):
        parse_token(text, chain)


LOOK_ALIKES = [
    ("the very same letters", "USDT"),
    ("small letters", "usdt"),
    ("Cyrillic S", "U\u0405DT"),
    ("Cyrillic T", "USD\u0422"),
    ("full width", "\uff35\uff33\uff24\uff34"),
    ("a mark that does not show", "US\u200bDT"),
    ("spaces and dots", " U.S.D.T. "),
    ("a digit for S", "U5DT"),
    ("the sign of the tugrik", "USD₮"),
    ("another table's coin", "TRX"),
    ("a small L among capitals", "DAl"),
    ("ether spelt with a Greek letter", "\u0395TH"),
]


@pytest.mark.parametrize(
    "symbol", [row[1] for row in LOOK_ALIKES], ids=[row[0] for row in LOOK_ALIKES]
)
def test_a_look_alike(symbol: str) -> None:
    other = bytes(19) + b"\x01"
    assert is_look_alike(TRON, other, symbol)
    assert is_look_alike(ETHEREUM, other, symbol)


def test_the_contract_itself_is_no_look_alike() -> None:
    assert not is_look_alike(TRON, tron.decode_address(USDT_TRON), "USDT")
    assert not is_look_alike(ETHEREUM, evm.decode_address(USDT_ETHEREUM), "USD₮")
    swapped = evm.decode_address(USDT_ETHEREUM)
    assert is_look_alike(TRON, swapped, "USDT"), "known there, not here"


@pytest.mark.parametrize(
    "symbol", ["", "SHIB", "aUSDT", "LP", "DAL", "dal", "₮" * 10**6]
)
def test_other_symbols_are_not_judged(symbol: str) -> None:
    assert not is_look_alike(ETHEREUM, NOBODY, symbol)
