"""``dalil verify``: one object, documented exits, and never the bundle's own code."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from dalil.cli.main import main
from tests.evidence.genesis import genesis_case

if TYPE_CHECKING:
    from pathlib import Path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["verify", *arguments])
    code = ended.value.code
    assert isinstance(code, int)
    return code, capsys.readouterr().out


def test_an_honest_bundle_exits_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = genesis_case(tmp_path)
    code, out = run(capsys, str(folder), "--json")
    found = json.loads(out)
    assert code == 0
    assert {"ok", "n_checks", "failures", "not_checked", "review"} <= found.keys()
    code, out = run(capsys, str(folder), "--root", found["root"])
    assert code == 0
    assert out.startswith("ok: ")


def test_a_changed_bundle_exits_one_and_runs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = genesis_case(tmp_path)
    witness = tmp_path / "it ran"
    (folder / "verify.py").write_text(f"open({str(witness)!r}, 'w')")
    code, out = run(capsys, str(folder), "--json")
    found = json.loads(out)
    assert code == 1
    assert found["own_verifier"] == "differs"
    assert "verify.py" in found["failures"][0]["premise"]
    assert not witness.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["{empty}"], 3, "not a bundle"),
        (["{empty}/absent"], 3, "not a bundle"),
        (["{bundle}", "--root", "12"], 2, "64 hex digits"),
        (["{bundle}", "--root", "0" * 64], 1, "--root"),
        ([], 2, "Missing argument"),
    ],
)
def test_every_refusal_has_its_exit(
    arguments: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = genesis_case(tmp_path)
    (tmp_path / "empty").mkdir()
    filled = [a.format(empty=tmp_path / "empty", bundle=folder) for a in arguments]
    ended, out = run(capsys, *filled, "--json")
    assert ended == code
    assert said in out
    assert json.loads(out)
    shutil.rmtree(folder)
