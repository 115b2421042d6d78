from statistics import fmean

import pytest

from fuseboard.leaderboard.published import tables
from fuseboard.leaderboard.published.biofuse_2024 import summarise
from fuseboard.leaderboard.published.sections import sections
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics import alexnet_reference


@pytest.fixture(scope="module")
def subsets():
    return tables.load("biofuse_2024_subsets.csv")


@pytest.fixture(scope="module")
def searches(subsets):
    return {search.dataset: search for search in summarise(subsets)}


def test_every_file_is_declared_loads_and_is_on_the_page():
    files = {path.name for path in tables.FOLDER.iterdir()}
    assert files == set(tables.TABLES) - {alexnet_reference.FILE.name}
    assert {section.file for section in sections()} == set(tables.TABLES)
    for name in tables.TABLES:
        for row in tables.load(name):
            assert row["source"]
            assert row["url"].startswith("https://")


def test_2024_holds_every_subset_of_eight_backbones_on_twelve_datasets(subsets):
    assert len(subsets) == 12 * 255
    assert len({(row["dataset"], row["subset"]) for row in subsets}) == 12 * 255


def test_the_nameless_column_of_2024_is_what_we_say(subsets):
    for row in subsets:
        acc, auc = row["val_acc"], row["val_auc"]
        score = 0.4 * acc + 0.6 * auc - 0.2 * max(0, acc - 0.9) - 0.2 * max(0, auc - 0.9)
        assert row["val_score"] == pytest.approx(score, abs=1e-3)  # both are printed to three decimals


def test_all_eight_beat_the_chosen_subset_on_average(searches):
    def mean(role, metric):
        return 100 * fmean(getattr(s, role)[metric] - s.chosen[metric] for s in searches.values())

    assert mean("all_backbones", "test_acc") == pytest.approx(0.48, abs=0.005)
    assert mean("all_backbones", "test_auc") == pytest.approx(0.14, abs=0.005)
    assert mean("best_single", "test_acc") == pytest.approx(-2.57, abs=0.0051)
    assert mean("best_single", "test_auc") == pytest.approx(-1.57, abs=0.005)
    assert mean("best_test_acc", "test_acc") > mean("all_backbones", "test_acc")


def test_nothing_of_2024_beats_what_is_called_best_on_test(searches, subsets):
    for search in searches.values():
        own = [row for row in subsets if row["dataset"] == search.dataset]
        assert search.best_test_acc["test_acc"] == max(row["test_acc"] for row in own)
        assert search.best_test_auc["test_auc"] == max(row["test_auc"] for row in own)
    assert any(s.best_test_acc["test_auc"] < s.best_test_auc["test_auc"] for s in searches.values())


def test_ties_of_2024(searches):
    assert searches["chestmnist"].ties == 20
    assert searches["pneumoniamnist"].ties == 11


def test_units_are_fractions():
    (vgg,) = [
        row
        for row in tables.load("doerrich_2024_medmnist_plus_224.csv")
        if (row["dataset"], row["training"], row["model"]) == ("bloodmnist", "end-to-end", "VGG16")
    ]
    assert (vgg["test_acc"], vgg["test_auc"]) == (0.9877, 0.9995)


def test_prov_gigapath_is_called_what_it_is():
    rows = [row for row in tables.load("biofuse_2026_singles.csv") if row["model"] == "Prov-GigaPath"]
    assert len(rows) == 12
    assert all("DINOv2-giant" in row["note"] for row in rows)


def test_what_could_not_be_obtained_stays_empty():
    rows = {row["dataset"]: row for row in tables.load("biofuse_2026_all_nine.csv")}
    assert rows["chestmnist"]["test_acc"] is None
    assert rows["chestmnist"]["note"]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("breastmnist,CONCH,98.1,S,https://example.org,", "top1_acc"),
        ("breastmnist,,0.9,S,https://example.org,", "model"),
        ("breastmnist,CONCH,0.9,S,somewhere,", "url"),
        ("breastmnist,CONCH,,S,https://example.org,", "top1_acc"),
    ],
)
def test_a_bad_row_is_named_by_file_line_and_column(tmp_path, line, column):
    good = "breastmnist,CONCH,0.9,S,https://example.org,"
    path = tmp_path / "biofuse_2026_imagenet.csv"
    path.write_text(f"dataset,model,top1_acc,source,url,note\n{good}\n{line}\n")
    with pytest.raises(FuseboardError, match=rf"imagenet\.csv, line 3: {column}: "):
        tables.load(path.name, path)
