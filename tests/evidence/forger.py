"""A forger: takes a bundle, changes what it likes, and makes every hash anew.

Manifests, exhibits' and texts' names, trace ids, finding ids and every
reference to them are recomputed, so nothing but a false premise is left to
find. Only the root differs, and whoever has it from elsewhere sees that.
"""

from __future__ import annotations

import json
import re
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dalil.evidence.canonical import canonical_bytes, content_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Forger", "seal"]

Found = dict[str, Any]


class Forger:
    """A bundle's content in memory, to be changed freely, and sealed again."""

    def __init__(self, bundle: Path) -> None:
        self.files = {
            str(path.relative_to(bundle)): path.read_bytes()
            for path in sorted(bundle.rglob("*"))
            if path.is_file()
        }
        self.doc: Found = json.loads(self.files["data/findings.json"])
        self.blocks: Found = self.json("data/blocks.json")

    def json(self, path: str) -> Any:
        return json.loads(self.files[path])

    def put(self, path: str, value: object) -> None:
        self.files[path] = canonical_bytes(value, indent=1)

    def of(self, kind: str, n: int = 0) -> Found:
        found = [f for f in self.doc["findings"] if f["kind"] == kind]
        return dict.__getitem__({"it": found[n % len(found)]}, "it")

    def flow(self, name: str) -> Found:
        kinds = ("flow", "token_flow")
        flows = [f for f in self.doc["findings"] if f["kind"] in kinds]
        return next(f for f in flows if name in f["statement"]["target"])

    def line(self, finding: Found) -> Found:
        """The line of a flow, in the summary or at its asset."""
        assets = [t for asset in self.doc["assets"] for t in asset["targets"]]
        lines = [*self.doc["summary"]["targets"], *assets]
        return next(t for t in lines if t["finding"] == finding["id"])

    def swap(self, old: str, new: str) -> None:
        """Replace a string everywhere, file names included."""
        self.doc = json.loads(json.dumps(self.doc).replace(old, new))
        self.blocks = json.loads(json.dumps(self.blocks).replace(old, new))
        self.files = {
            path.replace(old, new): data.replace(old.encode(), new.encode())
            for path, data in self.files.items()
        }

    def seal(self, folder: Path) -> str:
        """Make every id and hash anew and write the bundle; returns its root."""
        self.put("data/blocks.json", self.blocks)
        text = json.dumps(self.doc)
        for record in (*self.doc["traces"], *self.doc["account_traces"]):
            rest = {k: v for k, v in record.items() if k != "id"}
            text = text.replace(record["id"], content_hash(rest))
        text = _new_ids(text)
        self.put("data/findings.json", json.loads(text))
        return seal(folder, self.files)


def _new_ids(text: str) -> str:
    """Give findings the ids of their content, those cited by others first."""
    for _ in range(4):
        doc = json.loads(text)
        for finding in doc["findings"]:
            content = {k: finding[k] for k in ("kind", "statement", "premises")}
            new = f"{finding['kind']}-{content_hash(content)[:16]}"
            text = text.replace(finding["id"], new)
        if json.loads(text) == doc:
            break
    return text


def seal(folder: Path, files: dict[str, bytes]) -> str:
    """Write files as a bag with fresh manifests; returns the root."""
    shutil.rmtree(folder, ignore_errors=True)
    tags = ("manifest-sha256.txt", "tagmanifest-sha256.txt")
    data = {p: d for p, d in files.items() if p.startswith("data/")}
    rest = {p: d for p, d in files.items() if p not in data and p not in tags}
    rest["manifest-sha256.txt"] = _manifest(data)
    rest["tagmanifest-sha256.txt"] = _manifest(rest)
    for path, content in {**data, **rest}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return sha256(rest["tagmanifest-sha256.txt"]).hexdigest()


def _manifest(files: dict[str, bytes]) -> bytes:
    rows = [f"{sha256(files[p]).hexdigest()}  {p}\n" for p in sorted(files)]
    return "".join(rows).encode()


def edited(pattern: str, change: Callable[[int], int], text: str) -> str:
    """Change the first number that `pattern` finds."""
    return re.sub(pattern, lambda m: str(change(int(m[0]))), text, count=1)
