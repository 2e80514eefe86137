"""YAML from strangers: the same values as PyYAML's, and nothing that runs away."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dalil.attribution.bounded_yaml import YamlMap, read_yaml
from dalil.errors import DalilError, InputError, LimitError

plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
)
documents = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("abc", min_size=1), inner)
    ),
    max_leaves=12,
)


@given(documents)
def test_reads_what_pyyaml_wrote(document: object) -> None:
    text = yaml.safe_dump(document, allow_unicode=True)
    assert read_yaml(text) == yaml.safe_load(text) == document


SCALARS = ["010", "0x1F", "1_000", "1e3", "1:30", "yes", "Off", "~", "", "=a", ".inf",
           "2001-12-14t21:59:43.10-05:00", "'12'", '"\\u0661"', "!!str 12", "!!int '12'",
           "|\n  two\n  lines", ">\n  folded\n  lines", "<", "0o7", "1.2.3"]  # fmt: skip


@pytest.mark.parametrize("scalar", SCALARS)
def test_types_a_scalar_as_pyyaml_does(scalar: str) -> None:
    text = f"key: {scalar}\n"
    assert read_yaml(text) == yaml.safe_load(text)


MERGES = [
    "base: &b {x: 1, y: 2}\none:\n  <<: *b\n  y: 3\n",
    "a: &a {x: 1}\nb: &b {x: 2, z: 3}\none:\n  <<: [*a, *b]\n",
    "list: &l [1, 2]\nagain: [*l, *l]\n",
]


@pytest.mark.parametrize("text", MERGES)
def test_anchors_and_merges_as_pyyaml_does(text: str) -> None:
    assert read_yaml(text) == yaml.safe_load(text)


def test_an_address_without_quotes_stays_text() -> None:
    """PyYAML makes a number of it, and the letters' case is gone."""
    text = "address: 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
    assert isinstance(yaml.safe_load(text)["address"], int)
    assert read_yaml(text)["address"] == "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"


def test_every_mapping_knows_its_line() -> None:
    document = read_yaml("title: x\n\ntags:\n- label: a\n- {label: b}\n")
    assert [document.line, *(tag.line for tag in document["tags"])] == [1, 4, 5]
    assert isinstance(document, YamlMap)


def laughs(depth: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, depth):
        below = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} [{below}]")
    return "\n".join(lines)


@dataclass(frozen=True)
class Refused:
    why: str
    text: str
    match: str
    error: type[DalilError] = InputError


REFUSED = [
    Refused("a billion laughs", laughs(10), "aliases unfold", LimitError),
    Refused("brackets without end", "[" * 100_000, "nested deeper", LimitError),
    Refused("dashes without end", "- " * 100_000, "nested deeper", LimitError),
    Refused("braces without end", "{a: " * 100_000, "nested deeper", LimitError),
    Refused("question marks without end", "? " * 100_000, "nested deeper", LimitError),
    Refused("a loop", "&a [*a]", "not finished"),
    Refused("an unknown anchor", "[*b]", "not finished|undefined alias"),
    Refused("code", "!!python/object/apply:os.system [id]", "not allowed"),
    Refused("code in a scalar", "!!python/name:os.system ''", "not allowed"),
    Refused("a home-made tag", "!mine {a: 1}", "not allowed"),
    Refused("a key twice", "label: x\nlabel: y", "stands twice"),
    Refused("a key twice in flow", "{a: 1, a: 1}", "stands twice"),
    Refused("a list as a key", "? [1]\n: 2", "no plain value"),
    Refused("nothing as a key", "~: 2", "no plain value"),
    Refused("merging a word", "<<: word", "mappings only"),
    Refused("two documents", "a: 1\n---\nb: 2", "2 YAML documents"),
    Refused("no document", "# only a remark\n", "0 YAML documents"),
    Refused("cut off within quotes", "a: 'b", "not YAML"),
    Refused("cut off within brackets", "a: [b, c", "not YAML"),
    Refused("a tab for indentation", "a:\n\tb: 1", "not YAML"),
    Refused("a control character", "a: \x01", "not YAML"),
    Refused("a day that is none", "a: 2021-99-99", "no timestamp"),
    Refused("a number too long", "a: " + "9" * 5000, "no int"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda c: c.why)
def test_refuses(case: Refused) -> None:
    began = time.monotonic()
    with pytest.raises(case.error, match=case.match) as refusal:
        read_yaml(case.text)
    assert type(refusal.value) is case.error
    assert time.monotonic() - began < 2


@given(st.text("-:[]{}&*a<! \n'\"?|>#%@", max_size=60))
def test_no_text_upsets_it(text: str) -> None:
    """Where both read it, both read the same; it may refuse more, never less."""
    try:
        mine = read_yaml(text)
    except DalilError:
        return
    theirs: Any = yaml.load(text, Loader=yaml.CSafeLoader)
    assert mine == theirs
