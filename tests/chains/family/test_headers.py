"""Headers whose work lies elsewhere: AuxPoW by its rules, Equihash by its own."""

from __future__ import annotations

import random
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains.bitcoin.family.equihash import is_solution, solution_bytes
from dalil.chains.bitcoin.family.headers import header_room, proves_work, read_header
from dalil.chains.bitcoin.networks import network_by_name
from dalil.errors import BlockDataError
from tests.chains.family.mining import AUX_VERSION, Aux, solve
from tests.chains.family.writer import header, pushed, sha256d

DOGE = network_by_name("dogecoin-regtest")
ROOT = b"\x33" * 32
OWN = header(b"\x44" * 32, ROOT, 9, DOGE.limit_bits, 0, AUX_VERSION)
GOOD = Aux(sha256d(OWN), DOGE.limit_bits)


def slot(nonce: int, height: int, chain: int = 0x62) -> int:
    """The place of a chain in the tree, as Dogecoin Core works it out in 32 bits."""
    rand = nonce
    rand = (rand * 1103515245 + 12345) % 2**32
    rand = (rand + chain) % 2**32
    rand = (rand * 1103515245 + 12345) % 2**32
    return rand % (1 << height)


def test_believes_a_parent_that_commits_and_worked() -> None:
    raw = OWN + GOOD.raw
    found, end = read_header(DOGE, raw + b"rest")
    assert (found.fault, end) == ("", len(raw))
    assert found.hash == sha256d(OWN)
    assert proves_work(found, DOGE)


@pytest.mark.parametrize("height", [1, 2, 5])
def test_believes_a_parent_that_mines_many_chains(height: int) -> None:
    branch = tuple(bytes([i]) * 32 for i in range(height))
    proof = replace(GOOD, branch=branch, chain_index=slot(7, height))
    found, _ = read_header(DOGE, OWN + proof.raw)
    assert found.fault == ""


def test_believes_the_old_way_without_a_mark() -> None:
    found, _ = read_header(DOGE, OWN + replace(GOOD, mark=b"").raw)
    assert found.fault == ""


SPOILT: list[tuple[str, dict[str, Any], str]] = [
    ("another block's hash", {"block_hash": b"\x01" * 32}, "does not commit"),
    ("a parent of its own chain", {"parent_version": AUX_VERSION}, "own chain"),
    ("a mark apart from the root", {"mark": b"\xfa\xbemm\x00"}, "not behind the mark"),
    ("two marks", {"twice": True}, "commits twice"),
    ("no mark, and far back", {"mark": b"", "filler": b"\x01" * 21}, "too far back"),
    ("a tree of another size", {"size": 2}, "wrong place"),
    ("another slot", {"branch": (b"\x05" * 32,), "chain_index": 1 - slot(7, 1)}, "wrong place"),
    ("a tree of billions", {"branch": (b"\x05" * 32,) * 31, "size": 1}, "branch is too long"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "says"), [s[1:] for s in SPOILT], ids=[s[0] for s in SPOILT])  # fmt: skip
def test_refuses_a_parent_that_did_not_mean_it(
    spoil: dict[str, Any], says: str
) -> None:
    found, _ = read_header(DOGE, OWN + replace(GOOD, **spoil).raw)
    assert says in found.fault
    assert not proves_work(found, DOGE)


def test_refuses_a_parent_without_work() -> None:
    found, _ = read_header(DOGE, OWN + replace(GOOD, work=False).raw)
    assert found.fault == ""
    assert not proves_work(found, DOGE)


def test_refuses_a_version_of_another_chain() -> None:
    own = OWN[:2] + b"\x63" + OWN[3:]
    found, _ = read_header(DOGE, own + Aux(sha256d(own), DOGE.limit_bits).raw)
    assert "another chain" in found.fault


def test_a_header_that_needs_a_parent_proves_nothing_alone() -> None:
    from dalil.chains.bitcoin.header import Header

    assert not proves_work(Header.parse(OWN), DOGE)


@pytest.mark.parametrize("cut", [0, 40, 79, 80, 81, 200, -1])
def test_refuses_bytes_that_end_early(cut: int) -> None:
    raw = (OWN + GOOD.raw)[:cut]
    with pytest.raises(BlockDataError):
        read_header(DOGE, raw)


@settings(max_examples=300)
@given(st.integers(80, len(OWN + GOOD.raw) - 1), st.integers(0, 255))
def test_no_changed_byte_upsets_it_or_passes_for_more(at: int, byte: int) -> None:
    raw = bytearray(OWN + GOOD.raw)
    raw[at] = byte
    try:
        found, end = read_header(DOGE, bytes(raw))
    except BlockDataError:
        return
    assert 80 < end <= len(raw)
    assert found.hash == sha256d(OWN)


# -- Equihash ---------------------------------------------------------------

REGTEST = network_by_name("zcash-regtest")
GENESIS_ROOT = "c4eaa58879081de3c24a7b117ed2b28300e7ec4c4c1dff1d3f1268b7857a4ddb"
REGTEST_SOLUTION = "01936b7db1eb4ac39f151b8704642d0a8bda13ec547d54cd5e43ba142fc6d8877cab07b3"  # fmt: skip


def zcash_header(time: int, bits: int, nonce: int, solution: bytes) -> bytes:
    root = bytes.fromhex(GENESIS_ROOT)[::-1]
    head = struct.pack("<I32s32s32sII", 4, bytes(32), root, bytes(32), time, bits)
    return head + nonce.to_bytes(32, "little") + pushed(solution)


def test_the_first_block_of_zcash_s_regtest_has_its_name() -> None:
    """Parts and name are those of Zcash's chainparams.cpp."""
    raw = zcash_header(1296688602, 0x200F0F0F, 9, bytes.fromhex(REGTEST_SOLUTION))
    found, end = read_header(REGTEST, raw)
    assert found.hash[::-1].hex() == REGTEST.genesis
    assert (found.time, found.bits, end) == (1296688602, 0x200F0F0F, len(raw))
    assert proves_work(found, REGTEST)


def test_the_first_block_of_zcash_has_its_name() -> None:
    """The solution is in Zcash's chainparams.cpp, 1,344 bytes long."""
    network = network_by_name("zcash")
    raw = zcash_header(1477641360, 0x1F07FFFF, 0x1257, bytes.fromhex(ZCASH_SOLUTION))
    found, end = read_header(network, raw)
    assert found.hash[::-1].hex() == network.genesis
    assert end == header_room(network) == 1487
    assert proves_work(found, network)


def test_solutions_found_by_search_are_solutions() -> None:
    found = 0
    for seed in range(12):
        head = random.Random(seed).randbytes(140)
        solution = solve(head)
        if solution is not None:
            found += 1
            assert is_solution(head, solution, 48, 5)
            assert not is_solution(head[:-1] + bytes([head[-1] ^ 1]), solution, 48, 5)
    assert found


@settings(max_examples=200)
@given(st.integers(0, 287))
def test_no_changed_bit_is_a_solution(bit: int) -> None:
    solution = bytearray(bytes.fromhex(REGTEST_SOLUTION))
    solution[bit // 8] ^= 1 << bit % 8
    raw = zcash_header(1296688602, 0x200F0F0F, 9, bytes(solution))
    found, _ = read_header(REGTEST, raw)
    assert found.fault == "its Equihash solution is none"
    assert not proves_work(found, REGTEST)


def test_swapped_halves_are_no_solution() -> None:
    """Each solution counts once: the order within every pair is fixed."""
    whole = int(REGTEST_SOLUTION, 16)
    indices = [whole >> 9 * i & 0x1FF for i in range(31, -1, -1)]
    swapped = indices[16:] + indices[:16]
    number = 0
    for index in swapped:
        number = number << 9 | index
    head = zcash_header(1296688602, 0x200F0F0F, 9, b"")[:140]
    assert is_solution(head, bytes.fromhex(REGTEST_SOLUTION), 48, 5)
    assert not is_solution(head, number.to_bytes(36, "big"), 48, 5)


@pytest.mark.parametrize("size", [0, 35, 37, 1344])
def test_a_solution_of_another_length_is_none(size: int) -> None:
    assert not is_solution(bytes(140), bytes(size), 48, 5)
    assert solution_bytes(48, 5) == 36


@pytest.mark.parametrize("cut", [0, 80, 139, 140, 141, 176])
def test_refuses_a_long_header_that_ends_early(cut: int) -> None:
    raw = zcash_header(1296688602, 0x200F0F0F, 9, bytes.fromhex(REGTEST_SOLUTION))
    with pytest.raises(BlockDataError):
        read_header(REGTEST, raw[:cut])


ZCASH_SOLUTION = "000a889f00854b8665cd555f4656f68179d31ccadc1b1f7fb0952726313b16941da348284d67add4686121d4e3d930160c1348d8191c25f12b267a6a9c131b5031cbf8af1f79c9d513076a216ec87ed045fa966e01214ed83ca02dc1797270a454720d3206ac7d931a0a680c5c5e099057592570ca9bdf6058343958b31901fce1a15a4f38fd347750912e14004c73dfe588b903b6c03166582eeaf30529b14072a7b3079e3a684601b9b3024054201f7440b0ee9eb1a7120ff43f713735494aa27b1f8bab60d7f398bca14f6abb2adbf29b04099121438a7974b078a11635b594e9170f1086140b4173822dd697894483e1c6b4e8b8dcd5cb12ca4903bc61e108871d4d915a9093c18ac9b02b6716ce1013ca2c1174e319c1a570215bc9ab5f7564765f7be20524dc3fdf8aa356fd94d445e05ab165ad8bb4a0db096c097618c81098f91443c719416d39837af6de85015dca0de89462b1d8386758b2cf8a99e00953b308032ae44c35e05eb71842922eb69797f68813b59caf266cb6c213569ae3280505421a7e3a0a37fdf8e2ea354fc5422816655394a9454bac542a9298f176e211020d63dee6852c40de02267e2fc9d5e1ff2ad9309506f02a1a71a0501b16d0d36f70cdfd8de78116c0c506ee0b8ddfdeb561acadf31746b5a9dd32c21930884397fb1682164cb565cc14e089d66635a32618f7eb05fe05082b8a3fae620571660a6b89886eac53dec109d7cbb6930ca698a168f301a950be152da1be2b9e07516995e20baceebecb5579d7cdbc16d09f3a50cb3c7dffe33f26686d4ff3f8946ee6475e98cf7b3cf9062b6966e838f865ff3de5fb064a37a21da7bb8dfd2501a29e184f207caaba364f36f2329a77515dcb710e29ffbf73e2bbd773fab1f9a6b005567affff605c132e4e4dd69f36bd201005458cfbd2c658701eb2a700251cefd886b1e674ae816d3f719bac64be649c172ba27a4fd55947d95d53ba4cbc73de97b8af5ed4840b659370c556e7376457f51e5ebb66018849923db82c1c9a819f173cccdb8f3324b239609a300018d0fb094adf5bd7cbb3834c69e6d0b3798065c525b20f040e965e1a161af78ff7561cd874f5f1b75aa0bc77f720589e1b810f831eac5073e6dd46d00a2793f70f7427f0f798f2f53a67e615e65d356e66fe40609a958a05edb4c175bcc383ea0530e67ddbe479a898943c6e3074c6fcc252d6014de3a3d292b03f0d88d312fe221be7be7e3c59d07fa0f2f4029e364f1f355c5d01fa53770d0cd76d82bf7e60f6903bc1beb772e6fde4a70be51d9c7e03c8d6d8dfb361a234ba47c470fe630820bbd920715621b9fbedb49fcee165ead0875e6c2b1af16f50b5d6140cc981122fcbcf7c5a4e3772b3661b628e08380abc545957e59f634705b1bbde2f0b4e055a5ec5676d859be77e20962b645e051a880fddb0180b4555789e1f9344a436a84dc5579e2553f1e5fb0a599c137be36cabbed0319831fea3fddf94ddc7971e4bcf02cdc93294a9aab3e3b13e3b058235b4f4ec06ba4ceaa49d675b4ba80716f3bc6976b1fbf9c8bf1f3e3a4dc1cd83ef9cf816667fb94f1e923ff63fef072e6a19321e4812f96cb0ffa864da50ad74deb76917a336f31dce03ed5f0303aad5e6a83634f9fcc371096f8288b8f02ddded5ff1bb9d49331e4a84dbe1543164438fde9ad71dab024779dcdde0b6602b5ae0a6265c14b94edd83b37403f4b78fcd2ed555b596402c28ee81d87a909c4e8722b30c71ecdd861b05f61f8b1231795c76adba2fdefa451b283a5d527955b9f3de1b9828e7b2e74123dd47062ddcc09b05e7fa13cb2212a6fdbc65d7e852cec463ec6fd929f5b8483cf3052113b13dac91b69f49d1b7d1aec01c4a68e41ce157"
