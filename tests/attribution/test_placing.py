"""From a printed address and its currency to the account: checked, never repaired."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.attribution.placing import place
from dalil.chains import bech32, evm, tron
from dalil.chains.base58 import b58check_encode
from dalil.chains.bitcoin.networks import MAINNET, REGTEST

LEGACY = b58check_encode(bytes(21))
ON_REGTEST = bech32.encode("bcrt", 0, bytes(20))
ON_TRON = tron.encode_address(bytes(20))
ON_EVM = evm.encode_address(b"\xab" * 20)


@dataclass(frozen=True)
class Case:
    why: str
    printed: str
    currency: str | None
    address: str
    chains: tuple[str, ...] = ()
    checksum: str = "unchecked"
    problem: str | None = None
    refused: bool = False


MAIN = (MAINNET.caip2,)
CASES = [
    Case("Bitcoin by its ticker", LEGACY, "BTC", LEGACY, MAIN, "valid"),
    Case("Bitcoin by OFAC's ticker", LEGACY, " xbt ", LEGACY, MAIN, "valid"),
    Case("Bitcoin by its form alone", LEGACY, None, LEGACY, MAIN, "valid"),
    Case("the exercise's network", ON_REGTEST, "BTC", ON_REGTEST, (REGTEST.caip2,), "valid"),
    Case("Omni's dollars are on Bitcoin", LEGACY, "USDT", LEGACY, MAIN, "valid"),
    Case("TRON's dollars are on TRON", ON_TRON, "USDT", ON_TRON, tron.NETWORKS, "valid"),
    Case("Ethereum is one EVM chain", ON_EVM, "ETH", ON_EVM, ("eip155:1",), "valid"),
    Case("no checksum, told", ON_EVM.lower(), "ETH", ON_EVM, ("eip155:1",), "none"),
    Case("dollars on some EVM chain", ON_EVM, "USDC", ON_EVM, ("eip155:*",), "valid"),
    Case("a token of unknown home", ON_EVM, "KCS", ON_EVM, ("eip155:*",), "valid"),
    Case("space is taken off, and told", LEGACY + " ", "BTC", LEGACY, MAIN, "valid", "trimmed"),
    Case("another chain's address is kept there, and told",
         ON_TRON, "BTC", ON_TRON, tron.NETWORKS, "valid", "other_chain"),
    Case("a fork's address is not Bitcoin's", LEGACY, "BCH", LEGACY, problem="unchecked"),
    Case("Litecoin's 3 is not Bitcoin's", b58check_encode(b"\x05" + bytes(20)), "LTC",
         b58check_encode(b"\x05" + bytes(20)), problem="unchecked"),
    Case("no codec, kept as printed", "rExercise", "XRP", "rExercise", problem="unchecked"),
    Case("another chain's own case rule", ON_EVM.swapcase().replace("0X", "0x"), "ZIL",
         ON_EVM.swapcase().replace("0X", "0x"), problem="unchecked"),
    Case("an AVAX address that is not EVM's", "X-avax1exercise", "AVAX", "X-avax1exercise",
         problem="unchecked"),
    Case("a slip", LEGACY[:-1] + "3", "BTC", LEGACY[:-1] + "3", problem="bad_checksum",
         refused=True),
    Case("a slip, no ticker", LEGACY[:-1] + "3", None, LEGACY[:-1] + "3",
         problem="bad_checksum", refused=True),
    Case("capitals lost", ON_TRON.lower(), "TRX", ON_TRON.lower(), problem="case_lost",
         refused=True),
    Case("capitals lost where there is no codec", "lexercisexyz2345", "LTC", "lexercisexyz2345",
         problem="case_lost", refused=True),
    Case("small hex of a chain without codec", "5be5543ff734", "XMR", "5be5543ff734",
         problem="unchecked"),
    Case("capitals lost of dollars on TRON", ON_TRON.lower(), "USDT", ON_TRON.lower(),
         problem="case_lost", refused=True),
    Case("dollars on a chain without codec", "tz1exercise", "USDT", "tz1exercise",
         problem="unchecked"),
    Case("a word", "hello", "BTC", "hello", problem="no_address", refused=True),
    Case("a word, no ticker", "hello", None, "hello", problem="no_address", refused=True),
    Case("nothing", "  ", "BTC", "", problem="no_address", refused=True),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.why)
def test_places(case: Case) -> None:
    placed = place(case.printed, case.currency)
    assert placed.address == case.address
    assert placed.chains == case.chains
    assert placed.chain == (
        case.chains[0] if case.chains and "*" not in case.chains[0] else None
    )
    assert placed.checksum == case.checksum
    assert (placed.problem[0] if placed.problem else None) == case.problem
    assert placed.refused == case.refused


@given(
    st.text(max_size=50), st.sampled_from([None, "BTC", "ETH", "TRX", "USDT", "XMR"])
)
def test_nothing_is_dropped_without_a_word(printed: str, currency: str | None) -> None:
    placed = place(printed, currency)
    assert placed.problem is not None or placed.address == printed or placed.chains
    assert not placed.refused or placed.problem is not None
