"""The test's contracts, compiled: ``contracts.json`` holds their bytecode.

``tools/fetch_anvil.sh && .venv/bin/python -m tests.accounts.contracts`` writes it
anew from ``ExerciseDollar.sol``; a test compares the two where solc is here.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

__all__ = ["bytecode", "compiled"]

HERE = Path(__file__).parent
SOLC = HERE.parents[1] / ".cache" / "anvil" / "solc"
_SOURCE, _SAVED = HERE / "ExerciseDollar.sol", HERE / "contracts.json"


def compiled(solc: Path = SOLC) -> dict[str, str]:
    """Compile the contracts: creation bytecode in hex, by name."""
    asked = {
        "language": "Solidity",
        "sources": {_SOURCE.name: {"content": _SOURCE.read_text("utf-8")}},
        "settings": {
            "optimizer": {"enabled": True, "runs": 200},
            "evmVersion": "london",
            "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
            "outputSelection": {"*": {"*": ["evm.bytecode.object"]}},
        },
    }
    done = subprocess.run(
        [solc, "--standard-json"],
        input=json.dumps(asked).encode(),
        capture_output=True,
        check=True,
    )
    # solc-js tells on stdout, ahead of the JSON, which SMT solver it lacks
    said = json.loads(done.stdout[done.stdout.index(b"{") :])
    wrong = [e for e in said.get("errors", []) if e["severity"] == "error"]
    if wrong:
        raise ValueError(wrong[0]["formattedMessage"])
    contracts = said["contracts"][_SOURCE.name]
    return {name: c["evm"]["bytecode"]["object"] for name, c in contracts.items()}


def bytecode(name: str) -> str:
    """Creation bytecode of one contract, as committed, in hex."""
    return str(json.loads(_SAVED.read_text("utf-8"))[name])


if __name__ == "__main__":
    _SAVED.write_text(json.dumps(compiled(), indent=1) + "\n", "utf-8")
