"""The page: what it opens with, what it holds, and what it never lets out."""

from __future__ import annotations

import copy
import json
import re
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from dalil.errors import InputError, UsageError
from dalil.evidence.report import render
from dalil.evidence.report.identifiers import strings_of
from dalil.evidence.report.language import PLURAL_FORMS
from dalil.evidence.report.reading import Reading
from dalil.evidence.report.render import MAX_ROWS, SECTIONS, page_of
from tests.evidence.report import sample
from tests.evidence.report.sample import HARBOUR, KESTREL, SULLAM, TX3, address, digest
from tests.evidence.report.tree import Element, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LANGS = tuple(PLURAL_FORMS)
PICTURE = {sample.TRACE.id: sample.PASSAGES}
OF_ACCOUNTS = ("links", "transfers", "freezes")
IDENTIFIER = re.compile(
    r"[0-9a-f]{64}|bcrt1[0-9a-z]{20,}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]+\.[0-9]{8}"
)


def page(
    lang: str = "en", document: dict[str, Any] | None = None, **more: object
) -> Element:
    """Read the page of a document as a tree."""
    given: Any = {"lang": lang, "passages": PICTURE, **more}
    return tree_of(page_of(document or sample.document(), **given))


@pytest.fixture(scope="module", params=LANGS)
def either(request: pytest.FixtureRequest) -> Element:
    """The sample's page in each language."""
    return page(request.param)


def test_the_sample_is_as_the_schema_has_it() -> None:
    schema = json.loads(
        (files("dalil.evidence") / "findings.schema.json").read_text("utf-8")
    )
    for document in (sample.document(), sample.reviewed(), sample.wide(3)[0]):
        Draft202012Validator(schema).validate(document)


# --- inert ---------------------------------------------------------------------


def test_it_loads_nothing_and_runs_nothing(either: Element) -> None:
    assert not {e.tag for e in either} & {
        "script", "link", "img", "iframe", "object", "embed", "form", "audio", "video",
        "base", "image", "use", "foreignobject", "animate", "set",
    }  # fmt: skip
    for element in either:
        for name, value in element.attributes.items():
            assert not name.startswith("on"), (element.tag, name)
            assert name not in {"src", "action", "formaction", "background", "style"}
            if name == "href":
                assert value.startswith("#"), value
    (style,) = either.all("style")
    assert not re.search(r"url\(|@import|expression", style.text)


def test_its_policy_forbids_what_it_does_not_use(either: Element) -> None:
    (policy,) = [
        e.attributes["content"]
        for e in either.all("meta")
        if e.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
    )
    assert "script" not in policy


def test_styles_name_no_side_but_start_and_end() -> None:
    css = (files("dalil.evidence.report") / "templates" / "style.css").read_text(
        "utf-8"
    )
    physical = r"(?<![-\w])(left|right|(margin|padding|border)-(left|right|top|bottom)|width|height)\s*:"
    assert not re.search(physical, css)
    assert not re.search(r"text-align:\s*(left|right)|float:", css)


# --- structure -----------------------------------------------------------------


def test_landmarks_and_language(either: Element) -> None:
    (root,) = either.all("html")
    assert (root.attributes["lang"], root.attributes["dir"]) in {
        ("en", "ltr"),
        ("ar", "rtl"),
    }
    for tag in ("header", "main", "nav", "footer", "h1"):
        assert len(either.all(tag)) == 1, tag
    assert len(either.all("head")[0].all("title")) == 1


def test_headings_never_skip_a_level(either: Element) -> None:
    levels = [int(e.tag[1]) for e in either if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert all(e.text.strip() for e in either if re.fullmatch("h[1-6]", e.tag))


def test_every_table_has_a_caption_and_scoped_headers(either: Element) -> None:
    tables = either.all("table")
    assert tables
    for table in tables:
        assert table.all("caption")[0].text.strip()
        assert all("scope" in th.attributes for th in table.all("th"))
        for row in (r for body in table.all("tbody") for r in body.all("tr")):
            assert [th.attributes["scope"] for th in row.all("th")] == ["row"]


def test_every_row_is_as_wide_as_its_header(either: Element) -> None:
    for table in either.all("table"):
        widths = {
            sum(
                int(cell.attributes.get("colspan", "1"))
                for cell in row.children
                if isinstance(cell, Element)
            )
            for row in table.all("tbody")[0].all("tr")
        }
        head = table.all("thead")[0].all("tr")[0]
        assert widths == {
            sum(int(c.attributes.get("colspan", "1")) for c in head.all("th"))
        }, table.all("caption")[0].text


def test_names_are_unique_and_what_they_label_exists(either: Element) -> None:
    ids = [e.attributes["id"] for e in either if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in either:
        for name in element.attributes.get("aria-labelledby", "").split():
            assert name in ids
        if element.attributes.get("href"):
            assert element.attributes["href"][1:] in ids


def test_the_contents_list_every_section_in_order(either: Element) -> None:
    links = [a.attributes["href"][1:] for a in either.all("nav")[0].all("a")]
    assert links == [s.attributes["id"] for s in either.all("section")]
    assert links == [s for s in SECTIONS if s not in OF_ACCOUNTS]


# --- the answer ----------------------------------------------------------------


def answers(tree: Element) -> dict[str, str]:
    """What the opening page says of each target, by name."""
    cards = tree.one("section", "answer").all("article", "target")
    return {c.all("h3")[0].all("bdi")[0].text: " ".join(c.text.split()) for c in cards}


def test_it_opens_with_the_answer(either: Element) -> None:
    assert either.all("section")[0].attributes["id"] == "answer"


def test_an_exact_amount_is_said_to_be_exact() -> None:
    said = answers(page())[KESTREL]
    assert "its own: 0.24990000 BTC, exactly." in said
    assert "In all, exactly 0.24990000 BTC" in said
    assert "12,495.00 USD directly; in all exactly 12,495.00 USD" in said


def test_an_interval_comes_with_its_denominator() -> None:
    said = answers(page())[HARBOUR]
    assert "between 0.10000000 BTC and 0.40000000 BTC" in said
    assert "took in 82.00000000 BTC" in said
    assert "pools its customers’ money" in said


def test_a_lower_bound_of_zero_is_not_determinable() -> None:
    said = answers(page())[SULLAM]
    assert "not determinable, between 0 and 0.19970000 BTC" in said
    assert "by a heuristic only" in said


def test_the_same_in_arabic_with_latin_digits() -> None:
    said = answers(page("ar"))[SULLAM]
    assert "لا يمكن تحديده، وهو بين 0 و 0.19970000 BTC" in said
    assert not re.search(r"[\u0660-\u0669]", page("ar").text)


def test_named_parties_come_before_services() -> None:
    assert list(answers(page())) == [KESTREL, HARBOUR, SULLAM]


def test_money_without_a_price_says_which_days() -> None:
    document = sample.document()
    document["summary"]["targets"][0]["money"] |= {
        "upper": None,
        "note": "no price for 2024-03-15, 2024-03-16",
    }
    said = answers(page(document=document))[KESTREL]
    assert "There is no price for 2 days (2024-03-15, 2024-03-16)" in said


UNKNOWNS = [
    ("partial", lambda d: d["ledgers"][0].update(contiguous=False)),
    ("unanchored", lambda d: d["ledgers"][0].update(anchor="unanchored")),
    ("no_tags", lambda d: d.update(tags=None)),
    ("no_prices", lambda d: d.update(prices=None)),
    ("nothing_found", lambda d: d["summary"].update(targets=[])),
    (
        "reentry",
        lambda d: [
            f["premises"].update(reentry=True)
            for f in d["findings"]
            if f["kind"] == "flow"
        ],
    ),
]


@pytest.mark.parametrize(("name", "change"), UNKNOWNS, ids=[n for n, _ in UNKNOWNS])
def test_what_is_not_known_is_said_when_it_is_so_and_only_then(
    name: str,
    change: Any,
) -> None:
    document = sample.document()
    assert name not in Reading(document).unknowns
    change(document)
    assert name in Reading(document).unknowns
    page(document=document)


def test_the_sample_has_the_unknowns_it_was_made_with() -> None:
    assert Reading(sample.document()).unknowns == [
        "not_determinable", "by_cluster", "services", "contradicted", "no_price_day",
    ]  # fmt: skip


# --- stamps --------------------------------------------------------------------


def stamps(tree: Element) -> str:
    """The band's words."""
    (band,) = tree.all("div", "band")
    return " ".join(band.text.split())


def test_a_draft_is_stamped_draft(either: Element) -> None:
    assert re.search("DRAFT|مسودة", stamps(either))


def test_a_reviewed_report_names_who_reviewed_it() -> None:
    said = stamps(page(document=sample.reviewed()))
    assert "Reviewed by R. Reviewer (exercise)" in said
    assert "DRAFT" not in said


def test_an_exercise_says_so_in_both_languages_on_every_page(either: Element) -> None:
    assert "EXERCISE / تمرين" in stamps(either)
    css = either.all("style")[0].text
    assert re.search(r"\.band\{display:table-header-group", css)


def test_a_case_that_is_none_is_not_stamped_exercise() -> None:
    document = sample.document()
    document["case"]["exercise"] = False
    assert "EXERCISE" not in stamps(page(document=document))


# --- evidence ------------------------------------------------------------------


def isolated(element: Element) -> bool:
    """Whether an element, or one around it, is the isolating one for identifiers."""
    return any(
        "id" in e.classes
        and e.attributes.get("dir", e.attributes.get("direction")) == "ltr"
        for e in (element, *element.above)
    )


def loose(tree: Element) -> Iterator[str]:
    """Identifiers, dates and amounts that stand outside their isolating element."""
    for element, text in tree.texts():
        if element.tag in {"title", "svg", "desc"} or isolated(element):
            continue
        yield from IDENTIFIER.findall(text)


def test_every_identifier_stands_in_its_isolating_element(either: Element) -> None:
    assert list(loose(either)) == []


def test_every_identifier_of_the_findings_is_on_the_page_in_full(
    either: Element,
) -> None:
    document = sample.document()
    printed = {e.text for e in either.all("bdi", "id")}
    wanted = {
        text
        for text in strings_of(document)
        if re.fullmatch(r"([0-9a-f]{64}(:[0-9]+)?|bcrt1[0-9a-z]+)", text)
    }
    flows = [f for f in document["findings"] if f["kind"] == "flow"]
    unprinted = {sample.TRACE.id, *sample.TRACE.seed_addresses}
    unprinted |= {f["premises"]["trace"] for f in flows}
    covered = {text for text in wanted if any(text in shown for shown in printed)}
    assert wanted - covered <= unprinted
    assert len(covered) > 30


def test_every_shortened_identifier_is_in_the_annex_in_full(either: Element) -> None:
    annex = {e.text for e in either.one("section", "annex").all("bdi", "id-whole")}
    shortened = {e.text for e in either.all("bdi", "id") if e.all("span", "mid")}
    assert shortened
    assert shortened <= annex


def test_every_finding_is_reached_by_its_id(either: Element) -> None:
    ids = {e.attributes.get("id") for e in either}
    for finding in sample.document()["findings"]:
        if finding["kind"] not in {"flow", "valued"}:
            assert finding["id"] in ids


def test_the_conventions_stand_beside_the_bounds_and_are_named_so() -> None:
    table = page().one("section", "bounds").all("table")[0]
    assert [
        th.text for th in table.all("th") if th.attributes["scope"] == "colgroup"
    ] == [
        "Bounds",
        "Conventions of account",
    ]
    rows = [[c.text for c in r.all("td")] for r in table.all("tbody")[0].all("tr")]
    assert rows[1] == [
        "0.00000000 BTC", "0.10000000 BTC", "0.40000000 BTC",
        "0.40000000 BTC", "0.10000000 BTC", "0.28000000 BTC", "0.70000000 BTC",
    ]  # fmt: skip
    assert rows[2][3:6] == ["not computable"] * 3


def test_stops_unspent_and_tags_are_listed_with_their_facts() -> None:
    tree = page()
    stops = tree.one("section", "stops")
    assert f"{TX3}:0" in stops.text
    assert f"{TX3}:2" in stops.text
    tags = tree.one("section", "tags").text
    for fact in ("2023-01-01 – 2024-12-31", "manual_reviewed", "1 other claim",
                 "Quay Bakery (invented)", "2024-05-02T08:00:00Z", digest("file kestrel")):  # fmt: skip
        assert fact in tags


def test_unspent_ends_are_found_in_the_traces_where_stops_leave_them_out() -> None:
    document = sample.document()
    document["stops"] = [s for s in document["stops"] if s["reason"] != "unspent"]
    assert f"{TX3}:2" in page(document=document).one("section", "stops").text


def test_an_unmeasured_rule_says_so() -> None:
    method = page().one("section", "method")
    assert "1,978 of 2,000" in method.text
    assert "0.9834 – 0.9927" in method.text
    unmeasured = method.all("article", "rule")[1]
    assert "has not been measured" in unmeasured.text


def test_open_questions_come_first_and_each_answer_once() -> None:
    reading = Reading(sample.document())
    ranks = [q.body["status"] for q in reading.questions]
    assert ranks == sorted(ranks, key=["open", "answered", "not_applicable"].index)
    asked = sum(len(f["questions"]) for f in reading.document["findings"])
    assert sum(len(q.findings) for q in reading.questions) == asked
    assert len(reading.questions) < asked


def test_it_says_how_to_verify_and_against_which_root() -> None:
    section = page(root=digest("root")).one("section", "verify")
    assert digest("root") in {e.text for e in section.all("bdi", "id-whole")}
    assert [p.text for p in section.all("pre")] == [
        "dalil verify BUNDLE --root ROOT",
        "python3 -I -S verify.py BUNDLE --root ROOT",
    ]
    assert "does not hold it" in page().one("section", "verify").text


def test_the_picture_and_its_table_say_the_same(either: Element) -> None:
    section = either.one("section", "flow")
    assert len(section.all("svg", "flow")) == 1
    rows = section.all("tbody")[0].all("tr")
    assert len(rows) == len(section.all("path", "ribbon")) == 10
    dashed = [p for p in section.all("path", "ribbon") if "heuristic" in p.classes]
    said = [r for r in rows if re.search("heuristic|استدلال", r.text)]
    assert len(dashed) == len(said) == 1


# --- the public cut ------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_a_public_cut_holds_no_address_txid_or_live_link(lang: str) -> None:
    document = sample.document()
    document["case"]["title"] += f" {address('appeal 0')} https://appeal.example/give"
    tree = page(lang, document, cut="public")
    whole = page_of(document, lang=lang, cut="public", passages=PICTURE)  # type: ignore[arg-type]
    names = {
        f["statement"]["address"] for f in document["findings"] if f["kind"] == "pays"
    }
    txids = {t for trace in document["traces"] for t in trace["transactions"]}
    for hidden in names | txids:
        assert hidden not in whole
        assert hidden[:12] not in whole
    assert "https://" not in tree.text
    assert "example/give" in tree.text
    assert "result.json" not in whole
    assert digest("exhibit telegram") not in whole
    assert list(loose(tree)) == []


def test_a_public_cut_says_that_it_is_one() -> None:
    assert "Public cut" in stamps(page(cut="public"))
    assert "Public cut" not in stamps(page())


# --- bounds and faults ---------------------------------------------------------


def test_rows_beyond_the_limit_are_counted_not_printed() -> None:
    document = sample.document()
    (first, *_) = [f for f in document["findings"] if f["kind"] == "pays"]
    document["findings"] += [
        {**copy.deepcopy(first), "id": f"pays-{i:016x}"} for i in range(MAX_ROWS)
    ]
    section = page(document=document).one("section", "payments")
    assert len(section.all("tbody")[0].all("tr")) == MAX_ROWS
    assert "+6 more rows" in section.text


def test_a_case_without_anything_still_makes_a_page() -> None:
    document = sample.document()
    document |= {"findings": [], "traces": [], "stops": [], "exhibits": [],
                 "tags": None, "prices": None, "not_checked": [],
                 "ledgers": [], "method": {"rules": [], "profiles": [], "notes": []}}  # fmt: skip
    document["summary"] |= {"targets": [], "seed_sat": 0}
    document["case"] = dict.fromkeys(document["case"], "") | {
        "status": "DRAFT", "exercise": False, "reviewer": None, "retention_date": None,
    }  # fmt: skip
    for lang in LANGS:
        assert page(lang, document).one("section", "answer")


def test_a_backward_trace_is_worded_backward() -> None:
    document = sample.document()
    document["traces"][0]["direction"] = "backward"
    for finding in document["findings"]:
        if finding["kind"] == "flow":
            finding["statement"]["direction"] = "backward"
    assert "money came from it" in answers(page(document=document))[HARBOUR]


def test_equal_findings_give_equal_bytes(tmp_path: Path) -> None:
    for name in "ab":
        render(sample.document(), lang="ar", out=tmp_path / name, passages=PICTURE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_an_older_report_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    render(sample.document(), lang="en", out=out)
    before = out.read_bytes()
    with pytest.raises(InputError):
        render({"schema": "dalil-findings/2"}, lang="en", out=out)
    assert out.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_there_is_no_third_cut() -> None:
    with pytest.raises(UsageError, match="working, public"):
        page_of(sample.document(), lang="en", cut="secret")  # type: ignore[arg-type]


def test_what_was_not_checked_follows_from_what_the_case_rests_on() -> None:
    document = sample.document()
    assert "tags" in Reading(document).unchecked
    assert "pdf_text" not in Reading(document).unchecked
    said = page(document=document).one("section", "verify").text
    assert "That no payment is missing rests on the ledger." in said
    document["findings"] = [f for f in document["findings"] if f["kind"] == "pays"]
    assert Reading(document).unchecked == ["charter", "stores", "profiles"]


def test_a_missing_price_leaves_the_total_unsaid() -> None:
    document = sample.document()
    document["summary"]["targets"][1]["money"] |= {"lower": None, "upper": None}
    assert (
        "0.00 USD directly; in all not stated"
        in answers(page(document=document))[HARBOUR]
    )
