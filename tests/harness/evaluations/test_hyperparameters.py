"""What attention, linear probe and kNN share: variants, their choice on validation, and their rows."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fuseboard.harness import evaluations
from fuseboard.harness.classifiers.metrics import measure
from fuseboard.harness.evaluations import hyperparameters
from fuseboard.harness.evaluations.attention import ablation
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.search import Search
from fuseboard.leaderboard.boards.build import boards
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.results import rows as results
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

DATA = "digits-first120"
STARTER = QUICK
NAMES = ("attention-random", "attention-trained", "linear-probe", "knn")
SUBSETS = {name: 1 if name.startswith("attention") else 3 for name in NAMES}
VARIANTS = {"attention-random": 3, "attention-trained": 3, "linear-probe": 7, "knn": 7}


@pytest.fixture(scope="module", autouse=True)
def _small_attention() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ablation, "WIDTHS", (8, 12))
        patch.setattr(ablation, "HEADS", (2, 3))
        yield


@pytest.fixture
def store(small_store: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_store, tmp_path / "store"))


@pytest.fixture(scope="module")
def once(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, pl.DataFrame]]:
    """An evaluation of the small store, made when it is first asked for; nobody writes to its store."""
    made: dict[str, tuple[Path, pl.DataFrame]] = {}

    def evaluate(name: str) -> tuple[Path, pl.DataFrame]:
        if name not in made:
            root = Path(shutil.copytree(small_store, tmp_path_factory.mktemp(name) / "store"))
            made[name] = root, evaluated(name, root)
        return made[name]

    return evaluate


def evaluated(name: str, store: Path, rules: protocol.Protocol = STARTER) -> pl.DataFrame:
    return evaluations.get(name)(Search(Store(store), DATA, rules)).rows


def altered(monkeypatch: pytest.MonkeyPatch, split: str, change) -> None:  # type: ignore[no-untyped-def]
    """Has every pool hand out other blocks of a split."""
    original = Pool.all_blocks

    def all_blocks(pool: Pool, wanted: str) -> Blocks:
        blocks = original(pool, wanted)
        return change(blocks) if wanted == split else blocks

    monkeypatch.setattr(Pool, "all_blocks", all_blocks)


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_whole_alike_and_kept(  # type: ignore[no-untyped-def]
    name: str, store: Path, once, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, _ = once(name)
    rows = evaluated(name, store)
    assert rows.height == 2 * SUBSETS[name]
    kept = results.read(store, name, scores=True)
    assert kept.height == 2 * SUBSETS[name] * VARIANTS[name]
    winners = kept.filter(pl.col("scores").is_not_null())
    assert set(winners["key"]) == set(rows["key"]), "the winners alone keep their predictions"
    for row in winners.to_dicts():
        again = measure("multi-class", Store(store).labels(DATA, row["split"], "hog"), np.array(row["scores"]))
        assert (row["auc"], row["acc"]) == (pytest.approx(again.auc, abs=1e-6), again.acc)
    measured = ["key", "auc", "acc", "log_loss", "features"]
    assert results.read(other, name).select(measured).equals(kept.select(measured)), "a second run measures the same"
    monkeypatch.setattr(hyperparameters, "results_of", lambda *_: pytest.fail("what is known was measured again"))
    assert evaluated(name, store).equals(rows)


@pytest.mark.parametrize("name", NAMES)
def test_the_winner_is_best_on_validation_and_the_first_of_equals(name: str, store: Path, once) -> None:  # type: ignore[no-untyped-def]
    store, rows = once(name)
    val = results.read(store, name).filter(pl.col("split") == "val")
    for winner in rows.filter(pl.col("split") == "val").to_dicts():
        rivals = val.filter(pl.col("subset") == winner["subset"])
        assert winner["acc"] == rivals["acc"].max()
    assert val["acc"].n_unique() > 1, "there was something to choose"


@pytest.mark.parametrize("name", NAMES)
def test_test_labels_choose_nothing(  # type: ignore[no-untyped-def]
    name: str, store: Path, once, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, honest = once(name)
    altered(monkeypatch, "test", lambda blocks: replace(blocks, labels=(blocks.labels + 1) % 10))
    poisoned = evaluated(name, store)
    assert poisoned["key"].equals(honest["key"])
    of = pl.col("split") == "test"
    assert poisoned.filter(of)["acc"].max() < 0.2 < honest.filter(of)["acc"].min(), "the poison was tasted"
    assert poisoned.filter(~of)["acc"].equals(honest.filter(~of)["acc"])


def test_another_criterion_may_choose_another_variant(store: Path) -> None:
    by_loss = STARTER.model_copy(update={"selection": STARTER.selection.model_copy(update={"metric": "log-loss"})})
    rows = evaluated("linear-probe", store, by_loss).filter(pl.col("split") == "val")
    val = results.read(store, "linear-probe").filter(pl.col("split") == "val")
    for winner in rows.to_dicts():
        assert winner["log_loss"] == val.filter(pl.col("subset") == winner["subset"])["log_loss"].min()


def test_nothing_collides_and_no_board_ranks_any(store: Path, once) -> None:  # type: ignore[no-untyped-def]
    for name in NAMES:
        shutil.copytree(once(name)[0] / "results", store / "results", dirs_exist_ok=True)
    rows = results.read(store)
    assert rows.height == rows["key"].n_unique() == sum(2 * SUBSETS[name] * VARIANTS[name] for name in NAMES)
    both = rows.filter(pl.col("evaluation").str.starts_with("attention"))
    assert both.n_unique(["protocol_digest"]) == both.n_unique(["fusion"]) == 6
    params = {row["classifier"]: json.loads(row["params"]) for row in rows.to_dicts()}
    assert params["linear-probe C=0.1"] == {"C": 0.1, "max_iter": 1000}
    assert params["knn k=5"] == {"n_neighbors": 5}
    assert params["xgboost"] == STARTER.params.model_dump(exclude_none=True)
    assert boards(rows, {DATA: "multi-class"}) == ()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("split", "change", "message"),
    [
        ("train", lambda b: replace(b, labels=np.zeros_like(b.labels)), "all 120 training images are of class 0"),
        (
            "train",
            lambda b: replace(b, features={name: np.ones_like(block) for name, block in b.features.items()}),
            "the same vector for all 120 training images",
        ),
        (
            "test",
            lambda b: replace(b, features={**b.features, "hog": np.where(b.ids[:, None] == 7, np.nan, 1.0)}),
            r"test: hog has a NaN or an infinity for id 7 \(1 such images\); extract it again",
        ),
    ],
)
def test_what_cannot_be_learned_from_is_one_line(  # type: ignore[no-untyped-def]
    name: str, split: str, change, message: str, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered(monkeypatch, split, change)
    with pytest.raises(FuseboardError, match=message) as error:
        evaluated(name, store)
    assert "\n" not in str(error.value)
    assert results.read(store, name).is_empty()


@pytest.mark.parametrize("name", NAMES)
def test_protocols_that_cross_validate_are_refused(name: str, store: Path) -> None:
    cv = protocol.CrossValidation(folds=2, repeats=1)
    rules = STARTER.model_copy(update={"selection": STARTER.selection.model_copy(update={"cv": cv})})
    with pytest.raises(UsageError, match=f"chooses by cross-validation, which {name} has none of"):
        evaluated(name, store, rules)
