"""Put the stand-alone checks of account chains into the bundle's verifier.

    python tools/embed_proofs.py            write them anew
    python tools/embed_proofs.py --check    exit 1 where they differ

``verify.py`` is one file that trusts nothing else, so it holds the text of
``chains/evm/plain.py`` and ``chains/tron/plain.py`` word for word, but for the
names that both use.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "dalil"
VERIFIER = SOURCE / "evidence" / "verify.py"
BEGIN, END = "# <proofs>", "# </proofs>"
_PARTS = (("evm", "_ethereum_proven"), ("tron", "_tron_proven"))


def embedded() -> str:
    """Give the text of both files as the verifier holds it."""
    return "".join(_part(chain, name) for chain, name in _PARTS)


def _part(chain: str, name: str) -> str:
    text = (SOURCE / "chains" / chain / "plain.py").read_text(encoding="utf-8")
    _, _, text = text.partition("__all__ = ")
    _, _, text = text.partition("]\n")
    return "\n" + re.sub(r"\b_checked\b", name, text).strip() + "\n\n"


def written(verifier: str) -> str:
    """Give the verifier with both files in their place."""
    head, _, rest = verifier.partition(BEGIN)
    note, _, rest = rest.partition("\n")
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{note}\n{embedded()}\n{END}{tail}"


def main() -> int:
    """Write, or check."""
    now = VERIFIER.read_text(encoding="utf-8")
    due = written(now)
    if "--check" in sys.argv[1:]:
        if now != due:
            sys.stderr.write("verify.py: run `python tools/embed_proofs.py`\n")
        return int(now != due)
    VERIFIER.write_text(due, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
