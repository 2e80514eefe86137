"""Rooms a reader can hold: small modules, true names, light imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import CHECKOUT, MODULES

if TYPE_CHECKING:
    from pathlib import Path

MAX_MODULE, MAX_FUNCTION, MAX_ARGUMENTS = 300, 80, 6
ONE_FILE_ON_PURPOSE = {"evidence/verify.py"}
"""Goes into every bundle and must be read, and run, without the rest."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
EVERY_MODULE = pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(CHECKOUT / "src"))
)


@EVERY_MODULE
def test_a_module_has_one_job(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if not _alone_on_purpose(path):
        assert len(text.splitlines()) <= MAX_MODULE
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "it says what it is for"
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            assert node.end_lineno is not None
            n_lines = node.end_lineno - node.lineno + 1
            assert n_lines <= MAX_FUNCTION, f"{node.name} has {n_lines} lines"


@EVERY_MODULE
def test_a_function_takes_few_arguments(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, FUNCTIONS) and not _is_command(node):
            taken = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            named = [argument.arg for argument in taken if argument.arg != "self"]
            assert len(named) <= MAX_ARGUMENTS, f"{node.name} takes {len(named)}"


def _alone_on_purpose(path: Path) -> bool:
    return any(path.match(name) for name in ONE_FILE_ON_PURPOSE)


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A command's arguments are its options; kernels take columns one by one."""
    marks = [ast.unparse(mark) for mark in node.decorator_list]
    return any("command" in mark or mark == "kernel" for mark in marks)


@EVERY_MODULE
def test_all_names_what_is_public_and_nothing_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    named = _listed(tree)
    if named is None:
        program = path.name == "__main__.py" or 'if __name__ == "__main__":' in text
        assert program or not _bound(tree), "a module says what is public"
        return
    assert len(named) == len(set(named))
    bound, public = _bound(tree), _defined(tree)
    assert not [name for name in named if name not in bound], "named but not there"
    assert not sorted(public - set(named)), "there but not named"


def _listed(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


def _defined(tree: ast.Module) -> set[str]:
    found = [n for n in tree.body if isinstance(n, (*FUNCTIONS, ast.ClassDef))]
    commands = {
        n.name for n in found if not isinstance(n, ast.ClassDef) and _is_command(n)
    }
    return {n.name for n in found if not n.name.startswith("_")} - commands


def _bound(tree: ast.Module) -> set[str]:
    names = {n.name for n in tree.body if isinstance(n, (*FUNCTIONS, ast.ClassDef))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(a.asname or a.name).split(".")[0] for a in node.names}
    return names - {"annotations"}


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("dalil", {"click", "numpy", "numba", "sqlalchemy", "jinja2", "pypdf"}),
        ("dalil.cli", {"numpy", "numba", "sqlalchemy", "jinja2", "pypdf", "yaml"}),
        ("dalil.cases", {"numba", "sqlalchemy", "jinja2", "pypdf", "yaml"}),
    ],
    ids=["the package", "the command's front door", "a case's charter"],
)
def test_imports_nothing_heavy(module: str, heavy: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, check=True, text=True)
    assert not heavy & set(loaded.stdout.split())


def test_rooms_import_only_from_below() -> None:
    program = f"{sys.prefix}/bin/lint-imports"
    command = [program, "--no-cache", "--config", str(CHECKOUT / "pyproject.toml")]
    done = subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
