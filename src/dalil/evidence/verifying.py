"""Dalil's door to the stand-alone verifier: same checks, Dalil's own errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dalil.errors import InputError, UsageError
from dalil.evidence.bundle import VERIFIER_FILE, packaged
from dalil.evidence.verify import NotABundle, verify

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["verify_bundle"]

_ROOT = re.compile(r"[0-9a-fA-F]{64}")


def verify_bundle(folder: Path, root: str | None = None) -> dict[str, Any]:
    """Re-check a bundle; nothing in it is run.

    Parameters
    ----------
    folder : Path
    root : str, optional
        The root as given by another way, 64 hex digits.

    Returns
    -------
    dict
        ``ok``, ``n_checks``, ``failures`` (``finding``, ``premise``,
        ``expected``, ``found``), ``not_checked`` (``what``, ``findings``),
        ``review``, ``root``, ``blocks`` (anchors and work), and
        ``own_verifier``: whether the bundle's verify.py is the one Dalil ships.

    Raises
    ------
    InputError
        If `folder` is no bundle at all.
    UsageError
        If `root` is not 64 hex digits.
    """
    if root is not None and not _ROOT.fullmatch(root.strip()):
        raise UsageError("a root is 64 hex digits", root[:80])
    try:
        result = verify(str(folder), root)
    except NotABundle as error:
        raise InputError(f"not a bundle: {error}", folder) from None
    result["own_verifier"] = _own_verifier(folder)
    if result["own_verifier"] == "differs":
        what = "the bundle's own verify.py: it differs from Dalil's; do not run it"
        result["not_checked"].append({"what": what, "findings": []})
    return result


def _own_verifier(folder: Path) -> str:
    copy = folder / VERIFIER_FILE
    if copy.is_symlink() or not copy.is_file():
        return "missing"
    shipped = packaged(VERIFIER_FILE)
    with copy.open("rb") as file:
        held = file.read(len(shipped) + 1)
    return "as shipped" if held == shipped else "differs"
