"""The evaluation of corrupted test images: the search's own trees, measured once, refused in one line."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import balanced_accuracy_score
from xgboost import XGBClassifier

from fuseboard import cli
from fuseboard.harness import evaluations
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import corrupted as corrupted_datasets
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.evaluations.robustness import corrupted_test_set, corruption, one_loader
from fuseboard.harness.evaluations.robustness.report import Resilience
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search.search import Search
from fuseboard.harness.terminal.output import print_report
from fuseboard.leaderboard.boards.build import boards
from fuseboard.store.embeddings import manifest
from fuseboard.store.embeddings.manifest import Shard
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.hashing import sha256_of
from fuseboard.store.results import rows as results
from fuseboard.store.statistics import alexnet_reference
from fuseboard.store.store import Store

DATA, TWIN = "breastmnist-28", "breastmnist-28-c"
CORRUPTIONS = tuple(alexnet_reference.errors()["breastmnist"].corrupted)
ROWS = {"train": slice(0, 60), "val": slice(60, 90), "test": slice(90, 110)}
FEW = slice(90, 96)
"""Test images that a network embeds at every severity of every corruption."""
RULES = protocol.get("starter")
RULES = RULES.model_copy(update={"params": RULES.params.model_copy(update={"n_estimators": 4})})
MD5 = "ab" * 16


@dataclass
class Small(Dataset):
    """Some digits under the name of BreastMNIST, in two classes: 5 and above, or below."""

    name: str = DATA
    task: str = "binary-class"
    label_names: tuple[str, ...] = ("low", "high")
    licence: str = "CC0"
    source_md5: str = MD5

    def labels(self, split: str) -> np.ndarray:
        return (load_digits().target[ROWS[split]] >= 5).astype(np.uint16)

    def images(self, split: str, start: int, stop: int) -> Any:
        yield from (load_digits().images[ROWS[split]] * 15).astype(np.uint8)[start:stop]


@dataclass
class SmallTwin(Small):
    """Its corrupted test images: noise that grows with severity."""

    name: str = TWIN
    source_md5: str = corrupted_datasets.source(MD5, corrupted_test_set.PUBLISHED)
    splits: tuple[str, ...] = ("test",)

    def labels(self, split: str) -> np.ndarray:
        return np.tile(super().labels(split), len(CORRUPTIONS) * 5)

    def columns(self, split: str) -> dict[Any, np.ndarray]:
        images = len(super().labels(split))
        return {
            "corruption": np.repeat(CORRUPTIONS, 5 * images),
            "severity": np.tile(np.repeat(np.arange(1, 6, dtype=np.uint8), images), len(CORRUPTIONS)),
        }

    def images(self, split: str, start: int, stop: int) -> Any:
        clean, rng = np.stack(list(super().images(split, 0, 20))), np.random.default_rng(0)
        every = [
            np.clip(clean + rng.normal(0, 25 * severity, clean.shape), 0, 255)
            for _ in CORRUPTIONS
            for severity in range(1, 6)
        ]
        yield from np.concatenate(every).astype(np.uint8)[start:stop]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corruption")
    for name in ("hog", "pixels"):
        for dataset in (Small(), SmallTwin()):
            extract(registry.get(name), dataset, Store(root), shard_rows=130)
    return root


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "store"))


@pytest.fixture(scope="module")
def sizes() -> list[int]:
    """Rows of every matrix that was read while the store was measured."""
    return []


@pytest.fixture(scope="module")
def measured(made: Path, sizes: list[int], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Resilience]:
    """Measured once; nobody writes to it."""
    root = Path(shutil.copytree(made, tmp_path_factory.mktemp("measured") / "store"))
    original = corrupted_test_set.corruptions.read

    def measuring(*arguments: Any) -> Any:
        matrix = original(*arguments)
        sizes.append(len(matrix))
        return matrix

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corrupted_test_set.corruptions, "read", measuring)
        return root, corruption.evaluate(Search(Store(root), DATA, RULES))


def altered(store: Path, change: Any, backbone: str = "hog") -> None:
    """Has a backbone's twin hold another table, in one shard, under a manifest that fits it."""
    (folder,) = (store / "embeddings" / backbone).iterdir()
    table = change(pq.read_table(folder / TWIN))
    shutil.rmtree(folder / TWIN)
    path = folder / TWIN / "test-00000-of-00001.parquet"
    path.parent.mkdir()
    pq.write_table(table, path)
    shard = Shard(file=path.name, rows=len(table), bytes=path.stat().st_size, sha256=sha256_of(path))
    rewritten(folder, {"splits": {"test": manifest.Split(rows=len(table), shards=(shard,), profile=None)}})


def rewritten(folder: Path, update: dict[str, Any]) -> None:
    found = manifest.read(folder)
    entry = found.datasets[TWIN].model_copy(update=update)
    found.model_copy(update={"datasets": {**found.datasets, TWIN: entry}}).write(folder)


def without(table: pa.Table, corruption: str, severity: int, first: int | None = None) -> pa.Table:
    rows = (np.array(table["corruption"]) == corruption) & (np.array(table["severity"]) == severity)
    return table.filter(~rows) if first is None else table.filter(np.cumsum(rows) * rows != first)


def replaced(table: pa.Table, column: str, values: Any) -> pa.Table:
    at = table.column_names.index(column)
    return table.set_column(at, table.field(at), pa.array(values, table.field(at).type))


def test_every_number_is_that_of_plain_xgboost_on_the_corrupted_vectors(measured: tuple[Path, Resilience]) -> None:
    store, found = measured
    assert set(found.errors) == {("hog",), ("pixels",), ("hog", "pixels")}
    labels, columns = Small().labels("test"), SmallTwin().columns("test")
    for subset, errors in found.errors.items():
        train, clean, other = (
            Store(store).blocks(*where, list(subset)) for where in ((DATA, "train"), (DATA, "test"), (TWIN, "test"))
        )
        params = RULES.params.model_dump(exclude_none=True)
        plain = XGBClassifier(**params, random_state=RULES.seed, n_jobs=1)
        plain.fit(np.hstack([train.features[name] for name in subset]), train.labels)
        said = plain.predict(np.hstack([clean.features[name] for name in subset]))
        assert errors.clean == pytest.approx(1 - balanced_accuracy_score(labels, said), abs=1e-12)
        answers = plain.predict(np.hstack([other.features[name] for name in subset]))
        assert set(errors.corrupted) == set(CORRUPTIONS)
        for name, five in errors.corrupted.items():
            for severity, error in enumerate(five, 1):
                rows = (columns["corruption"] == name) & (columns["severity"] == severity)
                assert error == pytest.approx(1 - balanced_accuracy_score(labels, answers[rows]), abs=1e-12)
    assert len({round(e, 6) for errors in found.errors.values() for f in errors.corrupted.values() for e in f}) > 5


def test_clean_predictions_are_those_of_the_search(measured: tuple[Path, Resilience]) -> None:
    store, found = measured
    of_search = results.read(store, "fusion", DATA, scores=True).filter(pl.col("split") == "test")
    for row in found.rows.filter(pl.col("split") == "clean").to_dicts():
        (same,) = of_search.filter(pl.col("subset") == row["subset"]).to_dicts()
        assert (row["scores"], row["auc"], row["acc"]) == (same["scores"], same["auc"], same["acc"])


def test_one_row_per_subset_and_exposure(measured: tuple[Path, Resilience]) -> None:
    store, found = measured
    rows = results.read(store, "corruption")
    assert rows.height == rows["key"].n_unique() == found.rows.height == 3 * (1 + 5 * len(CORRUPTIONS))
    assert set(rows["dataset"]) == {TWIN}
    assert set(rows["split"]) == {"clean", *(f"{name}-{s}" for name in CORRUPTIONS for s in range(1, 6))}
    assert boards(results.read(store), {DATA: "binary-class"}) == boards(
        results.read(store, "fusion"), {DATA: "binary-class"}
    )


def test_the_table_holds_the_paper_s_numbers(measured: tuple[Path, Resilience]) -> None:
    _, found = measured
    assert len(found.table) == 3 * (len(CORRUPTIONS) + 2)
    by_line = {(line["subset"], line["corruption"]): line for line in found.table}
    for subset, against in found.robustness.items():
        whole, clean = by_line["+".join(subset), "all"], by_line["+".join(subset), "clean"]
        assert (whole["be"], whole["rbe"]) == (against.mean_be, against.mean_rbe)
        assert whole["rbe_of_sums"] == against.rbe_of_sums
        assert (clean["error"], clean["be"]) == (against.errors.clean, None)
        pixelate = by_line["+".join(subset), "pixelate"]
        assert [pixelate[f"severity_{n}"] for n in range(1, 6)] == list(against.errors.corrupted["pixelate"])
        assert pixelate["be"] == pixelate["error"] / alexnet_reference.errors()["breastmnist"].corrupted["pixelate"]
    assert any("smaller images, for which neither severities nor reference were made" in note for note in found.notes)


def test_a_second_run_fits_and_reads_nothing(
    measured: tuple[Path, Resilience], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, found = Path(shutil.copytree(measured[0], tmp_path / "store")), measured[1]
    monkeypatch.setattr(corruption, "_measure", lambda *_: pytest.fail("what is known was measured again"))
    monkeypatch.setattr(corrupted_test_set.corruptions, "read", lambda *_: pytest.fail("vectors were read again"))
    assert corruption.evaluate(Search(Store(store), DATA, RULES)).table == found.table


def test_a_killed_run_goes_on_where_it_was(store: Path, measured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    original, met = corrupted_test_set.corruptions.read, []

    def dying(version: Any, dataset: str, condition: Any, labels: Any) -> Any:
        met.append(condition.split)
        if condition.split == "motion_blur-2":
            raise KeyboardInterrupt
        return original(version, dataset, condition, labels)

    monkeypatch.setattr(corrupted_test_set.corruptions, "read", dying)
    with pytest.raises(KeyboardInterrupt):
        corruption.evaluate(Search(Store(store), DATA, RULES))
    done, met[:] = set(met[:-1]), []
    monkeypatch.setattr(corrupted_test_set.corruptions, "read", lambda *a: met.append(a[2].split) or original(*a))
    assert corruption.evaluate(Search(Store(store), DATA, RULES)).table == measured[1].table
    assert done
    assert not done & set(met)
    assert "motion_blur-2" in met


@pytest.mark.usefixtures("measured")
def test_never_more_than_one_condition_is_read_at_once(sizes: list[int]) -> None:
    assert sizes == [20] * (2 * 5 * len(CORRUPTIONS))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: without(t, "motion_blur", 3), "hog@.* has motion_blur at severity 1, 2, 4, 5, and not at 1 to 5"),
        (lambda t: without(t, "motion_blur", 3, first=1), "hog@.* has 19 rows of motion_blur at severity 3, for 20"),
        (
            lambda t: replaced(t, "label", 1 - np.array(t["label"])),
            "pixelate-1: hog@.* has other labels than the clean",
        ),
        (
            lambda t: replaced(t, "corruption", np.char.replace(np.array(t["corruption"]).astype(str), "late", "lar")),
            "the rows of hog and pixels are of other corruptions",
        ),
        (lambda t: t.drop_columns(["severity"]), r"hog@.* cannot be read \(Binder Error"),
    ],
)
def test_a_twin_that_is_not_whole_is_refused(store: Path, change: Any, message: str) -> None:
    altered(store, change)
    with pytest.raises(FuseboardError, match=message) as refused:
        corruption.evaluate(Search(Store(store), DATA, RULES))
    assert "\n" not in str(refused.value)
    assert results.read(store, "corruption").filter(pl.col("split") != "clean").is_empty()


def test_a_corruption_that_the_reference_lacks_is_refused(store: Path) -> None:
    altered(store, lambda t: t.filter(np.array(t["corruption"]) != "contrast_down"))
    with pytest.raises(FuseboardError, match="contrast_down is not measured, so there is no mean over corruptions"):
        corruption.evaluate(Search(Store(store), DATA, RULES, ["hog"])).table  # noqa: B018


def test_a_vector_that_is_no_number_is_refused(store: Path) -> None:
    def broken(table: pa.Table) -> pa.Table:
        matrix = np.array(table["embedding"].to_pylist(), np.float32)
        matrix[25, 3] = np.nan
        return replaced(table, "embedding", list(matrix))

    altered(store, broken)
    with pytest.raises(FuseboardError, match=r"pixelate-2: hog@.* holds NaN or infinity for id 25"):
        corruption.evaluate(Search(Store(store), DATA, RULES))


def test_scores_that_are_no_numbers_are_refused_and_not_kept(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = corruption._predict

    def broken(*arguments: Any) -> Any:
        outcome = original(*arguments)
        for split, (scores,) in outcome.scores.items():
            scores[:2] = np.nan if split == "pixelate-4" else scores[:2]
        return outcome

    monkeypatch.setattr(corruption, "_predict", broken)
    with pytest.raises(FuseboardError, match=f"{TWIN} pixelate-4 .*: 2 scores are NaN or infinite"):
        corruption.evaluate(Search(Store(store), DATA, RULES))
    assert "pixelate-4" not in set(results.read(store, "corruption")["split"])


def test_a_damaged_shard_is_refused(store: Path) -> None:
    path = sorted(store.glob(f"embeddings/hog/*/{TWIN}/*.parquet"))[-1]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(FuseboardError, match=r"SHA-256 .* the shard is damaged"):
        corruption.evaluate(Search(Store(store), DATA, RULES))


def test_a_missing_twin_names_the_command(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder,) = (store / "embeddings" / "hog").iterdir()
    found = manifest.read(folder)
    found.model_copy(update={"datasets": {DATA: found.datasets[DATA]}}).write(folder)
    command = ["evaluate", "corruption", DATA, "--store", str(store), "--protocol", "starter"]
    assert cli.run(command) == 1
    said = capsys.readouterr().err.strip()
    assert f"no embeddings of {TWIN} by hog@" in said
    assert said.endswith(f"run `fuseboard extract hog --dataset {TWIN}`")
    assert "\n" not in said


def test_a_twin_of_other_images_is_refused(store: Path) -> None:
    (folder,) = (store / "embeddings" / "pixels").iterdir()
    rewritten(folder, {"source_md5": corrupted_datasets.source("cd" * 16, corrupted_test_set.PUBLISHED)})
    with pytest.raises(FuseboardError, match=f"{TWIN}: pixels did not embed what medmnistc .* makes of this {DATA}"):
        corruption.evaluate(Search(Store(store), DATA, RULES))


def test_a_class_that_no_test_image_has_is_refused_before_any_fit(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrupted_test_set.Twin, "labels", np.zeros(20, np.uint16))
    with pytest.raises(FuseboardError, match="test: no image is of class 1, so there is no balanced accuracy"):
        corruption.evaluate(Search(Store(store), DATA, RULES))
    assert results.read(store).is_empty()


def test_without_published_errors_there_is_no_be(measured: tuple[Path, Resilience]) -> None:
    from dataclasses import replace

    own = replace(measured[1], dataset="my-own")
    assert any("no errors of AlexNet on my-own-c were published" in note for note in own.notes)
    assert {(line["be"], line["rbe"], line["rbe_of_sums"]) for line in own.table} == {(None, None, None)}
    errors = [line["error"] for line in own.table]
    assert errors == [line["error"] for line in measured[1].table]


def test_the_command_says_it_all(measured: tuple[Path, Resilience], capsys: pytest.CaptureFixture[str]) -> None:
    store, found = measured
    print_report(evaluations.get("corruption")(Search(Store(store), DATA, RULES)), as_json=True)
    said = capsys.readouterr()
    assert "chosen on clean validation: " in said.err
    lines = {(line["subset"], line["corruption"]): line for line in json.loads(said.out)}
    for subset, against in found.robustness.items():
        name = "+".join(subset)
        assert lines[name, "clean"]["error"] == against.errors.clean
        assert lines[name, "brightness_down"]["be"] == against.be["brightness_down"]
        assert lines[name, "all"]["be"] == against.mean_be


@pytest.fixture(scope="module")
def natural(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backbone that has weights, on the clean images alone."""
    root = tmp_path_factory.mktemp("natural")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ROWS, "test", FEW)
        extract(registry.get("efficientnet-lite0"), Small(), Store(root))
    return root


def test_the_one_loader_gives_every_backbone_the_same_pixels() -> None:
    right, image = registry.get("efficientnet-lite1"), np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) % 251
    wrong = one_loader.mistaken(right, 64)
    pixels = wrong.preprocessing.pixels(image.astype(np.uint8))
    np.testing.assert_array_equal(pixels, np.repeat(image[:, :, None], 3, axis=2))
    assert (wrong.preprocessing.mean, wrong.preprocessing.std) == ((0.5,) * 3, (0.5,) * 3)
    assert wrong.fingerprint != right.fingerprint
    assert wrong.source == right.source
    assert right.preprocessing.size == 240, "the shipped card is as it was"


def test_the_mistake_is_measured_on_vectors_of_its_own(
    natural: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROWS, "test", FEW)
    root = Path(shutil.copytree(natural, tmp_path / "store"))
    right = registry.get("efficientnet-lite0")
    wrong = one_loader.mistaken(right, 28)
    monkeypatch.setattr(one_loader.datasets, "get", lambda name: {TWIN: SmallTwin()}[name])
    found = one_loader.evaluate(Search(Store(root), DATA, RULES))
    learned, other = (
        Store(root).blocks(*where, [f"{right.id}@{card.fingerprint}"])
        for where, card in (((DATA, "train"), right), ((TWIN, "test"), wrong))
    )
    plain = XGBClassifier(**RULES.params.model_dump(exclude_none=True), random_state=RULES.seed, n_jobs=1)
    plain.fit(learned.features[right.id], learned.labels)
    answers = plain.predict(other.features[right.id])[:6]
    error = 1 - balanced_accuracy_score(Small().labels("test"), answers)
    assert found.errors[(right.id,)].corrupted[CORRUPTIONS[0]][0] == pytest.approx(error, abs=1e-12)
    rows = results.read(root, "corruption-one-loader")
    by_version = rows.group_by("split").agg(pl.col("fingerprints").explode())
    prints = {split: tuple(prints) for split, prints in by_version.iter_rows()}
    assert prints.pop("clean") == (right.fingerprint,)
    assert set(prints.values()) == {(wrong.fingerprint,)}
    assert results.read(root, "corruption").is_empty()
    monkeypatch.setattr(one_loader, "extract", lambda *_: pytest.fail("embedded again"))
    monkeypatch.setattr(corruption, "_measure", lambda *_: pytest.fail("measured again"))
    assert one_loader.evaluate(Search(Store(root), DATA, RULES)).table == found.table
    with pytest.raises(FuseboardError, match=rf"no embeddings of {TWIN} by {right.id}@{right.fingerprint}"):
        corruption.evaluate(Search(Store(root), DATA, RULES))


def test_the_mistake_is_refused_in_one_line_where_it_cannot_be_made(
    store: Path, natural: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="hog has no weights that a transform belongs to; leave it out"):
        one_loader.evaluate(Search(Store(store), DATA, RULES))

    def of_one_size(*_: Any) -> Any:
        raise AssertionError("Input height (28) doesn't match model (224).\nmore")

    monkeypatch.setattr(one_loader, "extract", of_one_size)
    monkeypatch.setattr(one_loader.datasets, "get", lambda _: SmallTwin())
    with pytest.raises(FuseboardError, match=r"cannot take images of 28 pixels \(Input height .*\(224\)\.\); leave it"):
        one_loader.evaluate(Search(Store(natural), DATA, RULES))
