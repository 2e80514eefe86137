"""Transactions one a line: raw hex and explorers' JSON, the good and the hostile."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.bitcoin.transaction import (
    Transaction,
    TxInput,
    TxOutput,
    parse_tx,
)
from dalil.clustering.coinjoin import CoinJoinType, coinjoin_types
from dalil.clustering.coinjoin import lines as module
from dalil.clustering.coinjoin.lines import classify_line, lines_of, spender_key
from dalil.errors import BlockDataError, DalilError, InputError, LimitError
from dalil.ids import format_txid
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks
from tests.clustering.columns import script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYS = [bytes([2]) + bytes([k]) * 32 for k in range(8)]


def segwit(k: int) -> TxInput:
    return TxInput(bytes([k]) * 32, k, b"", 0, (b"s" * 71, KEYS[k]))


def legacy(k: int) -> TxInput:
    pushes = b"\x47" + b"s" * 71 + b"\x21" + KEYS[k]
    return TxInput(bytes([k]) * 32, k, pushes, 0)


def five_equal(*inputs: TxInput) -> Transaction:
    outputs = tuple(TxOutput(1_000_000, script(k)) for k in range(5))
    return Transaction(2, inputs, outputs)


def in_hex(tx: Transaction) -> bytes:
    return tx.serialise().hex().encode()


def in_json(tx: Transaction, *, txid: bool = False, **prevout: object) -> bytes:
    vin = [{"prevout": prevout or None} for _ in tx.inputs]
    vout = [{"value": o.value, "scriptpubkey": o.script.hex()} for o in tx.outputs]
    named = {"txid": format_txid(tx.txid)} if txid else {}
    return json.dumps({**named, "vin": vin, "vout": vout}).encode()


MIX = five_equal(*(segwit(k) for k in range(5)))


def test_raw_hex_gives_the_computed_txid_and_the_type() -> None:
    found = classify_line(in_hex(MIX))
    assert found == (format_txid(MIX.txid), CoinJoinType.WHIRLPOOL)
    assert classify_line(in_hex(MIX).upper()) == found


def test_json_needs_no_txid() -> None:
    assert classify_line(in_json(MIX)) == (None, CoinJoinType.WHIRLPOOL)
    named = classify_line(in_json(MIX, txid=True))
    assert named == (format_txid(MIX.txid), CoinJoinType.WHIRLPOOL)


def test_prevouts_of_one_script_are_one_owner() -> None:
    told = in_json(MIX, value=1_000_302, scriptpubkey=script(25).hex())
    assert classify_line(told).coinjoin is CoinJoinType.NONE


@pytest.mark.parametrize("kind", [segwit, legacy], ids=["witness", "scriptSig"])
def test_one_key_unlocking_every_input_is_one_owner(
    kind: Callable[[int], TxInput],
) -> None:
    one_key = five_equal(*(kind(3) for _ in range(5)))
    five_keys = five_equal(*(kind(k) for k in range(5)))
    assert classify_line(in_hex(one_key)).coinjoin is CoinJoinType.NONE
    assert classify_line(in_hex(five_keys)).coinjoin is CoinJoinType.WHIRLPOOL


def test_a_coinbase_is_never_a_coinjoin() -> None:
    mint = five_equal(TxInput(bytes(32), 0xFFFF_FFFF, b"\x01\x01", 0))
    assert classify_line(in_hex(mint)).coinjoin is CoinJoinType.NONE
    told = json.loads(in_json(MIX))
    told["vin"][0]["is_coinbase"] = True
    found = classify_line(json.dumps(told).encode())
    assert found.coinjoin is CoinJoinType.NONE


SCRIPTS = {
    "nothing": (b"", None),
    "one push": (b"\x03abc", b"abc"),
    "PUSHDATA1": (b"\x4c\x03abc", b"abc"),
    "PUSHDATA2": (b"\x4d\x03\x00abc", b"abc"),
    "PUSHDATA4": (b"\x4e\x03\x00\x00\x00abc", b"abc"),
    "an operation at the end": (b"\x03abc\x51", None),
    "a push of nothing": (b"\x03abc\x00", None),
    "a push that runs over the end": (b"\x4bab", b"ab"),
    "a length that is cut off": (b"\x4e\x03", None),
}


@pytest.mark.parametrize(("pushes", "key"), SCRIPTS.values(), ids=SCRIPTS.keys())
def test_the_last_push_stands_for_the_owner(pushes: bytes, key: bytes | None) -> None:
    assert spender_key(TxInput(bytes(32), 0, pushes, 0)) == key


def test_a_lone_taproot_signature_stands_for_nobody() -> None:
    assert spender_key(TxInput(bytes(32), 0, b"", 0, (b"s" * 64,))) is None


VALID = json.loads(in_json(MIX))
BAD = {
    "an empty line": b"",
    "no hex": b"hello",
    "an odd number of digits": b"abc",
    "hex of something else": b"00ff",
    "a block explorer's array": b"[]",
    "JSON cut off": b'{"vin": [',
    "a pretty-printed object's first line": b"{",
    "no vin": b'{"vout": []}',
    "vin is a number": b'{"vin": 3, "vout": []}',
    "vin holds a string": b'{"vin": ["x"], "vout": []}',
    "a prevout that is a list": b'{"vin": [{"prevout": []}], "vout": []}',
    "a value as text": b'{"vin": [], "vout": [{"value": "5", "scriptpubkey": ""}]}',
    "a value in bitcoin": b'{"vin": [], "vout": [{"value": 0.5, "scriptpubkey": ""}]}',
    "a value that is true": b'{"vin": [], "vout": [{"value": true, "scriptpubkey": ""}]}',
    "a negative value": b'{"vin": [], "vout": [{"value": -1, "scriptpubkey": ""}]}',
    "a value beyond 63 bits": (
        b'{"vin": [], "vout": [{"value": 9223372036854775808, "scriptpubkey": ""}]}'
    ),
    "a value of ten thousand digits": (
        b'{"vin": [], "vout": [{"value": ' + b"9" * 10_000 + b', "scriptpubkey": ""}]}'
    ),
    "a script that is no hex": b'{"vin": [], "vout": [{"value": 1, "scriptpubkey": "0g"}]}',
    "no script": b'{"vin": [], "vout": [{"value": 1}]}',
    "a txid that is no txid": b'{"txid": "abc", "vin": [], "vout": []}',
    "a txid that is a number": b'{"txid": 7, "vin": [], "vout": []}',
    "nesting without end": b'{"vin": ' + b"[" * 100_000,
    "bytes that are no text": b'{"vin": "\xff\xfe"}',
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD.keys())
def test_refuses_in_words(line: bytes) -> None:
    with pytest.raises(InputError) as caught:
        classify_line(line)
    assert len(str(caught.value)) < 200


@given(st.binary(max_size=200))
def test_any_bytes_are_a_verdict_or_an_error(line: bytes) -> None:
    with contextlib.suppress(InputError):
        classify_line(line)


@given(st.data())
def test_a_damaged_transaction_is_an_error_or_a_verdict(data: st.DataObject) -> None:
    raw = bytearray(MIX.serialise())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = classify_line(bytes(raw).hex().encode())
    except BlockDataError:
        return
    assert found.txid is not None


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["value", "scriptpubkey", "prevout", "is_coinbase"]), inner
        ),
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["vin", "vout", "txid"]), st.one_of(st.lists(json_values))
    )
)
def test_any_json_is_a_verdict_or_an_error(tx: dict[str, Any]) -> None:
    with contextlib.suppress(InputError):
        classify_line(json.dumps(tx).encode())


def test_lines_come_one_by_one_without_their_ends() -> None:
    assert list(lines_of(io.BytesIO(b"a\r\n\n b \nc"))) == [b"a", b"", b"b", b"c"]
    assert list(lines_of(io.BytesIO(b""))) == []


def test_a_line_too_long_is_one_error_and_the_next_line_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_LINE_BYTES", 8)
    found = list(lines_of(io.BytesIO(b"12345678\n" + b"x" * 30 + b"\nok\n" + b"y" * 9)))
    assert found[0] == b"12345678"
    assert isinstance(found[1], LimitError)
    assert found[2] == b"ok"
    assert isinstance(found[3], DalilError)
    assert len(found) == 4


def test_the_collected_wasabi_transactions(real_data: Path) -> None:
    """1,415 CoinJoins; the other fifteen have no two equal outputs at all."""
    archive = real_data / "bitcoin/coinjoin/wasabi1_raw_txs_1430.tar.gz"
    n = 0
    missed = []
    with tarfile.open(archive) as files:
        for member in files:
            if not member.isfile() or "Data/Transaction/" not in member.name:
                continue
            file = files.extractfile(member)
            assert file is not None
            raw = file.read()
            found = classify_line(raw.hex().encode())
            assert found.txid == member.name.rpartition("/")[2]
            assert found.coinjoin in (CoinJoinType.WASABI1, CoinJoinType.NONE)
            n += 1
            if not found.coinjoin:
                missed.append(raw)
    assert (n, len(missed)) == (1_430, 15)
    for raw in missed:
        values = [output.value for output in parse_tx(raw).outputs]
        assert len(values) == len(set(values)) <= 2


def test_the_twenty_five_blocks_hold_twelve_of_joinmarkets_shape(
    real_data: Path, tmp_path: Path
) -> None:
    blocks = real_data / "bitcoin/range_560062_560086/blk00000.dat"
    build_from_blocks(tmp_path / "ledger", open_blocks(blocks))
    ledger = Ledger.open(tmp_path / "ledger")
    types = coinjoin_types(ledger)
    hits = types.nonzero()[0].tolist()
    assert [types[tx] for tx in hits] == [CoinJoinType.JOINMARKET] * 12
    for tx in hits:
        line = ledger.raw_tx(tx).hex().encode()
        assert classify_line(line) == (ledger.txid(tx), CoinJoinType.JOINMARKET)
