"""What is taken in as captured: all of the folder, and nothing outside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dalil.cases import captured_files, read_charter
from dalil.cases.captured import MAX_DEPTH
from dalil.errors import InputError, LimitError

if TYPE_CHECKING:
    from pathlib import Path


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("EXERCISE")


def names_of(folder: Path) -> list[str]:
    return [file.name for file in captured_files(read_charter(folder)).files]


def test_takes_everything_but_its_own(tmp_path: Path) -> None:
    put(tmp_path, "b.html", "a/z.txt", "a/case.toml", "a/report.html", "تمرين.txt")
    put(
        tmp_path,
        "case.db",
        "case.db-wal",
        "exhibits/x",
        "bundle/y",
        ".tags/z",
        ".pseudonym-key",
    )
    put(tmp_path, "report.html", "report.ar.html", "report-en.pdf", "findings.json")
    captured = captured_files(read_charter(tmp_path))
    found = [file.name for file in captured.files]
    assert found == ["a/case.toml", "a/report.html", "a/z.txt", "b.html", "تمرين.txt"]
    assert captured.notes == ()


def test_says_what_it_leaves_out(tmp_path: Path) -> None:
    put(tmp_path, "kept", ".hidden", "a/.hidden", "reported.html", "bundle2/x")
    (tmp_path / "link").symlink_to("/etc/hostname")
    (tmp_path / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff", os.O_CREAT))
    captured = captured_files(read_charter(tmp_path))
    assert [file.name for file in captured.files] == ["kept"]
    assert captured.notes == (
        ".hidden: hidden, not taken in",
        "a/.hidden: hidden, not taken in",
        "bundle2: named like Dalil's own output; rename it to have it taken in",
        "folder: a symbolic link, refused",
        "link: a symbolic link, refused",
        "pipe: no regular file, refused",
        "reported.html: named like Dalil's own output; rename it to have it taken in",
        "\\udcff: its name is not UTF-8; rename it to have it taken in",
    )


def test_gives_each_file_its_role(tmp_path: Path) -> None:
    put(tmp_path, "appeal.txt", "sub/news.txt")
    (tmp_path / "case.toml").write_text(
        '[[exhibits]]\nfile = "sub/news.txt"\nrole = "report"'
    )
    files = captured_files(read_charter(tmp_path)).files
    assert [file.role for file in files] == ["appeal", "report"]
    assert [file.n_bytes for file in files] == [8, 8]


def test_refuses_a_role_for_nobody(tmp_path: Path) -> None:
    (tmp_path / "case.toml").write_text('[[exhibits]]\nfile = "gone.txt"')
    with pytest.raises(InputError, match=r"not here: gone\.txt"):
        names_of(tmp_path)


def test_refuses_folders_without_end(tmp_path: Path) -> None:
    put(tmp_path, "/".join(["d"] * (MAX_DEPTH + 2)))
    with pytest.raises(LimitError, match="nest deeper"):
        names_of(tmp_path)
