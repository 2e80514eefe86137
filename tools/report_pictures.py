"""Take the pictures of the exercise report that README shows.

    python tools/report_pictures.py [CHROMIUM]

Runs the demo in a temporary folder, so that the pictures hold invented
parties and exercise addresses only.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]


def main(chromium: str) -> None:
    """Work the exercise, look at its two reports, keep the first screen of each."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Path(folder) / "demo"
        command = [sys.executable, "-m", "dalil.cli", "demo", str(demo)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for lang, name in (("en", "report.html"), ("ar", "report.ar.html")):
            page = browser.new_page(viewport={"width": 1100, "height": 1240})
            page.goto((demo / "case" / name).as_uri())
            page.screenshot(path=IMAGES / f"report-{lang}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/chromium")
