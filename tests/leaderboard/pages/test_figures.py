"""Figures that several pages show: what is in them, and what can be downloaded of them."""

import polars as pl

from fuseboard.leaderboard.context.providers import no_providers
from fuseboard.leaderboard.pages import figures
from fuseboard.leaderboard.rankings.efficiency import efficiency
from fuseboard.leaderboard.site import write
from fuseboard.leaderboard.site.build import build
from tests.leaderboard.plots.test_plots import drawn, texts
from tests.leaderboard.rankings.test_efficiency import profiled


def gathered(store):
    return write.gather(store.opened, None, no_providers(), "http://here/")


def efficiency_of(site):
    return efficiency(site.singles[0], site.snapshot.boards, site.extractions, site.snapshot.manifests)


def test_standings_have_the_first_rows_in_the_order_of_their_ranks(store):
    for number in range(4):
        profiled(store, f"b{number}", 0.9 - number / 10)
    table = gathered(store).singles[0]
    figure = figures.standings(table, "top", "../", most=3)
    assert figure.rows["name"].to_list() == [row.name for row in table.rows[:3]]
    assert figure.rows["value"].to_list() == [row.mean_auc for row in table.rows[:3]]
    assert [link.get("href") for link in drawn(figure.drawing).iter("a")] == [f"../backbones/b{n}.html" for n in "012"]


def test_nothing_ranked_draws_nothing(store):
    profiled(store, "alone", None)
    assert figures.standings(gathered(store).singles[0], "top", "") is None


def test_the_front_is_named_and_every_mark_leads_to_its_backbone(store):
    profiled(store, "small", 0.7, parameters=10)
    profiled(store, "large", 0.9, parameters=10**9)
    profiled(store, "worse", 0.6, parameters=10**9)
    (figure,) = figures.fronts(efficiency_of(gathered(store)), None, ("parameters",), "")
    assert {"small", "large"} <= set(texts(figure.drawing))
    assert sorted(link.get("href") for link in drawn(figure.drawing).iter("a")) == [
        f"backbones/{name}.html" for name in ("large", "small", "worse")
    ]
    on_front = dict(figure.rows.select("backbone", "on_front").iter_rows())
    assert on_front == {"small": True, "large": True, "worse": False}


def test_memory_is_that_of_the_gpu_where_there_is_one(store):
    profiled(store, "small", 0.7, device="gpu", peak_vram_mb=9.0)
    profiled(store, "large", 0.9, device="cpu", peak_vram_mb=None)
    found = efficiency_of(gathered(store))
    assert {place[0]: figures.memory_of(found, place) for place in found.places} == {
        "gpu": "peak_vram_mb",
        "cpu": "peak_rss_mb",
    }


def test_the_numbers_of_a_figure_say_where_they_are_from(store, tmp_path):
    profiled(store, "small", 0.7, parameters=10)
    profiled(store, "large", 0.9, parameters=10**9)
    build(store.opened, tmp_path / "site", url="https://example.org/board/")
    (path,) = (tmp_path / "site" / "data" / "figures").glob("front-*-parameters.csv")
    assert path.read_text().startswith("# Source: https://example.org/board/, 20")
    assert pl.read_csv(path, comment_prefix="#")["mean_auc"].to_list() == [0.9, 0.7]
