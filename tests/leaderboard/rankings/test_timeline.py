"""The timeline: what is on it, what raises the best, what is left out and said, and names and months of strangers."""

import json

import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.context.providers import Providers
from fuseboard.leaderboard.rankings.singles import singles
from fuseboard.leaderboard.rankings.timeline import timelines, undated
from fuseboard.store.embeddings import versions
from fuseboard.store.files.hashing import fingerprint
from tests.leaderboard.built import built

MONTHS = {"alpha": "2021-02", "beta": "2023-10", "gamma": "2021-02"}


def of(store, months):
    (table,) = [singles(take(store.opened), "starter")]
    return list(timelines(table, months)), undated(table, months)


def page(store, months):
    sources = Providers(dict, lambda _: {}, published=lambda: months)
    return built(store, "timeline", sources=sources)["boards/timeline.html"]


def test_by_month_each_is_held_against_the_best_until_then(searched):
    ((found,), left_out) = of(searched, MONTHS)
    assert left_out == ()
    assert [(p.backbone, p.score.auc, p.best, p.gain, p.is_step) for p in found.points] == [
        ("alpha", 0.81, 0.81, None, True),
        ("gamma", 0.81, 0.81, None, False),  # as good as the best is no step
        ("beta", 0.85, 0.85, pytest.approx(0.04), True),
    ]
    assert found.leader.backbone == "beta"


def test_a_later_one_that_scores_less_is_no_step(searched):
    ((found,), _) = of(searched, {**MONTHS, "beta": "2019-12"})
    assert [(p.backbone, p.best, p.is_step) for p in found.points] == [
        ("beta", 0.85, True),
        ("alpha", 0.85, False),
        ("gamma", 0.85, False),
    ]
    assert found.leader.backbone == "beta"


def test_what_has_no_month_is_left_out_and_said(searched):
    searched.measure(("delta.random",), (0.5, 0.5), (0.5, 0.5))
    ((found,), left_out) = of(searched, {"alpha": "2021-02"})
    assert [point.backbone for point in found.points] == ["alpha"]
    assert left_out == ("beta", "gamma")  # an untrained network was never published, so its month is no gap
    shown = page(searched, {"alpha": "2021-02"})
    assert "because no source at hand says when they were first public: beta, gamma." in shown.words
    assert "in one month, so there is no line to draw" in shown.words
    assert shown.all("svg") == []


def test_without_any_month_the_page_says_so(searched):
    assert "No measured backbone has a known month of publication yet" in page(searched, {}).words


def test_the_drawing_has_a_table_that_says_the_same(searched):
    shown = page(searched, MONTHS)
    assert len(shown.all("svg")) == 1
    rows = shown.cell("timeline-tiny-starter")
    assert rows.index("alpha 2021-02") < rows.index("gamma 2021-02") < rows.index("beta 2023-10")
    assert "Highest: beta of 2023-10" in shown.words


@pytest.mark.parametrize(
    ("told", "month"),
    [("2022-07", "2022-07"), ("<b>", None), ("2022-13", None), (2022, None), ("2022-07\n", None), (None, None)],
)
def test_the_card_beside_the_embeddings_tells_where_no_shipped_one_does(searched, told, month):
    folder = versions.folder_of(searched.root, "alpha", fingerprint({"backbone": "alpha", "revision": 1}))
    said = "" if told is None else f"published = {json.dumps(told)}\n"
    (folder / "card.toml").write_text(f'id = "alpha"\n{said}')
    shown = page(searched, {"beta": "2023-10"})
    assert (f"alpha {month}" in shown.cell("timeline-tiny-starter")) == (month is not None)
    assert ("first public: alpha, gamma." in shown.words) == (month is None)
    assert "alpha 2020-01" in page(searched, {"alpha": "2020-01"}).cell("timeline-tiny-starter")  # the shipped one wins
