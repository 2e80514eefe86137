"""PDFs written by hand, so that each fault in one is there on purpose."""

from __future__ import annotations

__all__ = ["content_stream", "pdf_of", "text_pdf"]


def pdf_of(objects: dict[int, bytes], root: int = 1) -> bytes:
    """Frame numbered objects as a PDF with a right cross-reference table."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % offsets.get(number, 0)
    out += b"trailer\n<< /Size %d /Root %d 0 R >>\n" % (size, root)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start


def content_stream(data: bytes, extra: bytes = b"") -> bytes:
    """Write a stream object."""
    head = b"<< /Length %d %s >>\nstream\n" % (len(data), extra)
    return head + data + b"\nendstream"


def text_pdf(*pages: list[str], link: str | None = None) -> bytes:
    """Write a PDF whose pages hold lines of ASCII text, one below the other."""
    n = len(pages)
    kids = b" ".join(b"%d 0 R" % (10 + i) for i in range(n))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count %d /Kids [ %s ] >>" % (n, kids),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    note = b""
    if link is not None:
        target = link.encode()
        objects[4] = (
            b"<< /Type /Annot /Subtype /Link /A << /S /URI /URI (%s) >> >>" % target
        )
        note = b"/Annots [ 4 0 R ]"
    for i, lines in enumerate(pages):
        objects[10 + i] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> %s >>" % (10 + n + i, note)
        )
        shown = b"".join(b"(%s) Tj 0 -14 Td " % line.encode() for line in lines)
        stream = b"BT /F1 12 Tf 40 700 Td " + shown + b"ET"
        objects[10 + n + i] = content_stream(stream)
    return pdf_of(objects)
