"""Make the checkout's own environment: ``.venv`` with Dalil and its libraries.

``python tools/setup.py [GROUP...]`` where a group is one of pyproject.toml's
dependency groups (test, check). Works again and again: what a stamp says is
there is not installed twice. Needs Python 3.11 or newer and nothing else;
writes nowhere but in the checkout.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "dalil-setup.json"
LOG = VENV / "dalil-setup.log"


def say(text: str) -> None:
    """Tell the person waiting; stdout stays free for results."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


def wanted(groups: list[str]) -> dict[str, list[str]]:
    """List what to install, by group, from pyproject.toml."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    known: dict[str, list[str]] = project["dependency-groups"]
    unknown = sorted(set(groups) - set(known))
    if unknown:
        sys.exit(f"setup: no such group: {', '.join(unknown)}")
    runtime = json.dumps([project["project"], project["build-system"]])
    digest = hashlib.sha256(f"{CHECKOUT}\n{runtime}".encode()).hexdigest()
    return {"dalil": [digest], **{group: known[group] for group in sorted(groups)}}


def stamped() -> dict[str, list[str]]:
    """Read what an earlier run installed; nothing where it cannot be told."""
    try:
        found: dict[str, list[str]] = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    works = subprocess.run([PYTHON, "-c", ""], check=False, capture_output=True)
    return found if works.returncode == 0 else {}


def make_venv() -> None:
    """Create ``.venv`` anew unless a working one is there."""
    probe = [str(PYTHON), "-m", "pip", "--version"]
    if (
        PYTHON.exists()
        and subprocess.run(probe, check=False, capture_output=True).returncode == 0
    ):
        return
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "setup: this Python cannot make environments; on Debian or Ubuntu:"
            " apt-get install python3-venv, then run make again"
        )
    version = ".".join(map(str, sys.version_info[:3]))
    say(f"making .venv with Python {version}")
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)


def install(requirements: list[str]) -> None:
    """Run pip in ``.venv``, naming each library as it comes in."""
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar=off",
        "--editable",
        str(CHECKOUT),
        *requirements,
    ]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with (
        LOG.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as pip,
    ):
        assert pip.stdout is not None
        for line in pip.stdout:
            log.write(line)
            if line.startswith(("Collecting ", "Building ", "Installing collected")):
                say("  " + line.split("(from")[0].split(":")[0].strip())
    if pip.returncode != 0:
        tail = "".join(LOG.read_text("utf-8").splitlines(keepends=True)[-15:])
        sys.exit(f"{tail}setup: pip failed; all it said is in .venv/{LOG.name}")


def main(groups: list[str]) -> None:
    """Bring ``.venv`` to what `groups` need."""
    want, have = wanted(groups), stamped()
    if all(have.get(group) == listed for group, listed in want.items()):
        return
    make_venv()
    say("installing Dalil and its libraries (a minute or two the first time)")
    install([one for group in groups for one in want[group]])
    kept = have if have.get("dalil") == want["dalil"] else {}
    STAMP.write_text(json.dumps({**kept, **want}, indent=1), encoding="utf-8")
    say("done")


if __name__ == "__main__":
    main(sys.argv[1:])
