"""Bundles: what is in them, that equal inputs give equal bytes, and who is replaced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dalil.errors import InputError
from dalil.evidence import bundle
from dalil.evidence.verify import verify
from dalil.evidence.verifying import verify_bundle

if TYPE_CHECKING:
    from tests.evidence.smallcase import SmallCase

CHECKOUT = Path(__file__).resolve().parents[2]


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def test_an_honest_bundle_passes(small: SmallCase, genesis: Path) -> None:
    for folder in (small.folder, genesis):
        found = verify(str(folder))
        assert found["ok"], found["failures"]
        assert found["n_checks"] > 50
        assert found["review"] == "DRAFT"


def test_the_root_covers_every_file_but_itself(small: SmallCase) -> None:
    files = tree(small.folder)
    tagmanifest = files.pop("tagmanifest-sha256.txt")
    assert sha256(tagmanifest).hexdigest() == small.root
    listed = (tagmanifest + files["manifest-sha256.txt"]).decode().splitlines()
    rows = dict(line.split("  ")[::-1] for line in listed)
    assert rows == {path: sha256(data).hexdigest() for path, data in files.items()}


def test_equal_inputs_give_equal_bytes(small: SmallCase, tmp_path: Path) -> None:
    material = replace(
        small.material,
        transactions=dict(reversed(small.material.transactions.items())),
        tags=small.material.tags[::-1] * 2,
        prices=small.material.prices[::-1],
        proofs=dict(reversed(small.material.proofs.items())),
    )
    root = bundle.write(tmp_path / "again", small.document, material)
    assert root == small.root
    assert tree(tmp_path / "again") == tree(small.folder)


def test_bytes_do_not_follow_locale_or_clock(small: SmallCase) -> None:
    text = b"".join(tree(small.folder).values())
    assert str(small.folder.parent).encode() not in text
    assert b"Bagging-Date" not in text


def test_an_earlier_bundle_is_replaced_whole(small: SmallCase, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    bundle.write(folder, small.document, small.material)
    (folder / "data" / "left over.txt").write_text("old")
    assert bundle.write(folder, small.document, small.material) == small.root
    assert tree(folder) == tree(small.folder)
    assert [p.name for p in tmp_path.iterdir()] == ["bundle"]


def test_what_is_no_bundle_is_not_replaced(small: SmallCase, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="something else"):
        bundle.write(tmp_path, small.document, small.material)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="not a folder"):
        bundle.write(tmp_path / "file", small.document, small.material)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_an_exhibit_that_changed_since_is_refused(
    small: SmallCase, tmp_path: Path
) -> None:
    name = next(iter(small.material.exhibits))
    (tmp_path / "other").write_text("something else")
    material = replace(small.material, exhibits={name: tmp_path / "other"})
    with pytest.raises(InputError, match="no longer the file"):
        bundle.write(tmp_path / "bundle", small.document, material)
    assert not (tmp_path / "bundle").exists()
    assert not (tmp_path / "bundle.part").exists()


def test_a_bundle_without_exhibits_says_what_it_cannot_show(
    small: SmallCase, tmp_path: Path
) -> None:
    bundle.write(tmp_path / "cut", small.document, replace(small.material, exhibits={}))
    found = verify(str(tmp_path / "cut"))
    assert found["ok"], found["failures"]
    assert any(
        "exhibit is not in the bundle" in e["what"] for e in found["not_checked"]
    )


def test_readmes_open_with_the_exercise_mark(small: SmallCase) -> None:
    for name in ("README.txt", "README.ar.txt"):
        text = (small.folder / name).read_text(encoding="utf-8")
        assert text.startswith("EXERCISE / تمرين")
        assert "python3 -I -S verify.py" in text


def test_a_bundles_own_verifier_is_compared(small: SmallCase, tmp_path: Path) -> None:
    assert verify_bundle(small.folder)["own_verifier"] == "as shipped"
    bundle.write(tmp_path / "b", small.document, small.material)
    (tmp_path / "b" / "verify.py").write_text("print('ok')")
    found = verify_bundle(tmp_path / "b")
    assert found["own_verifier"] == "differs"
    assert any("do not run it" in entry["what"] for entry in found["not_checked"])
    (tmp_path / "b" / "verify.py").unlink()
    assert verify_bundle(tmp_path / "b")["own_verifier"] == "missing"


def test_the_document_is_the_canonical_one(small: SmallCase) -> None:
    data = (small.folder / "data" / "findings.json").read_bytes()
    assert data == small.document.to_bytes()
    assert json.loads(data)["schema"] == "dalil-findings/1"


@pytest.mark.skipif(sys.platform != "linux", reason="kills by signal")
def test_a_kill_leaves_a_whole_bundle_or_none(small: SmallCase, tmp_path: Path) -> None:
    """The part is written beside the place and renamed, so nothing half is seen."""
    code = (
        "import sys, os, pathlib\n"
        "from dalil.evidence import bundle\n"
        "real = bundle._put\n"
        "def put(path, data):\n"
        "    if path.name == 'manifest-sha256.txt': os._exit(9)\n"
        "    return real(path, data)\n"
        "bundle._put = put\n"
        "from tests.evidence.smallcase import small_case\n"
        "small_case(pathlib.Path(sys.argv[1]))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x")],
        check=False,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
    )
    assert run.returncode == 9, run.stderr
    assert not (tmp_path / "x" / "bundle").exists()
    root = bundle.write(tmp_path / "x" / "bundle", small.document, small.material)
    assert root == small.root
