"""The rank: numbers held against other libraries, and nothing fitted that is known."""

import json
import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.search import search, strategies
from fuseboard.harness.search.search import Search
from fuseboard.harness.submissions.ranking import contribution
from fuseboard.harness.submissions.ranking.pr_comment import comment
from fuseboard.harness.submissions.ranking.rank import Ranking, rank
from fuseboard.harness.submissions.ranking.scored import Comparison
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.table import MISSING
from fuseboard.store.results import rows as results
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.statistics.shapley import majority_acc, shapley
from fuseboard.store.store import Store
from tests.harness.submissions.field import DATA, STARTER, coarse, hand_in, submit, tree, without


@pytest.fixture(scope="session")
def field(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with `pixels` and `coarse`, searched whole. Copy it before writing to it."""
    root = without(Path(shutil.copytree(small_store, tmp_path_factory.mktemp("field") / "store")), "hog")
    extract(coarse(), datasets.get(DATA), Store(root))
    for name in ("exhaustive", "late"):
        Search(Store(root), DATA, STARTER).run(strategies.get(name))
    return root


@pytest.fixture
def root(field: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(field, tmp_path / "store"))


@pytest.fixture(scope="session")
def ranked_once(field: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ranking]:
    """A copy of the field and the ranking of `hog` in it; nobody writes to it."""
    root = Path(shutil.copytree(field, tmp_path_factory.mktemp("ranked") / "store"))
    return root, ranked(root)


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The widths of all fits that were run."""
    widths: list[int] = []
    real = search.fit

    def counted(order, labels, *blocks):  # type: ignore[no-untyped-def]
        widths.append(sum(block.shape[1] for block in blocks[: len(blocks) // 3]))
        return real(order, labels, *blocks)

    monkeypatch.setattr(search, "fit", counted)
    monkeypatch.setattr(search.executor, "run", lambda job, jobs, *_: ((n, job(*one)) for n, one in enumerate(jobs)))
    return widths


def opened(root: Path) -> Store:
    return Store(root, registry.fingerprints)


def ranked(root: Path, **more: object) -> Ranking:
    return rank(*submit(registry.get("hog"), root), opened(root), STARTER, **more)  # type: ignore[arg-type]


def pair(ranking: Ranking, kind: str) -> Comparison:
    return next(one for one in ranking.standings[0].comparisons if one.kind.startswith(kind))


def scores_of(frame: pl.DataFrame, *subset: str) -> np.ndarray:
    row = frame.filter(pl.col("subset") == list(subset), pl.col("split") == "test", pl.col("evaluation") == "fusion")
    return np.array(row["scores"].to_list()[0], np.float64)


def kept(root: Path) -> pl.DataFrame:
    """Rows of the store and of the quarantine, with predictions."""
    own = (root / "submitted" / "hog" / "ranked").iterdir()
    return pl.concat([results.read(store, scores=True) for store in (root, *own)])


def test_numbers_of_the_single_are_those_of_other_libraries(ranked_once: tuple[Path, Ranking]) -> None:
    root, ranking = ranked_once
    labels = Store(root).labels(DATA, "test", "pixels")
    said = {name: scores_of(kept(root), name) for name in ("coarse", "hog", "pixels")}
    auc = {name: np.mean([roc_auc_score(labels == c, own[:, c]) for c in range(10)]) for name, own in said.items()}
    acc = {name: (own.argmax(axis=1) == labels).mean() for name, own in said.items()}
    one = ranking.standings[0]
    row = ranking.table[0]
    assert row["auc"] == pytest.approx(auc["hog"], abs=1e-9)
    assert row["acc"] == pytest.approx(acc["hog"], abs=1e-12)
    best = max(("coarse", "pixels"), key=auc.__getitem__)
    assert row["without_it"] == best
    assert row["auc_gain"] == pytest.approx(auc["hog"] - auc[best], abs=1e-9)
    for place, values, metric in ((one.auc, auc, "auc"), (one.acc, acc, "acc")):
        assert place.value == 1 + sum(v > values["hog"] for name, v in values.items() if name != "hog")
        resampled = bootstrap("multi-class", labels, {n: s.astype(np.float32) for n, s in said.items()})
        own, *others = (getattr(resampled[name], metric).resampled for name in ("hog", "coarse", "pixels"))
        ranks = np.array([1 + sum(o > v + 1e-12 for o in row) for v, *row in zip(own, *others, strict=True)])
        assert place.shares == {int(r): pytest.approx((ranks == r).mean()) for r in set(ranks.tolist())}
        assert (place.low, place.high) == (np.sort(ranks)[24], np.sort(ranks)[974])
        assert place.of == 3


def test_difference_is_paired(ranked_once: tuple[Path, Ranking]) -> None:
    root, ranking = ranked_once
    labels = Store(root).labels(DATA, "test", "pixels")
    single = pair(ranking, "alone")
    assert single.without is not None
    both = {n: scores_of(kept(root), n).astype(np.float32) for n in ("hog", *single.without.subset)}
    own, other = bootstrap("multi-class", labels, both).values()
    assert single.auc == own.auc.minus(other.auc)
    assert single.acc == own.acc.minus(other.acc)
    assert single.auc.low is not None
    assert single.auc.low < single.auc.high  # type: ignore[operator]


def test_only_new_subsets_are_fitted_and_a_second_time_none(root: Path, fitted: list[int]) -> None:
    before = tree(root)
    first = ranked(root)
    hog, small, pixels = 900, coarse().dim, registry.get("pixels").dim
    assert sorted(fitted) == sorted([hog, hog + small, hog + pixels, hog + small + pixels])
    assert first.standings[0].fits == (0, 4)
    fitted.clear()
    second = ranked(root)
    assert fitted == []
    assert second.standings[0].fits == (0, 0)
    assert second.table == first.table
    assert tree(root) == before
    assert "hog" not in {name for subset in results.read(root)["subset"].to_list() for name in subset}


def test_fusion_is_chosen_on_validation_as_a_search_of_one_store_would(
    root: Path, small_store: Path, ranked_once: tuple[Path, Ranking]
) -> None:
    _, ranking = ranked_once
    shutil.copytree(small_store / "embeddings" / "hog", root / "embeddings" / "hog")
    for kind, strategy in (("joined features, chosen", "exhaustive"), ("soft vote, chosen", "late")):
        whole = Search(Store(root), DATA, STARTER)
        choice = whole.run(strategies.get(strategy))
        found = pair(ranking, kind)
        assert found.with_it.subset == choice.chosen
        old = Search(Store(root), DATA, STARTER, ["pixels", "coarse"]).run(strategies.get(strategy))
        assert found.without is not None
        assert found.without.subset == old.chosen
        assert found.ties == (len(old.ties), len(choice.ties))
        test = whole.rows([choice.chosen]).filter(pl.col("split") == "test")
        assert found.with_it.auc.value == pytest.approx(test["auc"][0], abs=1e-9)


def test_shapley_value_is_that_of_the_table(ranked_once: tuple[Path, Ranking]) -> None:
    root, ranking = ranked_once
    found = ranking.standings[0].shapley_values
    rows = kept(root).filter(pl.col("evaluation") == "fusion", pl.col("split") == "test").unique("key")
    blocks = {split: Store(root).labels(DATA, split, "pixels") for split in ("train", "test")}
    for metric, empty in (("auc", 0.5), ("acc", majority_acc(blocks["train"], blocks["test"]))):
        table = {tuple(s): v for s, v in rows.select("subset", metric).iter_rows()}
        assert len(table) == 7
        assert found is not None
        assert found[metric] == pytest.approx(shapley(table, empty).values["hog"], abs=1e-12)


def test_a_few_subsets_where_all_would_be_too_many(
    root: Path, fitted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contribution, "MAX_NEW", 2)
    ranking = ranked(root)
    one = ranking.standings[0]
    chosen = pair(ranking, "joined features, chosen").without
    assert chosen is not None
    wanted = {("hog",), tuple(sorted({*chosen.subset, "hog"})), ("coarse", "hog", "pixels")}
    assert one.fits == (0, len(wanted))
    assert len(fitted) == len(wanted)
    assert one.shapley_values is None
    assert any("would be more than 2" in note for note in one.notes)
    fitted.clear()
    ranked(root)
    assert fitted == []


def test_a_store_that_was_never_searched_gets_the_singles_and_all_beside_the_submission(
    root: Path, fitted: list[int]
) -> None:
    shutil.rmtree(root / "results")
    before = tree(root)
    first = ranked(root)
    assert first.standings[0].fits == (3, 4)
    assert tree(root) == before
    # An interval says that the predictions of both sides were kept.
    assert all(row["auc_gain_low"] is not None for row in first.table if row["with_it"] != row["without_it"])
    fitted.clear()
    assert ranked(root).table == first.table
    assert fitted == []


def test_a_pool_of_one(tmp_path: Path) -> None:
    ranking = ranked(tmp_path / "empty")
    one, only = ranking.standings[0], ranking.table[0]
    assert len(ranking.table) == 1
    assert one.auc.value is None
    assert one.auc.reason == "no other backbone has this dataset"
    assert only["without_it"] is None
    assert only["auc_gain"] is None
    assert 0.9 < float(str(only["auc"])) < 1
    assert one.fits == (0, 1)
    assert "no rank by AUC on any of 1 datasets" in ranking.notes
    assert MISSING in comment(ranking)


def test_no_dataset_in_common_is_no_rank(store: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    extract(registry.get("pixels"), datasets.get("digits-first60"), Store(other))
    ranking = rank(*submit(registry.get("hog"), other), opened(other), STARTER)
    assert ranking.standings[0].auc.value is None
    with pytest.raises(UsageError, match="unknown dataset 'digits-first60'"):
        rank(*submit(registry.get("hog"), other), opened(other), STARTER, datasets=["digits-first60"])


def test_rows_of_another_seed_are_not_mixed_in(
    root: Path, fitted: list[int], ranked_once: tuple[Path, Ranking]
) -> None:
    plain = ranked_once[1].table
    seeded = STARTER.model_copy(update={"seed": 7})
    Search(Store(root), DATA, seeded).run(strategies.get("exhaustive"))
    fitted.clear()
    again = ranked(root)
    assert again.table == plain
    assert len(fitted) == 4
    assert set(again.rows["seed"]) == {STARTER.seed}
    other = rank(*submit(registry.get("hog"), root), opened(root), seeded)
    assert set(other.rows["seed"]) == {7}
    assert other.standings[0].fits == (0, 4)


def test_a_new_version_takes_the_place_of_the_earlier_one(root: Path, fitted: list[int]) -> None:
    finer = coarse(cells=32)
    ranking = rank(*submit(finer, root), opened(root), STARTER)
    one = ranking.standings[0]
    assert one.pool.earlier is not None
    assert one.pool.earlier.manifest.fingerprint == coarse().fingerprint
    assert sorted(fitted) == sorted([finer.dim, finer.dim + registry.get("pixels").dim])
    assert one.auc.of == 2
    versions = pair(ranking, "alone, and its earlier version")
    assert versions.without is not None
    old = results.read(root).filter(pl.col("subset") == ["coarse"], pl.col("split") == "test")
    assert versions.without.auc.value == pytest.approx(old.filter(pl.col("evaluation") == "fusion")["auc"][0], abs=1e-9)
    assert versions.with_it.auc.value != versions.without.auc.value
    assert pair(ranking, "joined features, all").with_it.subset == ("coarse", "pixels")


def test_what_is_on_the_board_already_is_fitted_by_nobody(root: Path, fitted: list[int]) -> None:
    ranking = rank(*submit(coarse(), root), opened(root), STARTER)
    assert fitted == []
    assert list(ranking.standings[0].pool.versions) == ["pixels"]
    assert ranking.standings[0].auc.of == 2


def test_other_vectors_under_a_fingerprint_of_the_store_are_refused(root: Path) -> None:
    submission, version = submit(coarse(), root)
    there = next((root / "embeddings" / "coarse").glob("*/manifest.json"))
    text = json.loads(there.read_text())
    text["datasets"][DATA]["splits"]["test"]["shards"][0]["sha256"] = "0" * 64
    there.write_text(json.dumps(text))
    with pytest.raises(FuseboardError, match="holds other vectors of digits-first120 test under this fingerprint"):
        rank(submission, version, opened(root), STARTER)


def test_vectors_mended_under_an_old_fingerprint_are_measured_anew(root: Path, fitted: list[int]) -> None:
    first = ranked(root)
    fitted.clear()
    made = extract(coarse(), datasets.get(DATA), Store(root / "other"))  # what is handed in under hog's fingerprint now
    folder = first.version.folder
    shutil.rmtree(folder / DATA)
    shutil.copytree(made.folder / DATA, folder / DATA)
    said = first.version.manifest.model_copy(update={"dim": coarse().dim, "datasets": made.manifest.datasets})
    ranking = rank(first.submission, replace(first.version, manifest=said), opened(root), STARTER)
    assert len(fitted) == 4
    twin = results.read(root, "fusion").filter(pl.col("subset") == ["coarse"], pl.col("split") == "test")["auc"][0]
    assert ranking.table[0]["auc"] == pytest.approx(twin, abs=1e-9)
    assert ranking.table[0]["auc"] != first.table[0]["auc"]


@pytest.mark.parametrize(("key", "value", "reason"), [
    ("source_md5", "0" * 32, "another source file"),
    ("splits", None, "no test split"),
])  # fmt: skip
def test_who_cannot_be_compared_is_left_out_by_name(root: Path, key: str, value: object, reason: str) -> None:
    there = next((root / "embeddings" / "coarse").glob("*/manifest.json"))
    text = json.loads(there.read_text())
    if key == "splits":
        del text["datasets"][DATA]["splits"]["test"]
    else:
        text["datasets"][DATA][key] = value
    there.write_text(json.dumps(text))
    one = ranked(root).standings[0]
    assert list(one.pool.versions) == ["pixels"]
    assert any("coarse@" in note and reason in note for note in one.notes)


def test_labels_of_ones_own_are_not_ranked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = type(datasets.get("digits"))
    real = digits.labels
    monkeypatch.setattr(digits, "labels", lambda self, split: (real(self, split) + 1) % 10)
    hog = registry.get("hog")
    submission, version = hand_in(hog, extract(hog, datasets.get(DATA), Store(root / "submitted" / "hog")))
    monkeypatch.undo()
    with pytest.raises(FuseboardError, match=r"cannot be ranked: .* ids or labels of hog@"):
        rank(submission, version, opened(root), STARTER)


def test_a_dataset_without_all_splits_is_in_no_mean(root: Path) -> None:
    submission, version = submit(registry.get("hog"), root)
    held = version.manifest.datasets[DATA]
    part = held.model_copy(update={"splits": {"train": held.splits["train"]}})
    more = version.manifest.model_copy(update={"datasets": {DATA: held, "part": part, "own.toml": held}})
    ranking = rank(submission, type(version)(version.folder, more), opened(root), STARTER)
    assert ranking.left_out["part"] == "it has no val and no test split"
    assert "nobody can vouch for its labels" in ranking.left_out["own.toml"]
    assert ranking.notes[0].endswith("over 1 of 3 datasets")
    assert {row["dataset"] for row in ranking.table} == {DATA}


def test_every_row_of_the_table_has_the_same_keys(ranked_once: tuple[Path, Ranking]) -> None:
    _, ranking = ranked_once
    for rows in (ranking.table, ranking.lines):
        assert {tuple(row) for row in rows} == {tuple(rows[0])}
    assert json.loads(json.dumps(ranking.table)) == ranking.table
    for row, metric in product(ranking.table, ("auc", "acc")):
        assert row[f"{metric}_gain"] == pytest.approx(row[metric] - row[f"{metric}_without"])  # type: ignore[operator]
