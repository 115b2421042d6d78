import polars as pl
import pytest

from fuseboard.leaderboard.boards.transfer import transfers
from fuseboard.leaderboard.site import build
from fuseboard.store.results import rows as results
from tests.leaderboard.page import Page

PROBES = {"C=0.01": (0.60, 0.50), "C=0.1": (0.70, 0.52), "C=1": (0.70, 0.58)}
"""Setting -> top-1 on validation and test: two tie on validation, and the one that is not chosen is best on test."""


def measure(store, subset=("alpha",), settings=PROBES, family="linear-probe", dataset="imagenet", **changes):
    for number, (setting, tops) in enumerate(settings.items()):
        name, _, value = setting.partition("=")
        params = {"C": float(value)} if name == "C" else {"n_neighbors": int(value)}
        for split, top1 in zip(("val", "test"), tops, strict=True):
            own = {
                "evaluation": "transfer",
                "classifier": f"{family} {setting}",
                "protocol_digest": f"d{number}",
                "params": params,
                "top5": None if top1 is None else top1 + 0.1,
                "selection": ("acc",),
            }
            store.keep(subset, split, None, top1, dataset=dataset, **{**own, **changes})


def boards(store):
    return transfers(results.read(store.root))


def test_the_best_on_validation_stands_and_of_equals_the_simplest(store):
    measure(store)
    ((row,),) = (board.rows for board in boards(store))
    assert (row.classifier, row.setting, row.settings, row.ties) == ("linear-probe", "C=0.1", 3, 2)
    assert (row.val_top1, row.test_top1, row.test_top5) == (0.70, 0.52, pytest.approx(0.62))
    assert (row.oracle, row.oracle_top1) == ("C=1", 0.58)
    assert row.seconds == pytest.approx(1.25 + 0.01 + 0.01)


def test_of_equal_neighbours_the_most_are_the_simplest(store):
    measure(store, family="knn", settings={"k=1": (0.5, 0.4), "k=20": (0.5, 0.3), "k=5": (0.5, 0.2)})
    assert boards(store)[0].rows[0].setting == "k=20"


def test_of_scores_that_differ_by_rounding_the_simplest_wins(store):
    measure(store, settings={"C=0.1": (0.3, 0.3), "C=1": (0.1 + 0.2, 0.1 + 0.2), "C=10": (0.2, 0.2)})
    measure(store, ("beta",), settings={"C=0.1": (0.1 + 0.2, 0.1 + 0.2)})
    first, second = boards(store)[0].rows
    assert (first.subset, first.setting, first.ties, first.oracle) == (("alpha",), "C=0.1", 2, "C=0.1")
    assert second.subset == ("beta",)


def test_rows_of_an_older_version_are_left_out(store):
    measure(store, revisions={"alpha": 2}, settings={"C=10": (0.99, 0.99)})
    measure(store, day=1)
    (row,) = boards(store)[0].rows
    assert row.settings == 3
    assert row.test_top1 == 0.52


def test_one_row_per_subset_and_classifier_best_first(store):
    measure(store)
    measure(store, family="knn", settings={"k=5": (0.5, 0.9)})
    measure(store, ("alpha", "beta"), settings={"C=1": (0.5, 0.7)})
    assert [(row.subset, row.classifier) for row in boards(store)[0].rows] == [
        (("alpha",), "knn"),
        (("alpha", "beta"), "linear-probe"),
        (("alpha",), "linear-probe"),
    ]


def test_a_setting_without_a_test_row_is_not_chosen_and_nothing_left_says_so(store):
    measure(store)
    rows = results.read(store.root).filter(pl.col("split") == "val")
    (row,) = transfers(rows)[0].rows
    assert row.test_top1 is None
    assert row.reason == "no setting has a row on both validation and test"


def test_a_missing_top1_has_its_reason(store):
    measure(store, settings={"C=1": (None, None)}, reason="scores are NaN")
    (row,) = boards(store)[0].rows
    assert (row.test_top1, row.reason) == (None, "scores are NaN")


def test_the_page_holds_measured_and_reported_apart(store, tmp_path):
    measure(store, ("dinov2-giant",))
    build.build(store.opened, tmp_path / "site")
    text = (tmp_path / "site/boards/transfer.html").read_text(encoding="utf-8")
    measured, reported = text.split('class="reported"')
    assert ".520" in measured
    assert "0.782" not in measured
    assert "is DINOv2-giant" in reported
    assert "\N{MINUS SIGN}26.2" in reported  # 0.52 against what was published as Prov-GigaPath
    assert "not comparable" in reported


def test_an_empty_store_says_which_command_fills_the_board(store, tmp_path):
    build.build(store.opened, tmp_path / "site")
    links = [link.get("href") for link in Page(tmp_path / "site/boards/transfer.html").all("a")]
    assert "../method.html#measuring-natural" in links
    assert "fuseboard evaluate transfer imagenet" in Page(tmp_path / "site/method.html").words
