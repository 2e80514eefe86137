"""The bundle: a BagIt folder with findings, raw premises and their verifier.

`write` takes no clock, no locale and no path into the bytes, so equal inputs
give an equal bundle. Every file is listed with its SHA-256: the payload in
``manifest-sha256.txt``, that manifest and the other tag files in
``tagmanifest-sha256.txt``. The hash of the latter is the **root**: it covers
every byte of the bundle, directly or through the other manifest.
"""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from dalil.errors import InputError
from dalil.evidence.canonical import canonical_bytes, plain
from dalil.evidence.readme import read_me

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dalil.evidence.document import Document
    from dalil.evidence.material import Material

__all__ = ["SCHEMA_FILE", "VERIFIER_FILE", "packaged", "write"]

SCHEMA_FILE = "findings.schema.json"
VERIFIER_FILE = "verify.py"

_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_MANIFEST, _TAGMANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"


def packaged(name: str) -> bytes:
    """Read the verifier or the schema as this version of Dalil ships it."""
    return files("dalil.evidence").joinpath(name).read_bytes()


def write(folder: Path, document: Document, material: Material) -> str:
    """Write a bundle; an earlier one at `folder` is replaced in one step.

    Parameters
    ----------
    folder : Path
        Where the bundle shall lie. What is there is only ever replaced if it
        is a bundle itself, or an empty folder.
    document : Document
        The findings.
    material : Material
        What they rest on.

    Returns
    -------
    str
        The root, in hex. Hand it on by another way than the bundle: whoever
        can change a bundle can make its hashes anew.

    Raises
    ------
    InputError
        If `folder` holds something else, or an exhibit is not the file that
        its hash names.

    Notes
    -----
    The bundle is written beside its place, synced, and renamed. It is not
    verified here; run `dalil.evidence.verify.verify` on it.
    """
    _refuse_other(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    payload: dict[str, str] = {}
    for path, data in _payload(document, material):
        payload[path] = _put(part / path, data)
    for name, source in sorted(material.exhibits.items()):
        payload[f"data/exhibits/{name}"] = _exhibit(part, name, source)
    tags = {
        "README.ar.txt": read_me(document, "ar"),
        "README.txt": read_me(document, "en"),
        VERIFIER_FILE: packaged(VERIFIER_FILE),
        "bag-info.txt": _bag_info(document, part, payload),
        "bagit.txt": _BAGIT,
        _MANIFEST: _manifest(payload),
    }
    listed = {path: _put(part / path, data) for path, data in tags.items()}
    root = _put(part / _TAGMANIFEST, _manifest(listed))
    _take_place(part, folder)
    return root


def _payload(document: Document, material: Material) -> Iterator[tuple[str, bytes]]:
    yield "data/findings.json", document.to_bytes()
    yield f"data/{SCHEMA_FILE}", packaged(SCHEMA_FILE)
    yield "data/blocks.json", canonical_bytes(_blocks(material), indent=1)
    told = {
        outpoint: {
            "value_sat": prevout.value_sat,
            "script": None if prevout.script is None else prevout.script.hex(),
        }
        for outpoint, prevout in material.prevouts.items()
    }
    yield "data/prevouts.json", canonical_bytes(told, indent=1)
    rows = [plain(extract) for extract in dict.fromkeys(material.tags)]
    rows.sort(key=lambda row: (row["file_sha256"], row["line"] or 0, row["text"]))
    yield "data/tags.json", canonical_bytes(rows, indent=1)
    prices = [plain(row) for row in dict.fromkeys(material.prices)]
    prices.sort(key=lambda row: (row["series_sha256"], row["currency"], row["day"]))
    yield "data/prices.json", canonical_bytes(prices, indent=1)
    if material.account_proofs:
        yield "data/accounts.json", canonical_bytes(material.account_proofs, indent=1)
    for txid, raw in sorted(material.transactions.items()):
        yield f"data/transactions/{txid}.hex", raw.hex().encode() + b"\n"
    for name, text in sorted(material.texts.items()):
        yield f"data/texts/{name}.txt", text.encode()


def _blocks(material: Material) -> dict[str, object]:
    """Lay out headers in runs without gaps, and each transaction's branch."""
    runs: list[tuple[int, list[str]]] = []
    for height, header in material.all_headers().items():
        if not runs or runs[-1][0] + len(runs[-1][1]) != height:
            runs.append((height, []))
        runs[-1][1].append(header.hex())
    said = {"unproven": sorted(material.unproven)} if runs and material.unproven else {}
    return {
        **said,
        "chain": material.chain,
        "headers": [{"first_height": h, "headers": texts} for h, texts in runs],
        "proofs": {
            txid: {
                "height": proof.height,
                "position": proof.position,
                "branch": [node[::-1].hex() for node in proof.branch],
            }
            for txid, proof in material.proofs.items()
        },
    }


def _bag_info(document: Document, part: Path, payload: dict[str, str]) -> bytes:
    """Describe the bag, without the date BagIt suggests: results hold no clock."""
    n_bytes = sum((part / path).stat().st_size for path in payload)
    title = " ".join(document.case.title.split())
    lines = [
        f"Bag-Software-Agent: dalil {document.dalil}",
        f"External-Description: {title}",
        f"External-Identifier: {document.case.status}",
        f"Payload-Oxum: {n_bytes}.{len(payload)}",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _manifest(hashes: dict[str, str]) -> bytes:
    return "".join(f"{hashes[p]}  {p}\n" for p in sorted(hashes)).encode()


def _put(path: Path, data: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return sha256(data).hexdigest()


def _exhibit(part: Path, name: str, source: Path) -> str:
    target = part / "data" / "exhibits" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
        os.fsync(file.fileno())
    if digest.hexdigest() != name:
        shutil.rmtree(part)
        raise InputError("the exhibit is no longer the file that was taken in", source)
    return name


def _refuse_other(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError("a bundle cannot be written here: not a folder", folder)
    empty = not folder.exists() or not any(folder.iterdir())
    if not empty and not (folder / "bagit.txt").is_file():
        raise InputError("this folder holds something else than a bundle", folder)


def _take_place(part: Path, folder: Path) -> None:
    """Put the new bundle where the old one was; a kill leaves one of the two."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
