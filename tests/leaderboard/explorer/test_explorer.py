"""The explorer: every measured subset in the order of validation, its costs, and means over datasets."""

from statistics import fmean

import polars as pl
import pytest

from fuseboard.leaderboard.boards.board_uncertainty import SubsetUncertainties
from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.context.providers import no_providers
from fuseboard.leaderboard.costs.inference_cost import InferenceCosts
from fuseboard.leaderboard.explorer.explorer import lines, means
from fuseboard.leaderboard.pages import explorer as explorer_pages
from fuseboard.leaderboard.site import build
from fuseboard.store.embeddings import manifest
from tests.leaderboard.built import built
from tests.leaderboard.page import Page

NOTHING = SubsetUncertainties({}, {})


@pytest.fixture(autouse=True)
def _these_pages_alone(monkeypatch):
    monkeypatch.setattr(build, "PAGES", ("explorer",))


def context(store):
    return SiteContext(take(store.opened), (), no_providers(), "")


def explored(store, dataset="tiny"):
    found = context(store)
    (board,) = (one for one in found.snapshot.boards if one.dataset == dataset)
    return lines(board, NOTHING, found.splits, InferenceCosts([board], found.extractions))


def profile(store, name, **changes):
    """Writes other costs into the manifest of a backbone."""
    (folder,) = store.root.glob(f"embeddings/{name}/*")
    old = manifest.read(folder)
    entry = old.datasets["tiny"]
    splits = {
        key: split.model_copy(update={"profile": (changes and split.profile.model_copy(update=changes)) or None})
        for key, split in entry.splits.items()
    }
    old.model_copy(update={"datasets": {"tiny": entry.model_copy(update={"splits": splits})}}).write(folder)


def test_subsets_stand_in_the_order_of_validation_with_their_roles(searched):
    found = explored(searched)
    accs = [line.entry.val.acc for line in found]
    assert accs == sorted(accs, reverse=True)
    assert [line.place for line in found] == [1, 2, 3, 4, 5, 6, 7]
    marks = {"+".join(line.subset): line.marks for line in found if line.marks}
    assert marks == {
        "alpha+beta": ("chosen", "tied"),
        "alpha+gamma": ("tied",),
        "beta+gamma": ("best test AUC", "best test ACC"),
        "alpha+beta+gamma": ("all backbones",),
        "beta": ("best single",),
    }
    assert all(set(line.keys) == {"val", "test"} for line in found)


def test_a_subset_without_a_validation_score_has_no_place(searched):
    searched.embed("delta")
    searched.measure(("delta",), (0.5, None), (0.5, 0.5))
    assert [(line.subset, line.place) for line in explored(searched)][-1] == (("delta",), None)


def test_costs_are_those_of_backbones_one_after_another(searched):
    gpu = {"peak_vram_mb": 1000.0, "images_per_s": 4.0, "images": 12, "wall_s": 3.0}
    profile(searched, "alpha", **gpu)
    profile(searched, "beta", **{**gpu, "peak_vram_mb": 3000.0, "wall_s": 6.0, "images": 12})
    costs = {"+".join(line.subset): line.inference_cost for line in explored(searched)}
    assert costs["alpha+beta"].s_per_image == pytest.approx(3 / 12 + 6 / 12)
    assert costs["alpha+beta"].peak_vram_mb == 3000
    assert costs["gamma"].s_per_image == pytest.approx(0.5 / 12)
    assert costs["gamma"].peak_rss_mb == 123
    assert (costs["beta+gamma"].peak_vram_mb, costs["beta+gamma"].no_vram) == (None, "gamma ran without a GPU")


def test_what_is_not_on_record_is_not_guessed(searched):
    profile(searched, "beta")
    costs = {"+".join(line.subset): line.inference_cost for line in explored(searched)}
    assert (costs["alpha+beta"].s_per_image, costs["alpha+beta"].no_time) == (None, "no time is on record for beta")
    assert costs["alpha+beta"].no_rss == "no record of the extraction with beta"
    assert costs["alpha"].no_vram == "no GPU was used"


def test_a_resumed_run_that_computed_nothing_has_no_time(searched):
    profile(searched, "beta", images=0, wall_s=0.0, images_per_s=None)
    costs = {"+".join(line.subset): line.inference_cost for line in explored(searched)}
    assert costs["beta"].no_time == "no time is on record for beta"


@pytest.fixture
def two(searched):
    """Another dataset, on which one subset lacks and one has no test AUC."""
    scores = {
        ("alpha",): ((0.6, 0.9), (0.61, 0.62)),
        ("beta",): ((0.7, 0.8), (0.71, 0.72)),
        ("gamma",): ((0.7, 0.7), (None, 0.72)),
        ("alpha", "beta"): ((0.8, 0.75), (0.81, 0.82)),
    }
    searched.search(scores, dataset="breastmnist")
    return searched


def test_means_are_over_what_every_dataset_has(two):
    found = context(two)
    rows = means(found.snapshot.boards, InferenceCosts(found.snapshot.boards, found.extractions))
    assert [row.subset for row in rows] == [("alpha",), ("beta",), ("alpha", "beta")]  # .80, .775, .775: fewer first
    assert rows[0].val == fmean([0.70, 0.9])
    assert rows[2].auc == fmean([0.88, 0.81])
    assert [row.place for row in rows] == [1, 2, 3]


def test_the_page_says_everything_that_the_script_needs(searched, tmp_path):
    build.build(searched.opened, tmp_path / "site")
    page = Page(tmp_path / "site/explorer/tiny.html")
    lines = [attrs for tag, attrs in page.tags if tag == "tr" and "data-in" in attrs]
    assert [(one["data-in"], one["data-width"], one["data-place"]) for one in lines[:2]] == [
        ("alpha beta", "4", "1"),
        ("alpha gamma", "4", "2"),
    ]
    assert {one["data-memory"] for one in lines} == {"123.0"}
    assert "No budget for GPU memory: no GPU was used." in page.words
    boxes = [attrs["value"] for attrs in page.all("input") if attrs.get("type") == "checkbox"]
    assert boxes == ["alpha", "beta", "gamma"]


def test_without_a_script_nothing_is_said_of_controls(searched, tmp_path):
    build.build(searched.opened, tmp_path / "site")
    text = (tmp_path / "site/explorer/tiny.html").read_text()
    before, template = text.split("<template data-controls>")
    after = template.split("</template>")[1]
    for word in ("<input", "<button", "<fieldset", "udget", "ick "):
        assert word not in before.split("<main")[1] + after


def test_numbers_lead_to_their_rows(searched, tmp_path):
    build.build(searched.opened, tmp_path / "site")
    rows = take(searched.opened).rows.filter(pl.col("subset").list.join("+") == "alpha+beta")
    keys = dict(zip(rows["split"], rows["key"], strict=True))
    text = (tmp_path / "site/explorer/tiny.html").read_text()
    first = text[text.index('<tr data-in="alpha beta"') :].split("</tr>")[0]
    for split, shown in (("val", ".910"), ("val", ".800"), ("test", ".880"), ("test", ".780")):
        assert f'href="../provenance/tiny.html#r-{keys[split][:14]}"><data value="{float(shown)}">{shown}<' in first


def test_a_search_box_helps_with_many_backbones(store, tmp_path):
    for number in range(13):
        store.measure((f"b{number:02}",), (0.5, 0.5), (0.5, 0.5))
    build.build(store.opened, tmp_path / "site")
    assert [a for a in Page(tmp_path / "site/explorer/tiny.html").all("input") if a.get("type") == "search"]


def test_names_of_any_kind_are_text(store, tmp_path):
    name = '"><script>alert(1)</script>' + "x" * 200
    store.measure((name,), (0.5, 0.5), (0.5, 0.5), protocol=name)
    build.build(store.opened, tmp_path / "site")
    page = Page(tmp_path / "site/explorer/tiny.html")
    assert name in page.text
    assert all(attrs.get("src", "").startswith("../static/") for attrs in page.all("script"))


def test_the_overview_has_means_and_leads_to_every_dataset(two, tmp_path):
    build.build(two.opened, tmp_path / "site")
    page = Page(tmp_path / "site/explorer.html")
    assert "3 subsets were measured on every one of these 2 datasets" in page.words
    assert {a.get("href") for a in page.all("a")} >= {
        "explorer/tiny.html#x-starter",
        "explorer/breastmnist.html#x-starter",
    }
    found = pl.read_csv(tmp_path / "site/data/subsets-starter.csv")
    assert found["test_auc"].to_list() == [pytest.approx(v) for v in (fmean([0.81, 0.61]), fmean([0.85, 0.71]), 0.845)]


def test_one_dataset_has_nothing_to_average(searched, tmp_path):
    build.build(searched.opened, tmp_path / "site")
    assert "One dataset counts under this protocol" in Page(tmp_path / "site/explorer.html").words
    found = pl.read_parquet(tmp_path / "site/data/subsets-starter@tiny.parquet")
    assert found.height == 7
    assert found["roles"][0].to_list() == ["chosen", "tied"]
    assert found["test_auc"][0] == 0.88


def test_an_empty_store_has_an_explorer_that_says_so(store, tmp_path):
    build.build(store.opened, tmp_path / "site")
    assert "nothing to explore" in Page(tmp_path / "site/explorer.html").words


def test_many_subsets_stand_on_several_pages_each_once_and_in_order(searched, monkeypatch):
    monkeypatch.setattr(explorer_pages, "MAX_ROWS", 3)
    pages = built(searched, "explorer")
    paths = ["explorer/tiny.html", "explorer/tiny/starter/2.html", "explorer/tiny/starter/3.html"]
    assert set(pages) == {"explorer.html", *paths}
    rows = [[attrs for tag, attrs in pages[path].tags if tag == "tr" and "data-in" in attrs] for path in paths]
    assert [len(part) for part in rows] == [3, 3, 1]
    assert [row["data-place"] for part in rows for row in part] == list("1234567")
    first = pages[paths[0]]
    assert "These are the first 3 of 7 subsets" in first.words
    assert {f"../{path}" for path in paths[1:]} <= {a.get("href") for a in first.all("a")}
    assert not [table for path in paths for table in pages[path].all("table") if "sortable" in table["class"]], (
        "a part of the rows must not look like all of them"
    )
