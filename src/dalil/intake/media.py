"""What kind of file this is, by its first bytes; names only break ties."""

from __future__ import annotations

import re

from dalil.intake.decoding import looks_binary

__all__ = ["media_type"]

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_HTML = re.compile(
    r"\s*+(?:<\?xml[^>]{0,200}>\s*+)?(?:<!--.{0,2000}?-->\s*+)*+"
    r"<(?:!doctype\s+html|html|head|body|article|blockquote|div|meta|p|span|table|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_NAME = re.compile(r".+\.(?:x?html?|mhtml)", re.IGNORECASE | re.DOTALL)


def media_type(data: bytes, name: str) -> str:
    """Tell a file's media type from its beginning.

    Returns
    -------
    str
        ``application/json`` for anything that starts like a JSON object (a
        Telegram export is told by its content), ``text/html``, ``text/plain``,
        a media type by its magic, else ``application/octet-stream``.

    Examples
    --------
    >>> media_type(b"<!DOCTYPE html><p>x", "saved"), media_type(b"x", "note.txt")
    ('text/html', 'text/plain')
    """
    head = data[:4096]
    for magic, kind in _MAGIC:
        if head.startswith(magic) and (len(magic) > 2 or looks_binary(data)):
            return kind
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return "video/mp4"
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    if looks_binary(data):
        return "application/octet-stream"
    return _text_type(head, name)


def _text_type(head: bytes, name: str) -> str:
    plain = head.replace(b"\x00", b"").decode("latin-1").removeprefix("ï»¿")
    plain = plain.removeprefix("ÿþ").removeprefix("þÿ")
    if _HTML.match(plain) or _HTML_NAME.fullmatch(name):
        return "text/html"
    if plain.lstrip()[:1] == "{":
        return "application/json"
    return "text/plain"
