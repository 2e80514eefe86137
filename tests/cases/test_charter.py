"""What a charter may say, and how loudly the rest is refused."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalil.cases import read_charter
from dalil.cases.charter import PROFILES, CaseLimits
from dalil.cases.template import NewCase, create_case
from dalil.chains.bitcoin.address import encode_address
from dalil.chains.bitcoin.networks import REGTEST
from dalil.chains.bitcoin.scripts import ScriptType
from dalil.clustering.clusters import PROFILES as CLUSTER_PROFILES
from dalil.errors import DalilError, InputError, LimitError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.cases import Charter

ADDRESS = encode_address(REGTEST, ScriptType.P2WPKH, bytes(20))
OUTPOINT = f"{'ab' * 32}:1"


def charter_of(folder: Path, text: str | bytes) -> Charter:
    raw = text.encode() if isinstance(text, str) else text
    (folder / "case.toml").write_bytes(raw)
    return read_charter(folder)


def test_a_blank_folder_is_a_case(tmp_path: Path) -> None:
    charter = read_charter(tmp_path)
    assert charter.title == tmp_path.name
    assert (charter.seeds, charter.ledgers, charter.warnings) == ((), (), ())
    assert len(charter.missing()) == 6


def test_no_folder_is_no_case(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="dalil case new"):
        read_charter(tmp_path / "nowhere")


def test_reads_all_it_knows(tmp_path: Path) -> None:
    charter = charter_of(
        tmp_path,
        f"""
title = "EXERCISE تمرين"
purpose = "p"
legal_basis = "l"
authority = "a"
analyst = "n"
reviewer = "r"
retention_date = 2030-01-02
exercise = true
language = "ar"
ledgers = ["../one", "/two"]
tags = "../tags"
[prices]
file = "p.csv"
currency = "eur"
[rules]
profile = "strict"
[limits]
max_hops = 3
until = 1970-01-02
min_value_sat = 546
[privacy]
pseudonyms = false
why_not = "court order"
[[seeds]]
address = "{ADDRESS.upper()}"
source = "bulletin"
[[seeds]]
outpoint = "{OUTPOINT}"
source = "bulletin"
note = "second"
[[exhibits]]
file = "sub/news.html"
role = "report"
""",
    )
    assert charter.warnings == charter.missing() == ()
    assert charter.retention_date == date(2030, 1, 2)
    assert charter.ledgers == (tmp_path / "../one", tmp_path / "/two")
    assert charter.prices == tmp_path / "p.csv"
    assert charter.currency == "EUR"
    assert charter.limits == CaseLimits(3, 2 * 86_400 - 1, 546)
    assert [(s.text, s.kind, s.note) for s in charter.seeds] == [
        (ADDRESS, "address", ""),
        (OUTPOINT, "outpoint", "second"),
    ]
    assert [(e.file, e.role) for e in charter.exhibits] == [("sub/news.html", "report")]


def test_profiles_are_the_ones_clustering_knows() -> None:
    assert set(PROFILES) == set(CLUSTER_PROFILES)


@dataclass(frozen=True)
class Refused:
    why: str
    text: str | bytes
    match: str
    error: type[DalilError] = InputError


REFUSED = [
    Refused("no TOML", "title", "not valid TOML"),
    Refused("no UTF-8", b'title = "\xff"', "not UTF-8 at byte 9"),
    Refused("a number for a text", "purpose = 3", "purpose must be a text"),
    Refused("a text for a flag", 'exercise = "yes"', "true or false"),
    Refused("a flag for a number", "[limits]\nmax_hops = true", "limits.max_hops"),
    Refused("no hops at all", "[limits]\nmax_hops = 0", "from 1 to"),
    Refused("negative dust", "[limits]\nmin_value_sat = -1", "from 0 to"),
    Refused("a day that is none", 'retention_date = "soon"', "a day like"),
    Refused("a time for a day", "retention_date = 2030-01-01T00:00:00Z", "a day like"),
    Refused("a time without offset", "limits.until = 2030-01-01T00:00:00", "offset"),
    Refused("a table as a text", 'limits = "far"', r"a table: \[limits\]"),
    Refused("tables as a table", "[seeds]\na = 1", r"tables: \[\[seeds\]\]"),
    Refused(
        "an unknown profile", '[rules]\nprofile = "wild"', "default, strict, broad"
    ),
    Refused("a control character", r'title = "a\u001bb"', "control characters"),
    Refused(
        "a seed without its source",
        f'[[seeds]]\naddress = "{ADDRESS}"',
        r"seeds\[1\]: a seed needs its published source",
    ),
    Refused(
        "a seed of nothing", '[[seeds]]\nsource = "s"', "an address or an outpoint"
    ),
    Refused(
        "a seed that fails its checksum",
        f'[[seeds]]\naddress = "{ADDRESS[:-1]}q"\nsource = "s"',
        "checksum",
    ),
    Refused(
        "an outpoint misspelt", '[[seeds]]\noutpoint = "a:1"\nsource = "s"', "outpoint"
    ),
    Refused(
        "an exhibit that climbs", '[[exhibits]]\nfile = "a/../../b"', "must lie in"
    ),
    Refused(
        "an absolute exhibit", '[[exhibits]]\nfile = "/etc/hostname"', "must lie in"
    ),
    Refused("a backslash exhibit", "[[exhibits]]\nfile = 'a\\..\\b'", "must lie in"),
    Refused(
        "one exhibit twice",
        '[[exhibits]]\nfile = "a"\n[[exhibits]]\nfile = "./a"',
        "listed twice",
    ),
    Refused(
        "names in the clear, no ground", "[privacy]\npseudonyms = false", "why_not"
    ),
    Refused("a charter too large", "#" * 1_000_001, "1,000,000 bytes", LimitError),
    Refused("arrays without end", "a = " + "[" * 100_000, "too deeply", LimitError),
    Refused("a key without end", "a" + ".a" * 200_000 + " = 1", "16 parts", LimitError),
    Refused("too long a text", f'title = "{"x" * 10_001}"', "10,000", LimitError),
    Refused("too many seeds", "[[seeds]]\n" * 10_001, "more than 10,000", LimitError),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda c: c.why)
def test_refuses(case: Refused, tmp_path: Path) -> None:
    with pytest.raises(case.error, match=case.match):
        charter_of(tmp_path, case.text)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            'anaylst = "x"',
            "`anaylst` is not known and not used; did you mean `analyst`?",
        ),
        ("[limits]\nmaxhops = 2", "`limits.maxhops` .* did you mean `max_hops`?"),
        ("[rules]\nzzz = 1", "`rules.zzz` .* known here: profile"),
        ('[case]\ntitle = "x"', "`case` is not known"),
    ],
    ids=["a letter swapped", "within a table", "nothing near", "a table too many"],
)
def test_warns_of_keys_it_does_not_know(
    text: str, warning: str, tmp_path: Path
) -> None:
    import re

    [found] = charter_of(tmp_path, text).warnings
    assert re.search(warning, found)


def test_names_only_the_first_of_many_unknown_keys(tmp_path: Path) -> None:
    warnings = charter_of(tmp_path, "\n".join(f"k{n} = 1" for n in range(50))).warnings
    assert warnings[-1] == "case.toml: 30 more unknown keys"
    assert len(warnings) == 21


def test_a_linked_charter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text('title = "x"')
    (tmp_path / "case.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="not a link"):
        read_charter(tmp_path)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "hostile"
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(DalilError):
        charter_of(folder, raw)


texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=50).map(
    str.strip
)


@given(
    title=texts, source=texts.filter(bool), name=texts.filter(lambda t: "/" not in t)
)
def test_reads_back_what_it_wrote(
    tmp_path_factory: pytest.TempPathFactory, title: str, source: str, name: str
) -> None:
    from dalil.cases.reading import read_seed

    folder = tmp_path_factory.mktemp("case")
    ledger = folder.parent / f"ledger-{name}".strip()[:50]
    seed = read_seed(ADDRESS, source)
    create_case(folder, NewCase(title=title, seeds=[seed], ledgers=[ledger]))
    charter = read_charter(folder)
    assert charter.warnings == ()
    assert charter.title == (title or folder.name)
    assert charter.seeds == (seed,)
    assert [path.resolve() for path in charter.ledgers] == [ledger.resolve()]
