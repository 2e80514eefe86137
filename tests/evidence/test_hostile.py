"""Bundles made to harm the verifier: a named failure or a refusal, never a crash."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
from typing import TYPE_CHECKING

import pytest

from dalil.chains.bitcoin.transaction import parse_tx
from dalil.evidence import verify
from dalil.evidence.verify import NotABundle
from tests.evidence.forger import Forger, seal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.evidence.smallcase import SmallCase


def failing(folder: Path) -> list[str]:
    found = verify.verify(str(folder))
    assert not found["ok"]
    return [f"{f['premise']}: {f['found']}" for f in found["failures"]]


def link_outside(folder: Path) -> None:
    (folder / "data" / "link").symlink_to("/etc/passwd")


def link_to_folder(folder: Path) -> None:
    (folder / "data" / "more").symlink_to("/")


def replaced_by_link(folder: Path) -> None:
    target = folder / "data" / "findings.json"
    copy = folder.with_name("elsewhere.json")
    target.rename(copy)
    target.symlink_to(copy)


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "data" / "pipe")


def empty_folder(folder: Path) -> None:
    (folder / "data" / "hidden").mkdir()


def plug(folder: Path) -> None:
    with contextlib.chdir(folder), socket.socket(socket.AF_UNIX) as door:
        door.bind("door")


def climbing(folder: Path) -> None:
    path = folder / "manifest-sha256.txt"
    path.write_text(f"{'0' * 64}  data/../../../etc/passwd\n" + path.read_text())


def odd_name(folder: Path) -> None:
    (folder / "data" / "a\nb").write_bytes(b"")


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (link_outside, "data/link: a link"),
        (link_to_folder, "data/more: a link"),
        (replaced_by_link, "data/findings.json: a link"),
        (pipe, "data/pipe: a link or a device"),
        (plug, "door: a link or a device"),
        (empty_folder, "data/hidden: an empty folder"),
        (climbing, "data/../../../etc/passwd"),
        (odd_name, r"data/a\nb"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_strange_tree_is_named(
    harm: Callable[[Path], None], named: str, small: SmallCase, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(small.folder, folder)
    harm(folder)
    assert any(named in text for text in failing(folder)), failing(folder)


DEEP = b"[" * 200_000 + b"]" * 200_000
DOCUMENTS = {
    "deep nesting": DEEP,
    "a deep key": b'{"schema": ' * 100_000 + b"1" + b"}" * 100_000,
    "not UTF-8": b'{"schema": "\xff"}',
    "a key twice": b'{"schema": "dalil-findings/1", "schema": 1}',
    "a float": b'{"schema": 1.5}',
    "not a number": b'{"schema": NaN}',
    "a huge number": b'{"schema": ' + b"9" * 1_000_000 + b"}",
    "a list": b"[]",
    "a string": b'"x"',
    "nothing": b"",
    "another schema": b'{"schema": "dalil-findings/2"}',
    "surrogates": b'{"schema": "\\ud800"}',
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize(
    "path", ["data/findings.json", "data/blocks.json", "data/tags.json"]
)
def test_strange_json_is_a_failure(
    name: str, path: str, small: SmallCase, tmp_path: Path
) -> None:
    forger = Forger(small.folder)
    seal(tmp_path / "forged", {**forger.files, path: DOCUMENTS[name]})
    if path == "data/tags.json" and name == "a list":
        found = verify.verify(str(tmp_path / "forged"))
        assert any("extract" in entry["what"] for entry in found["not_checked"])
        return
    assert failing(tmp_path / "forged")


def _mangled(value: object, dice: random.Random) -> object:
    """Put something of the wrong kind somewhere into a JSON value."""
    odd: list[object] = [
        None,
        -1,
        10**18,
        "",
        "x" * 3000,
        [],
        {},
        True,
        ["a"],
        "\u202e",
        "0" * 64,
    ]
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice(sorted(value))
        return {**value, key: _mangled(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.9:
        at = dice.randrange(len(value))
        return [*value[:at], _mangled(value[at], dice), *value[at + 1 :]]
    return dice.choice(odd)


def test_three_hundred_mangled_documents_end_without_a_traceback(
    small: SmallCase, tmp_path: Path
) -> None:
    dice = random.Random(5)
    quiet = 0
    for _ in range(300):
        forger = Forger(small.folder)
        path = dice.choice(
            ["data/findings.json", "data/blocks.json", "data/prevouts.json",
             "data/tags.json", "data/prices.json"]
        )  # fmt: skip
        forger.put(path, _mangled(forger.json(path), dice))
        seal(tmp_path / "forged", forger.files)
        found = verify.verify(str(tmp_path / "forged"))
        assert verify.as_text(found)
        quiet += found["ok"]
    assert quiet < 100


def test_three_hundred_mangled_transactions_are_refused(small: SmallCase) -> None:
    dice = random.Random(6)
    raws = list(small.material.transactions.values())
    for _ in range(300):
        verify.Report()
        raw = bytearray(dice.choice(raws))
        at = dice.randrange(len(raw))
        raw[at : at + dice.randrange(1, 4)] = dice.randbytes(dice.randrange(4))
        with contextlib.suppress(ValueError):
            again = verify.parse_tx(bytes(raw))
            # What still parses is named by what it now says, not by what it was.
            stripped = parse_tx(bytes(raw)).serialise(witness=False)
            assert again.txid == verify.sha256d(stripped)[::-1].hex()


def test_counts_that_lie_are_refused_at_once() -> None:
    version = b"\x01\x00\x00\x00"
    for claim in (b"\xff" + b"\xff" * 8, b"\xfe\xff\xff\xff\xff", b"\xfd\xff\xff"):
        with pytest.raises(ValueError, match="bytes end"):
            verify.parse_tx(version + claim + bytes(41))


def test_an_inner_node_does_not_pass_for_a_transaction() -> None:
    """64 bytes that parse as a transaction could be two hashes of a Merkle tree."""
    raw = b"\x01\x00\x00\x00\x01" + bytes(36) + b"\x00" + bytes(4) + b"\x01"
    raw += bytes(8) + b"\x04" + bytes(4) + bytes(4)
    assert len(raw) == 64
    with pytest.raises(ValueError, match="inner nodes"):
        verify.parse_tx(raw)


def test_what_is_no_bundle_is_refused(tmp_path: Path, small: SmallCase) -> None:
    for path in (tmp_path, tmp_path / "absent", small.folder / "bagit.txt"):
        with pytest.raises(NotABundle):
            verify.verify(str(path))
    (tmp_path / "linked").symlink_to(small.folder)
    with pytest.raises(NotABundle, match="link"):
        verify.verify(str(tmp_path / "linked"))


@pytest.mark.parametrize("width", [100, 2_000])
def test_a_file_larger_than_allowed_is_a_failure(
    width: int, small: SmallCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(small.folder, folder)
    monkeypatch.setattr(verify, "MAX_FILE_BYTES", width)
    assert any("bytes" in f["expected"] for f in verify.verify(str(folder))["failures"])


def test_steps_that_blow_up_are_bounded(small: SmallCase, tmp_path: Path) -> None:
    forger = Forger(small.folder)
    found = forger.of("appears")
    bomb = {"op": "homoglyphs", "from": "b", "to": "c"}
    found["premises"]["steps"] += [
        {"op": "add_scheme", "scheme": "x" * 150_000}
    ] * 3 + [bomb]
    forger.seal(tmp_path / "forged")
    assert any("premises.steps" in text for text in failing(tmp_path / "forged"))


def test_words_of_a_bundle_cannot_write_to_the_terminal(
    small: SmallCase, tmp_path: Path
) -> None:
    forger = Forger(small.folder)
    forger.of("pays")["statement"]["address"] = "\x1b[2J\u202eok\nok: 9 checks"
    forger.seal(tmp_path / "forged")
    text = verify.as_text(verify.verify(str(tmp_path / "forged")))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not any(line.startswith("ok") for line in text.splitlines())
