"""Exhibits: copied once, read-only, under their hash, whatever they are called."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from dalil.errors import InputError, StoreError
from dalil.intake import exhibits, extract, take_in
from dalil.intake.media import media_type

DATA = "تمرين EXERCISE".encode()
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def captured(tmp_path: Path) -> Path:
    file = tmp_path / "captured.txt"
    file.write_bytes(DATA)
    return file


def test_a_copy_is_read_only_under_its_hash(captured: Path, tmp_path: Path) -> None:
    (exhibit,) = take_in([captured], tmp_path / "exhibits")
    (copy,) = (tmp_path / "exhibits").iterdir()
    assert (copy.name, copy.read_bytes()) == (SHA256, DATA)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o444
    assert exhibit.to_json() == {
        "sha256": SHA256,
        "name": "captured.txt",
        "bytes": len(DATA),
        "media_type": "text/plain",
        "stored": True,
        "notes": [],
    }


def test_the_same_content_is_kept_once(captured: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.txt"
    again.write_bytes(DATA)
    first, second = take_in([captured, again], tmp_path / "exhibits")
    assert (first.sha256, second.name) == (second.sha256, "again.txt")
    assert len(list((tmp_path / "exhibits").iterdir())) == 1


def test_a_copy_that_was_altered_is_not_trusted(captured: Path, tmp_path: Path) -> None:
    folder = tmp_path / "exhibits"
    take_in([captured], folder)
    (folder / SHA256).chmod(0o644)
    (folder / SHA256).write_bytes(b"altered")
    with pytest.raises(StoreError, match="no longer has the hash"):
        take_in([captured], folder)


@pytest.mark.parametrize(
    "name",
    ["..", "../climbs.txt", "a\nb.txt", "-rf", "تمرين.txt", "$(id).txt", "x" * 250, "\udcff\udcfe.bin"],
    ids=["dots", "climbs", "newline", "option", "Arabic", "shell", "long", "not UTF-8"],
)  # fmt: skip
def test_no_name_becomes_a_path(name: str, tmp_path: Path) -> None:
    source = tmp_path / "in" / "deep"
    source.mkdir(parents=True)
    file = source / name if name != ".." else source / "..." / ".."
    if name == "..":
        (source / "...").mkdir()
        with pytest.raises(InputError, match="not a regular file"):
            take_in([file], tmp_path / "exhibits")
        return
    file.write_bytes(DATA)
    (exhibit,) = take_in([file], tmp_path / "exhibits")
    assert [p.name for p in (tmp_path / "exhibits").iterdir()] == [SHA256]
    assert exhibit.name.isprintable()
    exhibit.name.encode()


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "missing", "zero byte"])
def test_only_regular_files_are_taken(
    kind: str, captured: Path, tmp_path: Path
) -> None:
    path = tmp_path / "odd"
    if kind == "link":
        path.symlink_to(captured)
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "zero byte":
        path = Path("a\x00b")
    with pytest.raises(InputError):
        take_in([path], tmp_path / "exhibits")
    assert list((tmp_path / "exhibits").iterdir()) == []


def test_too_large_a_file_is_hashed_and_noted(
    captured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exhibits, "MAX_EXHIBIT_BYTES", 5)
    (exhibit,) = take_in([captured], tmp_path / "exhibits")
    assert (exhibit.sha256, exhibit.stored) == (SHA256, False)
    assert "larger than 5 bytes" in exhibit.notes[0]
    assert list((tmp_path / "exhibits").iterdir()) == []
    assert not extract(captured).readable


def test_nothing_half_written_stays_behind(
    captured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        take_in([captured], tmp_path / "exhibits")
    assert list((tmp_path / "exhibits").iterdir()) == []


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"OggS....", "audio/ogg"),
        (b"PK\x03\x04....", "application/zip"),
        (bytes(range(256)), "application/octet-stream"),
        (b"BM is how this text begins", "text/plain"),
        (b'\xef\xbb\xbf  {"messages": []}', "application/json"),
        ("\ufeff<!DOCTYPE html>".encode("utf-16-le"), "text/html"),
        (b"<!-- saved --><html>", "text/html"),
        (b"junk before %PDF-1.4", "application/pdf"),
        (b"", "text/plain"),
    ],
)
def test_media_types_are_told_by_content(head: bytes, kind: str) -> None:
    assert media_type(head, "name") == kind


def test_media_is_kept_and_noted_as_not_read(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    (exhibit,) = take_in([photo], tmp_path / "exhibits")
    assert exhibit.stored
    assert exhibit.notes[0].startswith("not read (image/jpeg)")
    extraction = extract(photo)
    assert (extraction.readable, extraction.indicators) == (False, ())
