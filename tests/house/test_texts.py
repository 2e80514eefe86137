"""What tracked text must not say, and what must not be tracked."""

from __future__ import annotations

import re

from tests.house.tree import CHECKOUT, tracked_texts

# written in halves, so that this page does not find itself
FORBIDDEN = {
    "a path of somebody's machine": r"(?<![\w.])/(wo" r"rk|ro" r"ot|ho" r"me)/\w",
    "a scratch folder": r"(?<![\w.])/tm" r"p/",
    "a package registry's host": r"py" r"pi\.org|pythonhost" r"ed|npm" r"js\.(org|com)"
    r"|deb\.deb" r"ian\.org",
    "a tool that wrote it": r"(?i)\b(cla" r"ude|anth" r"ropic|chat" r"gpt|cop" r"ilot)\b",
    "work left for later": r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b",
}  # fmt: skip


def test_no_tracked_text_says_what_it_must_not() -> None:
    found = []
    for path in tracked_texts():
        text = path.read_text(encoding="utf-8")
        for what, pattern in FORBIDDEN.items():
            for hit in re.finditer(pattern, text):
                line = text.count("\n", 0, hit.start()) + 1
                found.append(f"{path.relative_to(CHECKOUT)}:{line}: {what}: {hit[0]}")
    assert not found, "\n".join(found)


def test_nothing_large_is_tracked() -> None:
    large = [p.name for p in tracked_texts() if p.stat().st_size > 500_000]
    assert not large


def test_no_room_is_called_after_leftovers() -> None:
    names = {"utils", "helpers", "common", "misc", "manager", "util", "helper"}
    found = [p for p in tracked_texts() if names & {p.stem, *p.parent.parts[-1:]}]
    assert not found
