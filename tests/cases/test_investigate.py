"""The main job on whole exercises and hand-made cases, from files to bundle."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from dalil.cases.investigate import Investigation, investigate
from dalil.cases.reading import read_charter
from dalil.evidence.verify import verify
from dalil.exercise import MiniChain
from dalil.exercise.score import score_case
from dalil.exercise.world import make_world
from dalil.ledger import Ledger
from dalil.ledger.build import build_from_blocks
from dalil.sources.blockfolder import open_blocks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exercise") / "world"
    make_world(folder, 1, 1)
    build_from_blocks(folder / "ledger", open_blocks(folder / "blocks"))
    return folder


@pytest.fixture(scope="module")
def worked(world: Path) -> Investigation:
    return investigate(read_charter(world / "case"))


def test_the_bundle_verifies_by_itself(worked: Investigation) -> None:
    assert worked.published.verified
    result = verify(str(worked.published.bundle), worked.published.root)
    assert result["ok"]
    assert result["review"] == "DRAFT"


def test_the_exercise_is_solved_and_no_charity_accused(
    worked: Investigation, world: Path
) -> None:
    del worked
    score = score_case(world, world / "case", Ledger.open(world / "ledger"))
    assert score.ok
    assert not score.impostor_seeded
    assert score.contained.hits == score.contained.n > 0
    assert score.flows_missed == []
    assert score.foreign_seeds == 0


def test_the_published_error_rate_is_measured_again(
    worked: Investigation, world: Path
) -> None:
    del worked
    from dalil.cases.measured import COSPEND_RATES

    score = score_case(world, world / "case", Ledger.open(world / "ledger"))
    assert score.clusters is not None
    (stated,) = COSPEND_RATES
    measured = score.clusters.precision
    assert (stated.hits, stated.n) == (measured.hits, measured.n)


def test_the_same_case_gives_the_same_root(worked: Investigation, world: Path) -> None:
    again = investigate(read_charter(world / "case"))
    assert again.published.root == worked.published.root


def test_senders_names_are_nowhere_in_what_is_made(
    worked: Investigation, world: Path
) -> None:
    export = next((world / "case").rglob("result.json"))
    names = {
        message["from"]
        for message in json.loads(export.read_text(encoding="utf-8"))["messages"]
        if message.get("from")
    }
    assert names
    made = [*worked.published.reports, worked.published.bundle / "data/findings.json"]
    for path in made:
        text = path.read_text(encoding="utf-8")
        assert not [name for name in names if name in text]


def test_nothing_but_the_cases_own_outputs_is_written(
    worked: Investigation, world: Path
) -> None:
    del worked
    fresh = {p.name for p in (world / "case").iterdir()}
    assert fresh - {"forum.txt", "leaflet.pdf", "pages", "press", "telegram"} == {
        "case.toml",
        "exhibits",
        "bundle",
        "report.html",
        "report.ar.html",
        ".pseudonym-key",
        ".tags",
    }


class Small:
    """A chain in which a captured appeal's address was paid, and spent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.case = folder / "case"
        self.case.mkdir(parents=True)
        chain = MiniChain(seed=4)
        donor, appeal = chain.wallet("donor"), chain.wallet("appeal")
        self.shop = chain.wallet("shop")
        chain.fund(donor, 9_000_000)
        chain.mine()
        donor.pays(appeal, 2_000_000)
        chain.mine()
        appeal.pays(self.shop, 1_500_000)
        chain.mine()
        (folder / "blk.dat").write_bytes(b"")
        chain.write(folder / "blocks")
        build_from_blocks(folder / "ledger", open_blocks(folder / "blocks"))
        self.appeal_address = chain.addresses(appeal)[0]
        self.shop_address = chain.addresses(self.shop)[0]

    def work(self) -> Investigation:
        return investigate(read_charter(self.case), self.folder / "ledger")

    def tag(self, category: str) -> None:
        (self.folder / "pack.yaml").write_text(
            "title: EXERCISE\ncreator: exercise\nsource: https://exercise.invalid\n"
            "currency: BTC\nnetwork: BTC\nconfidence: forensic\n"
            f"lastmod: 2025-01-01\ntags:\n- address: {self.shop_address}\n"
            f"  label: Exercise Shop\n  actor: exercise_shop\n  category: {category}\n",
            encoding="utf-8",
        )


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def test_a_folder_with_one_text_file_and_no_charter_works(small: Small) -> None:
    text = f"EXERCISE / تمرين: التبرع إلى{small.appeal_address}شكراً"
    (small.case / "post.txt").write_text(text, encoding="utf-8")
    result = small.work().to_json()
    assert [i["value"] for i in result["indicators"]] == [small.appeal_address]
    assert result["seeds"]["traced"] == [small.appeal_address]
    assert result["verified"]
    assert result["review"] == "DRAFT"


def test_a_case_without_anything_to_trace_says_so(small: Small) -> None:
    result = small.work()
    assert result.to_json()["targets"] == []
    assert "no money received" in result.document.summary.headline.en
    assert result.published.verified


def test_a_tagged_seed_that_is_a_service_is_a_border(small: Small) -> None:
    small.tag("exchange")
    (small.case / "case.toml").write_text(
        f'tags = ["../pack.yaml"]\n[[seeds]]\naddress = "{small.shop_address}"\n'
        'source = "EXERCISE list"\n',
        encoding="utf-8",
    )
    result = small.work()
    assert result.to_json()["seeds"]["services"] == [small.shop_address]
    assert result.to_json()["targets"] == []
    assert "service" in result.document.summary.headline.en
    assert result.published.verified


def test_direct_payment_to_a_tagged_address_is_exact(small: Small) -> None:
    small.tag("exchange")
    (small.case / "case.toml").write_text('tags = ["../pack.yaml"]\n')
    (small.case / "post.txt").write_text(f"EXERCISE {small.appeal_address}")
    (target,) = small.work().to_json()["targets"]
    assert target["name"] == "exercise_shop"
    assert (target["direct_sat"], target["lower_sat"], target["upper_sat"]) == (
        1_500_000,
        1_500_000,
        1_500_000,
    )


def test_an_address_in_a_news_page_starts_no_trace(small: Small) -> None:
    (small.case / "news.html").write_text(
        '<html><head><meta property="og:type" content="article"></head><body>'
        f"<p>EXERCISE: the appeal named {small.appeal_address}.</p></body></html>",
        encoding="utf-8",
    )
    result = small.work().to_json()
    assert result["seeds"]["traced"] == []
    assert result["seeds"]["left_out"][0]["address"] == small.appeal_address


def test_a_moved_block_file_is_said_before_anything_is_written(small: Small) -> None:
    from dalil.errors import NotFoundError

    (small.case / "post.txt").write_text(f"EXERCISE {small.appeal_address}")
    shutil.rmtree(small.folder / "blocks")
    with pytest.raises(NotFoundError, match="block file is gone"):
        small.work()
    assert not (small.case / "bundle").exists()
    assert not (small.case / "report.html").exists()
