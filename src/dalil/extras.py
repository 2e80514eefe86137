"""The libraries of the extra ``analysis``: imported where used, named where missing."""

from __future__ import annotations

import importlib
from typing import Any, TypeAlias

from dalil.errors import UsageError

__all__ = ["Foreign", "needs"]

Foreign: TypeAlias = Any
"""Something of a library that has no types to check."""


def needs(library: str) -> Foreign:
    """Import one of duckdb, polars and pyarrow, or a module of theirs.

    Raises
    ------
    UsageError
        If it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(library)
    except ModuleNotFoundError as error:
        raise UsageError(
            "this needs a library that is not installed; "
            "run: pip install 'dalil[analysis]'",
            library,
        ) from error
