"""The estimators: scikit-learn's own checks, every kind of task, and a choice that says what it is worth."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.metrics import accuracy_score, mean_squared_error, r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

import fuseboard
from fuseboard import Fusion, FusionRegressor, Store
from fuseboard.harness.backbones import registry
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.fusion.embedder import Embedder
from fuseboard.harness.protocols import protocol
from fuseboard.store.errors import FuseboardError, UsageError

RNG = np.random.default_rng(0)
ROWS = 240


def blocks_of(labels: np.ndarray, strengths: dict[str, float], width: int = 12) -> dict[str, np.ndarray]:
    """Blocks that know the labels, each as well as its strength says."""
    rng = np.random.default_rng(1)
    means = rng.normal(size=(int(labels.max()) + 1, width))
    return {
        name: (strength * means[labels] + rng.normal(size=(len(labels), width))).astype(np.float32)
        for name, strength in strengths.items()
    }


BINARY = RNG.integers(0, 2, ROWS)
THREE = np.array(["cyst", "healthy", "tumour"])[RNG.integers(0, 3, ROWS)]
MANY = RNG.integers(0, 2, (ROWS, 3))
STRENGTHS = {"good": 1.0, "fair": 0.5, "noise": 0.0}


def rows_of(blocks: dict[str, np.ndarray], rows: Any) -> dict[str, np.ndarray]:
    return {name: block[rows] for name, block in blocks.items()}


@parametrize_with_checks([Fusion(), FusionRegressor()])
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("classifier", ["linear-probe", "xgboost"])
def test_a_binary_task(classifier: str) -> None:
    blocks = blocks_of(BINARY, STRENGTHS)
    made = Fusion(classifier=classifier).fit(rows_of(blocks, slice(160)), BINARY[:160])
    scores = made.predict_proba(rows_of(blocks, slice(160, None)))
    assert scores.shape == (80, 2)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    assert roc_auc_score(BINARY[160:], scores[:, 1]) > 0.9
    assert made.score(rows_of(blocks, slice(160, None)), BINARY[160:]) == accuracy_score(
        BINARY[160:], made.predict(rows_of(blocks, slice(160, None)))
    )
    assert (made.summary_.images, made.summary_.validation) == (128, 32)
    assert {one.name for one in made.metrics_} >= {"auc", "acc", "log_loss", "ece"}
    assert all(one.split == "validation" for one in made.metrics_)


def test_classes_have_their_names() -> None:
    codes = np.unique(THREE, return_inverse=True)[1]
    blocks = blocks_of(codes, STRENGTHS)
    made = Fusion().fit(blocks, THREE)
    assert made.classes_.tolist() == ["cyst", "healthy", "tumour"]
    assert set(made.predict(blocks)) <= set(THREE)
    assert made.predict_proba(blocks).shape == (ROWS, 3)
    with pytest.raises(UsageError, match="class wart was not learned from; known: cyst, healthy, tumour"):
        made.measure(blocks, ["wart"] * ROWS)


def test_several_labels() -> None:
    blocks = {"a": np.hstack([MANY, RNG.normal(size=(ROWS, 4))]).astype(np.float32)}
    made = Fusion().fit(blocks, MANY)
    scores = made.predict_proba(blocks)
    assert scores.shape == (ROWS, 3)
    assert (made.predict(blocks) == MANY).mean() > 0.95
    assert made.summary_.classes.keys() == {"0", "1", "2"}


@pytest.mark.parametrize("classifier", ["ridge", "xgboost"])
def test_regression(classifier: str) -> None:
    matrix = RNG.normal(size=(ROWS, 6)).astype(np.float32)
    target = matrix @ np.arange(6) + RNG.normal(size=ROWS)
    made = FusionRegressor(classifier=classifier).fit({"a": matrix[:160], "b": matrix[:160, ::2]}, target[:160])
    seen = {"a": matrix[160:], "b": matrix[160:, ::2]}
    said = made.predict(seen)
    assert made.score(seen, target[160:]) == pytest.approx(r2_score(target[160:], said))
    measured = {one.name: one for one in made.measure(seen, target[160:])}
    assert measured["rmse"].value == pytest.approx(mean_squared_error(target[160:], said) ** 0.5)
    assert measured["r2"].value == pytest.approx(r2_score(target[160:], said))
    low, high = measured["spearman"].low, measured["spearman"].high
    assert low is not None
    assert high is not None
    assert low < measured["spearman"].value < high  # type: ignore[operator]
    with pytest.raises(ValueError, match="Unknown label type"):
        Fusion().fit(seen, target[160:])


def test_what_a_choice_is_worth_is_said() -> None:
    blocks = blocks_of(BINARY, STRENGTHS)
    found = Fusion(strategy="exhaustive").fit(blocks, BINARY).selection_
    assert (len(found.table), found.images) == (7, 48)
    assert found.all_backbones == ("fair", "good", "noise")
    assert found.best_single == ("good",)
    assert "good" in found.chosen
    assert ("noise",) not in found.tied
    assert found.optimism is not None
    assert found.table.filter(pl.col("subset") == list(found.chosen))["minus"].item() == 0
    assert found.cheapest in found.tied
    assert "cannot be told apart" in str(found) or "no other subset ties" in str(found)
    plain = Fusion().fit(blocks, BINARY).selection_
    assert plain.chosen == plain.all_backbones
    assert plain.optimism is None, "nothing was chosen"
    assert "strategy all" in str(plain)


def test_images_that_one_point_takes_are_as_many_as_simulation_needs() -> None:
    from fuseboard.harness.fusion.selection import power

    rng = np.random.default_rng(0)
    images, apart = 400, 0.2
    one = np.ones(images)
    other = one - (rng.random(images) < apart)
    smallest, needed = power(("a",), {("a",): one, ("b",): other})
    assert smallest is not None
    assert needed is not None
    share = (one != other).mean()
    signs = rng.random((2_000, needed))
    gaps = np.where(signs < (share + 0.01) / 2, 1, np.where(signs < share, -1, 0)).mean(axis=1)
    told = np.abs(gaps) > 1.959964 * np.sqrt(share / needed)
    assert 0.77 < told.mean() < 0.83


@pytest.mark.parametrize("strategy", ["singles", "forward", "late", "surrogate", "top-k"])
def test_every_strategy_chooses_a_subset(strategy: str) -> None:
    blocks = blocks_of(BINARY, STRENGTHS)
    made = Fusion(strategy=strategy).fit(blocks, BINARY)
    assert set(made.backbones_) <= set(STRENGTHS)
    assert made.transform(blocks).shape == (ROWS, 12 * len(made.backbones_))
    assert accuracy_score(BINARY, made.predict(blocks)) > 0.85


def test_halving_grows_fewer_trees_first_and_a_weighted_vote_is_refused() -> None:
    blocks = blocks_of(BINARY, STRENGTHS)
    made = Fusion(strategy="halving", protocol="starter").fit(blocks, BINARY)
    assert made.summary_.protocol == "starter"
    with pytest.raises(UsageError, match="strategy ensemble weighs votes"):
        Fusion(strategy="ensemble").fit(blocks, BINARY)


def test_a_budget_ends_a_search_and_is_told() -> None:
    found = Fusion(strategy="exhaustive", budget=4).fit(blocks_of(BINARY, STRENGTHS), BINARY).selection_
    assert len(found.table) == 4
    assert "budget of 4 fits ended the search" in str(found)
    with pytest.raises(UsageError, match="budget = 0"):
        Fusion(budget=0).fit(blocks_of(BINARY, STRENGTHS), BINARY)


def test_a_protocol_fixes_what_it_says() -> None:
    blocks = blocks_of(BINARY, STRENGTHS)
    rules = protocol.get("starter")
    made = Fusion(protocol=rules, strategy="singles").fit(blocks, BINARY)
    assert made.selection_.metric == "acc"
    assert made.model_.members[0].head.booster.num_boosted_rounds() == 20
    with pytest.raises(UsageError, match="has its classifier"):
        Fusion(protocol=rules, classifier="xgboost").fit(blocks, BINARY)


def test_a_group_is_on_one_side() -> None:
    groups = np.repeat(np.arange(ROWS // 8), 8)
    blocks = {"a": np.arange(ROWS, dtype=np.float32)[:, None] + blocks_of(BINARY, {"a": 1.0})["a"]}
    made = Fusion().fit(blocks, BINARY, groups=groups)
    kept = {int(name.split()[1]) for name in made.model_.novelty.names}
    assert all(len(kept & set(range(8 * g, 8 * g + 8))) in (0, 8) for g in range(ROWS // 8))
    assert made.summary_.groups == ROWS // 8
    said = made.predictions_
    assert [made.model_.scores(blocks)[int(name.split()[1])].tolist() for name in said.names] == said.scores.tolist()
    assert said.groups == tuple(str(groups[int(name.split()[1])]) for name in said.names)
    assert said.measured("binary-class") == made.metrics_
    with pytest.raises(UsageError, match="group 3 has images in training and in validation"):
        Fusion().fit(blocks, BINARY, groups=groups, validation=(blocks, BINARY, groups[[3 * 8] * ROWS]))


def test_too_few_images_are_said_to_be_too_few() -> None:
    labels = np.array([0, 1] * 6)
    made = Fusion().fit(blocks_of(labels, STRENGTHS), labels)
    assert (made.summary_.validation, made.metrics_) == (0, [])
    assert "too few images could be held out" in str(made.selection_)
    assert made.model_.calibration.method == "none"


@pytest.mark.parametrize(
    ("images", "y", "message"),
    [
        ({"a": np.ones((4, 2))}, [1, 1, 1, 1], "every image is of one class, 1"),
        ({"a": np.ones((4, 2))}, [1, 0, 1], "4 images and 3 labels"),
        ({"a": np.ones((4, 2)), "b": np.ones((3, 2))}, [1, 0, 1, 0], "block of b has 3 rows and that of a 4"),
        ({"a": np.array([[1.0], [np.nan]])}, [1, 0], "NaN or infinity in row 1"),
        ({}, [], "no block is given"),
        ({"a": np.ones((4, 2))}, None, "requires y to be passed"),
    ],
)
def test_what_nothing_can_be_learned_from_is_one_line(images: Any, y: Any, message: str) -> None:
    with pytest.raises((FuseboardError, ValueError), match=message) as raised:
        Fusion().fit(images, y)
    assert "\n" not in str(raised.value)


def test_other_blocks_than_were_learned_from_are_refused() -> None:
    blocks = blocks_of(BINARY, STRENGTHS)
    made = Fusion().fit(blocks, BINARY)
    with pytest.raises(UsageError, match="no block of noise"):
        made.predict({name: blocks[name] for name in ("fair", "good")})
    with pytest.raises(UsageError, match="block of good is 3 numbers wide and not 12"):
        made.predict({**blocks, "good": blocks["good"][:, :3]})
    with pytest.raises(UsageError, match="a plain matrix"):
        made.predict(np.ones((4, 36)))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, list[Path], np.ndarray]:
    """A store with two backbones' embeddings of some of BreastMNIST-28, and its training images as PNG files."""
    folder = tmp_path_factory.mktemp("fusion")
    store, data = Store(folder / "store", registry.fingerprints), datasets.get("breastmnist-28-sample60")
    for name in ("hog", "pixels"):
        extract(registry.get(name), data, store)
    paths = [folder / f"{row}.png" for row in range(60)]
    for path, image in zip(paths, data.images("train", 0, 60), strict=True):
        Image.fromarray(image).save(path)
    return store, paths, data.labels("train")


def test_images_and_stored_blocks_give_the_same_fusion(shipped: tuple[Store, list[Path], np.ndarray]) -> None:
    store, paths, labels = shipped
    names = ["hog", "pixels"]
    train, val = (store.blocks("breastmnist-28-sample60", split, names) for split in ("train", "val"))
    stored = Fusion().fit(train, validation=val)
    assert stored.cards_.keys() == {"hog", "pixels"}
    assert stored.summary_.dataset == "breastmnist-28-sample60"
    files = Fusion(names, store=store).fit(paths, labels, validation=val)
    np.testing.assert_array_equal(files.predict_proba(paths), stored.predict_proba(train))
    np.testing.assert_array_equal(stored.predict_proba(paths), stored.predict_proba(train))


def test_blocks_of_another_version_have_no_card_of_today(shipped: tuple[Store, list[Path], np.ndarray]) -> None:
    store, _, labels = shipped
    train = store.blocks("breastmnist-28-sample60", "train", ["pixels"])
    version = train.versions["pixels"]
    old = version.manifest.model_copy(update={"fingerprint": "0" * 32})
    other = replace(train, versions={"pixels": replace(version, manifest=old)})
    assert Fusion().fit(other, labels).cards_ == {}
    with pytest.raises(FuseboardError, match="is of another version than the card makes"):
        Fusion(["pixels"]).fit(other, labels)


def test_cross_validation_embeds_every_image_once(
    shipped: tuple[Store, list[Path], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, paths, labels = shipped
    fuseboard.embed(paths, "pixels", store=store)
    loads: list[str] = []
    monkeypatch.setattr(Embedder, "load", lambda self, name: loads.append(name))
    fusion = Fusion(["pixels"], store=store.root)
    scores = cross_val_score(fusion, paths, labels, cv=GroupKFold(3), groups=np.arange(60) // 2, scoring="roc_auc")
    assert np.isfinite(scores).all()
    grid = GridSearchCV(fusion, {"classifier": ["linear-probe", "xgboost"]}, cv=2).fit(paths, labels)
    assert grid.best_params_.keys() == {"classifier"}
    assert loads == []


def test_it_is_cloned_and_pickled(shipped: tuple[Store, list[Path], np.ndarray]) -> None:
    store, paths, labels = shipped
    made = Fusion(["pixels"], store=store).fit(paths, labels)
    again = pickle.loads(pickle.dumps(made))
    np.testing.assert_array_equal(again.predict_proba(paths), made.predict_proba(paths))
    assert not hasattr(clone(made), "model_")
    assert clone(made).get_params().keys() == Fusion().get_params().keys()
