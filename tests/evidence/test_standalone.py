"""verify.py alone: any Python since 3.8, no Dalil, nothing installed, nothing run."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dalil.evidence.bundle import packaged

if TYPE_CHECKING:
    from tests.evidence.smallcase import SmallCase

VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


def pythons() -> list[str]:
    """Every Python of this machine that is not this environment's."""
    roots = sorted(Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser().glob(
        "versions/3.*/bin/python"
    ))  # fmt: skip
    found = {str(p) for p in roots if p.parts[-3].split(".")[1] not in ("6", "7")}
    for version in VERSIONS:
        path = shutil.which(f"python{version}", path="/usr/bin:/usr/local/bin")
        found |= {path} if path else set()
    return sorted(found) or [sys.executable]


def run(python: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-I", "-S", *arguments],
        cwd=cwd,
        env={"PATH": "/nowhere", "LC_ALL": "C"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("python", pythons())
def test_it_runs_on_every_python_here(
    python: str, small: SmallCase, tmp_path: Path
) -> None:
    done = run(python, str(small.folder / "verify.py"), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["ok"]
    assert found["root"] == small.root
    assert done.stderr == ""


def test_it_speaks_to_people_and_compares_the_root(
    small: SmallCase, tmp_path: Path
) -> None:
    script, python = str(small.folder / "verify.py"), sys.executable
    done = run(python, script, str(small.folder), "--root", small.root, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("ok: ")
    assert "(as given)" in done.stdout
    done = run(python, script, str(small.folder), "--root", "0" * 64, cwd=tmp_path)
    assert done.returncode == 1
    assert "false: root: --root" in done.stdout
    done = run(python, script, str(tmp_path), "--json", cwd=tmp_path)
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] == "bad_input"


def test_it_imports_the_standard_library_only() -> None:
    tree = ast.parse(packaged("verify.py"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported <= set(sys.stdlib_module_names)
    assert not imported & {
        "socket",
        "subprocess",
        "urllib",
        "http",
        "ctypes",
        "importlib",
    }
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"eval", "exec", "compile", "__import__"}


def test_it_reads_the_bundle_and_writes_nothing(
    small: SmallCase, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(small.folder, folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    before = sorted((p, p.stat().st_mtime_ns) for p in folder.rglob("*"))
    done = run(sys.executable, str(folder / "verify.py"), cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert sorted((p, p.stat().st_mtime_ns) for p in folder.rglob("*")) == before
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
