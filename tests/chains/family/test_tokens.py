"""Token prefixes: what they say, and that nothing but a whole one is one."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalil.chains.bitcoin.family.tokens import Token, split_token
from tests.chains.family.writer import pushed

CAPABILITIES = ("none", "mutable", "minting")


def compact(n: int) -> bytes:
    if n < 253:
        return bytes([n])
    for lead, form, most in (
        (253, "<H", 2**16),
        (254, "<I", 2**32),
        (255, "<Q", 2**64),
    ):
        if n < most:
            return bytes([lead]) + struct.pack(form, n)
    raise AssertionError(n)


def written(token: Token) -> bytes:
    holds = 0x10 if token.amount else 0
    if token.capability is not None:
        holds |= 0x20 | CAPABILITIES.index(token.capability)
        holds |= 0x40 if token.commitment else 0
    raw = b"\xef" + token.category + bytes([holds])
    raw += pushed(token.commitment) if token.commitment else b""
    return raw + (compact(token.amount) if token.amount else b"")


tokens = st.one_of(
    st.builds(
        Token,
        st.binary(min_size=32, max_size=32),
        st.one_of(st.integers(1, 300), st.integers(1, 2**63 - 1)),
        st.none(),
        st.just(b""),
    ),
    st.builds(
        Token,
        st.binary(min_size=32, max_size=32),
        st.one_of(st.just(0), st.integers(1, 2**63 - 1)),
        st.sampled_from(CAPABILITIES),
        st.binary(max_size=300),
    ),
)


@settings(deadline=None)  # the first call compiles
@given(tokens, st.binary(max_size=60))
def test_reads_what_was_written(token: Token, script: bytes) -> None:
    assert split_token(written(token) + script) == (token, script)


@settings(deadline=None)  # the first call compiles
@given(tokens, st.data())
def test_a_prefix_cut_short_is_none(token: Token, data: st.DataObject) -> None:
    raw = written(token)
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    assert split_token(cut) == (None, cut)


@settings(deadline=None)  # the first call compiles
@given(st.binary(max_size=120), st.booleans())
def test_no_bytes_upset_it(raw: bytes, marked: bool) -> None:
    field = b"\xef" + raw if marked else raw
    token, script = split_token(field)
    assert field.endswith(script)
    assert token is None or written(token) + script == field


@pytest.mark.parametrize(
    "script", [b"", b"\xef", b"\x76\xa9\x14" + bytes(20) + b"\x88\xac"]
)
def test_a_script_alone_stays_whole(script: bytes) -> None:
    assert split_token(script) == (None, script)
