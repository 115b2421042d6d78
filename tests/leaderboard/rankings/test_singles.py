"""The board of single backbones: aggregates, what does not count, and what cannot be ranked."""

import numpy as np
import pytest

from fuseboard.leaderboard.boards.snapshot import take
from fuseboard.leaderboard.output import plain
from fuseboard.leaderboard.rankings.sentences import best_sentence
from fuseboard.leaderboard.rankings.singles import singles
from fuseboard.leaderboard.site.build import build
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.store import Store
from tests.leaderboard.page import Page
from tests.leaderboard.predicted import LABELS, TASK, keep, said

NAMES = ("alpha", "beta", "gamma")
DATASETS = ("breastmnist-64", "octmnist")


@pytest.fixture
def alone(store):
    """Three backbones alone on two datasets, with their predictions."""
    for number, name in enumerate(NAMES):
        for place, dataset in enumerate(DATASETS):
            keep(store, (name,), said(10 * place + number), dataset=dataset)
    for name, dataset in zip(NAMES, DATASETS, strict=False):  # labels come from any backbone
        store.embed(name, dataset, labels=LABELS)
    return store


def of(store):
    return singles(take(store.opened), "starter")


def rows(store):
    return {row.name: row for row in of(store).rows}


@pytest.fixture
def draws():
    """Name -> (B,) mean AUC, computed apart."""
    each = [bootstrap(TASK, LABELS, {n: said(10 * place + i) for i, n in enumerate(NAMES)}) for place in range(2)]
    return {name: (each[0][name].auc.resampled + each[1][name].auc.resampled) / 2 for name in NAMES}


def test_means_and_ranks_have_the_intervals_of_the_resamples(alone, draws):
    found = of(alone)
    assert (found.datasets, found.counted, found.no_intervals) == (("octmnist", "breastmnist-64"), found.datasets, None)
    for row in found.rows:
        aucs = [row.scores[dataset].auc for dataset in found.datasets]
        assert row.mean_auc == pytest.approx(np.mean(aucs))
        assert row.mean_interval == pytest.approx(tuple(np.quantile(draws[row.name], [0.025, 0.975])))
        ranks = sorted(1 + sum(draws[other][b] > draws[row.name][b] + 1e-12 for other in NAMES) for b in range(1000))
        assert row.rank_interval == (ranks[24], ranks[975])
    means = [row.mean_auc for row in found.rows]
    assert means == sorted(means, reverse=True)
    assert [row.rank for row in found.rows] == [1, 2, 3]
    assert sum(row.borda for row in found.rows) == 2 * 3
    assert np.mean([row.mean_rank for row in found.rows]) == 2


def test_a_row_without_a_counted_dataset_has_a_reason_and_no_rank(alone):
    keep(alone, ("delta",), said(3), dataset="octmnist")
    found = of(alone)
    assert found.counted == found.datasets
    last = found.rows[-1]
    assert (last.name, last.rank, last.mean_auc, last.borda, last.tier) == ("delta", None, None, None, None)
    assert last.reason == "no AUC on breastmnist-64"
    assert last.scores["breastmnist-64"].reason == "not measured alone"
    assert [row.rank for row in found.rows[:3]] == [1, 2, 3]
    assert found.no_intervals is None


def test_a_row_that_lacks_a_counted_dataset_is_held_against_the_first_on_the_others(alone):
    keep(alone, ("delta",), said(3), dataset="octmnist")
    found = of(alone)
    last, first = found.rows[-1], found.rows[0]
    assert (found.reference, last.over) == (first.name, ("octmnist",))
    known = {"delta": said(3), first.name: said(10 + NAMES.index(first.name))}
    direct = bootstrap(TASK, LABELS, known)
    paired = direct["delta"].auc.minus(direct[first.name].auc)
    held = last.mean_difference
    assert (held.value, held.low, held.high, held.p) == pytest.approx((paired.value, paired.low, paired.high, paired.p))
    assert first.mean_difference is None
    assert [len(found.on[dataset].places) for dataset in found.datasets] == [4, 3]


def test_each_dataset_has_its_best_row_and_those_that_cannot_be_told_from_it(alone):
    for number in range(4):
        keep(alone, (f"noise{number}",), np.random.default_rng(number).dirichlet(np.ones(3), 60).astype(np.float32),
             dataset="octmnist")  # fmt: skip
    found = of(alone)
    own = found.on["octmnist"]
    aucs = {row.name: row.scores["octmnist"].auc for row in found.rows}
    assert list(own.places) == sorted(aucs, key=aucs.get, reverse=True)
    assert [place.rank for place in own.places.values()] == list(range(1, 8))
    for name, place in own.places.items():
        assert place.minus_best.value == pytest.approx(aucs[name] - max(aucs.values()))
    assert own.best == (max(aucs, key=aucs.get),)
    assert set(own.tied) < set(NAMES)
    assert all(own.places[f"noise{number}"].told for number in range(4))
    words = best_sentence(found, "octmnist", "backbone")
    shown = f"{max(aucs.values()):.3f}".removeprefix("0")
    assert words.startswith(f"{own.best[0]} has the highest test AUC of 7 backbones, {shown}")
    assert f"{len(own.tied)} other" in words
    assert all(name in words for name in own.tied)


def test_one_size_of_the_same_images_counts(alone):
    others = ("breastmnist-28", "breastmnist-64-sample20")
    for number, name in enumerate(NAMES):
        for place, dataset in enumerate(others):
            keep(alone, (name,), said(50 + 10 * place + number), dataset=dataset)
    found = of(alone)
    assert found.counted == ("octmnist", "breastmnist-64")
    why = "it is another size of the images of breastmnist-64, which is larger"
    assert found.why_not == dict.fromkeys(others, why)
    keep(alone, ("delta",), said(70), dataset="breastmnist-28")
    found = of(alone)
    assert found.counted == ("octmnist", "breastmnist-28")
    assert (
        found.why_not["breastmnist-64"]
        == "it is another size of the images of breastmnist-28, which was measured for more rows"
    )


def test_the_same_images_under_two_names_count_once(alone):
    for dataset in ("xrays", "same-xrays"):
        alone.embed("epsilon", dataset, revision=dataset, domain="x-ray")
    for name in NAMES:
        alone.measure((name,), (0.9, 0.9), (0.9, 0.9), dataset="xrays", source_md5="a" * 32)
        alone.measure((name,), (0.9, 0.9), (0.8, 0.8), dataset="same-xrays", source_md5="a" * 32)
    assert set(of(alone).counted) == {"octmnist", "breastmnist-64", "xrays"}


def test_what_is_not_medical_counts_on_its_own_board_alone(alone):
    before = of(alone)
    for name in NAMES:
        for dataset in ("digits", "digits-first100", "imagenet-sample100"):
            alone.measure((name,), (0.9, 0.9), (0.9, 0.9), dataset=dataset)
    assert of(alone) == before
    snapshot = take(alone.opened)
    demo = singles(snapshot, "starter", snapshot.domains.is_demo)
    assert demo.counted == ("digits", "imagenet-sample100")


def test_a_dataset_that_half_of_the_backbones_lack_does_not_count(alone):
    for name in NAMES[:1]:
        alone.measure((name,), (0.9, 0.9), (0.9, 0.9), dataset="organamnist")
    found = of(alone)
    assert (found.datasets[-1], list(found.why_not)) == ("organamnist", ["organamnist"])
    assert all(row.rank for row in found.rows)


def test_without_predictions_the_ranking_stands_and_says_why_it_is_unsure(searched):
    found = of(searched)
    assert [(row.name, row.rank, row.tier, row.rank_interval) for row in found.rows] == [
        ("beta", 1, None, None),
        ("alpha", 2, None, None),
        ("gamma", 2, None, None),
    ]
    assert found.rows[0].no_interval == "predictions were not kept (tiny)"
    assert found.no_intervals.startswith("no ranked row can be resampled")
    assert found.rows[0].scores["tiny"].interval is None


def test_rows_of_other_protocols_and_corrupted_sets_are_elsewhere(alone):
    alone.measure(("alpha",), (0.9, 0.9), (0.9, 0.9), dataset="breastmnist-64-c")
    alone.measure(("alpha",), (0.9, 0.9), (0.9, 0.9), dataset="xrays", protocol="another")
    assert of(alone).datasets == ("octmnist", "breastmnist-64")


def test_a_set_that_was_transferred_to_as_well_keeps_its_column(alone):
    alone.measure(("alpha",), (0.9, 0.9), (0.9, 0.9), dataset="octmnist", evaluation="transfer")
    alone.measure(("alpha",), (0.9, 0.9), (0.9, 0.9), dataset="imagenet", evaluation="transfer")
    assert of(alone).datasets == ("octmnist", "breastmnist-64")


def test_the_page_has_it_all_without_scripts(alone, tmp_path):
    keep(alone, ("delta",), said(3), dataset="octmnist")
    build(alone.opened, tmp_path / "site")
    page = Page(tmp_path / "site" / "boards/singles.html")
    best = of(alone).rows[0]
    assert plain.score(best.mean_auc) in page.words
    assert "no AUC on breastmnist-64" in page.words
    assert "Breast ultrasound" in page.words
    heads = [head for head in page.all("th") if head.get("data-column") == "rank"]
    assert heads[0]["aria-sort"] == "ascending"
    key = best.scores["octmnist"].key
    assert any(f"provenance/octmnist.html#r-{key[:14]}" in link.get("href", "") for link in page.all("a"))


def test_names_are_text(store, tmp_path):
    store.measure(("<b>x",), (0.9, 0.9), (0.9, 0.9), protocol="<i>p")
    build(store.opened, tmp_path / "site")
    for name in ("singles", "fusion", "contribution"):
        text = (tmp_path / "site" / f"boards/{name}.html").read_text()
        assert "<b>x" not in text
        assert "<i>p" not in text
        assert "&lt;i&gt;p" in text


def test_an_empty_store_has_the_pages(tmp_path):
    build(Store(tmp_path / "nothing"), tmp_path / "site")
    for name in ("singles", "fusion", "contribution"):
        assert "Nothing has been measured yet" in Page(tmp_path / "site" / f"boards/{name}.html").words


def test_random_weights_have_a_row_and_decide_nothing_about_which_dataset_counts(alone):
    before = of(alone).counted
    for number in range(4):
        keep(alone, (f"net{number}.random",), said(100 + number), dataset=DATASETS[0])
    after = of(alone)
    assert after.counted == before
    assert {"net0.random", *NAMES} <= {row.name for row in after.rows}


def test_own_images_that_are_declared_not_to_be_medical_are_in_no_medical_mean(alone):
    for name in NAMES:
        alone.measure((name,), (0.9, 0.9), (0.99, 0.9), dataset="cats")
    before = of(alone)
    assert "cats" not in before.datasets  # nobody said what it shows
    alone.embed("epsilon", "cats", domain="demo")
    snapshot = take(alone.opened)
    assert singles(snapshot, "starter") == before
    demo = singles(snapshot, "starter", snapshot.domains.is_demo)
    assert (demo.datasets, demo.groups) == (("cats",), [("Not medical", ("cats",))])


def test_two_sizes_of_own_images_that_declare_one_source_count_once(alone):
    for size in (64, 128):
        alone.embed("epsilon", f"lesions-{size}", revision=size, domain="dermatoscopy", declared_source="clinic")
        for name in NAMES:
            alone.measure((name,), (0.9, 0.9), (0.8, 0.8), dataset=f"lesions-{size}")
    found = of(alone)
    assert found.datasets == ("lesions-64", "lesions-128", "octmnist", "breastmnist-64")
    assert found.counted == ("lesions-128", "octmnist", "breastmnist-64")
    assert found.why_not == {"lesions-64": "it is another size of the images of lesions-128, which is larger"}


def test_a_set_that_declares_nothing_counts_on_its_own_board_alone(alone):
    alone.embed("epsilon", "scans", domain=None)
    for name in NAMES:
        alone.measure((name,), (0.9, 0.9), (0.8, 0.8), dataset="scans")
    snapshot = take(alone.opened)
    assert singles(snapshot, "starter").datasets == ("octmnist", "breastmnist-64")
    assert snapshot.domains.why_not_ranked("scans") == "it declares no domain"
    apart = singles(snapshot, "starter", snapshot.domains.is_undeclared)
    assert (apart.datasets, apart.groups) == (("scans",), [("Undeclared", ("scans",))])


def test_embeddings_that_contradict_each_other_declare_nothing(alone):
    alone.embed("epsilon", "scans", domain="mri")
    alone.embed("zeta", "scans", domain=None)
    assert take(alone.opened).domains.is_ranked("scans")  # one that says it speaks for those that do not
    alone.embed("eta", "scans", domain="ct")
    domains = take(alone.opened).domains
    assert not domains.is_ranked("scans")
    assert domains.why_not_ranked("scans") == "its embeddings declare several domains, ct and mri"
