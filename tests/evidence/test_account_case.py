"""A case on accounts from files to pages: its figures, and what nobody may read into them."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from dalil.evidence.account_statements import Linked
from dalil.evidence.report.reading import Reading
from dalil.evidence.report.render import sections_of
from dalil.evidence.verify import verify
from tests.evidence.smallaccounts import (
    DEV,
    DOLLAR_KEY,
    NILE,
    SEEDS,
    line,
    scandal,
    story,
    work,
)

if TYPE_CHECKING:
    from pathlib import Path

    from dalil.cases.investigate import Investigation

COIN = 10**6
MOTH = "Exercise listed wallet Moth"


def told(found: Investigation, lang: str) -> str:
    """All that a report says, as a reader meets it, without its styles."""
    (page,) = [p for p in found.published.reports if (p.name == "report.ar.html") is (lang == "ar")]  # fmt: skip
    text = re.sub(r"<style>.*?</style>", "", page.read_text("utf-8"), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def answer(found: Investigation, lang: str = "en") -> str:
    """What the opening section says, first mention to the next section."""
    ends = {"en": "What is not known", "ar": "ما ليس معلومًا"}[lang]
    starts = {"en": "The answer ", "ar": "الخلاصة "}[lang]
    return told(found, lang).rpartition(ends)[0].rpartition(starts)[2]


# --- one case, two ledgers -----------------------------------------------------


def test_the_bundle_of_two_ledgers_verifies(accounts: Investigation) -> None:
    result = verify(str(accounts.published.bundle), accounts.published.root)
    assert result["ok"], result["failures"]
    chains = {ledger.chain[:4] for ledger in accounts.document.ledgers}
    assert chains == {"bip1", "tron"}


def test_its_figures_are_those_of_the_story(accounts: Investigation) -> None:
    moth, amber = line(accounts, "Moth"), line(accounts, "Amber")
    (asset,) = accounts.document.assets
    assert (asset.seed_amount, asset.n_seeds) == (str(1000 * COIN), 3)
    assert (moth.lower_amount, moth.upper_amount) == (str(50 * COIN), str(500 * COIN))
    assert (moth.direct_amount, moth.received_amount) == ("0", str(507 * COIN))
    assert amber.lower_amount == amber.upper_amount == str(100 * COIN)
    assert amber.service == "exchange"
    assert amber.received_amount == str(600 * COIN), "a sweep is no second receipt"
    assert accounts.document.summary.seed_sat == 2_000_000


def test_a_call_that_failed_moved_nothing(accounts: Investigation) -> None:
    amounts = {
        row.amount
        for walk in accounts.document.account_traces
        for row in walk.transfers
    }
    assert str(5 * COIN) not in amounts


def test_what_the_issuer_froze_is_held_and_frozen(accounts: Investigation) -> None:
    (asset,) = accounts.document.assets
    frozen = [stop for stop in asset.stops if stop.reason == "held, frozen"]
    assert [stop.upper_amount for stop in frozen] == [str(100 * COIN)]
    assert "Held, frozen by the issuer" in told(accounts, "en")
    assert "محتفَظ به، جمّدته جهة الإصدار" in told(accounts, "ar")


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_a_freeze_that_nobody_is_seen_to_ask_for_says_so(
    accounts: Investigation, lang: str
) -> None:
    said = told(accounts, lang)
    assert {"en": "no request is known", "ar": "لا يُعرف طلب سابق"}[lang] in said
    assert {"en": "no sign of guilt", "ar": "وليس ذلك دليل إدانة"}[lang] in said
    assert "2024-01-22T14:00:00Z" in said


def test_the_deposit_address_ends_the_trace_and_says_why(
    accounts: Investigation,
) -> None:
    stated = [finding.statement for finding in accounts.document.findings]
    rules = [one.rule for one in stated if isinstance(one, Linked)]
    assert Counter(rules) == {"deposit-address": 1, "operational-wallet": 3}
    assert "forwards nearly all it gets to one wallet" in told(accounts, "en")


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_both_assets_are_told_apart_and_never_summed(
    accounts: Investigation, lang: str
) -> None:
    said = answer(accounts, lang)
    assert "0.02000000 BTC" in said
    assert "1,000 USDT" in said
    assert "50 USDT" in said
    assert "500 USDT" in said
    assert {"en": "No sum is made", "ar": "ولا تُجمع المبالغ"}[lang] in said


def test_the_money_of_the_day_is_the_verifiers_too(accounts: Investigation) -> None:
    money = line(accounts, "Moth").money
    assert money is not None
    assert (money.direct, money.currency) == ("0.00", "USD")
    assert f"{money.lower} USD" in told(accounts, "en")


# --- accounts alone --------------------------------------------------------------


@pytest.mark.parametrize("chain", [NILE, DEV])
def test_a_case_of_accounts_alone_says_nothing_of_btc(
    chain: str, tmp_path: Path
) -> None:
    found = work(tmp_path, story(chain, DOLLAR_KEY), SEEDS, prices=False)
    assert found.published.verified, found.published.failures
    for lang in ("en", "ar"):
        said = told(found, lang)
        assert "BTC" not in said
        assert "USDT" not in said
        assert "50,000,000" in said
    reading = Reading(found.document.to_json())
    assert not {"payments", "clusters"} & set(sections_of(reading))
    assert not re.search("BTC", found.document.summary.headline.en)


def test_a_case_whose_addresses_got_nothing_says_that_it_proves_nothing(
    tmp_path: Path,
) -> None:
    found = work(tmp_path, scandal(), ("nobody ever paid this",), prices=False)
    assert found.document.assets == ()
    assert found.published.verified
    assert "no evidence that none were received" in told(found, "en")
    assert "BTC" not in told(found, "en")


# --- 82 million ------------------------------------------------------------------


def test_the_headline_is_the_450_thousand_with_its_denominators(
    lotus: Investigation,
) -> None:
    said = lotus.document.summary.headline
    assert said.en.startswith(f"{MOTH}: exactly 450000 USDT, 450000 USDT of it direct")
    assert said.ar.startswith(f"{MOTH}: 450000 USDT")
    for text in (said.en, said.ar):
        assert "453000 USDT" in text
        assert text.index("450000") < text.index("453000") < text.index("82000000")
    assert "The addresses in question took in 82000000 USDT, from anybody." in said.en


def test_no_finding_gives_the_listed_wallet_more_than_it_got(
    lotus: Investigation,
) -> None:
    moth = line(lotus, "Moth")
    figures = [getattr(moth, f"{name}_amount") for name in
               ("direct", "lower", "upper", "haircut", "fifo", "lifo", "poison")]  # fmt: skip
    assert set(figures) == {str(450_000 * COIN)}
    assert moth.received_amount == str(453_000 * COIN)


def test_82_million_stand_only_where_they_are_said_to_be_anybodys(
    lotus: Investigation,
) -> None:
    """Wherever the number is, the page says in the same breath whose it is not."""
    around = {"en": "took in 82,000,000 USDT , in 3 transfers, from anybody",
              "ar": "82,000,000 USDT في 3 تحويلات من أيٍّ كان"}  # fmt: skip
    for lang, words in around.items():
        said = told(lotus, lang)
        assert said.count("82,000,000") == said.count(words) == 1
        assert "82000000" not in said
    document = lotus.document.to_json()
    places = [
        path for path, value in leaves(document) if value == str(82_000_000 * COIN)
    ]
    assert {path[-1] for path in places} == {"seed_amount"}


def test_the_answer_opens_with_the_share(lotus: Investigation) -> None:
    said = answer(lotus)
    assert said.index("450,000 USDT") < said.index("82,000,000 USDT")
    assert "nothing here says" in said


def leaves(
    part: object, path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], object]]:
    """Every value of a document with the keys that lead to it."""
    if isinstance(part, dict):
        return [x for key, v in part.items() for x in leaves(v, (*path, key))]
    if isinstance(part, list):
        return [x for v in part for x in leaves(v, path)]
    return [(path, part)]


def test_a_service_that_is_tagged_ends_the_trace_with_its_own_denominator(
    tmp_path: Path,
) -> None:
    tag = (
        "{lotus},Exercise Payment Service Lotus,payment_processor,"
        "https://exercise.example/lotus,service_data,2023-01-01\n"
    )
    found = work(tmp_path, story(), SEEDS, more_tags=tag)
    lotus = line(found, "Lotus")
    assert (lotus.lower_amount, lotus.upper_amount) == (str(450 * COIN),) * 2
    assert lotus.received_amount == str(82_450 * COIN)
    assert line(found, "Moth").upper_amount == str(50 * COIN)
    assert found.published.verified, found.published.failures
    said = told(found, "en")
    assert "Its addresses took in 82,450 USDT in this ledger from all senders" in said
    assert "what lies behind is nobody’s in particular" in said


def test_a_seed_that_is_a_service_is_followed_nowhere(tmp_path: Path) -> None:
    tag = (
        "{lotus},Exercise Payment Service Lotus,payment_processor,"
        "https://exercise.example/lotus,service_data,2023-01-01\n"
    )
    found = work(tmp_path, scandal(), ("lotus",), more_tags=tag)
    assert found.document.assets == ()
    assert "its money is its customers'" in found.document.summary.headline.en
    assert "82" not in json.dumps(found.document.to_json()["summary"])


def test_the_same_case_gives_the_same_root(
    accounts: Investigation, tmp_path: Path
) -> None:
    again = work(tmp_path, story(), SEEDS, coins=True)
    assert again.published.root == accounts.published.root
