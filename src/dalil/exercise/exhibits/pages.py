"""Captured web pages: appeals in two languages, and reports that quote them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dalil.exercise.exhibits.disguise import glued

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dalil.exercise.exhibits.expected import CaseFiles

__all__ = ["Names", "write_pages"]

_SITE = "https://zinnia-exercise.example"


@dataclass(frozen=True)
class Names:
    """The addresses that pages name."""

    static: str
    pool: Sequence[str]
    visitors: Sequence[str]
    """Minted for one visitor each."""
    charity: str
    impostor: str


def write_pages(files: CaseFiles, names: Names) -> None:
    """Write the appeals' pages, and the news report, debunk and copy (traps)."""
    _write_appeals(files, names)
    for n, address in enumerate(names.visitors, start=1):
        uri = f"bitcoin:{address}?amount=0.002&amp;label=EXERCISE"
        body = f'<p>EXERCISE: your own address / تمرين</p><a href="{uri}">{address}</a>'
        file = f"pages/donate_{n}.html"
        _write(files, file, "appeal", "en", _page(f"visit {n}", body))
        files.mention(file, address)
    _write_reports(files, names)


def _write_appeals(files: CaseFiles, names: Names) -> None:
    half = len(names.pool[0]) // 2
    broken = f"{names.pool[0][:half]}<wbr>{names.pool[0][half:]}"
    escaped = "".join(f"&#{ord(letter)};" for letter in names.pool[1])
    english = (
        f"<p>EXERCISE: donations are accepted at <code>{names.static}</code>.</p>"
        f"<p>Also at {broken}</p><p>or {escaped}</p>"
        '<p>Channel: <a href="https://t.me/exercise_zinnia">@exercise_zinnia</a></p>'
        f"<script>document.title = 'EXERCISE'</script>"
    )
    _write(files, "pages/appeal_en.html", "appeal", "en", _page("appeal", english))
    arabic = (
        f"<p>تمرين: تُستقبل التبرعات على {glued(names.static)}</p>"
        f'<p>أو على <span dir="ltr">{names.pool[2]}</span></p>'
    )
    _write(files, "pages/appeal_ar.html", "appeal", "ar", _page("تمرين", arabic))
    for address in (names.static, *names.pool[:2]):
        files.mention("pages/appeal_en.html", address)
    for address in (names.static, names.pool[2]):
        files.mention("pages/appeal_ar.html", address)


def _write_reports(files: CaseFiles, names: Names) -> None:
    news = (
        "<h1>EXERCISE news: an invented campaign asks for coins</h1>"
        f"<p>Its page shows the address {names.static}.</p>"
        "<p>Those who want to help can turn to Exercise Charity Fig, which publishes "
        f"{names.charity} on its own site.</p>"
    )
    debunk = (
        "<h1>EXERCISE fact check</h1>"
        f"<p>A page that copies the campaign's shows {names.impostor} instead of "
        f"{names.static}: whoever runs it is somebody else.</p>"
    )
    copied = f"<p>EXERCISE: donations are accepted at {names.impostor}</p>"
    article = '<meta property="og:type" content="article">'
    for file, title, body, head, named in (
        ("news", "news", news, article, (names.static, names.charity)),
        ("debunk", "fact check", debunk, article, (names.impostor, names.static)),
        ("copycat", "appeal", copied, "", (names.impostor,)),
    ):
        path = f"press/{file}.html"
        _write(files, path, "report", "en", _page(title, body, head))
        for address in named:
            files.mention(path, address)


def _page(title: str, body: str, head: str = "") -> str:
    return (
        f"<title>EXERCISE / تمرين: {title}</title>"
        f'<meta property="og:site_name" content="{_SITE}">{head}</head>\n'
        f"<body>\n<header>EXERCISE / تمرين</header>\n{body}\n</body></html>\n"
    )


def _write(files: CaseFiles, file: str, role: str, lang: str, page: str) -> None:
    direction = "rtl" if lang == "ar" else "ltr"
    start = f'<!doctype html>\n<html lang="{lang}" dir="{direction}"><head>'
    text = f'{start}<meta charset="utf-8">{page}'
    files.write(file, text.encode(), role)
