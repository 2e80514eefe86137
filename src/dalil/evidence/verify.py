#!/usr/bin/env python3
"""Re-check a Dalil bundle from its premises. Needs Python 3.8 or later, no more.

    python3 -I -S verify.py BUNDLE [--root HEX] [--json]

This one file is all there is to trust: it imports only Python's standard
library, reads only the bundle, opens no connection, runs nothing it reads.
It prints what it checked, each premise that is false, and what it could *not*
check. Exit code: 0 all checks passed, 1 a check failed, 3 not a bundle.

Hashes inside a bundle show that it is whole, not who made it: whoever changes
a file can make every hash anew. So everything that can be derived is derived
again from raw transactions, headers and exhibits, and the bundle's root, the
SHA-256 of `tagmanifest-sha256.txt`, is printed. Compare it (`--root`) with the
root you were given by another way; nothing else guards what is `not_checked`.

Contents: 1 facts and limits, 2 failures, 3 the bag, 4 transactions, 5 scripts
and addresses, 6 chains of blocks, 7 texts and steps, 8 money, 9 maximum flow,
10 findings of each kind, 11 the document, 12 output.
"""

from __future__ import annotations

import argparse
import base64
import decimal
import hashlib
import html
import json
import os
import re
import stat
import struct
import sys
import unicodedata
from collections import Counter
from hashlib import sha256
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

VERSION = "1"

# --- 1 facts and limits --------------------------------------------------------

MAX_FILES = 200_000
MAX_FILE_BYTES = 512_000_000
MAX_JSON_BYTES = 256_000_000
MAX_TEXT = 200_000  # code points of one raw indicator
MAX_FAILURES = 100  # printed; all are counted
MAX_DECIMALS = 77  # of a token: as many digits as 256 bits have
MAX_MONEY = 21_000_000 * 100_000_000


class Network(NamedTuple):
    name: str
    p2pkh: int
    p2sh: int
    hrp: str
    genesis: str
    easiest_bits: int
    retargets: bool
    blocks: Dict[int, str]  # public record: height -> hash
    work_floor: Tuple[Tuple[int, int], ...]  # public record: (height, nBits there)


# From Bitcoin Core's chain parameters: checkpoints, buried deployments, and the
# blocks it assumes valid. Anyone can look them up elsewhere.
_MAINNET_BLOCKS = {
    11111: "0000000069e244f73d78e8fd29ba2fd2ed618bd6fa2ee92559f542fdb26e7c1d",
    33333: "000000002dd5588a74784eaa7ab0507a18ad16a236e7b1ce69f00d7ddfb5d0a6",
    74000: "0000000000573993a3c9e41ce34471c079dcf5f52a0e824a81e7f953b8661a20",
    105000: "00000000000291ce28027faea320c8d2b054b2e0fe44a773f3eefb151d6bdc97",
    134444: "00000000000005b12ffd4cd315cd34ffd4a594f430ac814c91184a0d42d2b0fe",
    168000: "000000000000099e61ea72015e79632f216fe6cb33d7899acb35b75c8303b763",
    193000: "000000000000059f452a5f7340de6682a977387c17010ff6e6c3bd83ca8b1317",
    210000: "000000000000048b95347e83192f69cf0366076336c639f9b7228e9ba171342e",
    216116: "00000000000001b4f4b433e81ee46494af945cf96014816a4e2370f11b23df4e",
    225430: "00000000000001c108384350f74090433e7fcf79a606b8e797f065b130575932",
    227931: "000000000000024b89b42a942fe0d9fea3bb44ab7bd1b19115dd6a759c0808b8",
    250000: "000000000000003887df1f29024b06fc2200b55f8af8f35453d7be294df2d214",
    279000: "0000000000000001ae8c72a0b0c301f67e3afca10e819efa9041e458e9bd7e40",
    295000: "00000000000000004d9b4ef50f0f9d686fd69db2e03af35a100370c64632a983",
    363725: "00000000000000000379eaa19dce8c9b722d46ae6a57c2f1a988119488b50931",
    388381: "000000000000000004c2b624ed5d7756c508d90fd0da2c7c679febfa6c4735f0",
    419328: "000000000000000004a1b34462cb8aeebd5799177f7a29cf28f2d1961716b5b5",
    481824: "0000000000000000001c8018d9cb3b742ef25114f27563e3fc4a1902167f9893",
    824000: "000000000000000000026811d149d4d261995ec5b3f64f439a0a10e1a464af9a",
}
# nBits of mainnet blocks (169482, 300025, 413567, 481829, 560062, 702861). Since
# each of these heights the difficulty never fell to a quarter of it.
_MAINNET_FLOOR: Tuple[Tuple[int, int], ...] = (
    (0, 0x1D00FFFF),
    (169482, 0x1A0B350C),
    (300025, 0x1900896C),
    (413567, 0x18058436),
    (481829, 0x18013CE9),
    (560062, 0x172FD633),
    (702861, 0x170ED0EB),
)
_ANY = 0x207FFFFF
NETWORKS = {
    "bip122:" + network.genesis[:32]: network
    for network in (
        Network(
            "mainnet",
            0x00,
            0x05,
            "bc",
            "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
            0x1D00FFFF,
            True,
            _MAINNET_BLOCKS,
            _MAINNET_FLOOR,
        ),
        Network(
            "testnet3",
            0x6F,
            0xC4,
            "tb",
            "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
            0x1D00FFFF,
            False,
            {546: "000000002a936ca763904c3c35fce2f3556c559c0214345d31b1bcebf76acb70"},
            (),
        ),
        Network(
            "testnet4",
            0x6F,
            0xC4,
            "tb",
            "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
            0x1D00FFFF,
            False,
            {},
            (),
        ),
        Network(
            "signet",
            0x6F,
            0xC4,
            "tb",
            "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
            0x1E0377AE,
            False,
            {},
            (),
        ),
        Network(
            "regtest",
            0x6F,
            0xC4,
            "bcrt",
            "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
            _ANY,
            False,
            {},
            (),
        ),
    )
}

# The one description of findings this program reads; see docs/findings.md.
SCHEMA_SHA256 = "b14d7a5b4f45c8570d093896a5d9237413827da28c1ee8169180c7ad2465efd0"
RULES = {"co-spend": ("1",)}  # link rules this program can re-check, by version

# --- 2 failures ----------------------------------------------------------------


class False_(Exception):
    """A premise that is not so: which, what it should be, what it is."""

    def __init__(self, premise: str, expected: Any, found: Any) -> None:
        super().__init__(premise)
        self.premise, self.expected, self.found = premise, expected, found


class NotABundle(Exception):
    """What was handed in cannot be read as a bundle at all."""


def must(premise: str, expected: Any, found: Any) -> None:
    """Count one check: `found` is what the statement says it is."""
    Report.current.n_checks += 1
    if expected != found or type(expected) is not type(found):
        raise False_(premise, expected, found)


def holds(premise: str, truth: bool, expected: str, found: Any) -> None:
    """Count one check that is not an equality."""
    Report.current.n_checks += 1
    if not truth:
        raise False_(premise, expected, found)


def short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:400])
    return text if len(text) <= 200 else text[:200] + "…"


class Report:
    """What was checked, what failed, and what could not be checked."""

    current: "Report"

    def __init__(self) -> None:
        Report.current = self
        self.n_checks = 0
        self.failures: List[Dict[str, str]] = []
        self.not_checked: List[Dict[str, Any]] = []
        self.anchors: List[Dict[str, Any]] = []
        self.review = ""
        self.root = ""
        self._listed: Dict[str, Dict[str, Any]] = {}

    def fail(self, where: str, fault: False_) -> None:
        entry = {
            "finding": short(where),
            "premise": short(fault.premise),
            "expected": short(fault.expected),
            "found": short(fault.found),
        }
        if entry not in self.failures:
            self.failures.append(entry)

    def cannot(self, what: str, finding: Optional[str] = None) -> None:
        """Say that something is not checked; findings it concerns are gathered."""
        entry = self._listed.get(what)
        if entry is None:
            entry = self._listed[what] = {"what": short(what), "findings": []}
            self.not_checked.append(entry)
        if finding is not None and finding not in entry["findings"]:
            entry["findings"].append(finding)

    def guarded(self, where: str, check: Callable[..., Any], *given: Any) -> None:
        """Run a check; whatever goes wrong in it is a failure, not a crash."""
        try:
            check(*given)
        except False_ as fault:
            self.fail(where, fault)
        except RecursionError:
            self.fail(where, False_("nesting", "a sane depth", "too deep"))
        except Exception as error:  # hostile data must end here
            found = type(error).__name__ + ": " + str(error)
            self.fail(where, False_("form", "data as the schema has it", found))


# --- 3 the bag (BagIt 1.0, RFC 8493) -------------------------------------------

_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._/-]+)")


class Bag:
    """The files of a bundle, each regular, inside it, and listed."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.paths = sorted(self._walk())
        self.damaged: List[str] = []

    def _walk(self) -> Iterator[str]:
        try:
            if not stat.S_ISDIR(os.lstat(self.folder).st_mode):
                raise NotABundle("not a folder (a bundle may not be a link)")
        except (OSError, ValueError) as error:
            raise NotABundle("cannot be opened: " + str(error)) from None
        pending, n = [""], 0
        while pending:
            under = pending.pop()
            entries = list(os.scandir(os.path.join(self.folder, under)))
            if under and not entries:
                Report.current.fail(
                    "bundle", False_(under, "a file", "an empty folder")
                )
            for entry in entries:
                name = under + "/" + entry.name if under else entry.name
                n += 1
                if n > MAX_FILES:
                    raise NotABundle("more than %d files" % MAX_FILES)
                kind = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(kind.st_mode):
                    pending.append(name)
                elif not stat.S_ISREG(kind.st_mode):
                    fault = False_(name, "a regular file", "a link or a device")
                    Report.current.fail("bundle", fault)
                elif kind.st_size > MAX_FILE_BYTES:
                    fault = False_(
                        name, "at most %d bytes" % MAX_FILE_BYTES, kind.st_size
                    )
                    Report.current.fail("bundle", fault)
                else:
                    yield name

    def read(self, path: str, limit: int = MAX_FILE_BYTES) -> bytes:
        if path not in self.paths:
            raise False_(path, "a file of the bundle", "missing")
        with open(os.path.join(self.folder, path), "rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise False_(path, "at most %d bytes" % limit, "more")
        return data

    def sha256(self, path: str) -> str:
        digest = hashlib.sha256()
        with open(os.path.join(self.folder, path), "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
        return digest.hexdigest()

    def json(self, path: str) -> Any:
        return strict_json(path, self.read(path, MAX_JSON_BYTES))


def strict_json(where: str, data: bytes) -> Any:
    """Read JSON that means one thing only: no equal keys, floats, huge numbers."""

    def pairs(items: List[Tuple[str, Any]]) -> Dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            raise False_(where, "each key once", "a key twice")
        return found

    def number(text: str) -> int:
        if len(text) > 20:
            raise False_(where, "numbers of at most 20 digits", text[:20] + "…")
        return int(text)

    def no_float(text: str) -> Any:
        raise False_(where, "integers only", text[:40])

    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=pairs,
            parse_int=number,
            parse_float=no_float,
            parse_constant=no_float,
        )
    except (ValueError, RecursionError) as error:
        raise False_(where, "JSON in UTF-8", str(error) or "nested too deep") from None


def check_manifest(bag: Bag, manifest: str, paths: List[str]) -> None:
    """Check one manifest: its form, and that it lists exactly these files."""
    report = Report.current
    text = bag.read(manifest).decode("utf-8", "replace")
    lines = text.split("\n")
    report.n_checks += 1
    if lines.pop() != "":
        raise False_(manifest + ", last line", "a line's end", "none")
    claimed: Dict[str, str] = {}
    for i, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise False_("%s, line %d" % (manifest, i), "<sha256>  <path>", line)
        if match[2] in claimed:
            raise False_("%s, line %d" % (manifest, i), "each path once", match[2])
        claimed[match[2]] = match[1]
    if list(claimed) != sorted(claimed):
        report.fail("bundle", False_(manifest, "paths in order", "out of order"))
    present = set(paths)
    for path in sorted(present | set(claimed)):
        report.n_checks += 1
        if path not in claimed:
            report.fail("bundle", False_(path, "listed in " + manifest, "not listed"))
        elif path not in present:
            where = "%s (listed in %s)" % (path, manifest)
            report.fail("bundle", False_(where, "present", "missing"))
        else:
            found = bag.sha256(path)
            if found != claimed[path]:
                bag.damaged.append(path)
                where = "%s (or its line in %s)" % (path, manifest)
                report.fail("bundle", False_(where, claimed[path], found))


def check_bag(bag: Bag) -> None:
    """Check every byte of the bundle against its two manifests."""
    report = Report.current
    if "bagit.txt" not in bag.paths:
        raise NotABundle("no bagit.txt in it")
    tagmanifest, manifest = "tagmanifest-sha256.txt", "manifest-sha256.txt"
    report.guarded("bundle", bag.read, tagmanifest)
    if tagmanifest in bag.paths:
        report.root = bag.sha256(tagmanifest)
    declared = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    report.guarded("bundle", lambda: must("bagit.txt", declared, bag.read("bagit.txt")))
    payload = [path for path in bag.paths if path.startswith("data/")]
    rest = sorted(set(bag.paths) - {*payload, tagmanifest})
    report.guarded("bundle", check_manifest, bag, manifest, payload)
    report.guarded("bundle", check_manifest, bag, tagmanifest, rest)


# --- 4 transactions ------------------------------------------------------------


def sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


class Reader:
    """A place in some bytes that refuses to leave them."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, n: int) -> bytes:
        if n > len(self.data) - self.at:
            raise ValueError("the bytes end too early")
        self.at += n
        return self.data[self.at - n : self.at]

    def size(self) -> int:
        first = self.take(1)[0]
        if first < 0xFD:
            return first
        width = 2 << (first - 0xFD)
        size = int.from_bytes(self.take(width), "little")
        if size < 0xFD or (width > 2 and size >> (4 * width) == 0):
            raise ValueError("a length not in its shortest form")
        return size

    def bytes(self) -> bytes:
        return self.take(self.size())


class Tx(NamedTuple):
    txid: str
    inputs: List[str]  # outpoints spent
    outputs: List[Tuple[int, bytes]]  # (satoshi, script)

    @property
    def is_coinbase(self) -> bool:
        return self.inputs == ["0" * 64 + ":4294967295"]


def parse_tx(data: bytes) -> Tx:
    """Read one whole transaction; its txid is computed from what was read."""
    at = Reader(data)
    version = at.take(4)
    extended = data[4:5] == b"\x00"
    if extended and at.take(2) != b"\x00\x01":
        raise ValueError("no inputs, or an unknown flag")
    start = at.at
    inputs, outputs = [], []
    for _ in range(at.size()):
        txid, index = at.take(32), at.take(4)
        at.bytes()
        at.take(4)
        inputs.append("%s:%d" % (txid[::-1].hex(), int.from_bytes(index, "little")))
    for _ in range(at.size()):
        value = int.from_bytes(at.take(8), "little")
        outputs.append((value, at.bytes()))
        if value > MAX_MONEY:
            raise ValueError("an output above all money there is")
    body = data[start : at.at]
    if extended:
        for _ in inputs:
            for _ in range(at.size()):
                at.bytes()
    stripped = version + body + at.take(4)
    if at.at != len(data) or not inputs or not outputs:
        raise ValueError("not exactly one transaction")
    if len(stripped) == 64:
        # Such bytes could as well be two hashes inside a Merkle tree.
        raise ValueError("64 bytes long, as inner nodes of Merkle trees are")
    return Tx(sha256d(stripped)[::-1].hex(), inputs, outputs)


# --- 5 scripts and addresses ---------------------------------------------------

_B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_B32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def base58check(payload: bytes) -> str:
    raw = payload + sha256d(payload)[:4]
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _B58[digit] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


def base58check_decode(text: str) -> Optional[bytes]:
    if len(text) > 60 or any(letter not in _B58 for letter in text):
        return None
    number = 0
    for letter in text:
        number = number * 58 + _B58.index(letter)
    zeros = len(text) - len(text.lstrip("1"))
    raw = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    payload, checksum = raw[:-4], raw[-4:]
    return payload if payload and sha256d(payload)[:4] == checksum else None


def _polymod(hrp: str, values: List[int]) -> int:
    rest = 1
    spread = [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]
    for value in spread + values:
        top = rest >> 25
        rest = (rest & 0x1FFFFFF) << 5 ^ value
        for i, mix in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            rest ^= mix if top >> i & 1 else 0
    return rest


def bech32(hrp: str, version: int, program: bytes) -> str:
    spare = -len(program) * 8 % 5
    number = int.from_bytes(program, "big") << spare
    n = (len(program) * 8 + spare) // 5
    values = [version] + [number >> 5 * i & 31 for i in range(n - 1, -1, -1)]
    want = 1 if version == 0 else 0x2BC830A3
    rest = _polymod(hrp, values + [0] * 6) ^ want
    values += [rest >> 5 * (5 - i) & 31 for i in range(6)]
    return hrp + "1" + "".join(_B32[value] for value in values)


def bech32_valid(text: str) -> bool:
    """Whether `text` is a segwit address: decoded, then written again alike."""
    text = text.lower() if text == text.upper() else text
    hrp, _, data = text.rpartition("1")
    if len(text) > 90 or len(data) < 8 or any(c not in _B32 for c in data):
        return False
    values = [_B32.index(c) for c in data]
    number, n = 0, len(values) - 7
    for value in values[1:-6]:
        number = number << 5 | value
    length, spare = divmod(n * 5, 8)
    if spare >= 5 or number & ((1 << spare) - 1) or not 2 <= length <= 40:
        return False
    program = (number >> spare).to_bytes(length, "big")
    known = values[0] <= 16 and (values[0] > 0 or length in (20, 32))
    return known and bech32(hrp, values[0], program) == text


def eip55(digits: str) -> str:
    key = keccak256(digits.lower().encode()).hex()
    return "".join(
        c.upper() if int(k, 16) >= 8 else c for c, k in zip(digits.lower(), key)
    )


def address_of(network: Network, script: bytes) -> Optional[str]:
    """The address of an output script, or None; a bare key is its own name."""
    n = len(script)
    if n == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return base58check(bytes([network.p2pkh]) + script[3:23])
    if n == 23 and script[:2] == b"\xa9\x14" and script[22] == 0x87:
        return base58check(bytes([network.p2sh]) + script[2:22])
    if (
        4 <= n <= 42
        and script[1] == n - 2
        and (script[0] == 0 or 0x51 <= script[0] <= 0x60)
    ):
        version = script[0] and script[0] - 0x50
        if version or n in (22, 34):
            return bech32(network.hrp, version, script[2:])
        return None
    if n in (35, 67) and script[0] == n - 2 and script[-1] == 0xAC:
        if script[1] in ((2, 3) if n == 35 else (4, 6, 7)):
            return script[1:-1].hex()
    return None


_HRP_OF = re.compile(r"(bc|tb|bcrt)1[0-9a-z]{6,86}", re.IGNORECASE)


def checksum_verdict(text: str) -> str:
    """`valid`, `invalid`, or `none` where the form has no checksum."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]{40}", text):
        digits = text[2:]
        if digits in (digits.lower(), digits.upper()):
            return "none"
        return "valid" if eip55(digits) == digits else "invalid"
    if re.fullmatch(r"(0[xX])?41[0-9a-fA-F]{40}", text):
        return "none"
    if re.fullmatch(r"0[23][0-9a-fA-F]{64}|0[467][0-9a-fA-F]{128}", text):
        return "none"
    if _HRP_OF.fullmatch(text):
        return "valid" if bech32_valid(text) else "invalid"
    payload = base58check_decode(text)
    known = (0x00, 0x05, 0x6F, 0xC4, 0x41)
    fits = payload is not None and len(payload) == 21 and payload[0] in known
    return "valid" if fits else "invalid"


def onion_verdict(text: str) -> str:
    match = re.search(r"(?<![a-z0-9])([a-z2-7]{56})\.onion", text, re.IGNORECASE)
    if match is None:
        return "none"
    raw = base64.b32decode(match[1].upper())
    salted = b".onion checksum" + raw[:32] + raw[34:]
    good = hashlib.sha3_256(salted).digest()[:2] == raw[32:34] and raw[34] == 3
    return "valid" if good else "invalid"


# --- 6 chains of blocks --------------------------------------------------------


class Header(NamedTuple):
    height: int
    hash: str
    previous: str
    root: bytes
    time: int
    bits: int


def target_of(bits: int) -> int:
    exponent, mantissa = bits >> 24, bits & 0x7FFFFF
    if bits & 0x800000 or exponent > 34:
        return 0
    shift = 8 * (exponent - 3)
    return mantissa << shift if shift >= 0 else mantissa >> -shift


def check_header(network: Network, height: int, text: Any) -> Header:
    """One header's own work: its hash is below a target that is hard enough."""
    where = "header at height %d" % height
    raw = bytes.fromhex(text)
    must(where + ", length", 80, len(raw))
    _, previous, root, time, bits, _ = struct.unpack("<i32s32sIII", raw)
    name = sha256d(raw)[::-1].hex()
    header = Header(height, name, previous[::-1].hex(), root, time, bits)
    target, easiest = target_of(bits), target_of(network.easiest_bits)
    holds(where + ", nBits", 0 < target <= easiest, "no easier than 0x%08x"
          % network.easiest_bits, "0x%08x" % bits)  # fmt: skip
    for since, known in network.work_floor:
        if height >= since:
            easiest = min(easiest, target_of(known) * 4)
    holds(where + ", nBits", target <= easiest, "at least a quarter of the work "
          "%s ever asked from that height on" % network.name, "0x%08x" % bits)  # fmt: skip
    holds(where + ", proof of work", int(name, 16) <= target, "a hash of at most %064x"
          % target, name)  # fmt: skip
    return header


class Chain:
    """Headers in runs without gaps, and where each transaction stands in them."""

    def __init__(self, network: Network, blocks: Dict[str, Any]) -> None:
        self.network = network
        self.headers: Dict[int, Header] = {}
        self.anchor: Dict[int, str] = {}  # by height
        self.proofs: Dict[str, Tuple[int, int]] = {}  # txid -> (height, position)
        for run in blocks["headers"]:
            Report.current.guarded("headers", self._run, run)
        self._depth: Dict[int, int] = {}
        self._branches: Dict[str, Any] = blocks["proofs"]
        self._unproven = set(blocks.get("unproven", []))

    def _run(self, run: Dict[str, Any]) -> None:
        first, texts = run["first_height"], run["headers"]
        must("headers, form", ["first_height", "headers"], sorted(run))
        holds("first_height", 0 <= first < 1 << 32 and bool(texts), "a height", first)
        previous: Optional[Header] = None
        anchor, work = "unanchored", 0
        for height, text in enumerate(texts, first):
            where = "header at height %d" % height
            header = check_header(self.network, height, text)
            holds(where, height not in self.headers, "each height once", "twice")
            if previous is not None:
                must(where + ", previous block", previous.hash, header.previous)
                self._check_difficulty(where, previous, header)
            blank = header.previous == "0" * 64
            must(where + ", a first block", height == 0, blank)
            if height == 0:
                must(where, self.network.genesis, header.hash)
                anchor = "genesis"
            elif height in self.network.blocks:
                must(
                    where + ", public record", self.network.blocks[height], header.hash
                )
                if anchor == "unanchored":
                    anchor = "checkpoint %d" % height
            self.headers[height] = previous = header
            work += (1 << 256) // (target_of(header.bits) + 1)
        last = first + len(texts) - 1
        entry = {"first_height": first, "last_height": last, "anchor": anchor}
        entry["work"] = "%x" % work
        Report.current.anchors.append(entry)
        for height in range(first, last + 1):
            self.anchor[height] = anchor
        if anchor == "unanchored":
            Report.current.cannot(
                "blocks %d to %d are unanchored: they hang from no block this program "
                "knows; their work is shown, their place in the chain is not"
                % (first, last)
            )
        if self.network.easiest_bits == _ANY:
            Report.current.cannot("regtest blocks: anyone makes them at no cost")

    def _check_difficulty(self, where: str, previous: Header, header: Header) -> None:
        if not self.network.retargets:
            return
        if header.height % 2016:
            must(where + ", nBits", previous.bits, header.bits)
        else:
            least, most = target_of(previous.bits) // 5, target_of(previous.bits) * 4
            found = target_of(header.bits)
            holds(where + ", nBits", least <= found <= most, "within a factor of 4",
                  "0x%08x" % header.bits)  # fmt: skip

    def place(self, txid: str) -> Optional[Tuple[Header, int]]:
        """Where a transaction stands, its Merkle branch climbed; None if untold."""
        proof = self._branches.get(txid)
        if proof is None:
            # A bundle with blocks has a branch for each transaction it names, or
            # says that it has none; whoever asks for a place then reports it.
            said = not self.headers or txid in self._unproven
            must("Merkle branch of " + txid, "none", "none" if said else "missing")
            return None
        height, position = proof["height"], proof["position"]
        if txid not in self.proofs:
            self._climb(txid, proof)
            self.proofs[txid] = (height, position)
        return self.headers[height], position

    def _climb(self, txid: str, proof: Dict[str, Any]) -> None:
        where = "Merkle branch of " + txid
        height, position, branch = proof["height"], proof["position"], proof["branch"]
        must(where + ", form", ["branch", "height", "position"], sorted(proof))
        holds(where + ", header", height in self.headers, "its block's header", "none")
        depth = len(branch)
        holds(where, depth <= 32 and 0 <= position < 1 << depth, "a position that fits "
              "the branch", position)  # fmt: skip
        # All leaves of one tree lie equally deep; no inner node passes for a leaf.
        must(where + ", depth", self._depth.setdefault(height, depth), depth)
        node, at = bytes.fromhex(txid)[::-1], position
        for text in branch:
            sibling = bytes.fromhex(text)[::-1]
            must(where + ", hash length", 32, len(sibling))
            if at & 1:
                # A repeated pair may only stand last (CVE-2012-2459).
                holds(where, node != sibling, "no repeated left sibling", text)
            node = sha256d(sibling + node if at & 1 else node + sibling)
            at >>= 1
        found, root = node[::-1].hex(), self.headers[height].root[::-1].hex()
        must(where + ", root in header at height %d" % height, root, found)


class Prevout(NamedTuple):
    value: Optional[int]
    script: Optional[bytes]


class Ledger:
    """The transactions of the bundle, by txid computed from their bytes."""

    def __init__(self, bag: Bag, chain: Chain) -> None:
        self.chain, self.txs = chain, {}  # type: Chain, Dict[str, Tx]
        report = Report.current
        for path in bag.paths:
            if path.startswith("data/transactions/"):
                report.guarded(path, self._read, bag, path)
        self._told: Dict[str, Any] = bag.json("data/prevouts.json")

    def _read(self, bag: Bag, path: str) -> None:
        txid = path[len("data/transactions/") : -len(".hex")]
        text = bag.read(path, 16_000_000)
        holds(path, re.fullmatch(rb"(?:[0-9a-f]{2})+\n", text) is not None,
              "lower-case hex and a line's end", text[:40])  # fmt: skip
        tx = parse_tx(bytes.fromhex(text.decode("ascii")))
        must(path + ", txid", txid, tx.txid)
        self.txs[txid] = tx

    def tx(self, txid: str) -> Tx:
        holds(
            "transaction " + txid, txid in self.txs, "its bytes in the bundle", "none"
        )
        return self.txs[txid]

    def prevout(self, outpoint: str, finding: str) -> Prevout:
        """What an input spends: from the transaction that made it, else as told."""
        txid, _, index = outpoint.partition(":")
        if txid in self.txs:
            outputs = self.txs[txid].outputs
            holds(
                "outpoint " + outpoint, int(index) < len(outputs), "an output", "none"
            )
            return Prevout(*outputs[int(index)])
        told = self._told.get(outpoint)
        if told is None:
            return Prevout(None, None)
        must("prevout " + outpoint, ["script", "value_sat"], sorted(told))
        value, script = told["value_sat"], told["script"]
        holds("prevout " + outpoint, 0 <= value <= MAX_MONEY, "satoshi", value)
        Report.current.cannot(
            "undo-only: values and scripts in data/prevouts.json come from undo data; "
            "no transaction in the bundle shows them", finding)  # fmt: skip
        return Prevout(value, None if script is None else bytes.fromhex(script))

    def owner(self, prevout: Prevout) -> Optional[str]:
        if prevout.script is None:
            return None
        return address_of(self.chain.network, prevout.script)

    def day(self, txid: str) -> Optional[str]:
        place = self.chain.place(txid)
        return None if place is None else utc(place[0].time)[:10]


def utc(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    # Civil date from days since 1970 (Hinnant's algorithm): no clock, no locale.
    era, doe = divmod(days + 719468, 146097)
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    month = (5 * doy + 2) // 153
    day = doy - (153 * month + 2) // 5 + 1
    month += 3 if month < 10 else -9
    year = yoe + era * 400 + (month <= 2)
    clock = (rest // 3600, rest // 60 % 60, rest % 60)
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % ((year, month, day) + clock)


# --- 7 texts and steps ---------------------------------------------------------

_ENCODING = re.compile(r"(utf|cp|windows|iso|latin|ascii|koi8|gb|big5|shift|euc|mac)")
_ZERO_WIDTH = set("\u034f\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff")
_ZERO_WIDTH |= set(map(chr, range(0xFE00, 0xFE10)))
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SPACE = set("\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000")
_SPACE |= set(map(chr, range(0x2000, 0x200B)))
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_TAGS = re.compile(
    r"<!--.*?-->"
    r"|<(script|style)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>.*?</\1\s*>"
    r"|</?[a-z!?](?:[^>\"']|\"[^\"]*\"|'[^']*')*>",
    re.IGNORECASE | re.DOTALL,
)
_FANGS = (
    (re.compile(r"\A(h)(?:xx|\*\*|tt\*?)(ps?)(?=[:\[])", re.IGNORECASE), r"\1tt\2"),
    (re.compile(r"\[://\]"), "://"),
    (re.compile(r"\[:\]"), ":"),
    (re.compile(r"\[\s?(?:\.|dot)\s?\]", re.IGNORECASE), "."),
    (re.compile(r"\(\s?(?:\.|dot)\s?\)", re.IGNORECASE), "."),
    (re.compile(r"\{\s?(?:\.|dot)\s?\}", re.IGNORECASE), "."),
    (re.compile(r"[\[({]\s?(?:@|at)\s?[\])}]", re.IGNORECASE), "@"),
)
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?(?://)?[^/?#]*", re.IGNORECASE)
_TELEGRAM = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)/"
    r"(?:(?:joinchat/|\+)(?P<invite>[\w-]+)|(?:s/)?(?P<name>\w+)))"
    r"|tg:(?://)?(?:resolve\?domain=(?P<tg_name>\w+)|join\?invite=(?P<tg_invite>[\w-]+))"
    r"|@(?P<at>\w+)",
    re.IGNORECASE | re.ASCII,
)


def _drop(text: str, unwanted: Any) -> str:
    return "".join(c for c in text if c not in unwanted)


def _uri_scheme(text: str, step: Dict[str, Any]) -> str:
    scheme = step["scheme"] + ":"
    if text[: len(scheme)].lower() != scheme:
        raise ValueError("no `%s` at the start" % scheme)
    rest = text[len(scheme) :]
    rest = rest[2:] if rest.startswith("//") else rest
    rest = rest[4:] if rest[:4].lower() == "pay-" else rest
    return re.split(r"[@?/&#]", rest, maxsplit=1)[0]


def _refang(text: str, step: Dict[str, Any]) -> str:
    for pattern, plain in _FANGS:
        text = pattern.sub(plain, text)
    return text


def _lowercase_host(text: str, step: Dict[str, Any]) -> str:
    match = _HOST.match(text)
    end = match.end() if match else 0
    return text[:end].lower() + text[end:]


def _telegram_name(text: str, step: Dict[str, Any]) -> str:
    match = _TELEGRAM.match(text)
    if match is None:
        raise ValueError("names nothing on Telegram")
    found = match.groupdict()
    invite = found["invite"] or found["tg_invite"]
    name = found["name"] or found["tg_name"] or found["at"] or ""
    return "+" + invite if invite else "@" + name.lower()


STEPS: Dict[str, Callable[[str, Dict[str, Any]], str]] = {
    "remove_tags": lambda t, s: _TAGS.sub("", t),
    "unescape_entities": lambda t, s: html.unescape(t),
    "strip_bidi": lambda t, s: _drop(t, _BIDI),
    "strip_zero_width": lambda t, s: _drop(t, _ZERO_WIDTH),
    "strip_soft": lambda t, s: _drop(t, "\u00ad\u0640"),
    "remove": lambda t, s: _drop(t, s["chars"]),
    "remove_whitespace": lambda t, s: _drop(t, _SPACE),
    "nfkc": lambda t, s: unicodedata.normalize("NFKC", t),
    "fold_digits": lambda t, s: t.translate(_DIGITS),
    "reverse": lambda t, s: t[::-1],
    "homoglyphs": lambda t, s: t.translate(str.maketrans(s["from"], s["to"])),
    "uri_scheme": _uri_scheme,
    "refang": _refang,
    "add_scheme": lambda t, s: s["scheme"] + "://" + t,
    "lowercase": lambda t, s: t.lower(),
    "lowercase_host": _lowercase_host,
    "telegram_name": _telegram_name,
}


def walk(document: Any, path: List[Any]) -> Any:
    for key in path:
        if isinstance(document, dict):
            document = document.get(str(key))
        elif isinstance(document, list) and str(key).isdecimal():
            document = document[int(key)] if int(key) < len(document) else None
        else:
            return None
    return document


def message_text(message: Dict[str, Any]) -> str:
    parts = message.get("text")
    parts = message.get("text_entities") if parts is None else parts
    if isinstance(parts, str):
        return parts
    texts = [p.get("text") if isinstance(p, dict) else p for p in parts or []]
    return "".join(text for text in texts if isinstance(text, str))


def telegram_text(export: Any, where: Dict[str, Any]) -> str:
    chat = export
    for key, group in (("chat", "chats"), ("left_chat", "left_chats")):
        if key in where:
            chat = walk(export, [group, "list", where[key]])
    index, number = where.get("index"), where["message"]
    messages = walk(chat, ["messages"]) or []
    for message in messages if index is None else messages[index : index + 1]:
        if isinstance(message, dict) and number in (message.get("id"), None):
            break
    else:
        raise False_("premises.where", "a message of the export", where)
    if "entity" in where:
        found = walk(message, ["text_entities", where["entity"], where["field"]])
    elif "part" in where:
        found = walk(message, ["text", where["part"], where["field"]])
    elif "field" in where:
        found = walk(message, str(where["field"]).split("."))
    else:
        return message_text(message)
    holds("premises.where", isinstance(found, str), "a text of the export", where)
    return str(found)


class Texts:
    """The texts of exhibits, made again from their bytes where Python can."""

    def __init__(self, bag: Bag) -> None:
        self.bag, self._last = bag, ("", None)  # type: Bag, Tuple[str, Any]

    def exhibit(self, sha256: str) -> bytes:
        data = self.bag.read("data/exhibits/" + sha256)
        must("exhibit", sha256, hashlib.sha256(data).hexdigest())
        return data

    def text(self, finding: Dict[str, Any]) -> Optional[str]:
        """The text that `start` and `end` count in; None where nothing shows it."""
        premises, exhibit = finding["premises"], finding["statement"]["exhibit"]
        source, derived = premises["steps"][0], premises["text_sha256"]
        report, name = Report.current, source["op"]
        if derived is not None:
            data = self.bag.read("data/texts/" + derived + ".txt")
            must("premises.text_sha256", derived, hashlib.sha256(data).hexdigest())
            report.cannot(
                "the text in data/texts was extracted from its exhibit by %s; compare "
                "it with the exhibit by eye" % short(source.get("engine", name)),
                finding["id"],
            )
            return data.decode("utf-8")
        if "data/exhibits/" + exhibit not in self.bag.paths:
            report.cannot("the exhibit is not in the bundle", finding["id"])
            return None
        key = exhibit + json.dumps(source, sort_keys=True)
        if self._last[0] != key:
            self._last = (key, self._load(exhibit, source))
        if name == "decode":
            return str(self._last[1])
        return telegram_text(self._last[1], premises["where"])

    def _load(self, exhibit: str, source: Dict[str, Any]) -> Any:
        data, name = self.exhibit(exhibit), source["op"]
        if name == "decode":
            encoding = source["encoding"]
            holds("premises.steps", _ENCODING.match(encoding) is not None
                  and source["errors"] in ("strict", "replace"), "a text encoding",
                  encoding)  # fmt: skip
            return data.decode(encoding, source["errors"])
        must("premises.steps", "telegram_text", name)
        return json.loads(data.decode("utf-8-sig"))


# --- 8 money -------------------------------------------------------------------
#
# Nodes are transactions in the order money is followed; coins are the amounts
# that may hold seed money: the seeds, then each node's outputs and fee (when
# money is followed backward: each node's inputs). A coin goes into one later
# node, or ends. What else enters a node is other money. See docs/tracing.md.


class Coin:
    def __init__(self, name: str, node: int, value: Optional[int], cap: int) -> None:
        self.name, self.node, self.value, self.cap = name, node, value, cap
        self.into = -1
        self.end: Optional[str] = None  # the reason it is not followed on
        self.owner: Optional[str] = None
        self.stated: Dict[str, Any] = {}
        self.lower = 0
        self.upper = cap
        self.haircut: Optional[int] = 0
        self.lots: Dict[str, Optional[List[Tuple[int, int]]]] = {}

    def ordered(self, rule: str) -> Optional[int]:
        lots = self.lots[rule]
        return None if lots is None else sum(length for _, length in lots)


class Node:
    def __init__(self, txid: str) -> None:
        self.txid = txid
        self.slots: List[Tuple[Optional[int], Optional[Coin]]] = []
        self.coins: List[Coin] = []
        self.total: Optional[int] = None


RETURNED = "returned to a seed"


class Walk:
    """One trace, laid out and counted again from raw transactions."""

    def __init__(self, record: Dict[str, Any], ledger: Ledger) -> None:
        content = {key: value for key, value in record.items() if key != "id"}
        self.id = record["id"]
        must("trace.id", content_hash(content), self.id)
        self.ledger, self.forward = ledger, record["direction"] == "forward"
        self.reentry = record["reentry"]
        self.home = set(record["seed_addresses"])
        self.nodes: List[Node] = []
        self.seeds: List[Coin] = []
        self.ends: Dict[str, Coin] = {}
        self._stated = {}  # type: Dict[Tuple[str, bool], Dict[str, Any]]
        for end in record["ends"]:
            key = (end["coin"], end["reason"] == RETURNED)
            holds("trace.ends", key not in self._stated, "each coin once", key[0])
            self._stated[key] = end
        self._seed_names = set(record["seeds"])
        must("trace.seeds", len(self._seed_names), len(record["seeds"]))
        alive: Dict[str, Coin] = {}
        for name in record["seeds"]:
            self._seed(name, alive)
        self.seed_sat = sum(coin.cap for coin in self.seeds)
        must("trace.transactions", len(set(record["transactions"])),
             len(record["transactions"]))  # fmt: skip
        for txid in record["transactions"]:
            self._enter(txid, alive)
        for name in sorted(alive):
            raise False_("trace.transactions", "the hop that carries %s on, or its end"
                         % name, "neither")  # fmt: skip
        for (name, _), end in sorted(self._stated.items()):
            raise False_(
                "trace.ends", "a coin of the walk", name + ", " + end["reason"]
            )
        self._count()
        self._check_spent()

    # -- layout

    def _seed(self, name: str, alive: Dict[str, Coin]) -> None:
        prevout = self.ledger.prevout(name, "trace")
        holds("trace.seeds", prevout.value is not None, "a seed of known value", name)
        coin = Coin(name, -1, prevout.value, prevout.value or 0)
        coin.owner = self.ledger.owner(prevout)
        coin.lower = coin.cap
        coin.haircut = coin.value
        self.seeds.append(coin)
        self._settle(coin, alive, False)
        txid = name.partition(":")[0]
        if coin.owner not in self.home or txid not in self.ledger.txs:
            return
        for spent in self.ledger.txs[txid].inputs:
            payer = self.ledger.owner(self.ledger.prevout(spent, "trace"))
            holds("trace.seeds", payer not in self.home, "money received, not change of "
                  "the seed addresses", name)  # fmt: skip

    def _settle(self, coin: Coin, alive: Dict[str, Coin], made: bool) -> None:
        """Decide what becomes of a coin: it ends as stated, or lives on."""
        if coin.value == 0:
            coin.end = "empty"
            return
        returned = made and coin.name in self._seed_names
        stated = self._stated.pop((coin.name, returned), None)
        if stated is not None:
            coin.end = stated["reason"]
            self.ends[coin.name + (" " + RETURNED if returned else "")] = coin
            coin.stated = stated
            return
        holds(
            "trace.ends",
            not returned,
            "the end of a coin returned to a seed",
            coin.name,
        )
        holds("trace", coin.name not in alive, "each coin once", coin.name)
        alive[coin.name] = coin

    def _enter(self, txid: str, alive: Dict[str, Coin]) -> None:
        tx, u = self.ledger.tx(txid), len(self.nodes)
        node = Node(txid)
        spent = [self.ledger.prevout(name, "trace") for name in tx.inputs]
        told = [prevout.value for prevout in spent]
        paid = sum(value for value, _ in tx.outputs)
        known = [value for value in told if value is not None]
        node.total = sum(known) if len(known) == len(told) else None
        fee = None if node.total is None else node.total - paid
        holds(
            "transaction " + txid, fee is None or fee >= 0, "no more out than in", fee
        )
        outs = [("%s:%d" % (txid, n), value, address_of(self.ledger.chain.network, script))
                for n, (value, script) in enumerate(tx.outputs)]  # fmt: skip
        ins = [(name, prevout.value, self.ledger.owner(prevout))
               for name, prevout in zip(tx.inputs, spent)]  # fmt: skip
        entering = ins if self.forward else outs + [("", fee, None)]
        leaving = outs + [(txid + ":fee", fee, None)] if self.forward else ins
        for name, value, _ in entering:
            coin = alive.pop(name, None)
            if coin is not None:
                coin.into = u
            node.slots.append((value, coin))
        carried = [coin for _, coin in node.slots if coin is not None]
        holds("trace.transactions", bool(carried), "a hop that seed money enters", txid)
        room = sum(coin.cap for coin in carried)
        self.nodes.append(node)
        for name, value, owner in leaving:
            coin = Coin(name, u, value, room if value is None else value)
            coin.owner = owner
            node.coins.append(coin)
            if name.endswith(":fee"):
                coin.end = "fee"
            else:
                self._settle(coin, alive, True)

    # -- every reading of the same money

    def _count(self) -> None:
        for rule in ("fifo", "lifo"):
            for coin in self.seeds:
                coin.lots[rule] = [(0, coin.cap)]
        for node in self.nodes:
            carried = [coin for _, coin in node.slots if coin is not None]
            low = sum(coin.lower for coin in carried)
            high = sum(coin.upper for coin in carried)
            for coin in node.coins:
                coin.upper = min(coin.cap, high)
                if node.total is not None:
                    coin.lower = max(0, coin.cap - (node.total - low))
            self._haircut(node, carried)
            for rule in ("fifo", "lifo"):
                self._ordered(node, rule)
        for name, coin in self.ends.items():
            self._compare(name, coin)

    def _haircut(self, node: Node, carried: List[Coin]) -> None:
        taints = [coin.haircut for coin in carried]
        tainted = sum(taint or 0 for taint in taints)
        if None in taints or (tainted and node.total is None):
            for coin in node.coins:
                coin.haircut = None
        elif tainted and node.total is not None:
            shares = [
                divmod((coin.value or 0) * tainted, node.total) for coin in node.coins
            ]
            left = tainted - sum(share for share, _ in shares)
            order = sorted(range(len(shares)), key=lambda i: (-shares[i][1], i))
            more = set(order[:left])
            for i, coin in enumerate(node.coins):
                coin.haircut = shares[i][0] + (i in more)

    def _ordered(self, node: Node, rule: str) -> None:
        """Lay the slots end to end and cut the coins off in turn."""
        slots, coins = list(node.slots), list(node.coins)
        if rule == "lifo" and self.forward:
            slots.reverse()
        if rule == "lifo" and not self.forward:
            coins.reverse()
        laid: List[Tuple[int, int]] = []
        offset, null = 0, False
        for value, coin in slots:
            if coin is not None:
                lots = coin.lots[rule]
                null = null or lots is None
                laid += [
                    (offset + begin, offset + begin + n) for begin, n in lots or ()
                ]
            offset += value or 0
        if null or (laid and node.total is None):
            for coin in coins:
                coin.lots[rule] = None
            return
        offset, at = 0, 0
        for coin in coins:
            end, cut = offset + (coin.value or 0), []
            while at < len(laid) and laid[at][0] < end:
                low, high = max(offset, laid[at][0]), min(end, laid[at][1])
                if high > low:
                    cut.append((low - offset, high - low))
                if laid[at][1] > end:
                    break
                at += 1
            coin.lots[rule], offset = cut, end

    def _compare(self, name: str, coin: Coin) -> None:
        stated = coin.stated
        where = "trace.ends, " + name
        must(where + ", lower_sat", coin.lower, stated["lower_sat"])
        must(where + ", upper_sat", coin.upper, stated["upper_sat"])
        must(where + ", haircut_sat", coin.haircut, stated["haircut_sat"])
        must(where + ", fifo_sat", coin.ordered("fifo"), stated["fifo_sat"])
        must(where + ", lifo_sat", coin.ordered("lifo"), stated["lifo_sat"])
        must(where + ", poison_sat", coin.value, stated["poison_sat"])

    def _check_spent(self) -> None:
        """Nothing that is called unspent is spent by a transaction shown here."""
        if not self.forward:
            return
        unspent = {coin.name for coin in self.ends.values() if coin.end == "unspent"}
        for tx in self.ledger.txs.values():
            for name in unspent.intersection(tx.inputs):
                raise False_("trace.ends, %s, unspent" % name, "no transaction spends it",
                             tx.txid)  # fmt: skip

    def day_of(self, coin: Coin) -> Optional[str]:
        return self.ledger.day(self.nodes[coin.node].txid) if coin.node >= 0 else None

    def direct(self, named: List[Coin]) -> List[Coin]:
        """Coins that one transaction paid with seed money and nothing else."""
        chosen = set(map(id, named))
        if self.forward:
            return [coin for coin in named if coin.node >= 0 and all(
                value == 0 or (c is not None and (c.node < 0 or c.owner in self.home)
                               and c.lower == value)
                for value, c in self.nodes[coin.node].slots)]  # fmt: skip
        return [seed for seed in self.seeds if seed.into >= 0 and all(
            coin.value == 0 or id(coin) in chosen
            for coin in self.nodes[seed.into].coins)]  # fmt: skip


HELD = ("held", "held, frozen")


class AccountWalk(Walk):
    """One trace over the accounts of a token, laid out from its transfers.

    A payment is a node: what its account held goes in, in the order it came,
    and the amount paid and the rest come out. Nothing else moves a balance.
    """

    def __init__(self, record: Dict[str, Any]) -> None:
        content = {key: value for key, value in record.items() if key != "id"}
        self.id = record["id"]
        must("trace.id", content_hash(content), self.id)
        self.forward, self.reentry = True, record["reentry"]
        must("trace.direction", "forward", record["direction"])
        self.home = set(record["seed_addresses"])
        self.nodes, self.seeds = [], []
        self.times: List[str] = []
        self.ends: Dict[str, Coin] = {}
        self.held: Dict[str, str] = {}
        self.chain, self.token = record["chain"], record["token"]
        self.rows = {row["name"]: row for row in record["transfers"]}
        must("trace.transfers, each once", len(record["transfers"]), len(self.rows))
        self._stated = {}
        for end in record["ends"]:
            key = (end["coin"], end["reason"] == RETURNED)
            holds("trace.ends", key not in self._stated, "each coin once", key[0])
            figures = {k[: -len("amount")] + "sat": None if v is None else int(v)
                       for k, v in end.items() if k.endswith("_amount")}  # fmt: skip
            self._stated[key] = {
                "reason": end["reason"],
                "name": end["name"],
                **figures,
            }
        self._seed_names = set(record["seeds"])
        must("trace.seeds", len(self._seed_names), len(record["seeds"]))
        accounts = {account["address"]: account for account in record["accounts"]}
        must("trace.accounts, each once", len(record["accounts"]), len(accounts))
        pending: Dict[str, List[Tuple[Optional[int], Optional[Coin]]]] = {}
        alive: Dict[str, Coin] = {}
        for row in record["transfers"]:
            for end in (row["from"], row["to"]):
                account = accounts.get(end)
                if account is not None and account["first"] == row["name"]:
                    before = account["before_amount"]
                    held = None if before is None else int(before)
                    pending[end] = [] if held == 0 else [(held, None)]
            self._move(row, pending, alive)
        must("trace.accounts, first", sorted(accounts), sorted(pending))
        for name in sorted(self._seed_names - {seed.name for seed in self.seeds}):
            raise False_("trace.seeds", "a transfer of the walk", name)
        for name in sorted(alive):
            raise False_("trace.transfers", "the payment that carries %s on, or its end"
                         % name, "neither")  # fmt: skip
        for (name, _), end in sorted(self._stated.items()):
            raise False_(
                "trace.ends", "a coin of the walk", name + ", " + end["reason"]
            )
        self.seed_sat = sum(coin.cap for coin in self.seeds)
        self._count()

    def _move(
        self, row: Dict[str, Any], pending: Dict[str, Any], alive: Dict[str, Coin]
    ) -> None:
        name, source, to, amount = (
            row["name"],
            row["from"],
            row["to"],
            int(row["amount"]),
        )
        holds("trace.transfers", source != to and amount > 0
              and (source in pending or to in pending), "a payment between accounts, one "
              "of them of the walk", name)  # fmt: skip
        coin = None
        if source in pending:
            coin = self._pay(row, amount, pending, alive)
        if name in self._seed_names:
            if coin is not None:
                self._settle(coin, alive, True)
            holds("trace.seeds", source not in self.home, "money received, not moved "
                  "among the seed addresses", name)  # fmt: skip
            holds("trace.seeds", to in self.home or not self.home, "a transfer to a seed "
                  "address", name)  # fmt: skip
            coin = Coin(name, -1, amount, amount)
            coin.lower, coin.haircut = amount, amount
            self.seeds.append(coin)
            coin.owner = to
            self._settle(coin, alive, False)
        elif coin is not None:
            self._settle(coin, alive, True)
        if to in pending:
            goes_on = coin is not None and coin.end is None
            pending[to].append((amount, coin if goes_on else None))

    def _pay(self, row: Dict[str, Any], amount: int, pending: Dict[str, Any],
             alive: Dict[str, Coin]) -> Optional[Coin]:  # fmt: skip
        source, slots = row["from"], pending[row["from"]]
        if source in self.held:
            raise False_("trace.ends, %s, unspent" % self.held[source], "no payment after "
                         "it", row["name"])  # fmt: skip
        known = [value for value, _ in slots if value is not None]
        total = sum(known) if len(known) == len(slots) else None
        rest = None if total is None else total - amount
        holds("trace.transfers, " + row["name"], rest is None or rest >= 0,
              "no more paid than held", rest)  # fmt: skip
        carried = [coin for _, coin in slots if coin is not None]
        if not carried:
            pending[source] = [] if rest == 0 else [(rest, None)]
            return None
        node, u = Node(row["name"]), len(self.nodes)
        node.slots, node.total = slots, total
        for coin in carried:
            coin.into = u
            alive.pop(coin.name, None)
        self.nodes.append(node)
        self.times.append(row["time_utc"])
        room = sum(coin.cap for coin in carried)
        paid = Coin(row["name"], u, amount, amount)
        paid.owner = row["to"]
        left = Coin("rest of %s after %s" % (source, row["name"]), u, rest,
                    room if rest is None else rest)  # fmt: skip
        left.owner = source
        node.coins = [paid, left]
        self._settle(left, alive, True)
        pending[source] = (
            [] if rest == 0 else [(rest, left if left.end is None else None)]
        )
        return paid

    def _settle(self, coin: Coin, alive: Dict[str, Coin], made: bool) -> None:
        Walk._settle(self, coin, alive, made)
        if coin.end in HELD:
            self.held[coin.owner or ""] = coin.name

    def day_of(self, coin: Coin) -> Optional[str]:
        return str(self.times[coin.node])[:10] if coin.node >= 0 else None

    def direct(self, named: List[Coin]) -> List[Coin]:
        """Payments by accounts that held nothing but seed money."""
        home = {seed.owner for seed in self.seeds}
        return [coin for coin in named if coin.node >= 0 and all(
            value == 0 or (c is not None and (c.node < 0 or c.owner in home)
                           and c.lower == value)
            for value, c in self.nodes[coin.node].slots)]  # fmt: skip


# Proofs of account chains, word for word chains/evm/plain.py and chains/tron/plain.py.
Rlp = Any  # bytes, or a list of such
_Point = Any  # two coordinates
# <proofs> written by tools/embed_proofs.py

_MASK = (1 << 64) - 1
_FIELD = 2**256 - 2**32 - 977
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_RECIPIENT = {0: 3, 1: 4, 2: 5, 3: 5, 4: 5}
"""Where it stands in transactions of each type (EIP-2718)."""
_MAX_RLP, _MAX_DEPTH, _MAX_NODES = 8_000_000, 8, 16


def keccak256(data: bytes) -> bytes:
    """Hash with Keccak-256; about a millisecond for each 136 bytes.

    >>> keccak256(b"").hex()[:16]
    'c5d2460186f7233c'
    """
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % 136))
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), 136):
        for i in range(17):
            at = start + 8 * i
            lanes[i] ^= int.from_bytes(padded[at : at + 8], "little")
        lanes = _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def recover_signer(digest: bytes, signature: bytes) -> bytes:
    """Return the 20 bytes of the account whose key signed a 32-byte digest.

    The signature has 65 bytes: r, s, and 0 or 1 (or 27 or 28), which of two
    points it is. Takes some 30 ms.
    """
    if len(digest) != 32 or len(signature) != 65:
        raise ValueError("not a digest of 32 bytes and a signature of 65")
    r, s = (int.from_bytes(signature[i : i + 32], "big") for i in (0, 32))
    odd = signature[64] - 27 if signature[64] >= 27 else signature[64]
    if not (0 < r < _ORDER and 0 < s < _ORDER and odd in (0, 1)):
        raise ValueError("a signature out of range")
    square = (pow(r, 3, _FIELD) + 7) % _FIELD
    y = pow(square, (_FIELD + 1) // 4, _FIELD)
    if y * y % _FIELD != square:
        raise ValueError("a signature that names no point of the curve")
    point = (r, y if y % 2 == odd else _FIELD - y)
    inverse = pow(r, -1, _ORDER)
    minus = -int.from_bytes(digest, "big") * inverse % _ORDER
    key = _add(_multiply(point, s * inverse % _ORDER), _multiply(_G, minus))
    if key is None:
        raise ValueError("a signature that no key can have made")
    return keccak256(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[12:]


def rlp_decode(data: bytes) -> Rlp:
    """Read RLP into bytes and lists of them; only the one right encoding passes."""
    if len(data) > _MAX_RLP:
        raise ValueError("RLP longer than anything in a block")
    item, end = _item(data, 0, len(data), 0)
    if end != len(data):
        raise ValueError("bytes behind the end of RLP")
    return item


def rlp_encode(value: Rlp) -> bytes:
    """Write bytes and lists of them as RLP."""
    if isinstance(value, bytes):
        first, body = 0x80, value
        if len(body) == 1 and body[0] < 0x80:
            return body
    else:
        first, body = 0xC0, b"".join([rlp_encode(item) for item in value])
    if len(body) < 56:
        return bytes([first + len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([first + 55 + len(size)]) + size + body


def check_trie_proof(root: bytes, index: int, proof: list[bytes]) -> bytes:
    """Return what stands at a place in a block, from 0, under a root.

    The proof is the nodes from the root down, as they are hashed, none to spare.
    """
    if not 0 <= index < 1 << 32 or len(proof) > _MAX_NODES:
        raise ValueError("no place in a block, or a path longer than any")
    key = rlp_encode(index.to_bytes((index.bit_length() + 7) // 8, "big"))
    path, n_used, is_value = key.hex(), 0, False
    link: Rlp = root
    while not is_value:
        if isinstance(link, bytes):
            if n_used == len(proof) or keccak256(proof[n_used]) != link:
                raise ValueError("a node is missing from the path, or is another")
            link, n_used = rlp_decode(proof[n_used]), n_used + 1
        link, path, is_value = _step(link, path)
    if n_used != len(proof) or not isinstance(link, bytes) or not link:
        raise ValueError("nothing stands there, or the path goes on")
    return link


def check_ethereum(proof: dict[str, Any]) -> dict[str, Any]:
    """Check that a receipt is in a block, and return what both say.

    The block's hash comes out, not in: that it is a block of Ethereum is for
    whoever compares it with an anchor. See docs/account-proofs.md.

    `proof` holds ``header`` (hex), ``index``, ``receipt_proof`` (hex nodes), and
    ``transaction_proof`` for the transaction's hash, sender, recipient and value.
    """
    try:
        return _ethereum_proven(proof)
    except (AttributeError, LookupError, OverflowError, TypeError) as error:
        raise ValueError("a proof that lacks a part") from error


def _ethereum_proven(proof: dict[str, Any]) -> dict[str, Any]:
    header, index = bytes.fromhex(proof["header"]), proof["index"]
    fields = rlp_decode(header)
    flat = not any(isinstance(field, list) for field in fields)
    if isinstance(fields, bytes) or not flat or not 15 <= len(fields) <= 24:
        raise ValueError("not the header of a block")
    nodes = [bytes.fromhex(node) for node in proof["receipt_proof"]]
    status, logs = _receipt(check_trie_proof(fields[5], index, nodes))
    found = {
        "block_hash": keccak256(header).hex(),
        "number": int.from_bytes(fields[8], "big"),
        "time": int.from_bytes(fields[11], "big"),
        "status": status,
        "logs": logs,
    }
    if "transaction_proof" in proof:
        nodes = [bytes.fromhex(node) for node in proof["transaction_proof"]]
        found.update(_transaction(check_trie_proof(fields[4], index, nodes)))
    return found


def _transaction(data: bytes) -> dict[str, Any]:
    """Read hash, sender, recipient (empty: makes a contract) and value."""
    kind = data[0] if data[0] in _RECIPIENT else 0
    fields: list[Any] = list(rlp_decode(data[1:] if kind else data))
    to, value, v = (fields[i] for i in (_RECIPIENT[kind], _RECIPIENT[kind] + 1, -3))
    odd = int.from_bytes(v, "big")
    if kind:
        signed = bytes([kind]) + rlp_encode(fields[:-3])
    elif odd in (27, 28):
        signed = rlp_encode(fields[:6])
    else:
        chain = (odd - 35) // 2
        odd, name = (odd - 35) % 2, chain.to_bytes((chain.bit_length() + 7) // 8, "big")
        signed = rlp_encode([*fields[:6], name, b"", b""])
    signature = fields[-2].rjust(32, b"\0") + fields[-1].rjust(32, b"\0") + bytes([odd])
    return {
        "txid": keccak256(data).hex(),
        "from": recover_signer(keccak256(signed), signature).hex(),
        "to": to.hex(),
        "value": int.from_bytes(value, "big"),
    }


def _receipt(data: bytes) -> tuple[int | None, list[dict[str, Any]]]:
    """Read whether it took effect (None before 2017-10: not told), and its logs."""
    fields = rlp_decode(data[1:] if data[0] in (1, 2, 3, 4) else data)
    if not isinstance(fields, list) or len(fields) != 4:
        raise ValueError("not a receipt")
    status, _, _, logs = fields
    if status not in (b"", b"\x01") and len(status) != 32:
        raise ValueError("a receipt without a status")
    told = None if len(status) == 32 else len(status)
    return told, [_log(log) for log in logs]


def _log(log: list[Any]) -> dict[str, Any]:
    address, topics, data = log
    if len(address) != 20 or len(topics) > 4 or any(len(it) != 32 for it in topics):
        raise ValueError("not a log")
    words = [topic.hex() for topic in topics]
    return {"address": address.hex(), "topics": words, "data": data.hex()}


def _step(node: Rlp, path: str) -> tuple[Rlp, str, bool]:
    """Go one node down: the next link or the value, the path left, which it is."""
    if isinstance(node, list) and len(node) == 17:
        if not path:
            return node[16], "", True
        return _link(node[int(path[0], 16)]), path[1:], False
    if not isinstance(node, list) or len(node) != 2 or isinstance(node[0], list):
        raise ValueError("not a node of a trie")
    digits = node[0].hex()
    if digits[:1] not in ("0", "1", "2", "3") or (
        digits[0] in "02" and digits[1] != "0"
    ):
        raise ValueError("a node whose path is not one")
    part = digits[1:] if digits[0] in "13" else digits[2:]
    is_leaf = digits[0] in "23"
    if not path.startswith(part) or (is_leaf and path != part) or not (part or is_leaf):
        raise ValueError("the path leads elsewhere")
    return node[1] if is_leaf else _link(node[1]), path[len(part) :], is_leaf


def _link(link: Rlp) -> Rlp:
    if isinstance(link, bytes) and len(link) != 32:
        raise ValueError("nothing stands there")
    return link


def _item(data: bytes, at: int, end: int, depth: int) -> tuple[Rlp, int]:
    if at >= end or depth > _MAX_DEPTH:
        raise ValueError("RLP that is cut short or nested too deep")
    lead = data[at]
    if lead < 0x80:
        return data[at : at + 1], at + 1
    size, start = lead - (0xC0 if lead >= 0xC0 else 0x80), at + 1
    if size > 55:
        start += size - 55
        size = int.from_bytes(data[at + 1 : start], "big")
        if start > end or data[at + 1] == 0 or size < 56:
            raise ValueError("RLP with a length that is not one")
    stop = start + size
    if stop > end:
        raise ValueError("RLP longer than what holds it")
    if lead < 0xC0:
        if size == 1 and data[start] < 0x80:
            raise ValueError("RLP of a byte in more than a byte")
        return data[start:stop], stop
    items: list[Any] = []
    while start < stop:
        item, start = _item(data, start, stop, depth + 1)
        items.append(item)
    return items, stop


def _rotated(lane: int, n_bits: int) -> int:
    return (lane << n_bits % 64 | lane >> 64 - n_bits % 64) & _MASK


def _permute(a: list[int]) -> list[int]:
    """Run Keccak's 24 rounds over 5 x 5 lanes, lane (x, y) at x + 5 y."""
    register = 1
    for _ in range(24):
        sums = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        mixed = [sums[x - 1] ^ _rotated(sums[(x + 1) % 5], 1) for x in range(5)]
        a = [lane ^ mixed[i % 5] for i, lane in enumerate(a)]
        x, y, carried = 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            place = x + 5 * y
            carried, a[place] = a[place], _rotated(carried, (t + 1) * (t + 2) // 2)
        a = [
            lane ^ (~a[i - i % 5 + (i + 1) % 5] & a[i - i % 5 + (i + 2) % 5])
            for i, lane in enumerate(a)
        ]
        for j in range(7):  # the round's constant, one bit of a register at a time
            register = (register << 1 ^ (register >> 7) * 0x171) & 0x1FF
            a[0] ^= (register >> 1 & 1) << (1 << j) - 1
    return a


def _add(a: _Point | None, b: _Point | None) -> _Point | None:
    """Add two points of the curve; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % _FIELD == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, _FIELD) % _FIELD
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, _FIELD) % _FIELD
    x = (slope * slope - a[0] - b[0]) % _FIELD
    return x, (slope * (a[0] - x) - a[1]) % _FIELD


def _multiply(point: _Point | None, times: int) -> _Point | None:
    found: _Point | None = None
    while times:
        found = _add(found, point) if times & 1 else found
        point, times = _add(point, point), times >> 1
    return found


_MAX_BYTES, _MAX_FIELDS, _MAX_STEPS = 4_000_000, 10_000, 32
_MAX_SIGNATURES, _MAX_FOLLOWERS = 10, 100
_TRANSFER, _TRANSFER_ASSET, _TRIGGER = 1, 2, 31
_CALLS = {"a9059cbb": "transfer", "23b872dd": "transferFrom"}


def check_branch(root: bytes, leaf: bytes, branch: list[bytes]) -> bool:
    """Tell whether a serialised transaction is under a block's root.

    Parameters
    ----------
    root : bytes
        32 bytes.
    leaf : bytes
        The transaction with its signatures and result.
    branch : list of bytes
        From the leaf up, 33 bytes a step: 0 where the other hash stands on the
        left and 1 where on the right, then that hash. A hash without a
        neighbour goes up as it is, so such a step is not in the branch.
    """
    if len(leaf) == 64 or len(branch) > _MAX_STEPS:
        return False  # 64 bytes could be two hashes: a node posing as a leaf
    node = sha256(leaf).digest()
    for step in branch:
        if len(step) != 33 or step[0] > 1:
            return False
        pair = node + step[1:] if step[0] else step[1:] + node
        node = sha256(pair).digest()
    return node == root


def check_tron(
    proof: dict[str, Any],
    witnesses: dict[str, str],
    recover_signer: Callable[[bytes, bytes], bytes],
) -> dict[str, Any]:
    """Check that a transaction is in a block, and who signed the block.

    That the witnesses were those elected at the time is for whoever states
    them; logs are under no hash, so none is here. Some 30 ms for each signature.
    See docs/account-proofs.md.

    Parameters
    ----------
    proof : dict
        ``transaction``, ``header`` and ``witness_signature`` in hex, ``branch``
        a list of hex; ``followers``, if any, the blocks on top in order, each
        with its ``header`` and ``witness_signature``.
    witnesses : dict
        The stated set: account of each producer, and of the key it signs with,
        40 hex digits each. Mostly the two are one.
    recover_signer : callable
        From a digest and a signature to 20 bytes.
    """
    try:
        return _tron_proven(proof, witnesses, recover_signer)
    except (AttributeError, LookupError, OverflowError, TypeError) as error:
        raise ValueError("a proof that lacks a part") from error


def _tron_proven(
    proof: dict[str, Any],
    witnesses: dict[str, str],
    recover_signer: Callable[[bytes, bytes], bytes],
) -> dict[str, Any]:
    transaction, header = (
        bytes.fromhex(proof[name]) for name in ("transaction", "header")
    )
    branch = [bytes.fromhex(step) for step in proof["branch"]]
    told = _fields(header)
    if not check_branch(told[2][-1], transaction, branch):
        raise ValueError("the transaction is not under the block's root")
    name, witness = _produced(proof, witnesses, recover_signer)
    producers, last = {witness}, name
    on_top = proof.get("followers", [])
    if len(on_top) > _MAX_FOLLOWERS:
        raise ValueError("more blocks on top than there is reason to read")
    for block in on_top:
        above, by = _produced(block, witnesses, recover_signer)
        if _fields(bytes.fromhex(block["header"]))[3][-1] != last:
            raise ValueError("a block on top that does not follow the one below")
        producers, last = producers | {by}, above
    parts = _fields(transaction)
    [raw] = parts[1]
    return {
        "txid": sha256(raw).hexdigest(),
        "block_hash": name.hex(),
        "number": told[7][-1],
        "time": told[1][-1] // 1000,
        "witness": witness,
        "n_producers": len(producers),
        "success": _succeeded(parts),
        "signed_by": _signers(raw, parts.get(2, []), recover_signer),
        **_action(raw),
    }


def _produced(
    block: dict[str, Any],
    witnesses: dict[str, str],
    recover_signer: Callable[[bytes, bytes], bytes],
) -> tuple[bytes, str]:
    """Name a block, and the producer whose stated key signed it."""
    header = bytes.fromhex(block["header"])
    told, digest = _fields(header), sha256(header).digest()
    signer = recover_signer(digest, bytes.fromhex(block["witness_signature"])).hex()
    witness = _account(told[9][-1])
    if witnesses.get(witness) != signer:
        raise ValueError("the block is not signed by a stated witness")
    return told[7][-1].to_bytes(8, "big") + digest[8:], witness


def _signers(
    raw: bytes, signatures: list[bytes], recover_signer: Callable[[bytes, bytes], bytes]
) -> list[str]:
    """List whose keys signed; who may sign for an account is state, not here."""
    if len(signatures) > _MAX_SIGNATURES:
        raise ValueError("more signatures than an account has keys")
    found = []
    for signature in signatures:  # nodes read 65 bytes and pass over what follows
        try:
            found.append(recover_signer(sha256(raw).digest(), signature[:65]).hex())
        except ValueError:
            continue
    return found


def _succeeded(parts: dict[int, list[Any]]) -> bool:
    """Whether the result is SUCCESS; what ran no code may have none."""
    results = [_fields(result) for result in parts.get(5, [])]
    outcomes = [(it.get(2, [0])[-1], it.get(3, [0])[-1]) for it in results]
    return len(outcomes) == 1 and outcomes[0] in ((0, 0), (0, 1))


def _action(raw: bytes) -> dict[str, Any]:
    """Read who sends what to whom, where the transaction itself says so."""
    [contract] = _fields(raw)[11]
    parts = _fields(contract)
    kind = parts.get(1, [0])[-1]
    value = _fields(_fields(parts[2][-1])[2][-1])
    found: dict[str, Any] = {"kind": kind}
    if kind == _TRANSFER:
        found["from"], found["to"] = _account(value[1][-1]), _account(value[2][-1])
        found["amount"] = value.get(3, [0])[-1]
    elif kind == _TRANSFER_ASSET:
        found["from"], found["to"] = _account(value[2][-1]), _account(value[3][-1])
        found["asset"] = value[1][-1].decode("ascii")
        found["amount"] = value.get(4, [0])[-1]
    elif kind == _TRIGGER:
        found["caller"] = _account(value[1][-1])
        found["contract"] = _account(value[2][-1])
        found.update(_call(found["caller"], value.get(4, [b""])[-1]))
    return found


def _call(caller: str, data: bytes) -> dict[str, Any]:
    """Read a call to move tokens; what else is called says nothing here."""
    name = _CALLS.get(data[:4].hex())
    n_words = {"transfer": 2, "transferFrom": 3}.get(name or "", 9)
    if name is None or len(data) < 4 + 32 * n_words:
        return {}
    words = [data[4 + 32 * i : 36 + 32 * i] for i in range(n_words)]
    if any(any(word[:11]) or word[11] not in (0, 0x41) for word in words[:-1]):
        return {}
    parties = [word[12:].hex() for word in words[:-1]]
    sender, to = parties if name == "transferFrom" else (caller, parties[0])
    amount = int.from_bytes(words[-1], "big")
    return {"call": name, "from": sender, "to": to, "amount": amount}


def _account(address: bytes) -> str:
    if len(address) != 21 or address[:1] != b"\x41":
        raise ValueError("not an address of TRON")
    return address[1:].hex()


def _fields(message: bytes) -> dict[int, list[Any]]:
    """Read Protocol Buffers: every field's values, in order."""
    if not isinstance(message, bytes) or len(message) > _MAX_BYTES:
        raise ValueError("not a message, or longer than any block")
    found: dict[int, list[Any]] = {}
    at, n_fields = 0, 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind, n_fields = tag & 7, n_fields + 1
        if n_fields > _MAX_FIELDS or kind not in (0, 1, 2, 5):
            raise ValueError("too many fields, or one of no kind")
        value: Any
        if kind == 0:
            value, at = _varint(message, at)
        else:
            fixed = {1: 8, 5: 4}.get(kind)
            size, at = (fixed, at) if fixed else _varint(message, at)
            value, at = message[at : at + size], at + size
        if at > len(message):
            raise ValueError("a field longer than its message")
        found.setdefault(tag >> 3, []).append(value)
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for i in range(10):
        if at + i >= len(message):
            raise ValueError("a message that ends inside a number")
        value |= (message[at + i] & 0x7F) << 7 * i
        if message[at + i] < 0x80:
            return value, at + i + 1
    raise ValueError("a number of more than 64 bits")


# </proofs>


_TRANSFER_TOPIC = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


class AccountProofs:
    """Proofs of transfers, per chain and transaction, from data/accounts.json."""

    def __init__(self, bag: Bag) -> None:
        self.told: Dict[str, Any] = {}
        if "data/accounts.json" in bag.paths:
            self.told = bag.json("data/accounts.json")

    def shows(self, walk_: AccountWalk, name: str) -> bool:
        """Whether the bundle claims to prove a transfer of a walk."""
        chain = self.told.get(walk_.chain, {})
        return name.partition(":")[0] in chain.get("transactions", {})

    def check(
        self, finding: str, statement: Dict[str, Any], premises: Dict[str, Any]
    ) -> None:
        """Prove a transfer, or fail."""
        chain = self.told.get(statement["chain"], {})
        proof = chain.get("transactions", {}).get(statement["txid"])
        holds(
            "premises.proof", proof is not None, "a proof in data/accounts.json", "none"
        )
        try:
            if premises["proof"] == "tron-tree":
                found = check_tron(proof, chain["witnesses"], recover_signer)
                self._on_tron(finding, found, statement)
                Report.current.cannot("that the stated producers of TRON were elected: %s"
                                      % short(chain["witnesses_source"]), finding)  # fmt: skip
            else:
                found = check_ethereum(proof)
                self._on_ethereum(found, statement)
        except (ValueError, KeyError) as error:
            raise False_(
                "premises.proof", "a proof that checks out", str(error)
            ) from None
        prefix = "0x" if statement["chain"].startswith("eip155:") else ""
        must("statement.txid, proven", prefix + found["txid"], statement["txid"])
        must(
            "premises.block_hash, proven",
            prefix + found["block_hash"],
            premises["block_hash"],
        )
        must("premises.height, proven", found["number"], premises["height"])
        must("premises.time_utc, proven", utc(found["time"]), premises["time_utc"])

    def _on_tron(
        self, finding: str, found: Dict[str, Any], statement: Dict[str, Any]
    ) -> None:
        holds("the transaction's result", found["success"], "success", "failure")
        token = statement["token"].rpartition("/")[2]
        if found["kind"] == 31:
            said = "trc20:" + _tron_text(found["contract"])
            Report.current.cannot("that a token's contract moves what its call says: known "
                                  "of its code, not of the bundle; and the place of a log "
                                  "in its block", finding)  # fmt: skip
        else:
            said = "trc10:" + found["asset"] if "asset" in found else "slip44:195"
        must("statement.token, proven", said, token)
        holds("the transaction's call", "to" in found, "a transfer", "something else")
        must("statement.from, proven", _tron_text(found["from"]), statement["from"])
        must("statement.to, proven", _tron_text(found["to"]), statement["to"])
        must("statement.amount, proven", str(found["amount"]), statement["amount"])

    def _on_ethereum(self, found: Dict[str, Any], statement: Dict[str, Any]) -> None:
        holds("the receipt's status", found["status"] != 0, "success", "failure")
        kind, _, reference = statement["token"].rpartition("/")[2].partition(":")
        parties = [statement[end][2:].lower() for end in ("from", "to")]
        if kind == "slip44":
            must("statement, proven", [found["from"], found["to"], str(found["value"])],
                 [*parties, statement["amount"]])  # fmt: skip
            return
        wanted = {
            "address": reference[2:].lower(),
            "topics": [_TRANSFER_TOPIC] + ["0" * 24 + party for party in parties],
            "data": "%064x" % int(statement["amount"]),
        }
        holds("statement, a log of the receipt", wanted in found["logs"], "such a Transfer",
              wanted)  # fmt: skip


def _tron_text(account: str) -> str:
    return base58check(b"\x41" + bytes.fromhex(account))


# --- 9 maximum flow ------------------------------------------------------------


def check_extreme(
    walk_: Walk, ends: List[Coin], stated: List[Any], most: bool, premise: str
) -> int:
    """Check that a stated flow is possible and that no other does better.

    A flow gives each coin some seed money: at most what it can hold, all of it
    at the seeds, conserved at every transaction with its fee. It brings the
    most (or least) to `ends` exactly when no way is left to turn money from
    elsewhere to the ends (or the reverse) by using spare room and undoing flow.
    """
    wanted = set(map(id, ends))
    inside = [False] * len(walk_.nodes)
    for u in range(len(inside) - 1, -1, -1):
        inside[u] = any(coin.cap and (id(coin) in wanted or
                        (coin.into >= 0 and inside[coin.into]))
                        for coin in walk_.nodes[u].coins)  # fmt: skip
    told = {}
    for name, sat in stated:
        holds(premise, name not in told and sat >= 0, "each coin once", name)
        told[name] = sat
    flow = {id(seed): seed.cap for seed in walk_.seeds}
    value = sum(seed.cap for seed in walk_.seeds if id(seed) in wanted)
    pushers: List[List[Tuple[int, Coin]]] = [[] for _ in walk_.nodes]
    for u, node in enumerate(walk_.nodes):
        if not inside[u]:
            continue
        carried = [coin for _, coin in node.slots if coin is not None]
        left = sum(flow[id(coin)] for coin in carried)
        for coin in carried:
            if coin.node >= 0 and flow[id(coin)]:
                pushers[u].append((coin.node, coin))
        for coin in node.coins:
            sat = left if coin.name.endswith(":fee") else told.pop(coin.name, 0)
            where = "%s, %s" % (premise, coin.name)
            holds(where, 0 <= sat <= coin.cap, "0 to %d satoshi" % coin.cap, sat)
            flow[id(coin)], left = sat, left - sat
            value += sat if id(coin) in wanted else 0
        must("%s, conserved at %s" % (premise, node.txid), 0, left)
    for name in told:
        raise False_(premise, "coins on the way to the target", name)
    _check_best(walk_, Sent(inside, wanted, flow, pushers), most, premise)
    return value


class Sent(NamedTuple):
    inside: List[bool]  # nodes from which the ends are reached
    wanted: Any  # ids of the coins that are ends
    flow: Dict[int, int]  # satoshi by id of a coin
    pushers: List[List[Tuple[int, Coin]]]  # per node: who sends money into it


def _check_best(walk_: Walk, sent: Sent, most: bool, premise: str) -> None:
    inside, wanted, flow, pushers = sent

    def goes_on(coin: Coin) -> bool:
        return coin.into >= 0 and inside[coin.into]

    def good(coin: Coin) -> bool:  # where money should rather go
        return (id(coin) in wanted) is most and not goes_on(coin)

    pending = []
    for u, node in enumerate(walk_.nodes):
        if inside[u] and any(flow[id(c)] and not goes_on(c) and not good(c)
                             for c in node.coins):  # fmt: skip
            pending.append(u)
    seen = set(pending)
    while pending:
        u = pending.pop()
        for coin in walk_.nodes[u].coins:
            room = flow[id(coin)] < coin.cap
            holds(premise, not (room and good(coin)), "no other flow brings %s"
                  % ("more" if most else "less"), "room left at " + coin.name)  # fmt: skip
            if room and goes_on(coin) and coin.into not in seen:
                seen.add(coin.into)
                pending.append(coin.into)
        for before, _ in pushers[u]:
            if inside[before] and before not in seen:
                seen.add(before)
                pending.append(before)


# --- 10 findings of each kind --------------------------------------------------

QUESTIONS = {  # the critical questions that a finding of each kind must carry
    "appears": "at_this_place genuine_capture misread unchanged whose_words",
    "pays": "in_a_block most_work who_received",
    "same_cluster": "coinjoin other_evidence payjoin shared_keys weakest_link",
    "tagged": "contradicted in_force source_knows true",
    "flow": "complete knowledge rule_of_account unnamed_service who_is_the_target",
    "valued": "price_known price_of_the_moment",
    "transfers": "on_the_chain took_effect which_token who_received",
    "token_flow": "complete knowledge rule_of_account unnamed_service who_is_the_target",
    "linked": "customers_of_a_service other_evidence rule_can_fail shared_keys",
    "frozen": "outflow_by_chance whose_decision",
}
FIGURES = ("haircut_sat", "fifo_sat", "lifo_sat", "poison_sat")
OUTSIDE_DATES = " (outside its tag's dates)"


def canonical(value: Any, indent: Optional[int] = None) -> bytes:
    marks = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, indent=indent, separators=marks
    )
    return text.encode("utf-8") + b"\n"


def content_hash(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def in_force(tag: Dict[str, Any], day: str) -> bool:
    begun = tag["valid_from"] is None or tag["valid_from"] <= day
    return begun and (tag["valid_to"] is None or day <= tag["valid_to"])


def dates_in(name: str, text: str) -> List[str]:
    """Days that a text gives under a name, as YAML, JSON and TOML write it."""
    pattern = r"\b%s[\"']?\s*[:=]\s*[\"']?(\d{4}-\d\d-\d\d)" % name
    return re.findall(pattern, text)


def cells_in(name: str, header: str, text: str) -> List[str]:
    """The day in the column of a name, of a row of comma-separated values."""
    names = [cell.strip().lower() for cell in header.split(",")]
    cells = [cell.strip()[:10] for cell in text.split(",")]
    if name not in names or len(names) != len(cells):
        return []
    return [
        c for c in cells[names.index(name) :][:1] if re.match(r"\d{4}-\d\d-\d\d", c)
    ]


def looks_like_coinjoin(
    inputs: List[Prevout], outputs: List[Tuple[int, bytes]]
) -> bool:
    """A simple form of the CoinJoin rule: equal outputs, each with a payer of its own.

    It flags less than Dalil's typed rules do, so what it flags is never a link.
    """
    spendable = [(value, script) for value, script in outputs if script[:1] != b"\x6a"]
    counts = Counter(value for value, _ in spendable)
    if len(spendable) < len(outputs) or not counts:
        return False
    n_equal, equal = max((n, value) for value, n in counts.items())
    scripts = {prevout.script for prevout in inputs} - {None}
    n_owners = len(scripts) + sum(prevout.script is None for prevout in inputs)
    need = max(equal - (equal // 100 + 20_000), 1)
    values = [prevout.value for prevout in inputs if prevout.value is not None]
    small = sum(value for value in values if value < need)
    n_funded = (
        len(inputs) - len(values) + sum(v >= need for v in values) + small // need
    )
    paid = [script for _, script in spendable]
    forms = Counter((len(script), script[:2]) for script in paid)
    if min(n_owners, n_funded) < n_equal or len(set(paid)) < len(paid):
        return False
    if scripts.intersection(paid) or max(forms.values()) < len(paid) - 1:
        return False
    n_single = sum(n == 1 for n in counts.values())
    others = len(spendable) - n_equal
    most = max((p.value or 0) for p in inputs)
    rest = max((value for value in counts if value != equal), default=0)
    joinmarket = (
        3 <= n_equal <= 100
        and equal >= 27_300
        and n_equal - 1 <= others <= n_equal
        and others == n_single
        and most <= equal + rest + equal // 100 * n_equal + 200_000
    )
    many = n_equal >= 5 and equal >= 10_000 and n_single <= n_equal + 1
    enough = n_single == 0 or 2 * n_single >= n_equal or n_equal >= 10
    return joinmarket or (many and enough)


class Findings:
    """The findings of a document, each checked from its premises."""

    def __init__(self, bag: Bag, ledgers: Dict[str, Ledger], document: Any) -> None:
        self.bag, self.ledgers, self.document = bag, ledgers, document
        self.texts = Texts(bag)
        self.by_id: Dict[str, Dict[str, Any]] = {}
        self.walks: Dict[str, Walk] = {}
        self.account_walks: Dict[str, AccountWalk] = {}
        self.proofs = AccountProofs(bag)
        self.directs: Dict[str, List[Coin]] = {}
        self.arrived: Dict[str, List[Coin]] = {}
        self.tag_rows = {
            (r["file_sha256"], r["line"]): r for r in bag.json("data/tags.json")
        }
        self.prices = {(r["series_sha256"], r["currency"], r["day"]): r
                       for r in bag.json("data/prices.json")}  # fmt: skip
        report = Report.current
        for record in document["traces"]:
            name = "trace " + str(record.get("id"))[:16]
            report.guarded(name, self._walk, record)
        for record in document["account_traces"]:
            name = "account trace " + str(record.get("id"))[:16]
            report.guarded(name, self._account_walk, record)
        for finding in document["findings"]:
            report.guarded(str(finding.get("id")), self._form, finding)
        for finding in self.by_id.values():
            report.guarded(finding["id"], getattr(self, "_" + finding["kind"]), finding)

    def ledger(self, chain: str) -> Ledger:
        holds("chain", chain in self.ledgers, "a chain of the bundle", chain)
        return self.ledgers[chain]

    def _walk(self, record: Dict[str, Any]) -> None:
        walk_ = Walk(record, self.ledger(record["chain"]))
        self.walks[walk_.id] = walk_
        shown = {f["statement"].get("indicator") for f in self.document["findings"]}
        for address in sorted(walk_.home - shown):
            Report.current.cannot("that the seed address %s belongs to the case: no "
                                  "exhibit shows it" % address)  # fmt: skip
        Report.current.cannot("why coins without a name were not followed: what spends "
                              "them need not be in the bundle")  # fmt: skip
        for txid in [node.txid for node in walk_.nodes] + [
            coin.name.partition(":")[0] for coin in walk_.seeds
        ]:
            if txid not in walk_.ledger.txs or walk_.ledger.chain.place(txid) is None:
                Report.current.cannot("inclusion in a block of " + txid)

    def _account_walk(self, record: Dict[str, Any]) -> None:
        walk_ = AccountWalk(record)
        self.account_walks[walk_.id] = walk_
        report = Report.current
        shown = {f["statement"].get("indicator") for f in self.document["findings"]}
        for address in sorted(walk_.home - shown):
            report.cannot("that the seed address %s belongs to the case: no exhibit "
                          "shows it" % address)  # fmt: skip
        report.cannot("completeness: that no transfer to or from an account of a walk is "
                      "left out, and what each held before its first")  # fmt: skip
        report.cannot("why payments without a name were not followed: what their "
                      "receivers paid need not be in the bundle")  # fmt: skip
        unproven = [name for name in walk_.rows if not self.proofs.shows(walk_, name)]
        if unproven:
            report.cannot("%d of the %d transfers of an account trace: node-asserted, no "
                          "proof is in the bundle" % (len(unproven), len(walk_.rows)))  # fmt: skip

    def _form(self, finding: Dict[str, Any]) -> None:
        kind = finding["kind"]
        statement, premises = finding["statement"], finding["premises"]
        content = {"kind": kind, "statement": statement, "premises": premises}
        must("id", kind + "-" + content_hash(content)[:16], finding["id"])
        holds("id", finding["id"] not in self.by_id, "each finding once", finding["id"])
        asked = sorted(question["id"] for question in finding["questions"])
        must("questions", QUESTIONS[kind].split(), asked)
        Report.current.cannot(
            "the profiles under which findings hold: re-running them takes a ledger"
        )
        self.by_id[finding["id"]] = finding

    # -- an indicator stands in an exhibit

    def _appears(self, finding: Dict[str, Any]) -> None:
        statement, premises = finding["statement"], finding["premises"]
        start, end, raw = premises["start"], premises["end"], premises["raw"]
        holds("premises.raw", len(raw) <= MAX_TEXT, "a short text", len(raw))
        listed = {exhibit["sha256"] for exhibit in self.document["exhibits"]}
        holds("statement.exhibit", statement["exhibit"] in listed, "an exhibit of the case",
              statement["exhibit"])  # fmt: skip
        text = self.texts.text(finding)
        if text is not None:
            holds("premises.start", 0 <= start <= end <= len(text), "a span of the text",
                  [start, end])  # fmt: skip
            must("premises.raw, the text from start to end", text[start:end], raw)
        value, ops = raw, [step["op"] for step in premises["steps"]]
        for step in premises["steps"][1:]:
            holds("premises.steps", step["op"] in STEPS, "a known step", step["op"])
            value = STEPS[step["op"]](value, step)
            holds("premises.steps", len(value) <= MAX_TEXT, "a short text", len(value))
        must("statement.indicator, raw with its steps", value, statement["indicator"])
        kind, stated = statement["indicator_kind"], premises["checksum"]
        if kind == "address":
            found = checksum_verdict(value)
            repaired = found == "valid" and "homoglyphs" in ops
            must("premises.checksum", "repaired" if repaired else found, stated)
            self._check_chain(value, statement["chain"])
        else:
            found = onion_verdict(value) if kind == "onion" else "none"
            must("premises.checksum", found, stated)
        Report.current.cannot("that exhibits were captured where and when they are said to "
                              "be, and whose words they are", finding["id"])  # fmt: skip

    def _check_chain(self, value: str, chain: Optional[str]) -> None:
        network = NETWORKS.get(chain or "")
        payload = base58check_decode(value)
        if network is not None and payload is not None and len(payload) == 21:
            known = (network.p2pkh, network.p2sh)
            holds(
                "statement.chain",
                payload[0] in known,
                "an address of " + network.name,
                value,
            )
        elif network is not None and _HRP_OF.fullmatch(value):
            hrp = value.lower().rpartition("1")[0]
            must("statement.chain", network.hrp, hrp)

    # -- a transaction pays an output

    def _pays(self, finding: Dict[str, Any]) -> None:
        statement, premises = finding["statement"], finding["premises"]
        ledger = self.ledger(statement["chain"])
        tx, n = ledger.tx(statement["txid"]), statement["n"]
        holds("statement.n", 0 <= n < len(tx.outputs), "an output of it", n)
        value, script = tx.outputs[n]
        must("statement.value_sat", value, statement["value_sat"])
        must("statement.address", address_of(ledger.chain.network, script),
             statement["address"])  # fmt: skip
        place = ledger.chain.place(tx.txid)
        if place is None:
            Report.current.cannot("inclusion in a block of " + tx.txid, finding["id"])
            return
        header, position = place
        must("premises.height", header.height, premises["height"])
        must("premises.block_hash", header.hash, premises["block_hash"])
        must("premises.position", position, premises["position"])
        must("premises.time_utc", utc(header.time), premises["time_utc"])
        must("premises.position, coinbase", position == 0, tx.is_coinbase)
        if ledger.chain.anchor[header.height] == "unanchored":
            Report.current.cannot("unanchored: the block hangs from none this program knows",
                                  finding["id"])  # fmt: skip

    # -- two addresses act together

    def _same_cluster(self, finding: Dict[str, Any]) -> None:
        statement, premises = finding["statement"], finding["premises"]
        ledger, links = self.ledger(statement["chain"]), premises["links"]
        at = statement["a"]
        holds("premises.links", bool(links), "at least one link", "none")
        for i, link in enumerate(links):
            where = "premises.links[%d]" % i
            must(where + ".from", at, link["from"])
            holds(
                where + ".rule", link["rule"] in RULES, " | ".join(RULES), link["rule"]
            )
            holds("premises.rule_version", premises["rule_version"] in RULES[link["rule"]],
                  " | ".join(RULES[link["rule"]]), premises["rule_version"])  # fmt: skip
            tx = ledger.tx(link["txid"])
            spent = [ledger.prevout(name, finding["id"]) for name in tx.inputs]
            payers = {ledger.owner(prevout) for prevout in spent}
            for end in ("from", "to"):
                holds("%s.%s, spent by %s" % (where, end, tx.txid), link[end] in payers,
                      link[end], sorted(p for p in payers if p))  # fmt: skip
            holds(where + ", CoinJoin", not looks_like_coinjoin(spent, tx.outputs),
                  "a transaction of one owner", "the shape of a CoinJoin")  # fmt: skip
            at = link["to"]
            if ledger.chain.place(tx.txid) is None:
                Report.current.cannot(
                    "inclusion in a block of " + tx.txid, finding["id"]
                )
        must("premises.links, last", statement["b"], at)
        gates = {"%s %s" % (rule["id"], rule["version"])
                 for rule in self.document["method"]["rules"]}  # fmt: skip
        holds("premises.coinjoin_rule", premises["coinjoin_rule"] in gates,
              "a rule of the method section", premises["coinjoin_rule"])  # fmt: skip
        Report.current.cannot("CoinJoins are gated by a simple form of the stated rule; "
                              "typing them needs the full one", finding["id"])  # fmt: skip

    # -- a source names an address

    def _tagged(self, finding: Dict[str, Any]) -> None:
        statement, premises = finding["statement"], finding["premises"]
        tag = premises["tag"]
        verdict = checksum_verdict(statement["address"])
        if statement["chain"] is not None and statement["chain"].startswith("bip122"):
            holds(
                "statement.address", verdict != "invalid", "a valid checksum", verdict
            )
        Report.current.cannot("the truth of a tag, and that no other contradicts it",
                              finding["id"])  # fmt: skip
        if statement["actor"] not in (tag["actor"], tag["label"]):
            # A tag may name its actor by an id that another list spells out.
            Report.current.cannot("that %s is what the tag calls %s: a list of actors says "
                                  "so" % (statement["actor"], tag["actor"]), finding["id"])  # fmt: skip
            holds("statement.actor", tag["actor"] is not None, tag["label"],
                  statement["actor"])  # fmt: skip
        row = self.tag_rows.get((tag["file_sha256"], tag["line"]))
        if row is None:
            Report.current.cannot(
                "the tag's source: no extract in the bundle", finding["id"]
            )
            return
        must("tag extract, file_name", tag["file_name"], row["file_name"])
        text = row["header"] + "\n" + row["text"]
        holds("tag extract", statement["address"].lower() in text.lower(),
              statement["address"], row["text"])  # fmt: skip
        for name in ("valid_from", "valid_to"):
            written = dates_in(name, row["text"]) or dates_in(name, row["header"])
            written = written or cells_in(name, row["header"], row["text"])
            if written:
                holds("premises.tag." + name, tag[name] in written, " | ".join(written),
                      tag[name])  # fmt: skip
        fields = {
            name: value
            for name, value in tag.items()
            if value is not None and name not in ("file_sha256", "line", "file_name")
        }
        for name in premises["literal"]:
            holds("premises.literal", name in fields, "a field of the tag", name)
            values = fields[name] if isinstance(fields[name], list) else [fields[name]]
            for value in values:
                holds("premises.tag." + name, value in text, "as in the extract", value)
        for name in sorted(set(fields) - set(premises["literal"])):
            if fields[name]:
                Report.current.cannot("the tag's %s: not word for word in its extract" % name,
                                      finding["id"])  # fmt: skip
        Report.current.cannot("that extracts in data/tags.json stand in the files whose "
                              "hashes they name", finding["id"])  # fmt: skip

    # -- money comes to a target

    def _flow(self, finding: Dict[str, Any]) -> None:
        statement, premises = finding["statement"], finding["premises"]
        holds("premises.trace", premises["trace"] in self.walks, "a trace that checks out",
              premises["trace"])  # fmt: skip
        walk_ = self.walks[premises["trace"]]
        must("statement.direction", walk_.forward, statement["direction"] == "forward")
        must("statement.seed_sat", walk_.seed_sat, statement["seed_sat"])
        must("premises.reentry", walk_.reentry is not None, premises["reentry"])
        coins = []
        for name in premises["arrivals"]:
            holds("premises.arrivals", name in walk_.ends, "an end of the trace", name)
            coins.append(walk_.ends[name])
        must("premises.arrivals, each end of this name once",
             sorted(n for n, c in walk_.ends.items() if c.stated["name"] == statement["target"]),
             sorted(premises["arrivals"]))  # fmt: skip
        ways = self._addresses(finding, coins, walk_)
        named = [coin for coin in coins if ways[coin.owner or ""] != "cluster"]
        direct = walk_.direct(named)
        must(
            "statement.direct_sat", sum(c.cap for c in direct), statement["direct_sat"]
        )
        sums = {"poison_sat": [c.value for c in coins], "haircut_sat": [c.haircut for c in coins],
                "fifo_sat": [c.ordered("fifo") for c in coins],
                "lifo_sat": [c.ordered("lifo") for c in coins]}  # fmt: skip
        for figure, parts in sums.items():
            known = [part for part in parts if part is not None]
            found = sum(known) if len(known) == len(parts) else None
            must("statement." + figure, found, statement[figure])
        self._bounds(finding, walk_, coins)
        self.directs[finding["id"]], self.arrived[finding["id"]] = direct, coins
        Report.current.cannot(
            "completeness: that the trace's seeds and the ledger's blocks "
            "leave nothing out (totals and upper bounds)",
            finding["id"],
        )

    def _addresses(
        self, finding: Dict[str, Any], coins: List[Coin], walk_: Walk
    ) -> Dict[str, str]:
        """Check why each arrival is the target's; tell each address's way."""
        target, ways = finding["statement"]["target"], {}
        outside = target.endswith(OUTSIDE_DATES)
        names = set((target[: -len(OUTSIDE_DATES)] if outside else target).split(" | "))
        days: Dict[str, List[Optional[str]]] = {}
        for coin in coins:
            days.setdefault(coin.owner or "", []).append(walk_.day_of(coin))
        for entry in finding["premises"]["addresses"]:
            address, way = entry["address"], entry["by"]
            where = "premises.addresses, " + address
            holds(
                where,
                address in days and address not in ways,
                "an arrival's, once",
                way,
            )
            ways[address] = way
            if way == "request":
                Report.current.cannot("that %s is the target's: the analyst says so" % address,
                                      finding["id"])  # fmt: skip
                continue
            holds(where, way in ("tag", "cluster", "deposit"), "tag | cluster | deposit | "
                  "request", way)  # fmt: skip
            tags = self._tags_for(where, address, way, entry["findings"])
            kinds = {tag["statement"]["service"] or "target" for tag in tags}
            for coin in coins:
                holds(coin.name + ", reason", coin.owner != address or coin.end in kinds,
                      " | ".join(sorted(kinds)), coin.end)  # fmt: skip
            tags = [tag for tag in tags if tag["statement"]["actor"] in names]
            holds(where + ", actor", bool(tags), target, "tags for others only")
            for day in days[address]:
                if day is not None:
                    found = any(in_force(tag["premises"]["tag"], day) for tag in tags)
                    must(where + ", tag in force on " + day, not outside, found)
        for address in days:
            holds(
                "premises.addresses",
                address in ways,
                "a reason for each arrival",
                address,
            )
        return ways

    def _tags_for(
        self, where: str, address: str, way: str, ids: List[str]
    ) -> List[Dict[str, Any]]:
        cited = []
        for name in ids:
            holds(where, name in self.by_id, "a finding of this document", name)
            cited.append(self.by_id[name])
        tags = [finding for finding in cited if finding["kind"] == "tagged"]
        joined = {address}
        for finding in cited:
            if finding["kind"] in ("same_cluster", "linked"):
                joined |= {finding["statement"]["a"], finding["statement"]["b"]}
        holds(where, bool(tags), "a tag that says so", ids)
        for tag in tags:
            holds(where, tag["statement"]["address"] in joined, "a tag on it, or on an "
                  "address joined with it", tag["statement"]["address"])  # fmt: skip
        if way == "tag":
            must(
                where + ", by",
                True,
                any(t["statement"]["address"] == address for t in tags),
            )
        return tags

    def _bounds(self, finding: Dict[str, Any], walk_: Walk, coins: List[Coin]) -> None:
        statement, premises = finding["statement"], finding["premises"]
        leaving = "unspent" if walk_.forward else "border"
        gaps = [c for c in walk_.ends.values() if walk_.reentry and c.end == leaving]
        chosen = set(map(id, coins))
        widened = coins + [coin for coin in gaps if id(coin) not in chosen]
        upper = check_extreme(
            walk_, widened, premises["upper_flow"], True, "premises.upper_flow"
        )
        lower = check_extreme(
            walk_, coins, premises["lower_flow"], False, "premises.lower_flow"
        )
        if any(id(coin) in chosen for coin in gaps):
            lower = 0
        received = premises["receipts_sat"]
        if received is not None and walk_.reentry and received < upper:
            upper = received
            Report.current.cannot("that the target received no more than receipts_sat says",
                                  finding["id"])  # fmt: skip
        must("statement.lower_sat", lower, statement["lower_sat"])
        must("statement.upper_sat", upper, statement["upper_sat"])

    # -- what chains of accounts show

    def _transfers(self, finding: Dict[str, Any]) -> None:
        statement, premises = finding["statement"], finding["premises"]
        if premises["proof"] == "node-asserted":
            Report.current.cannot("node-asserted: transfers that no proof in the bundle "
                                  "shows", finding["id"])  # fmt: skip
        else:
            self.proofs.check(finding["id"], statement, premises)
            Report.current.cannot("that the blocks which hold proven transfers are on the "
                                  "chain people use: compare their hashes with a node you "
                                  "trust", finding["id"])  # fmt: skip
        for walk_ in self.account_walks.values():
            row = walk_.rows.get("%s:%s" % (statement["txid"], statement["place"]))
            if row is None or (walk_.chain, walk_.token) != (statement["chain"],
                                                             statement["token"]):  # fmt: skip
                continue
            for key in ("from", "to", "amount"):
                must("statement.%s, as in the walk" % key, row[key], statement[key])
            must(
                "premises.time_utc, as in the walk",
                row["time_utc"],
                premises["time_utc"],
            )

    def _token_flow(self, finding: Dict[str, Any]) -> None:
        statement, premises = finding["statement"], finding["premises"]
        holds("premises.trace", premises["trace"] in self.account_walks,
              "an account trace that checks out", premises["trace"])  # fmt: skip
        walk_ = self.account_walks[premises["trace"]]
        must("statement.chain", walk_.chain, statement["chain"])
        must("statement.token", walk_.token, statement["token"])
        must("statement.direction", walk_.forward, statement["direction"] == "forward")
        must("statement.seed_amount", str(walk_.seed_sat), statement["seed_amount"])
        must("premises.arrivals, each end of this name once",
             sorted(n for n, c in walk_.ends.items() if c.stated["name"] == statement["target"]),
             sorted(premises["arrivals"]))  # fmt: skip
        coins = [walk_.ends[name] for name in premises["arrivals"]]
        ways = self._addresses(finding, coins, walk_)
        named = [c for c in coins if ways[c.owner or ""] in ("tag", "request")]
        direct = walk_.direct(named)
        sums: Dict[str, List[Optional[int]]] = {
                "direct": [c.cap for c in direct], "poison": [c.value for c in coins],
                "haircut": [c.haircut for c in coins],
                "fifo": [c.ordered("fifo") for c in coins],
                "lifo": [c.ordered("lifo") for c in coins]}  # fmt: skip
        for figure, parts in sums.items():
            known = [part for part in parts if part is not None]
            found = str(sum(known)) if len(known) == len(parts) else None
            must("statement.%s_amount" % figure, found, statement[figure + "_amount"])
        must("premises.reentry", walk_.reentry is not None, premises["reentry"])
        gaps = [c for c in walk_.ends.values() if walk_.reentry and c.end in HELD]
        chosen = set(map(id, coins))
        found_bounds = {}
        for bound, ends in (("upper", coins + [c for c in gaps if id(c) not in chosen]),
                            ("lower", coins)):  # fmt: skip
            where = "premises.%s_flow" % bound
            stated = [(name, int(amount)) for name, amount in premises[bound + "_flow"]]
            found_bounds[bound] = check_extreme(
                walk_, ends, stated, bound == "upper", where
            )
        if any(id(coin) in chosen for coin in gaps):
            found_bounds["lower"] = 0
        if walk_.reentry:
            received = int(statement["received_amount"])
            found_bounds["upper"] = min(found_bounds["upper"], received)
        for bound, value in found_bounds.items():
            must(
                "statement.%s_amount" % bound, str(value), statement[bound + "_amount"]
            )
        self.directs[finding["id"]], self.arrived[finding["id"]] = direct, coins
        Report.current.cannot("that targets took in what received_amount says: it counts "
                              "the whole ledger", finding["id"])  # fmt: skip

    def _linked(self, finding: Dict[str, Any]) -> None:
        statement, premises = finding["statement"], finding["premises"]
        holds(
            "statement.a",
            statement["a"] != statement["b"],
            "two accounts",
            statement["a"],
        )
        holds("premises.transfers", bool(premises["transfers"]), "at least one", "none")
        versions = {
            rule["id"]: rule["version"] for rule in self.document["method"]["rules"]
        }
        must(
            "premises.rule_version",
            versions.get(statement["rule"]),
            premises["rule_version"],
        )
        for walk_ in self.account_walks.values():
            for name in premises["transfers"]:
                row = walk_.rows.get(name)
                if row is not None and walk_.chain == statement["chain"]:
                    must("premises.transfers, " + name, [row["from"], row["to"]],
                         [statement["a"], statement["b"]])  # fmt: skip
        Report.current.cannot("links between accounts: applying their rules again takes the "
                              "ledger", finding["id"])  # fmt: skip

    def _frozen(self, finding: Dict[str, Any]) -> None:
        statement = finding["statement"]
        lifted = statement["lifted_utc"]
        holds("statement.lifted_utc", lifted is None or lifted >= statement["since_utc"],
              "not before the freeze", lifted)  # fmt: skip
        Report.current.cannot("freezes: node-asserted, and the balances under them are the "
                              "ledger's", finding["id"])  # fmt: skip

    # -- an amount was worth so much

    def price(self, series: str, currency: str, day: str) -> Optional[decimal.Decimal]:
        row = self.prices.get((series, currency, day))
        if row is None:
            return None
        where = "price of " + day
        plain = re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,18})?", row["price"])
        holds(where, plain is not None, "a plain decimal", row["price"])
        cells = [cell.strip() for cell in row["text"].split(",")]
        names = [
            cell.strip().upper().split("_")[-1] for cell in row["header"].split(",")
        ]
        holds(where + ", row", currency in names and cells[0] == day, day, row["text"])
        must(where + ", cell of its row", cells[names.index(currency)], row["price"])
        Report.current.cannot("that rows in data/prices.json stand in the file whose hash "
                              "they name, and that the source's prices are right")  # fmt: skip
        return decimal.Decimal(row["price"])

    def _valued(self, finding: Dict[str, Any]) -> None:
        statement, premises = finding["statement"], finding["premises"]
        must("premises.day", statement["time_utc"][:10], premises["day"])
        price = self.price(
            premises["series_sha256"], statement["currency"], premises["day"]
        )
        holds("premises.price", (price is None) == (premises["price"] is None),
              "the price of data/prices.json", premises["price"])  # fmt: skip
        found = None
        if price is not None:
            must("premises.price", price, decimal.Decimal(premises["price"]))
            found = money(statement["amount_sat"] * price, decimal.ROUND_HALF_EVEN)
        must("statement.value", found, statement["value"])
        self._subject(finding)

    def _subject(self, finding: Dict[str, Any]) -> None:
        """The amount valued is one that another finding states."""
        statement = finding["statement"]
        about = self.by_id.get(statement["subject"])
        holds("statement.subject", about is not None, "a finding", statement["subject"])
        assert about is not None
        sums = {str(v) for k, v in about["statement"].items() if k.endswith("_sat")}
        holds("statement.amount_sat", str(statement["amount_sat"]) in sums,
              " | ".join(sorted(sums)), statement["amount_sat"])  # fmt: skip
        if about["kind"] == "pays":
            must(
                "statement.time_utc",
                about["premises"]["time_utc"],
                statement["time_utc"],
            )


def money(sat_price: decimal.Decimal, rounding: str) -> str:
    """Satoshi times price, as money with two decimals."""
    with decimal.localcontext() as context:
        context.prec = 80
        exact = decimal.Decimal(sat_price) / 100_000_000
        return str(exact.quantize(decimal.Decimal("0.01"), rounding=rounding))


# --- 11 the document -----------------------------------------------------------

_JSON_TYPES = {"string": str, "integer": int, "boolean": bool, "array": list,
               "object": dict, "null": type(None)}  # fmt: skip


class Schema:
    """As much of JSON Schema as the description of findings uses."""

    def __init__(self, root: Dict[str, Any]) -> None:
        self.root = root

    def fault(self, rule: Dict[str, Any], value: Any, at: str) -> Optional[str]:
        """Say where `value` first breaks `rule`, or None."""
        if "$ref" in rule:
            return self.fault(self.root["$defs"][rule["$ref"][8:]], value, at)
        for word in ("oneOf", "anyOf"):
            if word in rule:
                found = [self.fault(option, value, at) for option in rule[word]]
                kind = value.get("kind") if isinstance(value, dict) else None
                same = [f for f, option in zip(found, rule[word])
                        if option.get("$ref") == "#/$defs/%s" % kind]  # fmt: skip
                first: Optional[str] = None if None in found else (same or found)[0]
                return first
        if "type" in rule and type(value) is not _JSON_TYPES[rule["type"]]:
            return "%s: not of type %s" % (at, rule["type"])
        if "const" in rule and value != rule["const"]:
            return "%s: not %s" % (at, rule["const"])
        if "enum" in rule and value not in rule["enum"]:
            return at + ": none of " + ", ".join(rule["enum"])
        if "pattern" in rule and not re.fullmatch(rule["pattern"], value):
            return "%s: not of the form %s" % (at, rule["pattern"])
        if value.__class__ is int and value < rule.get("minimum", value):
            return at + ": too small"
        if isinstance(value, dict):
            return self._object(rule, value, at)
        return self._array(rule, value, at) if isinstance(value, list) else None

    def _object(self, rule: Dict[str, Any], value: Any, at: str) -> Optional[str]:
        known = rule.get("properties", {})
        for key in rule.get("required", ()):
            if key not in value:
                return "%s: no %s" % (at, key)
        for key in value:
            if key in known:
                found = self.fault(known[key], value[key], at + "." + key)
                if found:
                    return found
            elif rule.get("additionalProperties") is False:
                return at + ": the unknown key " + short(key)
        return None

    def _array(self, rule: Dict[str, Any], value: List[Any], at: str) -> Optional[str]:
        if (
            not rule.get("minItems", 0)
            <= len(value)
            <= rule.get("maxItems", len(value))
        ):
            return "%s: too few or too many" % at
        if rule.get("uniqueItems") and len(set(map(repr, value))) < len(value):
            return at + ": the same twice"
        head = rule.get("prefixItems", [])
        for i, item in enumerate(value):
            each = head[i] if i < len(head) else rule.get("items", {})
            found = self.fault(each, item, "%s[%d]" % (at, i)) if each else None
            if found:
                return found
        return None


def check_document(bag: Bag) -> None:
    report = Report.current
    document = bag.json("data/findings.json")
    must(
        "data/findings.schema.json",
        SCHEMA_SHA256,
        bag.sha256("data/findings.schema.json"),
    )
    rules = bag.json("data/findings.schema.json")
    fault = Schema(rules).fault(rules, document, "findings.json")
    holds("findings.json, form", fault is None, "as the schema has it", fault)
    must(
        "findings.json, canonical form",
        canonical(document, 1),
        bag.read("data/findings.json"),
    )
    case = document["case"]
    holds("case.status", case["status"] in ("DRAFT", "REVIEWED"), "DRAFT | REVIEWED",
          case["status"])  # fmt: skip
    if case["status"] == "REVIEWED":
        holds(
            "case.reviewer",
            bool(case["reviewer"]),
            "a reviewer's name",
            case["reviewer"],
        )
        report.review = "REVIEWED by %s (as the bundle says)" % short(case["reviewer"])
    else:
        report.review = "DRAFT"
    report.cannot(
        "the charter (purpose, legal basis, authority, analyst, reviewer), the "
        "words of questions and answers, and measured rates: they are stated"
    )
    report.cannot(
        "ledgers and tag stores named by manifest: they are not in the bundle"
    )
    for entry in document["not_checked"]:
        for finding in entry["findings"] or [None]:
            report.cannot(entry["what"], finding)
    for exhibit in document["exhibits"]:
        name = "exhibit " + str(exhibit.get("sha256"))[:16]
        report.guarded(name, check_exhibit, bag, exhibit)
    ledgers = {}
    blocks = bag.json("data/blocks.json")
    keys = sorted(set(blocks) | {"unproven"})
    must("data/blocks.json, form", ["chain", "headers", "proofs", "unproven"], keys)
    bare = blocks.get("unproven", [])
    plain = isinstance(bare, list) and all(isinstance(txid, str) for txid in bare)
    holds("data/blocks.json, unproven", plain and not set(bare) & set(blocks["proofs"]),
          "transactions without a proof", bare)  # fmt: skip
    if blocks["chain"] is not None:
        chain_id = blocks["chain"]
        holds(
            "data/blocks.json, chain",
            chain_id in NETWORKS,
            " | ".join(NETWORKS),
            chain_id,
        )
        listed = {ledger["chain"] for ledger in document["ledgers"]}
        holds(
            "data/blocks.json, chain", chain_id in listed, "a ledger's chain", chain_id
        )
        chain = Chain(NETWORKS[chain_id], blocks)
        ledger = ledgers[chain_id] = Ledger(bag, chain)
        for txid in sorted(blocks["proofs"]):
            report.guarded("transaction " + txid, ledger.tx, txid)
            report.guarded("transaction " + txid, chain.place, txid)
        for entry in document["ledgers"]:
            report.guarded("ledger", check_ledger, entry, chain)
    findings = Findings(bag, ledgers, document)
    report.guarded("stops", check_stops, document, findings)
    report.guarded("summary", check_summary, document, findings)
    report.guarded("assets", check_assets, document, findings)
    check_strangers(bag, document)


def check_exhibit(bag: Bag, exhibit: Dict[str, Any]) -> None:
    path = "data/exhibits/" + exhibit["sha256"]
    if path not in bag.paths:
        Report.current.cannot("exhibit %s (%s): not in the bundle"
                              % (exhibit["sha256"], exhibit["name"]))  # fmt: skip
        return
    must("sha256", exhibit["sha256"], bag.sha256(path))
    must("bytes", os.path.getsize(os.path.join(bag.folder, path)), exhibit["bytes"])


def check_ledger(entry: Dict[str, Any], chain: Chain) -> None:
    tip = chain.headers.get(entry["tip_height"])
    if tip is not None and NETWORKS.get(entry["chain"]) is chain.network:
        must("tip_hash", tip.hash, entry["tip_hash"])


def check_strangers(bag: Bag, document: Dict[str, Any]) -> None:
    """Every file of the bundle is of a kind that was looked at."""
    exhibits = {
        "data/exhibits/" + exhibit["sha256"] for exhibit in document["exhibits"]
    }
    known = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt",
             "README.txt", "README.ar.txt", "verify.py", "data/findings.json",
             "data/findings.schema.json", "data/blocks.json", "data/prevouts.json",
             "data/tags.json", "data/prices.json", "data/accounts.json"} | exhibits  # fmt: skip
    texts = {"data/texts/%s.txt" % f["premises"].get("text_sha256")
             for f in document["findings"]}  # fmt: skip
    for path in bag.paths:
        Report.current.n_checks += 1
        shown = path.startswith("data/transactions/") or path in known or path in texts
        if not shown:
            Report.current.fail(
                "bundle", False_(path, "a file that a bundle has", "a stranger")
            )


def check_stops(document: Dict[str, Any], findings: Findings) -> None:
    """The stops a report lists are ends of the traces, with their amounts."""
    ends = {}
    for record in document["traces"]:
        if record["id"] in findings.walks:
            for end in record["ends"]:
                keys = ("reason", "coin", "name", "lower_sat", "upper_sat")
                ends[tuple(end[key] for key in keys)] = True
    for stop in document["stops"]:
        key = tuple(
            stop[k] for k in ("reason", "where", "name", "lower_sat", "upper_sat")
        )
        holds("stop at " + str(stop["where"]), key in ends, "an end of a trace", key)


def check_summary(document: Dict[str, Any], findings: Findings) -> None:
    """What a reader sees first says what the findings say."""
    summary = document["summary"]
    flows = {i for i, f in findings.by_id.items() if f["kind"] == "flow"}
    told = set()
    for target in summary["targets"]:
        where = "summary.targets, " + str(target["name"])
        finding = findings.by_id.get(target["finding"])
        holds(
            where + ", finding",
            target["finding"] in flows,
            "a flow finding",
            target["finding"],
        )
        assert finding is not None
        statement = finding["statement"]
        told.add(target["finding"])
        must(where + ", name", statement["target"], target["name"])
        for figure in ("direct_sat", "lower_sat", "upper_sat") + FIGURES:
            must(where + ", " + figure, statement[figure], target[figure])
        if target["money"] is not None:
            check_money(where, document, findings, target)
    must("summary.targets, every flow", sorted(flows), sorted(told))
    met = {coin.stated["name"] for walk_ in findings.walks.values()
           for coin in walk_.ends.values()} - {None}  # fmt: skip
    must(
        "summary.targets, every name",
        sorted(met),
        sorted({t["name"] for t in summary["targets"]}),
    )
    seeds = {
        f["statement"]["seed_sat"]
        for f in findings.by_id.values()
        if f["kind"] == "flow"
    }
    if seeds:
        holds("summary.seed_sat", summary["seed_sat"] in seeds or len(seeds) > 1,
              sorted(seeds), summary["seed_sat"])  # type: ignore[arg-type] # fmt: skip
    for language in ("en", "ar"):
        check_headline(summary["headline"][language], summary, document["assets"])
    Report.current.cannot("the headline's words; its numbers are the summary's own")
    Report.current.cannot("the counts of indicators, clusters and tags met")


def check_headline(
    text: str, summary: Dict[str, Any], assets: List[Dict[str, Any]]
) -> None:
    """Each number in the headline is one of the summary's own figures."""
    allowed = {str(len(summary["targets"]))}
    for asset in assets:
        for line in [asset, *asset["targets"]]:
            text = text.replace(line.get("name") or asset["token"], " ")
            for key, value in line.items():
                if key.endswith("_amount") and value is not None:
                    allowed |= {value, in_units(value, asset["decimals"])}
    allowed |= {str(summary[k]) for k in ("n_indicators", "n_clusters", "n_tags_met")}
    amounts = [summary["seed_sat"]]
    for target in sorted(summary["targets"], key=lambda t: -len(t["name"])):
        text = text.replace(target["name"], " ")
        amounts += [
            v for k, v in target.items() if k.endswith("_sat") and v is not None
        ]
        allowed |= {v for v in (target["money"] or {}).values() if v}
    for sat in amounts:
        coin = "%d.%08d" % divmod(sat, 100_000_000)
        allowed |= {str(sat), coin, coin.rstrip("0").rstrip(".")}
    for number in re.findall(r"\d[\d,.]*", text):
        plain = number.replace(",", "").rstrip(".")
        holds("summary.headline", plain in allowed, "figures of the summary", number)


def in_units(amount: str, decimals: Optional[int]) -> str:
    """Base units as a decimal number of whole ones, without needless zeros."""
    if not decimals:
        return amount
    holds("decimals", decimals <= MAX_DECIMALS, "at most %d" % MAX_DECIMALS, decimals)
    whole, part = divmod(int(amount), 10**decimals)
    return ("%d.%0*d" % (whole, decimals, part)).rstrip("0").rstrip(".")


def check_assets(document: Dict[str, Any], findings: Findings) -> None:
    """What a reader sees of each token says what the findings say."""
    flows = {i: f for i, f in findings.by_id.items() if f["kind"] == "token_flow"}
    told = []
    for asset in document["assets"]:
        where = "assets, " + asset["token"]
        walk_ = findings.account_walks.get(asset["trace"] or "")
        if asset["trace"] is not None:
            holds(where, walk_ is not None, "a trace that checks out", asset["trace"])
        if walk_ is not None:
            must(where + ", token", walk_.token, asset["token"])
            must(where + ", seed_amount", str(walk_.seed_sat), asset["seed_amount"])
            must(where + ", n_seeds", len(walk_.seeds), asset["n_seeds"])
            met = {coin.stated["name"] for coin in walk_.ends.values()} - {None}
            must(where + ", every name", sorted(met),
                 sorted(target["name"] for target in asset["targets"]))  # fmt: skip
            ends = {(e.end, n.replace(" " + RETURNED, ""), e.stated["name"], str(e.lower),
                     str(e.upper)) for n, e in walk_.ends.items()}  # fmt: skip
            for stop in asset["stops"]:
                key = tuple(stop[k] for k in ("reason", "where", "name", "lower_amount",
                                              "upper_amount"))  # fmt: skip
                holds(where + ", stop at " + stop["where"], key in ends,
                      "an end of its trace", key)  # fmt: skip
        else:
            must(where + ", seed_amount without a trace", "0", asset["seed_amount"])
        for target in asset["targets"]:
            finding = flows.get(target["finding"])
            line = where + ", " + target["name"]
            holds(line, finding is not None, "a token flow", target["finding"])
            assert finding is not None
            told.append(target["finding"])
            must(line, finding["statement"]["target"], target["name"])
            must(line + ", token", finding["statement"]["token"], asset["token"])
            must(line + ", trace", finding["premises"]["trace"], asset["trace"])
            for key in target:
                if key.endswith("_amount"):
                    must(line + ", " + key, finding["statement"][key], target[key])
            if target["money"] is not None:
                check_token_money(line, asset, findings, target)
    must("assets, every token flow", sorted(flows), sorted(told))
    if document["assets"]:
        Report.current.cannot(
            "symbols and decimals of tokens: Dalil's own table says so"
        )


def check_token_money(
    where: str, asset: Dict[str, Any], findings: Findings, target: Dict[str, Any]
) -> None:
    """A token's target in money, as `check_money` does for coin."""
    stated, name = target["money"], target["finding"]
    holds(where + ", money", name in findings.arrived and asset["prices"] is not None
          and asset["decimals"] is not None, "a flow that checks out, and prices", name)  # fmt: skip
    walk_ = findings.account_walks[asset["trace"]]
    holds("decimals", asset["decimals"] <= MAX_DECIMALS, "at most %d" % MAX_DECIMALS,
          asset["decimals"])  # fmt: skip
    one = decimal.Decimal(10) ** -asset["decimals"]
    prices: Dict[int, decimal.Decimal] = {}
    direct, coins = findings.directs[name], findings.arrived[name]
    with decimal.localcontext() as context:
        context.prec = 120
        for coin in direct + coins:
            day = walk_.day_of(coin)
            series = asset["prices"]["sha256"]
            price = day and findings.price(series, stated["currency"], day)
            if price:
                prices[id(coin)] = price * one
        found: Dict[str, Optional[str]] = {}
        cent = decimal.Decimal("0.01")
        if all(id(coin) in prices for coin in direct):
            worth = sum((prices[id(c)] * c.cap for c in direct), decimal.Decimal(0))
            found["direct"] = str(
                worth.quantize(cent, rounding=decimal.ROUND_HALF_EVEN)
            )
        if all(id(coin) in prices for coin in coins):
            rows = sorted((prices[id(c)], c.lower, c.upper) for c in coins)
            low = fill(rows, int(target["lower_amount"]))
            found["lower"] = str(low.quantize(cent, rounding=decimal.ROUND_FLOOR))
            high = fill(rows[::-1], int(target["upper_amount"]))
            found["upper"] = str(high.quantize(cent, rounding=decimal.ROUND_CEILING))
    for figure in ("direct", "lower", "upper"):
        if figure in found:
            must("%s, money, %s" % (where, figure), found[figure], stated[figure])
        elif stated[figure] is not None:
            Report.current.cannot(
                "a sum in money: prices of its days are missing", name
            )


def check_money(
    where: str, document: Dict[str, Any], findings: Findings, target: Dict[str, Any]
) -> None:
    """A target in money: the cheapest and the dearest way to fill its bounds."""
    stated, name = target["money"], target["finding"]
    holds(where + ", money", name in findings.arrived, "a flow that checks out", name)
    walk_ = findings.walks[findings.by_id[name]["premises"]["trace"]]
    series = document["prices"]["sha256"]
    prices: Dict[int, decimal.Decimal] = {}
    direct, coins = findings.directs[name], findings.arrived[name]
    for coin in direct + coins:
        day = walk_.day_of(coin)
        price = day and findings.price(series, stated["currency"], day)
        if price:
            prices[id(coin)] = price
    found: Dict[str, Optional[str]] = {}
    if all(id(coin) in prices for coin in direct):
        worth = sum((prices[id(c)] * c.cap for c in direct), decimal.Decimal(0))
        found["direct"] = money(worth, decimal.ROUND_HALF_EVEN)
    if all(id(coin) in prices for coin in coins):
        rows = sorted((prices[id(c)], c.lower, c.upper) for c in coins)
        low = fill(rows, target["lower_sat"])
        found["lower"] = money(low, decimal.ROUND_FLOOR)
        high = fill(rows[::-1], target["upper_sat"])
        found["upper"] = money(high, decimal.ROUND_CEILING)
    for figure in ("direct", "lower", "upper"):
        if figure in found:
            must("%s, money, %s" % (where, figure), found[figure], stated[figure])
        elif stated[figure] is not None:
            Report.current.cannot(
                "a sum in money: prices of its days are missing", name
            )


def fill(rows: List[Tuple[decimal.Decimal, int, int]], total: int) -> decimal.Decimal:
    """Lay `total` satoshi into (price, least, most) in turn; what it is worth."""
    left = total - sum(low for _, low, _ in rows)
    worth = decimal.Decimal(0)
    for price, low, high in rows:
        more = max(0, min(left, high - low))
        worth, left = worth + price * (low + more), left - more
    return worth


# --- 12 output -----------------------------------------------------------------


def verify(folder: str, root: Optional[str] = None) -> Dict[str, Any]:
    """Check a bundle; return what was found. Raises NotABundle if it is none."""
    report = Report()
    bag = Bag(folder)
    check_bag(bag)
    if root is not None:
        report.guarded(
            "root", lambda: must("--root", root.strip().lower(), report.root)
        )
    report.guarded("document", check_document, bag)
    if root is None:
        report.cannot(
            "the root: hashes in a bundle can be made anew by whoever changes it; "
            "compare the root with one given to you by another way (--root)"
        )
    return {
        "ok": not report.failures,
        "n_checks": report.n_checks,
        "failures": report.failures[:MAX_FAILURES],
        "n_failures": len(report.failures),
        "not_checked": report.not_checked,
        "review": report.review,
        "blocks": report.anchors,
        "root": report.root,
        "root_compared": root is not None,
        "verifier": VERSION,
    }


def as_text(result: Dict[str, Any]) -> str:
    verdict = "ok" if result["ok"] else "FAILED"
    lines = [
        "%s: %d checks, %d failed" % (verdict, result["n_checks"], result["n_failures"])
    ]
    for failure in result["failures"]:
        lines.append("  false: %(finding)s: %(premise)s" % failure)
        lines.append("         expected %(expected)s" % failure)
        lines.append("         found    %(found)s" % failure)
    lines.append("review: %s" % (result["review"] or "unknown"))
    for run in result["blocks"]:
        lines.append(
            "blocks %(first_height)d to %(last_height)d: %(anchor)s, work 0x%(work)s"
            % run
        )
    lines.append("not checked:")
    for entry in result["not_checked"]:
        n = len(entry["findings"])
        lines.append("  - %s%s" % (entry["what"], " (%d findings)" % n if n else ""))
    compared = "as given" if result["root_compared"] else "not compared"
    lines.append("root: %s (%s)" % (result["root"] or "none", compared))
    return "\n".join(lines)


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(
        description="Re-check a Dalil bundle from its premises."
    )
    parser.add_argument("bundle", nargs="?", default=os.path.dirname(os.path.abspath(__file__)),
                        help="its folder (default: where this file lies)")  # fmt: skip
    parser.add_argument("--root", help="the root you were given by another way")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        result = verify(options.bundle, options.root)
    except NotABundle as error:
        message = "not a bundle: %s" % short(str(error))
        fault = {
            "code": "bad_input",
            "message": message,
            "value": short(options.bundle),
        }
        print(json.dumps({"error": fault}) if options.json else message)
        return 3
    print(json.dumps(result, ensure_ascii=False) if options.json else as_text(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
