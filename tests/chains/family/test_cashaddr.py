"""CashAddr: the specification's own vectors, and both ways for anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.base58 import b58check_decode
from dalil.chains.bech32 import CHARSET
from dalil.chains.bitcoin.cashaddr import decode_cashaddr, encode_cashaddr
from dalil.errors import AddressError

LEGACY = {
    "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu": "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
    "1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR": "bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy",
    "16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb": "bitcoincash:qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r",
    "3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC": "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
    "3LDsS579y7sruadqu11beEJoTjdFiFCdX4": "bitcoincash:pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e",
    "31nwvkZwyPdgzjBJZXfDmSWsC4ZLKpYyUw": "bitcoincash:pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37",
}
"""The table of cashaddr.md (github.com/bitcoincashorg/bitcoincash.org/spec)."""

SIZES = [
    (20, 0, "F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9", "bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2"),
    (20, 1, "F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9", "bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t"),
    (20, 1, "F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9", "pref:pr6m7j9njldwwzlg9v7v53unlr4jkmx6ey65nvtks5"),
]  # fmt: skip
"""Of the same page, "larger test vectors"."""


@pytest.mark.parametrize(("legacy", "text"), LEGACY.items(), ids=list(LEGACY))
def test_writes_what_the_specification_writes(legacy: str, text: str) -> None:
    raw = b58check_decode(legacy)
    kind = {0: 0, 5: 1}[raw[0]]
    assert encode_cashaddr("bitcoincash", kind, raw[1:]) == text
    assert decode_cashaddr(text, "bitcoincash") == (kind, raw[1:])


@pytest.mark.parametrize(("size", "kind", "payload", "text"), SIZES, ids=lambda v: str(v)[:20])  # fmt: skip
def test_larger_vectors(size: int, kind: int, payload: str, text: str) -> None:
    raw = bytes.fromhex(payload)
    prefix = text.partition(":")[0]
    assert len(raw) == size
    assert encode_cashaddr(prefix, kind, raw) == text
    assert decode_cashaddr(text, prefix) == (kind, raw)


payloads = st.sampled_from([20, 24, 28, 32, 40, 48, 56, 64]).flatmap(
    lambda n: st.binary(min_size=n, max_size=n)
)


@given(st.integers(0, 15), payloads, st.booleans(), st.booleans())
def test_reads_what_it_wrote(
    kind: int, payload: bytes, prefixed: bool, upper: bool
) -> None:
    text = encode_cashaddr("bchreg", kind, payload, prefixed=prefixed)
    assert decode_cashaddr(text.upper() if upper else text, "bchreg") == (kind, payload)


@given(st.integers(0, 3), payloads, st.data())
def test_one_wrong_letter_never_passes(
    kind: int, payload: bytes, data: st.DataObject
) -> None:
    text = encode_cashaddr("bitcoincash", kind, payload, prefixed=False)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(CHARSET.replace(text[at], "")))
    with pytest.raises(AddressError):
        decode_cashaddr(text[:at] + other + text[at + 1 :], "bitcoincash")


@given(st.text(max_size=140))
def test_no_text_upsets_it(text: str) -> None:
    try:
        owner = decode_cashaddr(text, "bchtest")
    except AddressError:
        return
    assert encode_cashaddr("bchtest", *owner).endswith(text.lower().rpartition(":")[2])


GOOD = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
REFUSED = [
    ("another network's prefix", GOOD, "bchtest", "prefix is not"),
    ("a checksum made for another prefix", GOOD[12:], "bchtest", "checksum does not fit"),
    ("mixed case", GOOD[:-1] + "A", "bitcoincash", "mixed case"),
    ("a letter the alphabet lacks", GOOD[:-1] + "b", "bitcoincash", "`b` at position 54"),
    ("nothing but a prefix", "bitcoincash:", "bitcoincash", "checksum"),
    ("no ASCII", "bitcoincash:\u212apm2q", "bitcoincash", "ASCII"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "prefix", "says"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])  # fmt: skip
def test_refuses_and_says_why(text: str, prefix: str, says: str) -> None:
    with pytest.raises(AddressError, match=says):
        decode_cashaddr(text, prefix)


@pytest.mark.parametrize(("kind", "size"), [(16, 20), (-1, 20), (0, 21), (0, 0)])
def test_writes_only_what_the_format_knows(kind: int, size: int) -> None:
    with pytest.raises(AddressError):
        encode_cashaddr("bitcoincash", kind, bytes(size))
