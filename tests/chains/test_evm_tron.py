"""EVM and TRON addresses: checksums, spellings, and what links the two."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains import evm, tron
from dalil.errors import AddressError

if TYPE_CHECKING:
    from pathlib import Path

EIP_55 = [  # the EIP's own examples: two with every letter large or small, four mixed
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
accounts = st.binary(min_size=20, max_size=20)


@pytest.mark.parametrize("text", EIP_55)
def test_writes_the_examples_of_the_standard(text: str) -> None:
    payload = bytes.fromhex(text[2:])
    assert evm.encode_address(payload) == text
    assert evm.decode_address(text) == payload


@pytest.mark.parametrize("text", EIP_55[4:])
def test_one_letter_of_the_wrong_case_is_found(text: str) -> None:
    for place, letter in enumerate(text[2:], start=2):
        if letter.isalpha():
            wrong = text[:place] + letter.swapcase() + text[place + 1 :]
            assert evm.eip55_verdict(wrong) == "invalid"
            with pytest.raises(AddressError, match="EIP-55"):
                evm.decode_address(wrong)


VERDICTS = [
    ("one case small says nothing", EIP_55[4].lower(), "none"),
    ("one case large says nothing", "0x" + EIP_55[4][2:].upper(), "none"),
    ("digits alone say nothing", "0x" + "1" * 40, "none"),
    ("the right case is proof", EIP_55[4], "valid"),
]


@pytest.mark.parametrize(
    ("text", "verdict"), [row[1:] for row in VERDICTS], ids=[row[0] for row in VERDICTS]
)
def test_verdict(text: str, verdict: str) -> None:
    assert evm.eip55_verdict(text) == verdict


@given(accounts)
def test_every_account_survives_all_its_spellings(payload: bytes) -> None:
    assert evm.decode_address(evm.encode_address(payload)) == payload
    assert tron.decode_address(tron.encode_address(payload)) == payload
    assert tron.decode_address(tron.hex_form(payload)) == payload
    assert tron.encode_address(payload).startswith("T")
    assert len(tron.encode_address(payload)) == 34


@pytest.mark.parametrize("text", ["", "0x", "0x12", "12" * 20, "0x" + "g" * 40])
def test_what_is_no_evm_address(text: str) -> None:
    with pytest.raises(AddressError):
        evm.decode_address(text)


NOT_TRON = [
    ("Bitcoin's version byte", "1111111111111111111114oLvT2", "not of a TRON"),
    ("case lost", "t9yd14nj9j7xab4dbgeix9h8unkkhxuwwb", "checksum does not fit"),
    ("another prefix in hex", "42" + "00" * 20, "not a base58 character"),
]


@pytest.mark.parametrize(
    ("text", "reason"), [row[1:] for row in NOT_TRON], ids=[row[0] for row in NOT_TRON]
)
def test_what_is_no_tron_address(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        tron.decode_address(text)


@pytest.mark.parametrize("length", [0, 19, 21])
def test_writes_only_twenty_bytes(length: int) -> None:
    for write in (evm.encode_address, tron.encode_address, tron.hex_form):
        with pytest.raises(AddressError, match="20 bytes"):
            write(bytes(length))


def test_the_tether_contract_has_its_two_published_spellings() -> None:
    """USDT on TRON, as the issuer and the explorers print it."""
    payload = tron.decode_address("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
    assert tron.hex_form(payload) == "41a614f803b6fd780986a42c78ec9c7f77e6ded13c"


def test_every_listed_address_of_the_two_chains_passes(real_data: Path) -> None:
    page = real_data / "labels" / "ofac_sdn_2026-08-20.csv"
    read = {"T": 0, "0x": 0}
    with page.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["address"].startswith("0x"):
                evm.decode_address(row["address"])
                read["0x"] += 1
            elif row["asset"] == "TRX":
                tron.decode_address(row["address"])
                read["T"] += 1
    assert read["0x"] > 200
    assert read["T"] > 190
