"""Base58check: what it writes, reads and refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import bitcoin.base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.base58 import (
    b58check_decode,
    b58check_encode,
    b58decode,
    b58encode,
)
from dalil.errors import AddressError

if TYPE_CHECKING:
    from pathlib import Path


@given(st.binary(max_size=90))
def test_bytes_survive_the_round_trip(raw: bytes) -> None:
    assert b58decode(b58encode(raw)) == raw


@given(st.binary(max_size=80))
def test_writes_what_an_independent_library_writes(raw: bytes) -> None:
    assert b58encode(raw) == bitcoin.base58.encode(raw)


@given(st.binary(min_size=1, max_size=60))
def test_a_checked_payload_survives_the_round_trip(payload: bytes) -> None:
    assert b58check_decode(b58check_encode(payload)) == payload


@given(st.binary(min_size=21, max_size=21), st.data())
def test_any_one_wrong_character_is_found(payload: bytes, data: st.DataObject) -> None:
    text = b58check_encode(payload)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters().filter(lambda c: c != text[place]))
    with pytest.raises(AddressError):
        b58check_decode(text[:place] + letter + text[place + 1 :])


REFUSED = {
    "": "too short",
    "1": "too short",
    "2g": "too short",
    "0OIl": "`0` at position 1",
    "1111111111111111111114oLvT3": "checksum does not fit",
    "1111111111111111111114oLvT2 ": "` ` at position 28",
    "1" * 129: "longer than 128",
}


@pytest.mark.parametrize("text", REFUSED, ids=REFUSED.values())
def test_refuses_and_says_why(text: str) -> None:
    with pytest.raises(AddressError, match=REFUSED[text]):
        b58check_decode(text)


def test_reads_every_key_vector(real_data: Path) -> None:
    rows = json.loads((real_data / "vectors/base58_keys_valid.json").read_text())
    version = {
        (False, "pubkey"): 0x00,
        (False, "script"): 0x05,
        (True, "pubkey"): 0x6F,
        (True, "script"): 0xC4,
        (False, None): 0x80,
        (True, None): 0xEF,
    }
    for text, payload, facts in rows:
        tail = b"\x01" if facts.get("isCompressed") else b""
        head = version[facts["isTestnet"], facts.get("addrType")]
        whole = bytes([head]) + bytes.fromhex(payload) + tail
        assert b58check_decode(text) == whole
        assert b58check_encode(whole) == text
    assert len(rows) == 50


def test_the_invalid_vectors_are_no_addresses(real_data: Path) -> None:
    """Some carry a true checksum over a length that nothing on Bitcoin has."""
    rows = json.loads((real_data / "vectors/base58_keys_invalid.json").read_text())
    for (text,) in rows:
        try:
            payload = b58check_decode(text)
        except AddressError:
            continue
        assert not (len(payload) == 21 and payload[0] in (0, 5, 0x6F, 0xC4)), text
    assert len(rows) == 50
