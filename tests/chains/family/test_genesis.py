"""The first block of every network, rebuilt from its parts, has the name we know.

The parts are those of each chain's own ``chainparams.cpp``. A genesis hash
covers message, key, time, difficulty, nonce and (Zcash) the solution, so this
holds the names, and the way headers are hashed, to what the chains publish.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from dalil.chains.bitcoin import forms
from dalil.chains.bitcoin.family.headers import proves_work, read_header
from dalil.chains.bitcoin.networks import ALL_NETWORKS, Form, Work, network_by_name
from tests.chains.family.writer import SPENDS_NOTHING, Tx, body, header, number, pushed

SATOSHI = "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f"
LEE = "040184710fa689ad5023690c80f3a49c8f13f8d45b8c857fbcbc8bc4a8e4d3eb4b10f4d4604fa08dce601aaf0f470216fe1b51850b4acf21b179c45070ac7b03a9"
TIMES = "The Times 03/Jan/2009 Chancellor on brink of second bailout for banks"
JOBS = "NY Times 05/Oct/2011 Steve Jobs, Apple’s Visionary, Dies at 56"
WIRED = "Wired 09/Jan/2014 The Grand Experiment Goes Live: Overstock.com Is Now Accepting Bitcoins"
ZCASH = "Zcash0b9c4eef8b7cc417ee5001e3500984b6fea35683a7cac141a043c42064835d34"
COIN = 100_000_000


class Genesis(NamedTuple):
    network: str
    message: str
    key: str
    reward: int
    time: int
    bits: int
    nonce: int


KNOWN = [
    Genesis("mainnet", TIMES, SATOSHI, 50, 1231006505, 0x1D00FFFF, 2083236893),
    Genesis("regtest", TIMES, SATOSHI, 50, 1296688602, 0x207FFFFF, 2),
    Genesis("litecoin", JOBS, LEE, 50, 1317972665, 0x1E0FFFF0, 2084524493),
    Genesis("litecoin-testnet", JOBS, LEE, 50, 1486949366, 0x1E0FFFF0, 293345),
    Genesis("litecoin-regtest", JOBS, LEE, 50, 1296688602, 0x207FFFFF, 0),
    Genesis("dogecoin", "Nintondo", LEE, 88, 1386325540, 0x1E0FFFF0, 99943),
    Genesis("dogecoin-testnet", "Nintondo", LEE, 88, 1391503289, 0x1E0FFFF0, 997879),
    Genesis("dogecoin-regtest", "Nintondo", LEE, 88, 1296688602, 0x207FFFFF, 2),
    Genesis("bitcoin-cash", TIMES, SATOSHI, 50, 1231006505, 0x1D00FFFF, 2083236893),
    Genesis("bitcoin-cash-testnet4", TIMES, SATOSHI, 50, 1597811185, 0x1D00FFFF, 114152193),
    Genesis("bitcoin-cash-regtest", TIMES, SATOSHI, 50, 1296688602, 0x207FFFFF, 2),
    Genesis("dash", WIRED, LEE, 50, 1390095618, 0x1E0FFFF0, 28917698),
    Genesis("dash-testnet", WIRED, LEE, 50, 1390666206, 0x1E0FFFF0, 3861367235),
    Genesis("dash-regtest", WIRED, LEE, 50, 1417713337, 0x207FFFFF, 1096447),
]  # fmt: skip


def first_block(it: Genesis) -> bytes:
    script = number(486604799) + number(4) + pushed_data(it.message.encode())
    tx = Tx(
        [SPENDS_NOTHING],
        [(it.reward * COIN, pushed(bytes.fromhex(it.key)) + b"\xac")],
        script,
        version=1,
    )
    root = tx.txid
    return header(bytes(32), root, it.time, it.bits, it.nonce, 1) + body([tx])


def pushed_data(raw: bytes) -> bytes:
    return (b"\x4c" if len(raw) > 75 else b"") + pushed(raw)


@pytest.mark.parametrize("it", KNOWN, ids=lambda it: it.network)
def test_has_the_known_name_and_did_the_work(it: Genesis) -> None:
    network = network_by_name(it.network)
    found, end = read_header(network, first_block(it))
    assert found.hash[::-1].hex() == network.genesis
    assert end == 80
    assert proves_work(found, network)


@pytest.mark.parametrize("it", KNOWN, ids=lambda it: it.network)
def test_another_nonce_is_no_work(it: Genesis) -> None:
    network = network_by_name(it.network)
    if not network.fixed_bits:
        found, _ = read_header(network, first_block(it._replace(nonce=it.nonce ^ 1)))
        assert not proves_work(found, network)


CAIP2 = {
    "mainnet": "bip122:000000000019d6689c085ae165831e93",
    "litecoin": "bip122:12a765e31ffd4059bada1e25190f6e98",
    "dogecoin": "bip122:1a91e3dace36e2be3bf030a65679fe82",
    "bitcoin-cash": "bip122:000000000000000000651ef99cb9fcbe",
    "dash": "bip122:00000ffd590b1485b3caadc19b22e637",
    "zcash": "bip122:00040fe8ec8471911baa1db1266ea15d",
}


@pytest.mark.parametrize(("name", "caip2"), CAIP2.items(), ids=list(CAIP2))
def test_is_named_as_the_namespace_names_it(name: str, caip2: str) -> None:
    """The ids that the CAIP-2 namespace bip122 lists."""
    assert network_by_name(name).caip2 == caip2
    assert network_by_name(caip2).name == name


def test_no_two_networks_have_a_name_or_an_id_in_common() -> None:
    assert len({n.name for n in ALL_NETWORKS}) == len(ALL_NETWORKS)
    assert len({n.caip2 for n in ALL_NETWORKS}) == len(ALL_NETWORKS)


def test_kernels_number_the_formats_alike() -> None:
    assert {form.name: form.value for form in Form} == {
        form.name: getattr(forms, form.name) for form in Form
    }
    for network in ALL_NETWORKS:
        assert forms.max_money(int(network.form)) == network.max_money


def test_every_kind_of_work_is_met() -> None:
    assert {network.work for network in ALL_NETWORKS} == set(Work)
