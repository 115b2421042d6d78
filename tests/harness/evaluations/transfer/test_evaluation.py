"""Transfer against scikit-learn and XGBoost on data that fits in memory, and that it holds no split itself."""

import io
import json
import subprocess
import sys
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import top_k_accuracy_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.preprocessing import StandardScaler

from fuseboard.harness.backbones import registry as backbones
from fuseboard.harness.classifiers import knn, linear_probe, stream, streamed_probe
from fuseboard.harness.classifiers.classifier import StreamedClassifier
from fuseboard.harness.classifiers.knn import KNN
from fuseboard.harness.classifiers.linear_probe import LinearProbe
from fuseboard.harness.classifiers.xgboost import XGBoost
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.datasets.imagenet import official
from fuseboard.harness.evaluations.transfer import evaluation
from fuseboard.harness.evaluations.transfer.families import families
from fuseboard.harness.evaluations.transfer.tally import Tally
from fuseboard.harness.evaluations.transfer.task import Answer, Task, batches_to_predict, open_task
from fuseboard.harness.evaluations.transfer.task import measure as counted
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search.pool import gather
from fuseboard.harness.search.search import Search
from fuseboard.store.embeddings import block, manifest, shards, versions
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.embeddings.manifest import SPLITS, Backbone, DatasetEntry, Manifest, Split
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store

REPOSITORY = Path(__file__).parents[4]
STARTER = protocol.get("starter")
DATA = "digits-first120"
CLASSES = 7

Rows = tuple[NDArray[Any], NDArray[Any]]
"""Labels (N,) and vectors (N, D)."""


def put(root: Path, name: str, splits: dict[str, Rows], shard_rows: int = 50, task: str = "multi-class") -> None:
    """A version of made-up vectors of the dataset `made`."""
    identity, made = {"name": name}, {}
    folder = versions.folder_of(root, name, fingerprint(identity))
    for split, (labels, vectors) in splits.items():
        starts = range(0, len(labels), shard_rows)
        made[split] = []
        for index, start in enumerate(starts):
            path = folder / "made" / shards.file_name(split, index, len(starts))
            ids = np.arange(start, min(start + shard_rows, len(labels)), dtype=np.uint32)
            made[split].append(shards.write(path, ids, labels[ids], vectors[ids], {}))
    about = Backbone(
        title=name, licence="MIT", redistribution="embeddings", parameters=None, source="made up", paper=None,
        pretraining=(), overlap=(),
    )  # fmt: skip
    entry = DatasetEntry(
        task=task, n_classes=CLASSES, label_names=tuple("abcdefg"), licence="MIT", source_md5="0" * 32,
        splits={s: Split(rows=sum(x.rows for x in made[s]), shards=tuple(made[s]), profile=None) for s in made},
    )  # fmt: skip
    vectors = splits["train"][1]
    Manifest(
        backbone=name, fingerprint=fingerprint(identity), identity=identity, dim=vectors.shape[1],
        dtype=str(vectors.dtype), created=manifest.now(), about=about, libraries={}, datasets={"made": entry},
    ).write(folder)  # fmt: skip


def blobs(dim: int, seed: int = 0, dtype: str = "float32", train: int = 333) -> dict[str, Rows]:
    """Rows around one centre per class, as ImageNet has them: training class by class, the others mixed."""
    random, found = np.random.default_rng(seed), {}
    centres = random.normal(size=(CLASSES, dim))
    for split, rows in (("train", train), ("val", 80), ("test", 120)):
        labels = np.arange(rows) % CLASSES
        labels = np.sort(labels) if split == "train" else labels
        vectors = 5 + centres[labels] + 1.5 * random.normal(size=(rows, dim))
        found[split] = labels.astype(np.uint16), vectors.astype(dtype)
    return found


def both(store: Path, names: tuple[str, ...], dataset: str = DATA) -> tuple[Task, list[Blocks]]:
    pool = gather(Store(store), dataset, ())
    task = open_task(tuple(pool.versions[name] for name in names), dataset, pool.entry)
    return task, [pool.blocks(split, names) for split in SPLITS]


def probes(task: Task, penalties: Sequence[float], passes: int = 200) -> list[LinearProbe]:
    return [LinearProbe({"C": c, "max_passes": passes}, "multi-class", task.n_classes) for c in penalties]


def knns(task: Task, ks: Sequence[int]) -> list[KNN]:
    return [KNN({"n_neighbors": k}, "multi-class", task.n_classes) for k in ks]


def answers_of(task: Task, settings: Sequence[StreamedClassifier]) -> list[Answer]:
    return counted(task, settings, lambda _: None)


@pytest.mark.parametrize("rows", [1, 37, 64, 1000])
def test_a_stream_has_every_row_once_and_the_same_images_in_every_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(shards, "ROW_GROUP_BYTES", 2_000)  # 25 rows of one, 62 of the other
    put(tmp_path, "wide", blobs(20), shard_rows=100)
    put(tmp_path, "half", blobs(16, dtype="float16"), shard_rows=77)
    _, (train, *_) = (task, blocks) = both(tmp_path, ("half", "wide"), "made")
    batches = list(task.train.batches(rows))
    assert [batch.start for batch in batches] == list(range(0, 333, rows))
    assert all(len(batch.labels) == len(batch.parts[0]) <= rows for batch in batches)
    np.testing.assert_array_equal(np.concatenate([batch.labels for batch in batches]), blocks[0].labels)
    for number, name in enumerate(("half", "wide")):
        found = np.concatenate([batch.parts[number] for batch in batches])
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, train.features[name])


def test_at_most_two_batches_live_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one in use and the one being read, in every pass of every classifier."""
    put(tmp_path, "wide", blobs(20))
    monkeypatch.setattr(stream, "BATCH_ROWS", 10)
    monkeypatch.setattr(stream.Stream.batches, "__defaults__", (10,))
    living: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
    counts, plain = [], stream.Stream._empty

    def counted(self: stream.Stream, *arguments: Any) -> NDArray[np.float32]:
        made = plain(self, *arguments)
        if self.split == "train" and len(made):
            living[len(counts)] = made
            counts.append(len(living))
        return made

    monkeypatch.setattr(stream.Stream, "_empty", counted)
    task, _ = both(tmp_path, ("wide",), "made")
    answers_of(task, probes(task, [0.1, 1.0], passes=3))
    answers_of(task, knns(task, [5, 1]))
    answers_of(task, [XGBoost({"n_estimators": 2, "max_depth": 2}, "multi-class", CLASSES)])
    assert len(counts) >= 7 * 34
    assert max(counts) <= 2


PEAK = """
import sys; from fuseboard.store.store import Store
from fuseboard.harness.runtime import profiling
from fuseboard.harness.search.pool import gather
from fuseboard.harness.classifiers.knn import KNN
from fuseboard.harness.classifiers.linear_probe import LinearProbe
from fuseboard.harness.evaluations.transfer.task import measure, open_task
pool = gather(Store(sys.argv[1]), "made", ())
for name in ("small", "large"):
    task = open_task((pool.versions[name],), "made", pool.entry)
    measure(task, [LinearProbe({"C": 1.0, "max_passes": 2}, "multi-class", task.n_classes)], lambda _: None)
    measure(task, [KNN({"n_neighbors": 5}, "multi-class", task.n_classes)], lambda _: None)
    print(profiling.peak_rss_mb())
"""


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    sizes = {"small": 20_000, "large": 60_000}
    for name, rows in sizes.items():
        put(tmp_path, name, blobs(256, train=rows), shard_rows=8_192)
    code = [sys.executable, "-c", PEAK, str(tmp_path)]
    done = subprocess.run(code, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    small, large = map(float, done.stdout.split())
    assert large - small < 30, "the vectors are 39 MiB more"


@pytest.mark.parametrize("names", [("hog",), ("pixels",), ("hog", "pixels")])
def test_the_probe_ends_where_logistic_regression_ends(
    store: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    """Rows that lie class by class, all penalties in the same passes; equal answers, probabilities within 0.005."""
    monkeypatch.setattr(stream.Stream.batches, "__defaults__", (50,))
    task, (train, _, test) = both(store, names)
    features = [np.hstack([part.features[name] for name in names]).astype(np.float64) for part in (train, test)]
    scaler = StandardScaler().fit(features[0])
    penalties = (1e-4, 1e-2, 1e-1)
    fitted = streamed_probe.fit(probes(task, penalties), task.train, lambda _: None)
    np.testing.assert_allclose(fitted.scaler.mean_, scaler.mean_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(fitted.scaler.scale_, scaler.scale_, rtol=1e-6)
    weights = fitted.weights.double().numpy()
    for c, own in zip(penalties, weights, strict=True):
        peer = LogisticRegression(C=c, max_iter=20_000, tol=1e-8).fit(scaler.transform(features[0]), train.labels)
        rows = scaler.transform(features[1])
        ours = torch.from_numpy(rows @ own[:-1] + own[-1]).softmax(dim=1).numpy()
        np.testing.assert_allclose(ours, peer.predict_proba(rows), atol=5e-3)
        np.testing.assert_array_equal(ours.argmax(axis=1), peer.predict(rows))


def test_order_and_company_do_not_change_a_probe(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, _ = both(store, ("hog",))
    alone = [answers_of(task, probes(task, [c]))[0] for c in (1e-3, 1e-1)]
    monkeypatch.setattr(stream.Stream.batches, "__defaults__", (11,))
    for one, other in zip(alone, answers_of(task, probes(task, [1e-3, 1e-1])), strict=True):
        for split in ("val", "test"):
            assert one.tallies[split].right == other.tallies[split].right
            assert one.tallies[split].log_loss == pytest.approx(other.tallies[split].log_loss, abs=1e-3)


@pytest.mark.parametrize("names", [("hog",), ("hog", "pixels")])
def test_neighbours_and_their_votes_are_those_of_scikit_learn(
    store: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    monkeypatch.setattr(stream.Stream.batches, "__defaults__", (13,))
    monkeypatch.setattr(KNN, "BATCH_ROWS", 25)
    task, blocks = both(store, names)
    train, val, test = (knn.joined([part.features[name] for name in names]) for part in blocks)
    peer = NearestNeighbors(n_neighbors=20, metric="cosine", algorithm="brute").fit(train)
    expected = peer.kneighbors(val, return_distance=False)
    fitted = KNN.fit_stream(knns(task, [20]), task.train, lambda _: None)
    np.testing.assert_array_equal(fitted.nearest(val, 20).numpy(), expected)
    passes: list[int] = []
    answers = counted(task, knns(task, knn.GRID), passes.append)
    assert sum(passes) == batches_to_predict(task, KNN) == 10
    for k, answer in zip(knn.GRID, answers, strict=True):
        voter = KNeighborsClassifier(k, metric="cosine").fit(train, blocks[0].labels)
        for split, rows, labels in (("val", val, blocks[1].labels), ("test", test, blocks[2].labels)):
            assert answer.tallies[split].right == (voter.predict(rows) == labels).astype(int).tolist()


def test_a_row_of_zeros_is_like_nothing(tmp_path: Path) -> None:
    data = blobs(6)
    data["test"][1][0] = 0
    put(tmp_path, "wide", data)
    task, _ = both(tmp_path, ("wide",), "made")
    assert answers_of(task, knns(task, [3]))[0].tallies["test"].rows == 120


def test_trees_are_those_of_the_matrix_in_memory(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream.Stream.batches, "__defaults__", (31,))
    task, (train, _, test) = both(store, ("hog",))
    params = {"n_estimators": 5, "learning_rate": 0.3, "max_depth": 3, "max_bin": 64}
    trees = XGBoost(params, "multi-class", 10, seed=42)
    (answer,) = answers_of(task, [trees])
    scores = trees.fit([train.features["hog"]], train.labels).predict([test.features["hog"]])
    assert answer.tallies["test"].right == (scores.argmax(axis=1) == test.labels).astype(int).tolist()
    assert answer.tallies["test"].top5 == pytest.approx(tally(scores, test.labels).top5)


def tally(scores: Any, labels: Any) -> Tally:
    made, scores = Tally(np.shape(scores)[1]), torch.as_tensor(np.asarray(scores, np.float32))
    for part in range(0, len(scores), 9):
        made.add(scores[part : part + 9], torch.as_tensor(np.asarray(labels, np.int64))[part : part + 9])
    return made


def test_top_1_and_top_5_are_those_of_scikit_learn_where_nothing_ties() -> None:
    random = np.random.default_rng(0)
    scores, labels = random.dirichlet(np.ones(20), 300).astype(np.float32), random.integers(0, 20, 300)
    found = tally(scores, labels)
    for k, ours in ((1, found.top1), (5, found.top5)):
        assert ours == pytest.approx(top_k_accuracy_score(labels, scores, k=k, labels=range(20)))
    assert found.log_loss == pytest.approx(-np.log(scores[np.arange(300), labels]).mean(), abs=1e-5)
    assert (found.rows, sum(found.right or [])) == (300, round(300 * (found.top1 or 0)))


@pytest.mark.parametrize(
    ("scores", "truth", "top1", "top5"),
    [
        ([1, 0, 0, 0, 0, 0, 0], 0, 1, 1),
        ([1, 0, 0, 0, 0, 0, 0], 1, 0, 0),  # six classes without a vote tie for what is left of the five
        ([0.3, 0.3, 0.2, 0.1, 0.1, 0, 0], 4, 0, 1),
        ([0.2, 0.2, 0.2, 0.2, 0.1, 0.1, 0], 5, 0, 0),
        ([0.15] * 6 + [0.1], 0, 1, 1),  # arg max is the lowest of equals, and never worse than top-5
        ([0.15] * 6 + [0.1], 1, 0, 0),
    ],
)
def test_ties_count_against_top_5(scores: list[float], truth: int, top1: float, top5: float) -> None:
    found = tally([scores], [truth])
    assert (found.top1, found.top5) == (top1, top5)


def test_what_cannot_be_measured_is_null_with_a_reason() -> None:
    few = tally([[0.5, 0.3, 0.2, 0, 0]], [1])
    assert (few.top1, few.top5) == (0, None)
    assert "of 5 classes or fewer" in few.reason
    broken = tally([[np.nan] * 7, [1, 0, 0, 0, 0, 0, 0]], [1, 0])
    assert (broken.top1, broken.top5, broken.log_loss, broken.right) == (None, None, None, None)
    assert broken.reason == "7 scores are NaN or infinite"


def measure(store: Path, dataset: str = DATA) -> evaluation.Transfer:
    return evaluation.evaluate(Search(Store(store), dataset, STARTER))


def test_every_setting_is_kept_and_validation_chooses(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = measure(store)
    settings = {f"linear-probe C={c:g}" for c in linear_probe.GRID} | {f"knn k={k}" for k in knn.GRID}
    assert len(found.rows) == 3 * 2 * len(settings)
    assert set(found.rows["classifier"]) == settings
    assert found.rows["key"].n_unique() == len(found.rows)
    row = found.rows.row(0, named=True)
    assert row["auc"] is None
    assert row["reason"].startswith("AUC is not computed for transfer")
    assert row["evaluation"] == "transfer"
    assert json.loads(row["params"]).keys() <= {"C", "max_passes", "n_neighbors"}
    assert found.rows["features"].n_unique() == 3
    assert results.read(store, "transfer", scores=True)["scores"].null_count() == len(found.rows)
    means = found.rows["right"].list.mean()
    np.testing.assert_allclose(found.rows["acc"], means)
    assert (found.rows["top5"] >= found.rows["acc"]).all()
    assert len(found.table) == 6
    for line in found.table:
        own = found.rows.filter(
            pl.col("subset").list.join("+") == line["subset"], pl.col("classifier").str.starts_with(line["classifier"])
        )
        assert line["val_top1"] == own.filter(pl.col("split") == "val")["acc"].max()
        chosen = own.filter(pl.col("classifier") == f"{line['classifier']} {line['setting']}")
        assert chosen.filter(pl.col("split") == "test").select("acc", "top5").row(0) == (
            line["test_top1"], line["test_top5"],
        )  # fmt: skip
    assert any("xgboost is left out" in note for note in found.notes)
    monkeypatch.setattr(evaluation, "open_task", lambda *_: pytest.fail("measured again"))
    again = measure(store)
    assert again.rows.equals(found.rows)
    assert again.table == found.table


def test_of_equals_the_simplest_wins(tmp_path: Path) -> None:
    apart = 40 * np.eye(8)
    data = {split: (labels, (x + apart[labels]).astype(np.float32)) for split, (labels, x) in blobs(8).items()}
    put(tmp_path, "clear", data)
    found = measure(tmp_path, "made")
    assert {line["classifier"]: line["setting"] for line in found.table}["knn"] == "k=100"
    assert "clear, knn: k=100 is best on validation (settings with its top-1 there: 7), k=100 on test" in found.notes


def test_a_killed_run_loses_the_unit_in_work(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, worked = evaluation.measure, []

    def dies(task: Task, settings: Sequence[StreamedClassifier], *rest: Any) -> Any:
        if [v.manifest.backbone for v in task.train.versions] == ["pixels"] and isinstance(settings[0], KNN):
            raise KeyboardInterrupt
        return plain(task, settings, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(evaluation, "measure", dies)
        with pytest.raises(KeyboardInterrupt):
            measure(store)
    assert len(results.read(store, "transfer")) == 2 * (7 + 7) + 2 * 7

    def noted(task: Task, settings: Sequence[StreamedClassifier], *rest: Any) -> Any:
        worked.append((type(settings[0]), len(task.train.versions)))
        return plain(task, settings, *rest)

    monkeypatch.setattr(evaluation, "measure", noted)
    measure(store)
    assert worked == [(KNN, 1), (LinearProbe, 2), (KNN, 2)], "of the probe only that of both was missing"


def test_xgboost_is_a_family_on_a_gpu_only() -> None:
    assert [family.name for family in families(STARTER, 100, "cuda")[0]] == ["linear-probe", "knn", "xgboost"]
    assert [family.name for family in families(STARTER, 100, "cpu")[0]] == ["linear-probe", "knn"]


def no_class(data: dict[str, Rows]) -> None:
    data["train"][0][data["train"][0] == 3] = 4


def a_nan(data: dict[str, Rows]) -> None:
    data["val"][1][17, 2] = np.inf


def constant(data: dict[str, Rows]) -> None:
    data["train"][1][:] = 0.1


def label_of_no_class(data: dict[str, Rows]) -> None:
    data["test"][0][5] = CLASSES


def no_test(data: dict[str, Rows]) -> None:
    del data["test"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (no_class, r"made: no training image is of class 3 \(d; 1 such classes\)"),
        (a_nan, r"wide@\w+: made val: the vector of id 17 holds NaN or infinity"),
        (constant, r"made: wide@\w+ has the same vector for all 333 training images"),
        (label_of_no_class, "made test: id 5 has label 7 of 7 classes"),
        (no_test, r"wide has no test split of made.*fuseboard extract"),
    ],
)
def test_bad_data_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Rows]], None], message: str
) -> None:
    data = blobs(8)
    change(data)
    monkeypatch.setattr(np, "isfinite", lambda x: np.ones(np.shape(x), bool))  # what `shards.write` would refuse
    put(tmp_path, "wide", data, shard_rows=30)
    monkeypatch.undo()
    with pytest.raises(FuseboardError, match=message) as caught:
        measure(tmp_path, "made")
    assert "\n" not in str(caught.value)


def test_a_damaged_shard_is_refused_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "wide", blobs(8))
    path = next(tmp_path.rglob("train-00003*.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(stream.Stream, "batches", lambda *_: pytest.fail("vectors were read"))
    with pytest.raises(FuseboardError, match=r"SHA-256 .* the shard is damaged"):
        measure(tmp_path, "made")


def test_a_shard_that_is_lost_on_the_way(tmp_path: Path) -> None:
    put(tmp_path, "wide", blobs(8))
    task, _ = both(tmp_path, ("wide",), "made")
    next(tmp_path.rglob("train-00003*.parquet")).unlink()
    with pytest.raises(FuseboardError, match="a shard cannot be read"):
        list(task.train.batches())


def test_backbones_of_other_images_are_not_joined(tmp_path: Path) -> None:
    put(tmp_path, "one", blobs(8))
    data = blobs(8)
    data["val"][0][3] = 0
    put(tmp_path, "other", data)
    with pytest.raises(FuseboardError, match=r"made val: one@\w+ and other@\w+ have not the same images and labels"):
        measure(tmp_path, "made")


def test_several_labels_are_another_evaluation(tmp_path: Path) -> None:
    put(tmp_path, "wide", blobs(8), task="multi-label, binary-class")
    with pytest.raises(UsageError, match="top-1 and top-5 among several classes, and the task is multi-label"):
        measure(tmp_path, "made")


def test_k_is_at_most_the_training_images(tmp_path: Path) -> None:
    put(tmp_path, "wide", blobs(8, train=30))
    found = measure(tmp_path, "made")
    assert "knn k=50 is left out: there are 30 training images" in found.notes
    assert "knn k=50" not in set(found.rows["classifier"])
    task, _ = both(tmp_path, ("wide",), "made")
    with pytest.raises(UsageError, match="31 neighbours of 30 training images; take a smaller k"):
        answers_of(task, knns(task, [31]))


def test_rows_of_before_top_5_read_as_null(store: Path) -> None:
    measure(store)
    (path,) = results.folder_of(store, "transfer", DATA).glob("*.parquet")
    pl.read_parquet(path).drop("top5").write_parquet(path)
    assert results.read(store, "transfer")["top5"].null_count() == 3 * 2 * 14


def test_a_tree_of_imagenets_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six classes of stripes, a folder each for train and validation; two training images of each are held out."""
    names = tuple(f"n0000000{c} stripes of {c + 2}" for c in range(6))
    monkeypatch.setattr(official.ImageNet, "label_names", names)
    monkeypatch.setattr(official, "LABELLED", {"train": 6 * 8, "validation": 6 * 4})
    monkeypatch.setattr(official, "HELD_OUT", 2)
    monkeypatch.setenv("IMAGENET_ROOT", str(tmp_path / "images"))
    random = np.random.default_rng(0)
    for c, name in enumerate(names):
        wnid, stripes = name.split()[0], 255 * (np.arange(48) // (c + 2) % 2)
        for part, n in [("train", n) for n in range(8)] + [("val", n) for n in range(4)]:
            pixels = np.roll(stripes, n)[:, None] * np.ones(48) * 0.7 + random.uniform(0, 60, (48, 48))
            file = f"{wnid}_{n}.JPEG" if part == "train" else f"ILSVRC2012_val_{6 * n + c + 1:08}.JPEG"
            path, content = tmp_path / "images" / part / wnid / file, io.BytesIO()
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.astype(np.uint8)).save(content, "JPEG")
            path.write_bytes(content.getvalue())
    for name in ("hog", "pixels"):
        extract(backbones.get(name), datasets.get("imagenet"), Store(tmp_path / "store"), shard_rows=7)
    found = measure(tmp_path / "store", "imagenet")
    sizes = found.rows.group_by("split").agg(pl.col("rows").first(), pl.len()).sort("split").rows()
    assert sizes == [("test", 24, 3 * (7 + 5)), ("val", 12, 3 * (7 + 5))]  # 36 training images: k up to 20
    best = {line["subset"]: line for line in found.table if line["classifier"] == "linear-probe"}
    assert set(best) == {"hog", "pixels", "hog+pixels"}
    assert best["hog"]["test_top1"] > 0.5, "one in six by chance"  # type: ignore[operator]
    assert best["hog"]["test_top5"] > 0.9  # type: ignore[operator]
    version = gather(Store(tmp_path / "store"), "imagenet", ["hog"]).versions["hog"]
    labels = block.read(version, "imagenet", "test", vectors=False).labels
    assert labels.tolist() == [0, 1, 2, 3, 4, 5] * 4


def test_single_precision_is_that_of_ieee_whatever_the_process_had_set(tmp_path: Path) -> None:
    put(tmp_path, "wide", blobs(5))
    task, _ = both(tmp_path, ("wide",), "made")
    product, seen = torch.backends.cuda.matmul, []

    class Noting(KNN):
        @classmethod
        def fit_stream(cls, settings: Any, train: Any, advance: Any) -> Any:
            seen.append(product.fp32_precision)
            return super().fit_stream(settings, train, advance)

    before = product.fp32_precision
    product.fp32_precision = "tf32"
    try:
        counted(task, [Noting({"n_neighbors": 1}, "multi-class", CLASSES)], lambda _: None)
        assert (seen, product.fp32_precision) == (["ieee"], "tf32")
    finally:
        product.fp32_precision = before
