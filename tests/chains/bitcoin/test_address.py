"""Scripts and addresses: classified, written and read back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bitcoin.core.script import CScript
from bitcoin.wallet import CBitcoinAddress
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.bitcoin.address import (
    classify_script,
    decode_address,
    encode_address,
    encode_many,
    script_of,
)
from dalil.chains.bitcoin.networks import MAINNET, NETWORKS, REGTEST, network_by_name
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES, ScriptType
from dalil.errors import AddressError

if TYPE_CHECKING:
    from pathlib import Path

KEY = "02" + "11" * 32
LONG_KEY = "04" + "11" * 64


@dataclass(frozen=True)
class Case:
    why: str
    script: str
    kind: ScriptType
    payload: str = ""


T = ScriptType
CASES = [
    Case("an empty script is anyone's", "", T.NONSTANDARD),
    Case("a compressed bare key", f"21{KEY}ac", T.P2PK, KEY),
    Case("an uncompressed bare key", f"41{LONG_KEY}ac", T.P2PK, LONG_KEY),
    Case("a hybrid bare key", f"4106{'11' * 64}ac", T.P2PK, "06" + "11" * 64),
    Case("33 bytes that cannot be a key", f"2105{'11' * 32}ac", T.NONSTANDARD),
    Case("65 bytes that start as if compressed", f"4102{'11' * 64}ac", T.NONSTANDARD),
    Case("a key hash", f"76a914{'22' * 20}88ac", T.P2PKH, "22" * 20),
    Case("a key hash with one byte more", f"76a914{'22' * 20}88ac61", T.NONSTANDARD),
    Case("a key hash of 19 bytes", f"76a913{'22' * 19}88ac", T.NONSTANDARD),
    Case("a script hash", f"a914{'33' * 20}87", T.P2SH, "33" * 20),
    Case("a script hash compared by verify", f"a914{'33' * 20}88", T.NONSTANDARD),
    Case("a version 0 key hash", f"0014{'44' * 20}", T.P2WPKH, "44" * 20),
    Case("a version 0 script hash", f"0020{'44' * 32}", T.P2WSH, "44" * 32),
    Case("version 0 of another length is unspendable", f"0010{'44' * 16}", T.NONSTANDARD),
    Case("taproot", f"5120{'55' * 32}", T.P2TR, "55" * 32),
    Case("version 1 of another length", f"5114{'55' * 20}", T.WITNESS_UNKNOWN, "01" + "55" * 20),
    Case("pay to anchor", "51024e73", T.WITNESS_UNKNOWN, "014e73"),
    Case("version 16", f"6028{'66' * 40}", T.WITNESS_UNKNOWN, "10" + "66" * 40),
    Case("a program of one byte is none", "510155", T.NONSTANDARD),
    Case("a program of 41 bytes is none", f"5129{'66' * 41}", T.NONSTANDARD),
    Case("OP_RESERVED is no version", f"5014{'55' * 20}", T.NONSTANDARD),
    Case("OP_NOP is no version", f"6114{'55' * 20}", T.NONSTANDARD),
    Case("a note to the world", "6a0548656c6c6f", T.OP_RETURN),
    Case("a note that breaks off", "6a4c", T.OP_RETURN),
    Case("one of two keys", f"5121{KEY}41{LONG_KEY}52ae", T.MULTISIG),
    Case("two of one key is unspendable", f"5221{KEY}51ae", T.NONSTANDARD),
    Case("fewer keys than announced", f"5121{KEY}52ae", T.NONSTANDARD),
    Case("a multisig whose key runs past the end", f"5121{KEY[:-2]}51ae", T.NONSTANDARD),
    Case("zero of zero keys", "5050ae", T.NONSTANDARD),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.why)
def test_classifies(case: Case) -> None:
    script = bytes.fromhex(case.script)
    assert classify_script(script) == (case.kind, bytes.fromhex(case.payload))
    if case.payload:
        assert script_of(case.kind, bytes.fromhex(case.payload)) == script


@given(st.binary(max_size=80))
def test_no_bytes_upset_it(script: bytes) -> None:
    kind, payload = classify_script(script)
    assert bool(payload) == (kind in ADDRESS_TYPES)
    if payload:
        assert script_of(kind, payload) == script


def sized(n: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=n, max_size=n)


owners = st.one_of(
    st.tuples(st.just(T.P2PKH), sized(20)),
    st.tuples(st.just(T.P2SH), sized(20)),
    st.tuples(st.just(T.P2WPKH), sized(20)),
    st.tuples(st.just(T.P2WSH), sized(32)),
    st.tuples(st.just(T.P2TR), sized(32)),
    st.tuples(st.just(T.P2PK), sized(32).map(lambda x: b"\x03" + x)),
    st.tuples(st.just(T.P2PK), sized(64).map(lambda x: b"\x04" + x)),
    st.tuples(
        st.just(T.WITNESS_UNKNOWN),
        st.builds(
            lambda version, program: bytes([version]) + program,
            st.integers(2, 16),
            st.binary(min_size=2, max_size=40),
        ),
    ),
)


@given(st.sampled_from(NETWORKS), owners)
def test_text_and_script_both_lead_back_to_the_owner(
    network: object, owner: tuple[ScriptType, bytes]
) -> None:
    assert isinstance(network, type(MAINNET))
    assert decode_address(network, encode_address(network, *owner)) == owner
    assert classify_script(script_of(*owner)) == owner


@given(st.lists(owners, max_size=9))
def test_many_at_once_are_the_same_as_one_by_one(
    them: list[tuple[ScriptType, bytes]],
) -> None:
    kinds = np.array([*(kind for kind, _ in them), T.OP_RETURN], dtype=np.uint8)
    texts = encode_many(REGTEST, kinds, [*(payload for _, payload in them), b""])
    assert texts == [*(encode_address(REGTEST, *it) for it in them), ""]


def test_a_bare_key_is_not_folded_into_its_hash() -> None:
    assert encode_address(MAINNET, T.P2PK, bytes.fromhex(KEY)) == KEY


OF_REGTEST = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"
REFUSED = [
    ("of another network, by its prefix", "mainnet", OF_REGTEST, "of regtest"),
    (
        "of another network, by its version byte",
        "mainnet",
        "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8",
        "testnet3 or testnet4 or signet or regtest",
    ),
    (
        "TRON's version byte",
        "mainnet",
        "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb",
        "not a version byte of Bitcoin's",
    ),
    ("mixed case", "regtest", OF_REGTEST[:-1] + "Q", "mix upper and lower"),
    ("a wrong checksum", "regtest", OF_REGTEST[:-1] + "3", "checksum does not fit"),
    ("a private key", "mainnet", "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn", "length"),
    ("a key of the wrong kind", "mainnet", "05" + "11" * 32, "not a base58 character"),
    ("nothing", "mainnet", "", "too short"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("network", "text", "reason"),
    [row[1:] for row in REFUSED],
    ids=[row[0] for row in REFUSED],
)
def test_refuses_and_says_why(network: str, text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        decode_address(network_by_name(network), text)


@given(st.text(max_size=100))
def test_no_text_upsets_it(text: str) -> None:
    try:
        owner = decode_address(MAINNET, text)
    except AddressError:
        return
    assert encode_address(MAINNET, *owner) == text.lower()


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (T.OP_RETURN, b"x" * 20),
        (T.NONSTANDARD, b""),
        (T.P2PKH, b"x" * 19),
        (T.P2TR, b"x" * 20),
        (T.P2PK, b""),
        (T.P2PK, b"\x05" + b"x" * 32),
        (T.WITNESS_UNKNOWN, b""),
        (T.WITNESS_UNKNOWN, b"\x00" + b"x" * 16),
        (T.WITNESS_UNKNOWN, b"\x01" + b"x" * 32),
        (T.WITNESS_UNKNOWN, b"\x11" + b"x" * 20),
    ],
    ids=lambda v: repr(v)[:30],
)
def test_writes_only_what_it_would_read(kind: ScriptType, payload: bytes) -> None:
    with pytest.raises(AddressError):
        encode_address(MAINNET, kind, payload)
    with pytest.raises(AddressError):
        script_of(kind, payload)


@given(owners.filter(lambda it: it[0] in (T.P2PKH, T.P2SH, T.P2WPKH, T.P2WSH)))
def test_an_independent_library_writes_the_same(
    owner: tuple[ScriptType, bytes],
) -> None:
    """Where python-bitcoinlib goes; it folds bare keys and stops at version 0."""
    judge = CBitcoinAddress.from_scriptPubKey(CScript(script_of(*owner)))
    assert encode_address(MAINNET, *owner) == str(judge)


def test_reads_every_address_among_the_key_vectors(real_data: Path) -> None:
    rows = json.loads((real_data / "vectors/base58_keys_valid.json").read_text())
    kinds = {"pubkey": T.P2PKH, "script": T.P2SH}
    addresses = [row for row in rows if not row[2]["isPrivkey"]]
    for text, payload, facts in addresses:
        network = REGTEST if facts["isTestnet"] else MAINNET
        owner = kinds[facts["addrType"]], bytes.fromhex(payload)
        assert decode_address(network, text) == owner
        assert encode_address(network, *owner) == text
    assert len(addresses) > 20


def test_writes_every_address_of_the_wallet_vectors(real_data: Path) -> None:
    """BIP 341's taproot outputs: script and address as the BIP prints them."""
    page = real_data / "vectors/bips/bip-0341__wallet-test-vectors.json"
    rows = json.loads(page.read_text())["scriptPubKey"]
    for row in rows:
        expected = row["expected"]
        owner = classify_script(bytes.fromhex(expected["scriptPubKey"]))
        assert encode_address(MAINNET, *owner) == expected["bip350Address"]
    assert len(rows) == 7
