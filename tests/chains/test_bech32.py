"""Bech32 and bech32m: witness programs as text, by the BIPs' own vectors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.chains.bech32 import CHARSET, decode, encode
from dalil.errors import AddressError

if TYPE_CHECKING:
    from pathlib import Path

VALID = re.compile(r"^\* <tt>(\w+)</tt>: <tt>([0-9a-f]+)</tt>$", re.M)
NAMED = re.compile(r"^\* <tt>(\w+)</tt>: ", re.M)


def script(version: int, program: bytes) -> bytes:
    return bytes([version + 0x50 if version else 0, len(program)]) + program


programs = st.one_of(
    st.tuples(
        st.just(0),
        st.sampled_from([20, 32]).flatmap(lambda n: st.binary(min_size=n, max_size=n)),
    ),
    st.tuples(st.integers(1, 16), st.binary(min_size=2, max_size=40)),
)


@given(st.sampled_from(["bc", "tb", "bcrt"]), programs)
def test_programs_survive_the_round_trip(hrp: str, it: tuple[int, bytes]) -> None:
    text = encode(hrp, *it)
    assert decode(text) == (hrp, *it)
    assert decode(text.upper()) == (hrp, *it)


@given(programs, st.data())
def test_up_to_four_wrong_characters_are_found(
    it: tuple[int, bytes], data: st.DataObject
) -> None:
    """What a BCH code over 32 letters promises; version letters excepted.

    An error that also changes version 0 to another, or back, moves the text to
    the other encoding's constant, for which the promise is not made.
    """
    text = encode("bcrt", *it)
    places = data.draw(
        st.lists(st.integers(6, len(text) - 1), min_size=1, max_size=4, unique=True)
    )
    letters = list(text)
    for place in places:
        others = CHARSET.replace(letters[place], "")
        letters[place] = data.draw(st.sampled_from(others))
    with pytest.raises(AddressError):
        decode("".join(letters))


REFUSED = {
    "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdKU202": "mix upper and lower",
    "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku203": "checksum does not fit",
    "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqbdku202": "`b` at position 38",
    "\N{KELVIN SIGN}1QQQQQQQ": "plain ASCII",
    "bcrtqqq": "no human-readable part",
    "q" * 91: "longer than 90",
    "b c1qqqqqqq": "not printable",
}


@pytest.mark.parametrize("text", REFUSED, ids=REFUSED.values())
def test_refuses_and_says_why(text: str) -> None:
    with pytest.raises(AddressError, match=REFUSED[text]):
        decode(text)


@pytest.mark.parametrize(
    ("version", "length"),
    [(0, 19), (0, 31), (1, 1), (1, 41), (17, 20), (-1, 20)],
    ids=lambda n: str(n),
)
def test_writes_only_what_it_would_read(version: int, length: int) -> None:
    with pytest.raises(AddressError):
        encode("bcrt", version, bytes(length))


def test_reads_every_valid_vector(real_data: Path) -> None:
    """BIP 350's list, and of BIP 173's the version 0 ones it left in force."""
    folder = real_data / "vectors/bips"
    rows = VALID.findall((folder / "bip-0350.mediawiki").read_text())
    old = VALID.findall((folder / "bip-0173.mediawiki").read_text())
    rows += [row for row in old if row[1].startswith("00")]
    assert len(rows) == 11
    for text, expected in rows:
        hrp, version, program = decode(text)
        assert script(version, program).hex() == expected
        assert encode(hrp, version, program) == text.lower()


@pytest.mark.parametrize("bip", [173, 350])
def test_refuses_every_invalid_vector(real_data: Path, bip: int) -> None:
    page = (real_data / f"vectors/bips/bip-{bip:04}.mediawiki").read_text()
    _, _, listing = page.partition("invalid segwit addresses")
    rows = NAMED.findall(listing.partition("\n\n")[0])
    assert len(rows) == {173: 10, 350: 15}[bip]
    for text in rows:
        if text.startswith("tc1"):  # well formed, of a chain that does not exist
            assert decode(text)[0] == "tc"
            continue
        with pytest.raises(AddressError):
            decode(text)


def test_version_1_in_the_old_encoding_is_told_apart(real_data: Path) -> None:
    page = (real_data / "vectors/bips/bip-0173.mediawiki").read_text()
    old = [text for text, payload in VALID.findall(page) if payload[:2] != "00"]
    for text in old:
        with pytest.raises(AddressError, match="must be written in bech32m"):
            decode(text)
    assert len(old) == 3
