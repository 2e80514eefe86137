"""Run a notebook's code cells and write what they print into it, or check that.

``python tools/run_notebook.py NOTEBOOK [--check]``

Needs no Jupyter. Cells run in order in one fresh namespace; what a cell
prints, and the value of its last line, become its output, as text.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["run_cells"]

_FILE = "<cell>"


def run_cells(notebook: dict[str, Any]) -> list[str]:
    """Run a notebook; give the text each code cell prints."""
    names: dict[str, Any] = {"__name__": "__main__"}
    return [
        _run("".join(cell["source"]), names)
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def _run(source: str, names: dict[str, Any]) -> str:
    body = ast.parse(source, _FILE).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), _FILE, "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), _FILE, "eval"), names)
            if value is not None:
                print(repr(value))
    return printed.getvalue()


def main(path: Path, *, check: bool) -> int:
    """Run, then write the outputs or compare them with those recorded."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, (cell, text) in enumerate(zip(cells, run_cells(notebook), strict=True)):
        recorded = "".join(line for out in cell["outputs"] for line in out["text"])
        if check and recorded != text:
            print(f"cell {number} prints something else:\n{text}", file=sys.stderr)
            return 1
        lines = text.splitlines(keepends=True)
        stream = {"name": "stdout", "output_type": "stream", "text": lines}
        cell["outputs"] = [stream] if text else []
        cell["execution_count"] = number + 1
    if not check:
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), check="--check" in sys.argv[2:]))
