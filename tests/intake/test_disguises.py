"""Every disguise on every chain in every carrier: found, placed, and redone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dalil.chains import tron
from dalil.intake import extract
from tests.intake.corpus import ADDRESSES, CARRIERS, DISGUISES, HOMOGLYPHS, negatives
from tests.intake.redo import redo

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.intake import Indicator


def addresses_in(folder: Path, text: str, encoding: str = "utf-8") -> list[Indicator]:
    """Extract from `text`, redo every indicator, and keep the addresses."""
    file = folder / "captured.txt"
    file.write_bytes(text.encode(encoding))
    found = extract(file).indicators
    for indicator in found:
        redo(file.read_bytes(), indicator.to_json())
    return [i for i in found if i.kind == "address"]


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_the_one_address_is_found(
    address: str, disguise: object, carrier: str, tmp_path: Path
) -> None:
    assert callable(disguise)
    found = addresses_in(tmp_path, carrier.format(disguise(address)))
    assert [i.value for i in found] == [address]
    unchecked = address.startswith("0x") and address.islower()
    assert found[0].checksum == ("none" if unchecked else "valid")


REPAIRABLE = {name: a for name, a in ADDRESSES.items() if "EVM" not in name}


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
@pytest.mark.parametrize("address", REPAIRABLE.values(), ids=REPAIRABLE)
def test_lookalike_letters_are_repaired_where_the_checksum_decides(
    address: str, carrier: str, tmp_path: Path
) -> None:
    disguised = address.translate(HOMOGLYPHS)
    assert disguised != address
    (found,) = addresses_in(tmp_path, carrier.format(disguised))
    assert (found.value, found.checksum) == (address, "repaired")
    (step,) = [s for s in found.steps if s["op"] == "homoglyphs"]
    assert 1 <= step["candidates"] <= 100_000


def test_lookalikes_in_mixed_case_hex_are_repaired(tmp_path: Path) -> None:
    address = ADDRESSES["EVM mixed case"]
    (found,) = addresses_in(tmp_path, address.replace("e", "е", 1).replace("B", "В", 1))
    assert (found.value, found.checksum) == (address, "repaired")


def test_lookalikes_in_lower_case_hex_are_never_repaired(tmp_path: Path) -> None:
    written = ADDRESSES["EVM lower case"].replace("a", "а")
    (found,) = addresses_in(tmp_path, written)
    assert (found.value, found.checksum) == (written, "invalid")


@pytest.mark.parametrize(("meant", "written"), [("1", "l"), ("o", "0"), ("i", "I")])
def test_letters_base58_lacks_are_read_as_what_they_resemble(
    meant: str, written: str, tmp_path: Path
) -> None:
    bodies = (tron.encode_address(bytes([n]) * 20) for n in range(256))
    address = next(a for a in bodies if meant in a)
    (found,) = addresses_in(tmp_path, address.replace(meant, written))
    assert (found.value, found.checksum) == (address, "repaired")


@pytest.mark.parametrize("address", REPAIRABLE.values(), ids=REPAIRABLE)
@pytest.mark.parametrize("place", [5, 12, -1])
def test_a_slip_inside_the_alphabet_stays_a_failed_address(
    address: str, place: int, tmp_path: Path
) -> None:
    letters = list(address)
    letters[place] = "q" if letters[place] != "q" else "z"
    wrong = "".join(letters)
    (found,) = addresses_in(tmp_path, f"تمرين {wrong} EXERCISE")
    assert (found.value, found.checksum) == (wrong, "invalid")


def test_hex_in_the_wrong_case_stays_a_failed_address(tmp_path: Path) -> None:
    wrong = "0x" + ADDRESSES["EVM mixed case"][2:].swapcase()
    (found,) = addresses_in(tmp_path, f"تمرين {wrong} EXERCISE")
    assert (found.value, found.checksum) == (wrong, "invalid")


def test_upper_case_bech32_is_lowered_and_mixed_case_refused(tmp_path: Path) -> None:
    address = ADDRESSES["regtest bech32"]
    (upper,) = addresses_in(tmp_path, address.upper())
    assert (upper.value, upper.checksum) == (address, "valid")
    (mixed,) = addresses_in(tmp_path, address[:20] + address[20:].upper())
    assert mixed.checksum == "invalid"


def test_two_addresses_with_only_an_invisible_letter_between(tmp_path: Path) -> None:
    first, second = ADDRESSES["testnet P2PKH"], ADDRESSES["TRON"]
    found = addresses_in(tmp_path, f"{first}\u200b{second}")
    assert [i.value for i in found] == [first, second]


@pytest.mark.parametrize("name", ["TRON", "mainnet P2PKH", "testnet bech32"])
def test_an_address_glued_to_latin_words(name: str, tmp_path: Path) -> None:
    (found,) = addresses_in(tmp_path, f"wallet{ADDRESSES[name]}thanks")
    assert (found.value, found.start) == (ADDRESSES[name], 6)


def test_a_table_of_addresses_is_not_read_across_its_rows(tmp_path: Path) -> None:
    found = addresses_in(tmp_path, "\n".join(ADDRESSES.values()))
    assert [i.value for i in found] == list(ADDRESSES.values())


def test_a_hex_dump_is_no_address(tmp_path: Path) -> None:
    words = "0x12ab " + " ".join(f"{n:04x}" for n in range(0xA000, 0xA020))
    assert addresses_in(tmp_path, words) == []


def test_random_tokens_are_no_addresses(tmp_path: Path) -> None:
    tokens = negatives(7, 2000)
    found = addresses_in(tmp_path, "\n".join(tokens))
    assert [i for i in found if i.checksum != "invalid"] == []
    assert len(found) <= len(tokens) // 1000  # the shape of an address, by chance


def test_recall_and_precision_over_the_whole_corpus(tmp_path: Path) -> None:
    """One big file: all disguises of all addresses, among random tokens."""
    noise = iter(negatives(8, 200))
    lines, planted = [], []
    for name, address in ADDRESSES.items():
        for disguise in DISGUISES.values():
            for carrier in CARRIERS.values():
                lines += [carrier.format(disguise(address)), next(noise, "تمرين")]
                planted.append(address)
        if name in REPAIRABLE:
            lines.append(f"({address.translate(HOMOGLYPHS)})")
            planted.append(address)
    found = addresses_in(tmp_path, "\n\nتمرين EXERCISE.\n\n".join(lines))
    good = [i.value for i in found if i.checksum != "invalid"]
    assert good == planted
    assert len(found) - len(good) <= 2
