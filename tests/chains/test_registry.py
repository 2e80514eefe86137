"""Any text: which address it can be, and what it may have been meant to be."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains import evm, tron
from dalil.chains.base58 import b58check_encode
from dalil.chains.bech32 import encode as bech32_encode
from dalil.chains.bitcoin.networks import MAINNET, NETWORKS, REGTEST
from dalil.chains.registry import other_forms, read_address, read_one
from dalil.chains.repair import plain_letters, suggest
from dalil.errors import AddressError

LEGACY = "1111111111111111111114oLvT2"
ON_TRON = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"
ON_EVM = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
ON_REGTEST = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"


@dataclass(frozen=True)
class Case:
    why: str
    text: str
    form: str
    checksum: str
    chain: str | None


CASES = [
    Case("legacy", LEGACY, "p2pkh", "valid", MAINNET.caip2),
    Case("regtest by its prefix", ON_REGTEST, "p2wpkh", "valid", REGTEST.caip2),
    Case("a QR code's capitals", ON_REGTEST.upper(), "p2wpkh", "valid", REGTEST.caip2),
    Case("four networks share m", "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8", "p2pkh", "valid", None),
    Case("a bare key", "02" + "11" * 32, "p2pk", "none", None),
    Case("TRON", ON_TRON, "tron", "valid", tron.CAIP2),
    Case("TRON that starts as testnet does", "TB1LrJFhGsX3to77GbUJf8UvGQwiqnGFu9", "tron", "valid", tron.CAIP2),
    Case("testnet of TRON's length", bech32_encode("tb", 2, bytes(15)), "witness_unknown", "valid", None),
    Case("TRON as nodes print it", "41" + "00" * 20, "tron-hex", "none", tron.CAIP2),
    Case("any EVM chain", ON_EVM, "evm", "valid", None),
    Case("EVM in one case", ON_EVM.lower(), "evm", "none", None),
    Case("EVM in the wrong case", ON_EVM.replace("fB", "Fb"), "evm", "invalid", None),
    Case("EVM a digit short", ON_EVM[:-1], "evm", "invalid", None),
    Case("legacy with a slip", LEGACY[:-1] + "3", "base58", "invalid", None),
    Case("bech32 with a slip", ON_REGTEST[:-1] + "3", "bech32", "invalid", None),
    Case("TRON with its case lost", ON_TRON.lower(), "tron", "invalid", tron.CAIP2),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.why)
def test_reads(case: Case) -> None:
    [reading] = read_address(case.text)
    assert (reading.form, reading.checksum, reading.chain) == (
        case.form,
        case.checksum,
        case.chain,
    )
    assert bool(reading.payload) == (case.checksum != "invalid") != bool(reading.reason)


def test_the_networks_of_a_shared_prefix_are_all_named() -> None:
    [reading] = read_address("tb1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq0l98cr")
    assert reading.checksum == "valid"
    assert reading.chains == tuple(n.caip2 for n in NETWORKS if n.hrp == "tb")


@pytest.mark.parametrize(
    "text",
    ["", " ", "hello", LEGACY + " ", "mississippimississippimississippi", "0x" + "0" * 64,
     "41" + "0" * 39, "a" * 40],
)  # fmt: skip
def test_what_has_no_shape_of_an_address(text: str) -> None:
    assert read_address(text) == ()
    with pytest.raises(AddressError, match="not an address of any chain"):
        read_one(text)


@given(st.text(max_size=150))
def test_no_text_upsets_it(text: str) -> None:
    for reading in read_address(text):
        if reading.checksum != "invalid":
            assert read_one(reading.canonical).payload == reading.payload
    suggest(text)


def test_one_account_in_the_spellings_of_both_chains() -> None:
    forms = other_forms(read_one(ON_EVM))
    assert forms["evm"] == ON_EVM
    assert {read_one(text).payload for text in forms.values()} == {
        evm.decode_address(ON_EVM)
    }


def test_a_failing_text_has_no_other_forms() -> None:
    assert other_forms(read_address(LEGACY[:-1] + "3")[0]) == {}


NEARBY = [
    ("one character wrong", LEGACY[:-1] + "3", LEGACY),
    ("one character missing", ON_TRON[:9] + ON_TRON[10:], ON_TRON),
    ("one character doubled", ON_TRON[:9] + ON_TRON[8] + ON_TRON[9:], ON_TRON),
    ("two characters swapped", "T9Dy" + ON_TRON[4:], ON_TRON),
    ("o read as zero, twice", "1BitcoinEaterAddressD0ntSendf59kuE".replace("o", "0"),
     "1BitcoinEaterAddressDontSendf59kuE"),
    ("a space and a mark inside", ON_TRON[:5] + " \N{ZERO WIDTH SPACE}" + ON_TRON[5:], ON_TRON),
    ("Cyrillic that looks Latin", ON_TRON.replace("H", "Н").replace("x", "х"), ON_TRON),
    ("Arabic digits", ON_TRON.replace("9", "٩"), ON_TRON),
    ("TRON that starts as testnet does", "TB1LrJFhGsXato77GbUJf8UvGQwiqnGFu9",
     "TB1LrJFhGsX3to77GbUJf8UvGQwiqnGFu9"),
    ("full-width letters", ON_TRON.replace("T", "Ｔ"), ON_TRON),
    ("bech32 in mixed case", ON_REGTEST.replace("dku", "dKU"), ON_REGTEST),
    ("bech32 with one slip", ON_REGTEST[:-1] + "3", ON_REGTEST),
    ("case lost: nothing is near", ON_TRON.lower(), None),
    ("EVM has no bits to repair by", ON_EVM.replace("fB", "Fb"), None),
    ("EVM in the wrong length", ON_EVM.lower() + "0", None),
    ("a long text", "1" * 5000, None),
    ("nothing", "", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "meant"), [row[1:] for row in NEARBY], ids=[row[0] for row in NEARBY]
)
def test_suggests(text: str, meant: str | None) -> None:
    assert suggest(text) == ((meant,) if meant else ())


@settings(deadline=None)
@given(st.binary(min_size=20, max_size=20), st.data())
def test_finds_the_way_back_from_any_one_slip(
    account: bytes, data: st.DataObject
) -> None:
    meant = data.draw(
        st.sampled_from(
            [
                b58check_encode(b"\x00" + account),
                tron.encode_address(account),
                bech32_encode("bcrt", 0, account),
            ]
        )
    )
    place = data.draw(st.integers(6, len(meant) - 1))
    letter = data.draw(st.sampled_from("23456789acdefghjk"))
    slipped = meant[:place] + letter + meant[place + 1 :]
    if slipped != meant:
        assert meant in suggest(slipped)


def test_plain_letters_leave_plain_text_alone() -> None:
    assert plain_letters(ON_TRON) == ON_TRON
