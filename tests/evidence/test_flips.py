"""One changed byte anywhere in a bundle is found, and the file it is in is named."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest

from dalil.evidence.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.evidence.smallcase import SmallCase

N_FLIPS = 200


def flips(folder: Path) -> Iterator[tuple[Path, int, int]]:
    """Half of them spread over files, half over bytes."""
    dice = random.Random(20)
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    sizes = [p.stat().st_size for p in files]
    by_size = random.Random(21).choices(files, sizes, k=N_FLIPS // 2)
    for path in [*by_size, *dice.choices(files, k=N_FLIPS // 2)]:
        yield path, dice.randrange(path.stat().st_size), dice.randrange(1, 256)


def test_two_hundred_flips_are_located(small: SmallCase, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(small.folder, folder)
    for path, at, mask in flips(folder):
        honest = path.read_bytes()
        flipped = bytearray(honest)
        flipped[at] ^= mask
        path.write_bytes(flipped)
        found = verify(str(folder))
        path.write_bytes(honest)
        name = str(path.relative_to(folder))
        told = [f"{f['premise']} {f['expected']}" for f in found["failures"]]
        assert any(name in text for text in told), (name, at, mask, told)
    assert verify(str(folder))["ok"]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("tagmanifest-sha256.txt", lambda data: data[:-1]),
        ("tagmanifest-sha256.txt", lambda data: data + b"\n"),
        ("tagmanifest-sha256.txt", lambda data: data.upper()),
        ("tagmanifest-sha256.txt", lambda data: data.replace(b"  ", b" *", 1)),
        ("tagmanifest-sha256.txt", lambda data: data.replace(b"\n", b"\r\n")),
        ("tagmanifest-sha256.txt", lambda data: data + data.splitlines(True)[0]),
        ("tagmanifest-sha256.txt", lambda data: b"".join(data.splitlines(True)[::-1])),
        ("manifest-sha256.txt", lambda data: b""),
        ("bagit.txt", lambda data: data + b"x"),
        ("bag-info.txt", lambda data: data.replace(b"DRAFT", b"FINAL")),
        ("verify.py", lambda data: data + b"#"),
    ],
)
def test_every_byte_of_the_bag_counts(
    name: str, change: object, small: SmallCase, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(small.folder, folder)
    assert callable(change)
    honest = (folder / name).read_bytes()
    (folder / name).write_bytes(change(honest))
    assert (folder / name).read_bytes() != honest
    found = verify(str(folder))
    assert any(name in f"{f['premise']} {f['expected']}" for f in found["failures"])
