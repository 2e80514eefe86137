"""What verify.py restates of other rooms, held against those rooms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains.bitcoin.address import classify_script, encode_address, script_of
from dalil.chains.bitcoin.header import work_of
from dalil.chains.bitcoin.networks import NETWORKS
from dalil.chains.bitcoin.scripts import ADDRESS_TYPES, ScriptType
from dalil.chains.registry import read_address
from dalil.clustering.coinjoin import CoinJoinType, Spent, classify
from dalil.errors import InputError
from dalil.evidence import verify
from dalil.intake import places, steps
from dalil.intake.onion import onion_checksum
from dalil.units import format_utc

if TYPE_CHECKING:
    from pathlib import Path

hashes = st.binary(min_size=20, max_size=20)
scripts = st.one_of(
    hashes.map(lambda h: b"\x76\xa9\x14" + h + b"\x88\xac"),
    hashes.map(lambda h: b"\xa9\x14" + h + b"\x87"),
    st.builds(
        lambda v, p: bytes([v, len(p)]) + p,
        st.sampled_from([0, *range(0x50, 0x61)]),
        st.one_of(st.binary(min_size=1, max_size=41), hashes),
    ),
    st.builds(
        lambda lead, body: bytes([33, lead]) + body + b"\xac",
        st.integers(0, 8),
        st.binary(min_size=32, max_size=32),
    ),
    st.builds(
        lambda lead, body: bytes([65, lead]) + body + b"\xac",
        st.integers(0, 8),
        st.binary(min_size=64, max_size=64),
    ),
    st.binary(max_size=70),
)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: n.name)
@settings(max_examples=200)
@given(script=scripts)
def test_addresses_of_scripts_agree(network: Any, script: bytes) -> None:
    kind, payload = classify_script(script)
    wanted = encode_address(network, kind, payload) if kind in ADDRESS_TYPES else None
    assert verify.address_of(verify.NETWORKS[network.caip2], script) == wanted


@settings(max_examples=300)
@given(scripts, st.sampled_from(NETWORKS), st.data())
def test_checksum_verdicts_agree(
    script: bytes, network: Any, data: st.DataObject
) -> None:
    kind, payload = classify_script(script)
    if kind not in ADDRESS_TYPES:
        return
    text = encode_address(network, kind, payload)
    if data.draw(st.booleans()):
        at = data.draw(st.integers(1, len(text) - 1))
        text = text[:at] + data.draw(st.sampled_from("q8zZ1")) + text[at + 1 :]
    readings = read_address(text)
    if readings:
        assert verify.checksum_verdict(text) == readings[0].checksum


@given(
    st.binary(min_size=20, max_size=20), st.sampled_from(["lower", "upper", "55", "x"])
)
def test_evm_verdicts_agree(payload: bytes, spelling: str) -> None:
    digits = payload.hex()
    text = {
        "lower": digits,
        "upper": digits.upper(),
        "55": verify.eip55(digits),
        "x": verify.eip55(digits).swapcase(),
    }[spelling]
    reading = read_address("0x" + text)[0]
    assert verify.checksum_verdict("0x" + text) == reading.checksum


@given(st.binary(max_size=300))
def test_keccak_is_the_one_of_a_library(data: bytes) -> None:
    from Crypto.Hash import keccak

    wanted = keccak.new(digest_bits=256, data=data).digest()
    assert verify.keccak256(data) == wanted


@given(st.binary(min_size=32, max_size=32), st.booleans())
def test_onion_verdicts_agree(key: bytes, good: bool) -> None:
    import base64
    from hashlib import sha3_256

    check = sha3_256(b".onion checksum" + key + b"\x03").digest()[:2]
    raw = key + (check if good else check[::-1]) + b"\x03"
    host = base64.b32encode(raw).decode().lower() + ".onion"
    assert verify.onion_verdict("http://" + host) == onion_checksum(host)


@given(st.integers(0, 2**32 - 1))
def test_times_agree(seconds: int) -> None:
    assert verify.utc(seconds) == format_utc(seconds)


@given(st.integers(0, 2**32 - 1))
def test_work_agrees(bits: int) -> None:
    target = verify.target_of(bits)
    assert work_of(bits) == ((1 << 256) // (target + 1) if target else 0)


TEXT = st.text(
    st.one_of(
        st.sampled_from(
            "bc1qar0s [.]()dotat@:/hxxps<>&;ٱ٠۱\u200b\u202e\u00ad\u0640\u3000"
        ),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
)
ARGUMENTS: dict[str, dict[str, str]] = {
    "remove": {"chars": "ab -"},
    "homoglyphs": {"from": "аo", "to": "a0"},
    "uri_scheme": {"scheme": "bitcoin"},
    "add_scheme": {"scheme": "https"},
}


@pytest.mark.parametrize("name", sorted(steps.TEXT_OPS))
@settings(max_examples=150)
@given(text=TEXT)
def test_steps_agree(name: str, text: str) -> None:
    for start in ("", "bitcoin:pay-", "https://t.me/", "@", "<b>", "hxxp://"):
        step = {"op": name, **ARGUMENTS.get(name, {})}
        try:
            wanted = steps.apply_step(start + text, step)
        except InputError:
            with pytest.raises((ValueError, KeyError)):
                verify.STEPS[name](start + text, step)
        else:
            assert verify.STEPS[name](start + text, step) == wanted


def test_no_step_of_intake_is_unknown() -> None:
    assert verify.STEPS.keys() == steps.TEXT_OPS.keys()


EXPORT = {
    "chats": {"list": [{"messages": [{"id": 5, "text": "other chat"}]}]},
    "messages": [
        {"id": 1, "text": "plain"},
        {"id": 2, "text": ["a ", {"type": "link", "text": "b", "href": "u"}, " c"]},
        {"id": 3, "text_entities": [{"text": "only "}, {"text": "entities"}]},
        {"id": 2, "text": "the same id again"},
        {"id": 4, "poll": {"answers": [{"text": "first"}]}, "text": ""},
    ],
}


@pytest.mark.parametrize(
    "where",
    [
        {"message": 1},
        {"message": 2},
        {"message": 3},
        {"message": 2, "index": 3},
        {"message": 4, "field": "poll.answers.0.text"},
        {"message": 2, "part": 1, "field": "href"},
        {"message": 3, "entity": 0, "field": "text"},
        {"message": 5, "chat": 0},
    ],
    ids=str,
)
def test_telegram_places_agree(where: dict[str, Any]) -> None:
    verify.Report()
    data = json.dumps(EXPORT).encode()
    wanted = places.text_at(data, {"op": "telegram_text"}, where)
    assert verify.telegram_text(json.loads(data), where) == wanted


def _script(n: int) -> bytes:
    return b"\x00\x14" + n.to_bytes(20, "big")


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(st.integers(1, 60), st.integers(0, 12)), min_size=2, max_size=14
    ),
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(20, 60)), min_size=2, max_size=14
    ),
)
def test_what_the_simple_gate_flags_the_full_rule_flags(
    inputs: list[tuple[int, int]], outputs: list[tuple[int, int]]
) -> None:
    """So that no honest link is refused."""
    unit = 100_000
    spent = [Spent(value * unit, _script(owner)) for value, owner in inputs]
    paid = [(value * unit, _script(owner)) for value, owner in outputs]
    plain = [verify.Prevout(s.value, s.script) for s in spent]
    if verify.looks_like_coinjoin(plain, paid):
        assert classify(spent, paid) is not CoinJoinType.NONE


def test_the_simple_gate_sees_what_it_is_for() -> None:
    five = [(1_000_000, _script(i)) for i in range(5)]
    payers = [verify.Prevout(1_000_500, _script(10 + i)) for i in range(5)]
    assert verify.looks_like_coinjoin(payers, five)
    assert not verify.looks_like_coinjoin(payers[:1], five)


@pytest.mark.real_data
def test_the_simple_gate_sees_most_of_wasabi(real_data: Path) -> None:
    import tarfile

    archive = real_data / "bitcoin" / "coinjoin" / "wasabi1_raw_txs_1430.tar.gz"
    seen = total = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            raw = "/Transaction/" in member.name and member.isfile()
            file = tar.extractfile(member) if raw else None
            if file is None:
                continue
            tx = verify.parse_tx(file.read())
            unknown = [verify.Prevout(None, None)] * len(tx.inputs)
            total += 1
            seen += verify.looks_like_coinjoin(unknown, tx.outputs)
    assert total == 1430
    assert seen >= 1400, seen


def test_script_templates_of_one_type_round_trip() -> None:
    elsewhere = {ScriptType.P2SH32}  # Bitcoin Cash's; a bundle is of Bitcoin
    for kind in set(ADDRESS_TYPES) - elsewhere:
        size = {"P2PK": 33, "P2WSH": 32, "P2TR": 32}.get(kind.name, 20)
        payload = (
            b"\x02" if kind.name in ("P2PK", "WITNESS_UNKNOWN") else b""
        ) + bytes(32)
        script = script_of(kind, payload[:size])
        assert verify.address_of(next(iter(verify.NETWORKS.values())), script)
