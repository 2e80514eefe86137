"""A minimal PDF with a text layer, English to see and Arabic as OCR leaves it.

Streams are not compressed, so that the bytes do not depend on a library's
version. The Arabic layer is invisible text without a font file: its ToUnicode
map says which letters its codes stand for, which is all a reader of text needs.
"""

from __future__ import annotations

__all__ = ["pdf"]

_TO_UNICODE = (
    "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
    "/CMapName /Exercise def /CMapType 2 def\n"
    "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
    "2 beginbfrange\n<0020> <007E> <0020>\n<0600> <06FF> <0600>\nendbfrange\n"
    "endcmap CMapName currentdict /CMap defineresource pop end end\n"
)
_HEAD_OBJECTS = (
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [{kids}] /Count {count} >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    "<< /Type /Font /Subtype /Type0 /BaseFont /Exercise /Encoding /Identity-H "
    "/DescendantFonts [5 0 R] /ToUnicode 7 0 R >>",
    "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Exercise /CIDSystemInfo "
    "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
    "/FontDescriptor 6 0 R /DW 500 >>",
    "<< /Type /FontDescriptor /FontName /Exercise /Flags 4 /FontBBox [0 0 1000 1000] "
    "/ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
)
_FIRST_PAGE = 8


def pdf(pages: list[tuple[list[str], list[str]]]) -> bytes:
    """Write a PDF; each page has lines to see and invisible lines below.

    Parameters
    ----------
    pages : list of (list of str, list of str)
        Visible lines (Latin-1) and invisible ones (Latin and Arabic).
    """
    kids = " ".join(f"{_FIRST_PAGE + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        text.replace("{kids}", kids).replace("{count}", str(len(pages)))
        for text in _HEAD_OBJECTS
    ]
    objects.append(_stream(_TO_UNICODE))
    for i, (visible, invisible) in enumerate(pages):
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> "
            f"/Contents {_FIRST_PAGE + 2 * i + 1} 0 R >>"
        )
        objects.append(_stream(_content(visible, invisible)))
    return _file(objects)


def _content(visible: list[str], invisible: list[str]) -> str:
    lines = ["BT /F1 11 Tf 60 780 Td 16 TL"]
    for line in visible:
        escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        lines.append(f"({escaped}) Tj T*")
    lines.append("ET BT /F2 11 Tf 3 Tr 60 400 Td 16 TL")
    lines += [
        f"<{_visual(line).encode('utf-16-be').hex()}> Tj T*" for line in invisible
    ]
    return "\n".join([*lines, "ET\n"])


def _visual(line: str) -> str:
    """Order an Arabic line as it is seen, left to right: so PDFs store it."""
    arabic = any("\u0600" <= letter <= "\u06ff" for letter in line)
    return line[::-1] if arabic else line


def _stream(text: str) -> str:
    return f"<< /Length {len(text.encode('latin-1'))} >>\nstream\n{text}endstream"


def _file(objects: list[str]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, text in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    table = len(out)
    size = len(objects) + 1
    out += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
    for place in places:
        out += f"{place:010d} 00000 n \n".encode()
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"
    return bytes(out + trailer.encode())
