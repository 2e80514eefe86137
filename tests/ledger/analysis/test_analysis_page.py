"""The page says what the code does: every table, column, function and field."""

from __future__ import annotations

import json

import pytest

from dalil.ledger.analysis.arrow import ARROW_TABLES
from dalil.ledger.analysis.columns import TABLES
from dalil.ledger.analysis.publicschema import NEEDS_RAW, NEVER, PUBLIC_TABLES
from dalil.ledger.analysis.sqlfunctions import FUNCTIONS
from dalil.ledger.analysis.views import VIEWS
from tests.house.tree import CHECKOUT
from tools.run_notebook import run_cells

PAGE = (CHECKOUT / "docs" / "analysis.md").read_text(encoding="utf-8")
NOTEBOOK = CHECKOUT / "docs" / "notebooks" / "ledger.ipynb"


def rows() -> list[str]:
    """Every row that the page's tables must have, word for word."""
    found = []
    for table, columns in TABLES.items():
        for column in columns.values():
            found.append(
                f"| `{table}` | `{column.name}` | {column.kind} | {column.says} |"
            )
    for name, view in VIEWS.items():
        for column_name, (_, says) in view.columns.items():
            found.append(f"| `{name}` | `{column_name}` | {says} |")
    for name, held in ARROW_TABLES.items():
        found.append(f"| `{name}` | {', '.join(f'`{column}`' for column in held)} |")
    for name, function in FUNCTIONS.items():
        given = f"`{name}({function.takes})` | {function.gives} | {function.says}"
        found.append(f"| {given} |")
    for name, fields in PUBLIC_TABLES.items():
        found.append(f"| `{name}` | {', '.join(f'`{field}`' for field in fields)} |")
    found.append(
        f"| null without `--scripts` | {', '.join(f'`{f}`' for f in NEEDS_RAW)} |"
    )
    found.append(f"| always null | {', '.join(f'`{f}`' for f in NEVER)} |")
    return found


@pytest.mark.parametrize("row", rows())
def test_a_row_is_on_the_page(row: str) -> None:
    assert row in PAGE.splitlines()


def test_the_notebook_prints_what_it_says() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    cells = notebook["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert "EXERCISE / تمرين" in "".join(cells[0]["source"])
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    recorded = [
        "".join(line for out in cell["outputs"] for line in out["text"])
        for cell in code
    ]
    assert run_cells(notebook) == recorded
