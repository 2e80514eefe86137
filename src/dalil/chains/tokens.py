"""What is moved on account chains: names of tokens, and the few that are known.

A token is its contract. Its symbol is whatever the contract's author wrote, so
a symbol names a token here only where the table below knows the contract; any
other contract with such a symbol is a look-alike. Decimals and issuers of the
table were read from the issuers' own pages; the table is short on purpose.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from dalil.chains import evm, tron
from dalil.chains.accounts import NOBODY, TokenKind
from dalil.chains.repair import plain_letters
from dalil.errors import AddressError

__all__ = ["Token", "is_look_alike", "known_token", "parse_token", "token_caip19"]

_ETHEREUM = "eip155:1"
_CHAIN = re.compile(r"eip155:[1-9][0-9]{0,18}")
_NUMBER = re.compile(r"[1-9][0-9]{0,18}")
_MAX_TEXT = 256
_SPELT_WITH = str.maketrans(
    {"0": "O", "1": "I", "|": "I", "5": "S", "$": "S", "₮": "T", "₿": "B"}
)
"""What stands in a symbol for another letter, beside foreign alphabets."""


class Token(NamedTuple):
    """A token whose contract is known."""

    caip19: str
    symbol: str
    decimals: int
    plain: bool
    """Whether transfers, mints and burns are all that changes a balance, so that
    balances are their exact sums: no rebasing, no wrapping without a transfer."""
    issuer: str
    source: str
    """Where the issuer names the contract."""


_TETHER = "https://tether.to/en/supported-protocols"
_CIRCLE = "https://developers.circle.com/stablecoins/usdc-contract-addresses"
_LIDO = "https://docs.lido.fi/deployed-contracts"
_ETHER = "https://ethereum.org/whitepaper"
_TRON = "https://developers.tron.network"
_Row = tuple[str, str, int, bool, str, str]
_TABLE: dict[str, tuple[_Row, ...]] = {
    _ETHEREUM: (
        ("0xdAC17F958D2ee523a2206206994597C13D831ec7", "USDT", 6, True, "Tether",
         _TETHER),
        ("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "USDC", 6, True, "Circle",
         _CIRCLE),
        ("0x6B175474E89094C44Da98b954EedeAC495271d0F", "DAI", 18, True, "MakerDAO",
         "https://chainlog.sky.money"),
        ("0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599", "WBTC", 8, True, "BitGo",
         "https://wbtc.network"),
        ("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", "WETH", 18, False, "",
         "https://weth.io"),
        ("0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84", "stETH", 18, False, "Lido",
         _LIDO),
    ),
    tron.CAIP2: (
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "USDT", 6, True, "Tether", _TETHER),
        ("TEkxiTehnzSmSe2XqrBj4w32RUN966rdz8", "USDC", 6, True, "Circle", _CIRCLE),
        ("TPYmHEhy5n8TCEfYGqW2rPxsghSfzghPDn", "USDD", 18, True, "TRON DAO Reserve",
         "https://usdd.io"),
        ("TNUC9Qb1rRpS5CbWLmNMxXBjyFoydXjWFR", "WTRX", 6, False, "", "https://sun.io"),
    ),
}  # fmt: skip
"""WETH and WTRX wrap and unwrap without a Transfer; stETH rebases daily. USDC on
TRON has not been issued since February 2024 and still moves."""
_COINS: dict[str, _Row] = {
    _ETHEREUM: ("", "ETH", 18, False, "", _ETHER),
    **dict.fromkeys(tron.NETWORKS, ("", "TRX", 6, False, "", _TRON)),
}
"""Rewards to those who make blocks, and interest on stakes, are in no transfer."""


def known_token(chain: str, kind: int, key: bytes) -> Token | None:
    """Return what is known of a token, or None.

    Parameters
    ----------
    chain : str
        CAIP-2.
    kind : int
        `TokenKind`.
    key : bytes
        20 bytes.

    Examples
    --------
    >>> usdt = bytes.fromhex("dac17f958d2ee523a2206206994597c13d831ec7")
    >>> known_token("eip155:1", TokenKind.CONTRACT, usdt).symbol
    'USDT'
    >>> known_token("eip155:1", TokenKind.CONTRACT, bytes(19) + b"1") is None
    True
    """
    return _known().get((chain, kind, bytes(key)))


def token_caip19(chain: str, kind: int, key: bytes) -> str:
    """Name a token as CAIP-19 does, its contract spelt as its chain spells it.

    Raises
    ------
    AddressError
        If `chain` keeps no accounts, or `key` has another length than 20.

    Examples
    --------
    >>> token_caip19("tron:0x2b6653dc", TokenKind.ASSET, (1004937).to_bytes(20, "big"))
    'tron:0x2b6653dc/trc10:1004937'
    """
    on_tron = _is_tron(chain)
    if kind == TokenKind.NATIVE:
        return f"{chain}/slip44:{195 if on_tron else 60}"
    if kind == TokenKind.ASSET and on_tron and len(key) == 20:
        return f"{chain}/trc10:{int.from_bytes(key, 'big')}"
    if kind != TokenKind.CONTRACT:
        raise AddressError("not a kind of token of this chain", chain)
    if on_tron:
        return f"{chain}/trc20:{tron.encode_address(key)}"
    return f"{chain}/erc20:{evm.encode_address(key)}"


def parse_token(text: str, chain: str) -> tuple[int, bytes]:
    """Read a token's name into its kind and key.

    Takes CAIP-19, a contract in any spelling of its chain, or the symbol of the
    chain's own coin or of a token whose contract is known there.

    Raises
    ------
    AddressError
        If it is none of these, or a token of another chain.

    Examples
    --------
    >>> kind, key = parse_token("USDT", "tron:0x2b6653dc")
    >>> token_caip19("tron:0x2b6653dc", kind, key)
    'tron:0x2b6653dc/trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t'
    """
    on_tron = _is_tron(chain)
    if len(text) > _MAX_TEXT:
        raise AddressError("too long for a token's name", text[:40])
    if "/" in text:
        return _parse_caip19(text, chain)
    for (there, kind, key), token in _known().items():
        if there == chain and token.symbol.lower() == text.lower():
            return kind, key
    if text.upper() == ("TRX" if on_tron else "ETH"):
        return TokenKind.NATIVE, NOBODY
    try:
        return TokenKind.CONTRACT, _contract(text, on_tron=on_tron)
    except AddressError as error:
        message = f"neither a contract nor a known symbol ({error.message})"
        raise AddressError(message, text) from None


def is_look_alike(chain: str, key: bytes, symbol: str) -> bool:
    r"""Tell whether a contract bears a known token's symbol without being it.

    Letters of other alphabets, digits in letters' places, marks that do not
    show and case are seen through. What bears a symbol known on no table here
    is not judged: False does not say that a token is sound.

    Examples
    --------
    >>> is_look_alike("tron:0x2b6653dc", bytes(20), "U\u0405DT")
    True
    >>> is_look_alike("tron:0x2b6653dc", bytes(20), "SUN")
    False
    """
    if known_token(chain, TokenKind.CONTRACT, key) is not None:
        return False
    return _shown(symbol[:_MAX_TEXT]) in _known_symbols()


def _parse_caip19(text: str, chain: str) -> tuple[int, bytes]:
    there, _, asset = text.partition("/")
    if there != chain:
        raise AddressError(f"a token of another chain than {chain}", text)
    space, _, reference = asset.partition(":")
    on_tron = _is_tron(chain)
    if space == "slip44" and reference == ("195" if on_tron else "60"):
        return TokenKind.NATIVE, NOBODY
    if space == ("trc20" if on_tron else "erc20"):
        return TokenKind.CONTRACT, _contract(reference, on_tron=on_tron)
    if space == "trc10" and on_tron and _NUMBER.fullmatch(reference):
        return TokenKind.ASSET, int(reference).to_bytes(20, "big")
    raise AddressError("not an asset of this chain", text)


def _contract(text: str, *, on_tron: bool) -> bytes:
    if on_tron and not text.lower().startswith("0x"):
        return tron.decode_address(text)
    if on_tron and len(text) == 44:
        return tron.decode_address(text)
    return evm.decode_address(text)


def _is_tron(chain: str) -> bool:
    if chain in tron.NETWORKS:
        return True
    if _CHAIN.fullmatch(chain):
        return False
    raise AddressError("not a chain that keeps accounts", chain)


def _shown(symbol: str) -> str:
    plain = plain_letters(symbol)
    if plain != plain.lower():  # beside capitals, a small L passes for one
        plain = plain.replace("l", "I")
    upper = plain.upper().translate(_SPELT_WITH)
    return "".join(letter for letter in upper if letter.isalnum())


@cache
def _known() -> dict[tuple[str, int, bytes], Token]:
    """Lay the table out by (chain, kind, key), contracts' checksums checked."""
    found = {}
    for chain, rows in _TABLE.items():
        for row in rows:
            key = _contract(row[0], on_tron=_is_tron(chain))
            caip19 = token_caip19(chain, TokenKind.CONTRACT, key)
            found[chain, int(TokenKind.CONTRACT), key] = Token(caip19, *row[1:])
    for chain, row in _COINS.items():
        caip19 = token_caip19(chain, TokenKind.NATIVE, NOBODY)
        found[chain, int(TokenKind.NATIVE), NOBODY] = Token(caip19, *row[1:])
    return found


@cache
def _known_symbols() -> frozenset[str]:
    """Known symbols of all chains: on any of them, another bearer deceives."""
    return frozenset(_shown(token.symbol) for token in _known().values())
