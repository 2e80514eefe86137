"""Bytes to text, with a reason: byte-order mark, declaration, or detection."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dalil.intake.steps import Step

__all__ = ["decode", "looks_binary"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARABLE = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("windows-1256", "cp1256", "x-cp1256"), "cp1256"),
    **dict.fromkeys(("iso-8859-6", "arabic"), "iso8859-6"),
    **dict.fromkeys(("windows-1252", "iso-8859-1", "latin1", "us-ascii"), "cp1252"),
    **dict.fromkeys(("windows-1251", "cp1251"), "cp1251"),
    "windows-1254": "cp1254",
    "koi8-r": "koi8-r",
}
_DECLARED = re.compile(
    rb"<meta\b[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_-]{1,30})"
    rb"|\A\s{0,20}<\?xml\b[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_-]{1,30})",
    re.IGNORECASE,
)
_HEAD = 4096
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b\x1a"))
_TELLING_HIGH = 4


def decode(data: bytes, *, markup: bool) -> tuple[str, Step]:
    """Decode a captured file and say how.

    A byte-order mark decides; then UTF-16's pattern of zeros; then UTF-8 that
    holds without a slip; then what a page declares; then UTF-8 with slips where
    the slips are few; else Windows-1256, common in older Arabic files.

    Returns
    -------
    str
        The text; newlines as they are. Bytes that mean nothing become U+FFFD.
    Step
        The `decode` step that makes the same text again.

    Examples
    --------
    >>> decode("دليل".encode("cp1256"), markup=False)[1]["encoding"]
    'cp1256'
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data, encoding, "bom")
    if wide := _utf16(data[:65536]):
        return _decoded(data, wide, "detected")
    try:
        return data.decode("utf-8"), _step("utf-8", "strict", "default")
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.search(data[:_HEAD]) if markup else None
    if declared:
        name = (declared[1] or declared[2]).decode("ascii").lower()
        if name in _DECLARABLE:
            return _decoded(data, _DECLARABLE[name], "declared")
    return _decoded(data, _detected(data), "detected")


def looks_binary(data: bytes) -> bool:
    """Tell bytes that are no text in any encoding read here, from a sample.

    >>> looks_binary(bytes(range(32)) * 9), looks_binary(b"plain")
    (True, False)
    """
    sample = data[:65536]
    if any(sample.startswith(mark) for mark, _ in _MARKS) or _utf16(sample):
        return False
    n_control = len(sample) - len(sample.translate(None, _CONTROL))
    return n_control * 20 > len(sample)


def _detected(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    n_slips = text.count("\ufffd")
    n_high = sum(1 for _ in re.finditer(r"[^\x00-\x7f\ufffd]", text))
    return "utf-8" if n_high > _TELLING_HIGH * n_slips else "cp1256"


def _utf16(sample: bytes) -> str | None:
    """Tell UTF-16 without a mark: nearly every other byte is 0 or Arabic's 6."""
    half = len(sample) // 2
    if half < 2:
        return None
    low, high = sample[: half * 2 : 2], sample[1 : half * 2 : 2]
    for odd, even, encoding in ((high, low, "utf-16-le"), (low, high, "utf-16-be")):
        n_page = odd.count(0) + odd.count(6)
        if n_page * 10 >= half * 8 and odd.count(0) > 0 and even.count(0) * 10 < half:
            return encoding
    return None


def _decoded(data: bytes, encoding: str, by: str) -> tuple[str, Step]:
    try:
        return data.decode(encoding), _step(encoding, "strict", by)
    except UnicodeDecodeError:
        return data.decode(encoding, "replace"), _step(encoding, "replace", by)


def _step(encoding: str, errors: str, by: str) -> Step:
    return {"op": "decode", "encoding": encoding, "errors": errors, "by": by}
