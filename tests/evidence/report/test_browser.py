"""The page as a reader sees it, in a real browser: silent, in order, and legible."""

from __future__ import annotations

import re
from itertools import cycle, product
from typing import TYPE_CHECKING, Any

import pytest

from dalil.evidence.report import render
from dalil.evidence.report.render import page_of
from tests.evidence.report import sample, sample_accounts
from tests.evidence.report.test_hostile import SPELLS, cursed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

QUIET = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
LANGS = ("en", "ar")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
SMALLEST_CONTRAST = 4.5
KINDS = {"coins": sample, "accounts": sample_accounts}
PASSAGES = {
    sample.TRACE.id: sample.PASSAGES,
    sample_accounts.WALK.id: sample_accounts.PASSAGES,
}


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """One browser for the module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=QUIET)
        yield browser
        browser.close()


class Watched:
    """A page on screen, and everything it did that a report must not do."""

    def __init__(self, browser: Browser, file: Path, **options: Any) -> None:
        self.noise: list[str] = []
        self.page: Page = browser.new_page(**options)
        self.page.on("console", lambda m: self.noise.append(f"console: {m.text}"))
        self.page.on("dialog", lambda d: self.noise.append(f"dialog: {d.message}"))
        self.page.on("pageerror", lambda e: self.noise.append(f"error: {e}"))
        self.page.on("popup", lambda p: self.noise.append(f"popup: {p.url}"))
        self.page.on("request", lambda r: self.noise.append(f"request: {r.url}"))
        self.page.goto(file.as_uri())
        opened = f"request: {file.as_uri()}"
        self.noise = [said for said in self.noise if said != opened]


def write(folder: Path, lang: str, kind: str = "coins", **more: Any) -> Path:
    """A sample as a file."""
    out, document = folder / f"report.{lang}.html", KINDS[kind].document()
    render(document, lang=lang, out=out, passages=PASSAGES, **more)  # type: ignore[arg-type]
    return out


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGS)
def test_it_is_silent_and_can_be_looked_at(
    browser: Browser, tmp_path: Path, lang: str, kind: str
) -> None:
    """Screenshots lie in the test's folder, for eyes; the rest is asserted."""
    file = write(tmp_path, lang, kind)
    for size, scheme in product((WIDE, NARROW), ("light", "dark")):
        seen = Watched(browser, file, viewport=size, color_scheme=scheme)
        picture = tmp_path / f"{lang}-{size['width']}-{scheme}.png"
        seen.page.screenshot(path=picture, full_page=True)
        assert seen.noise == []
        assert picture.stat().st_size > 50_000
        seen.page.close()


@pytest.mark.parametrize("lang", LANGS)
def test_spells_stay_words(browser: Browser, tmp_path: Path, lang: str) -> None:
    document = cursed(sample.document(), cycle(SPELLS.values()))
    file = tmp_path / "report.html"
    file.write_text(page_of(document, lang=lang), encoding="utf-8")  # type: ignore[arg-type]
    seen = Watched(browser, file, viewport=WIDE)
    seen.page.evaluate("""() => document.querySelectorAll('body *').forEach(e => {
      for (const kind of ['mouseover', 'focus', 'load', 'error'])
        e.dispatchEvent(new Event(kind, {bubbles: true}));
      if (!e.closest('a')) e.dispatchEvent(new MouseEvent('click', {bubbles: true}));
    })""")
    assert seen.noise == []
    assert seen.page.locator("script, img, iframe").count() == 0


def test_a_script_would_be_seen_and_is_stopped(
    browser: Browser, tmp_path: Path
) -> None:
    """The watch is awake, and the policy holds even where escaping had failed."""
    file = write(tmp_path, "en")
    spell = "<script>alert(1)</script><img src='https://tracker.example/x.png'>"
    planted = file.read_text("utf-8").replace("</main>", f"{spell}</main>")
    file.write_text(planted, encoding="utf-8")
    seen = Watched(browser, file, viewport=WIDE)
    assert any("Content Security Policy" in said for said in seen.noise)
    assert not any(said.startswith("dialog") for said in seen.noise)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_runs_out_of_the_page(
    browser: Browser, tmp_path: Path, lang: str, size: dict[str, int], kind: str
) -> None:
    page = Watched(browser, write(tmp_path, lang, kind), viewport=size).page
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


ORDER = """() => {
  const wrong = [];
  const foldable = '.id-link, .id-quoted, .id-step, .id-token, .id-long' + (innerWidth < 600 ? ', .id-whole' : '');
  for (const id of document.querySelectorAll('.id')) {
    if (id.matches(foldable)) continue;  // these may break a line
    const walker = document.createTreeWalker(id, NodeFilter.SHOW_TEXT);
    let last = null;
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.parentElement.closest('.mid') || node.parentElement.closest('title')) continue;
      for (let i = 0; i < node.length; i++) {
        const range = document.createRange();
        range.setStart(node, i); range.setEnd(node, i + 1);
        const box = range.getBoundingClientRect();
        if (!box.width) continue;
        if (last && (Math.abs(box.top - last.top) > 3 || box.left < last.left))
          wrong.push(id.textContent);
        last = box;
      }
    }
  }
  return [...new Set(wrong)];
}"""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_identifier_is_reordered_or_broken(
    browser: Browser, tmp_path: Path, lang: str, size: dict[str, int], kind: str
) -> None:
    page = Watched(browser, write(tmp_path, lang, kind), viewport=size).page
    assert page.evaluate(ORDER) == []


def test_a_date_in_arabic_prose_without_its_isolate_would_be_caught(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "bad.html"
    file.write_text(
        '<html dir="rtl"><p>من <span class="id">2023-01-01</span> إلى</p>',
        encoding="utf-8",
    )
    assert Watched(browser, file).page.evaluate(ORDER) == ["2023-01-01"]


def test_selecting_a_shortened_identifier_gives_all_of_it(
    browser: Browser, tmp_path: Path
) -> None:
    page = Watched(browser, write(tmp_path, "ar"), viewport=WIDE).page
    given = page.evaluate("""() => {
      const id = document.querySelector('#payments .id-outpoint');
      getSelection().selectAllChildren(id);
      return getSelection().toString();
    }""")
    assert given == sample.SEEDS[0]


CONTRAST = """() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * x + .7152 * y + .0722 * z;
  };
  const worst = {};
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg') || ![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())) continue;
    if (e.matches('.skip, .mid')) continue;
    let under = e, ground = [0, 0, 0, 0];
    while (under && (ground = parse(getComputedStyle(under).backgroundColor)).length == 4 && !ground[3])
      under = under.parentElement;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground)];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < SMALLEST) worst[e.className || e.tagName] = ratio;
  }
  return worst;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_to_read(
    browser: Browser, tmp_path: Path, scheme: str
) -> None:
    for document in (sample.document(), sample.reviewed()):
        file = tmp_path / "report.html"
        render(document, lang="en", out=file)
        page = Watched(browser, file, color_scheme=scheme).page
        assert page.evaluate(CONTRAST.replace("SMALLEST", str(SMALLEST_CONTRAST))) == {}
        page.close()


@pytest.mark.parametrize("lang", LANGS)
def test_it_can_be_walked_without_a_mouse_or_eyes(
    browser: Browser, tmp_path: Path, lang: str
) -> None:
    page = Watched(browser, write(tmp_path, lang), viewport=NARROW).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    scrolling = page.evaluate("""() => [...document.querySelectorAll('*')]
      .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth
        && /auto|scroll/.test(getComputedStyle(e).overflowX) && e.tabIndex != 0
        && !e.matches('pre, dd')).map(e => e.outerHTML.slice(0, 80))""")
    assert scrolling == []
    for role in ("banner", "main", "navigation", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role
    assert page.get_by_role("img").count() == 1
    assert page.get_by_role("img").get_attribute("aria-labelledby")


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page."""
    import io

    from pypdf import PdfReader

    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize("lang", LANGS)
def test_every_printed_page_carries_its_stamps(
    browser: Browser, tmp_path: Path, lang: str
) -> None:
    page = Watched(browser, write(tmp_path, lang)).page
    printed = pages_of(page.pdf(prefer_css_page_size=True))
    assert len(printed) > 5
    for number, text in enumerate(printed, start=1):
        assert "EXERCISE" in text, number
        assert re.search(rf"{number}\s*/\s*{len(printed)}", text), number
        if lang == "en":
            assert "DRAFT" in text, number


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGS)
def test_nothing_is_cut_off_on_paper(
    browser: Browser, tmp_path: Path, lang: str, kind: str
) -> None:
    a4_without_margins = {"width": 695, "height": 1000}
    page = Watched(
        browser, write(tmp_path, lang, kind), viewport=a4_without_margins
    ).page
    page.emulate_media(media="print")
    cut_off = page.evaluate("""() => [...document.querySelectorAll('table, svg.flow, .id')]
      .filter(e => { const b = e.getBoundingClientRect();
        return b.width && (b.left < -1 || b.right > innerWidth + 1) })
      .map(e => e.textContent.slice(0, 60))""")
    assert cut_off == []
