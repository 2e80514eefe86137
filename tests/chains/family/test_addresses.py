"""Addresses of the family: of the ledger's own network, or refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.bitcoin.address import decode_address, encode_address, script_of
from dalil.chains.bitcoin.family.addresses import readings
from dalil.chains.bitcoin.networks import ALL_NETWORKS, Network, network_by_name
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.errors import AddressError

T = ScriptType
KNOWN = [
    ("zcash", T.P2SH, "t3Vz22vK5z2LcKEdg16Yv4FFneEL1zg9ojd"),
    ("zcash", T.P2SH, "t3cL9AucCajm3HXDhb5jBnJK2vapVoXsop3"),
    ("zcash-testnet", T.P2SH, "t26ovBdKAJLtrvBsE2QGF4nqBkEuptuPFZz"),
    ("bitcoin-cash", T.P2PKH, "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
]  # fmt: skip
"""Zcash's are the founders' and funding addresses of its chainparams.cpp, Bitcoin
Cash's is the specification's."""


@pytest.mark.parametrize(("name", "kind", "text"), KNOWN, ids=lambda v: str(v)[:24])  # fmt: skip
def test_reads_and_writes_published_addresses(
    name: str, kind: ScriptType, text: str
) -> None:
    network = network_by_name(name)
    found, payload = decode_address(network, text)
    assert found is kind
    assert encode_address(network, kind, payload) == text


FIRST_LETTERS = {
    "litecoin": ("L", "M"),
    "dogecoin": ("D", "9A"),
    "dash": ("X", "7"),
    "zcash": ("t1", "t3"),
    "zcash-testnet": ("tm", "t2"),
    "bitcoin-cash": ("bitcoincash:q", "bitcoincash:p"),
    "dash-testnet": ("y", "89"),
    "dogecoin-testnet": ("n", "2"),
}


def hashes(n: int = 20) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=n, max_size=n)


@pytest.mark.parametrize(("name", "firsts"), FIRST_LETTERS.items(), ids=list(FIRST_LETTERS))  # fmt: skip
@given(payload=hashes())
def test_looks_as_people_know_it(
    name: str, firsts: tuple[str, str], payload: bytes
) -> None:
    network = network_by_name(name)
    for kind, first in zip((T.P2PKH, T.P2SH), firsts, strict=True):
        text = encode_address(network, kind, payload)
        assert text.startswith(first) or text[0] in first
        assert decode_address(network, text) == (kind, payload)


def kinds_of(network: Network) -> list[tuple[ScriptType, int]]:
    kinds = [(T.P2PKH, 20), (T.P2SH, 20)]
    if network.hrp:
        kinds += [(T.P2WPKH, 20), (T.P2WSH, 32), (T.P2TR, 32)]
    if network.cashaddr:
        kinds.append((T.P2SH32, 32))
    return kinds


@given(st.sampled_from(ALL_NETWORKS), st.data())
def test_every_network_reads_its_own(network: Network, data: st.DataObject) -> None:
    kind, size = data.draw(st.sampled_from(kinds_of(network)))
    payload = data.draw(hashes(size))
    text = encode_address(network, kind, payload)
    assert decode_address(network, text) == (kind, payload)
    assert network in [reading.network for reading in readings(text)]


@given(hashes())
def test_an_address_of_three_chains_is_left_to_the_ledger(payload: bytes) -> None:
    text = encode_address(network_by_name("mainnet"), T.P2SH, payload)
    assert [reading.network.name for reading in readings(text)] == [
        "mainnet",
        "litecoin",
        "bitcoin-cash",
    ]
    for name in ("mainnet", "litecoin", "bitcoin-cash"):
        assert decode_address(network_by_name(name), text) == (T.P2SH, payload)
    with pytest.raises(AddressError, match="of mainnet or litecoin or bitcoin-cash"):
        decode_address(network_by_name("dogecoin"), text)


@given(hashes())
def test_the_error_names_whose_address_it_is(payload: bytes) -> None:
    text = encode_address(network_by_name("dogecoin"), T.P2PKH, payload)
    with pytest.raises(AddressError, match=r"not an address of litecoin.*of dogecoin"):
        decode_address(network_by_name("litecoin"), text)


@given(hashes(), st.booleans())
def test_a_token_wallet_s_address_names_the_same_script(
    payload: bytes, script: bool
) -> None:
    from dalil.chains.bitcoin.cashaddr import encode_cashaddr

    network = network_by_name("bitcoin-cash")
    plain, aware = (encode_cashaddr("bitcoincash", k + script, payload) for k in (0, 2))
    assert plain != aware
    assert decode_address(network, plain) == decode_address(network, aware)


def test_a_prefix_may_be_left_out() -> None:
    network = network_by_name("bitcoin-cash-testnet4")
    text = encode_address(network, T.P2PKH, bytes(20))
    assert decode_address(network, text.partition(":")[2]) == (T.P2PKH, bytes(20))


@given(hashes(32))
def test_a_long_script_hash_is_its_script(payload: bytes) -> None:
    assert script_of(T.P2SH32, payload) == b"\xaa\x20" + payload + b"\x87"


@pytest.mark.parametrize("name", ["dogecoin", "dash", "zcash", "bitcoin-cash"])
def test_a_chain_without_segwit_writes_no_witness_address(name: str) -> None:
    with pytest.raises(AddressError, match="has no address of the type"):
        encode_address(network_by_name(name), T.P2WPKH, bytes(20))


@given(st.text(max_size=120))
def test_no_text_upsets_it(text: str) -> None:
    for name in ("litecoin", "bitcoin-cash", "zcash"):
        try:
            decode_address(network_by_name(name), text)
        except AddressError:
            continue
