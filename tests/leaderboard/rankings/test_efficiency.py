"""Scores against costs."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.costs.costs import extractions
from fuseboard.leaderboard.rankings.efficiency import efficiency
from fuseboard.leaderboard.rankings.singles import singles
from fuseboard.leaderboard.statistics.pareto import front
from fuseboard.store.embeddings import versions
from fuseboard.store.results import profiles
from tests.leaderboard.built import built

VALUES = st.none() | st.integers(0, 4).map(float)


def by_definition(points):
    def beaten(one, other):
        return (
            None not in other and other[0] <= one[0] and other[1] >= one[1] and (other[0] < one[0] or other[1] > one[1])
        )

    return [None not in one and not any(beaten(one, other) for other in points) for one in points]


@given(st.lists(st.tuples(VALUES, VALUES), max_size=12))
def test_the_front_is_the_one_of_the_definition(points):
    assert front(points) == by_definition(points)


def test_equal_points_share_the_front():
    assert front([(1.0, 0.5), (1.0, 0.5), (2.0, 0.5), (None, 0.9), (0.5, None)]) == [True, True, False, False, False]
    assert front([(1.0, 0.3), (1.0, 0.1 + 0.2), (2.0, 0.1 + 0.2)]) == [True, True, False], "0.1 + 0.2 is 0.3"


def profiled(store, name, auc, parameters=1_000_000, **profile):
    """A backbone that was measured alone and whose extraction took something."""
    version = store.embed(name)
    path = versions.folder_of(store.root, name, version) / "manifest.json"
    held = json.loads(path.read_text())
    held["about"]["parameters"] = parameters
    for split in held["datasets"]["tiny"]["splits"].values():
        split["profile"].update(profile)
    path.write_text(json.dumps(held))
    store.measure((name,), (auc, auc), (auc, auc))


def rows(store):
    snapshot = take(store.opened)
    (protocol,) = {board.protocol for board in snapshot.boards}
    found = extractions(snapshot.manifests)
    one = efficiency(singles(snapshot, protocol), snapshot.boards, found, snapshot.manifests)
    return {row.ranked_row.name: row for row in one.rows}


def test_fronts_are_those_of_one_device_and_precision(store):
    profiled(store, "small", 0.7, wall_s=1.0, peak_rss_mb=100.0, parameters=1)
    profiled(store, "large", 0.9, wall_s=3.0, peak_rss_mb=300.0, parameters=9)
    profiled(store, "worse", 0.6, wall_s=3.0, peak_rss_mb=300.0, parameters=None)
    profiled(store, "gpu", 0.8, wall_s=2.0, peak_rss_mb=500.0, peak_vram_mb=50.0, device="A100", parameters=9)
    found = rows(store)
    assert found["small"].fronts == {"peak_rss_mb", "images_per_s", "hours", "parameters"}
    assert found["large"].fronts == {"peak_rss_mb", "images_per_s", "hours", "dim", "parameters"}
    assert found["worse"].fronts == set()
    assert found["gpu"].fronts == {"peak_vram_mb", "peak_rss_mb", "images_per_s", "hours"}
    assert found["small"].reasons == {"peak_vram_mb": "no GPU was used"}
    assert found["worse"].reasons["parameters"] == "none stated"
    assert found["small"].costs["images_per_s"] == pytest.approx(36 / 3)
    assert found["large"].costs["hours"] == pytest.approx(9 / 3600)


def test_a_busy_machine_makes_no_front(store):
    profiled(store, "steady", 0.7, wall_s=2.0)
    profiled(store, "busy", 0.9, wall_s=1.0)
    (path,) = (store.root / "embeddings" / "busy").glob("*/manifest.json")
    held = json.loads(path.read_text())
    held["datasets"]["tiny"]["splits"]["test"]["profile"]["wall_s"] = 15.0
    path.write_text(json.dumps(held))
    found = rows(store)
    assert found["busy"].costs["images_per_s"] == pytest.approx(12)
    assert not {"images_per_s", "hours"} & found["busy"].fronts
    assert {"images_per_s", "hours"} <= found["steady"].fronts
    assert "its splits of tiny differ 15.0-fold in speed" in found["busy"].reasons["images_per_s"]
    page = built(store, "efficiency")["boards/efficiency.html"]
    assert "may have been busy" in page.text


def test_hours_of_fewer_images_do_not_compare(store):
    profiled(store, "whole", 0.7, wall_s=4.0)
    profiled(store, "part", 0.9, wall_s=1.0, images=6)
    found = rows(store)
    assert found["part"].reasons["hours"] == "measured on 18 of 36 images"
    assert "hours" not in found["part"].fronts
    assert "hours" in found["whole"].fronts
    assert found["part"].costs["hours"] == pytest.approx(3 / 3600)


def test_what_is_not_on_record_is_no_zero(store):
    store.measure(("alpha",), (0.7, 0.7), (0.7, 0.7), dataset="breastmnist")
    (row,) = rows(store).values()
    assert set(row.costs.values()) == {None}
    assert row.device is None
    assert row.reasons["hours"] == "no record of the extraction"
    assert row.reasons["dim"] == "its embeddings are not in this store"
    assert row.fronts == set()
    page = built(store, "efficiency")["boards/efficiency.html"]
    assert "no record of the extraction" in page.text
    assert not page.all("svg")


def test_the_page_draws_four_costs_and_holds_them_all(store):
    device = "<b>hostile</b> & " + "x" * 200
    profiled(store, "small", 0.7, wall_s=1.0, peak_rss_mb=100.0, device=device, parameters=0)
    profiled(store, "large", 0.9, wall_s=3.0, peak_rss_mb=300.0, device=device, parameters=10**9)
    page = built(store, "efficiency")["boards/efficiency.html"]
    assert [attrs["aria-label"].partition(",")[0] for attrs in page.all("svg")] == [
        "Mean test AUC of 2 backbones against parameters",
        "Mean test AUC of 2 backbones against peak RSS (MB)",
        "Mean test AUC of 2 backbones against images/s",
        "Mean test AUC of 2 backbones against hours",
    ]
    assert not page.all("b")
    assert "<b>hostile</b>" in page.text
    columns = [attrs["data-column"] for attrs in page.all("th") if "data-column" in attrs]
    assert len(set(columns)) == len(columns) == 12
    assert page.text.count("on the front") > 6


def test_an_empty_store_says_what_would_fill_the_page(store):
    page = built(store, "efficiency")["boards/efficiency.html"]
    assert "../method.html#measuring-fusion" in [link.get("href") for link in page.all("a")]


def test_forward_passes_stand_apart_from_extractions(store):
    profiled(store, "small", 0.7, wall_s=1.0)
    before = rows(store)
    one = profiles.Profile(
        backbone="small", weights="random", parameters=9, pixels=224, gflops=1.5, device="<b>GPU</b>", precision="bf16",
        batch_size=128, images_per_s=1e9, peak_vram_mb=10157.0, cosine=0.9999, note="<i>note</i>",
    )  # fmt: skip
    lacking = one.model_copy(update={"backbone": "chexagent", "images_per_s": None, "reason": "out of memory"})
    profiles.keep(store.root, [one, lacking, one.model_copy(update={"weights": "pinned"})])
    assert rows(store) == before, "no measured extraction and no front has them"
    page = built(store, "efficiency")["boards/efficiency.html"]
    headings = [attrs["aria-label"] for attrs in page.all("div") if attrs.get("role") == "group"]
    assert [each for each in headings if each.startswith("Forward")] == [
        "Forward passes on <b>GPU</b>, their own weights",
        "Forward passes on <b>GPU</b>, random weights",
    ]
    assert "the paper: 33,800" in page.text
    assert "out of memory" in page.text
    assert not page.all("b")
    assert not page.all("i")
