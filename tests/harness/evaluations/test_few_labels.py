"""Few-label curves: rows against literal fits of scikit-learn, the same draws for all, and nothing done twice."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from fuseboard.harness import evaluations
from fuseboard.harness.evaluations import few_labels
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search.search import Search
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store
from tests.harness.quick import QUICK

DATA = "digits-first120"
LINEAR = protocol.get("linear-2026")


def test_every_row_is_that_of_ridge_on_the_drawn_images(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few_labels, "DRAWS", 2)
    monkeypatch.setattr(few_labels, "SIZES", (2, 5, 5_000))
    found = evaluations.get("few-labels")(Search(Store(store), DATA, LINEAR))
    rows = found.rows.with_columns(images=pl.col("params").str.json_path_match("$.images").cast(int))
    train, test = (Store(store).blocks(DATA, split, ["hog", "pixels"]) for split in ("train", "test"))
    assert set(rows["split"]) == {"test"}
    assert sorted(rows["images"].unique()) == [20, 50, 120]
    assert len(rows) == 3 * (2 + 2 + 1)  # both, each alone; all images need one draw

    rng = np.random.default_rng((LINEAR.seed, 1))
    orders = [rng.permutation(np.flatnonzero(train.labels == digit)) for digit in range(10)]
    drawn = np.sort(np.concatenate([order[:5] for order in orders]))
    scaler = StandardScaler().fit(train.features["hog"][drawn])
    peer = RidgeCV(10.0 ** np.arange(-2, 8)).fit(
        scaler.transform(train.features["hog"][drawn]), np.eye(10)[train.labels[drawn]]
    )
    said = peer.predict(scaler.transform(test.features["hog"]))
    row = rows.filter(pl.col("subset") == ["hog"], images=50, seed=LINEAR.seed + 1).to_dicts()[0]
    plain = Search(Store(store), DATA, LINEAR).classifier.fit([train.features["hog"][drawn]], train.labels[drawn])
    assert np.abs(plain.decision([test.features["hog"]]) - said).max() < 1e-6
    assert row["acc"] == pytest.approx((plain.predict([test.features["hog"]]).argmax(1) == test.labels).mean())
    assert row["auc"] == pytest.approx(
        roc_auc_score(np.eye(10)[test.labels], plain.predict([test.features["hog"]])), abs=1e-9
    )


def test_all_images_are_the_search_s_own_row_and_nothing_is_done_twice(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few_labels, "DRAWS", 2)
    monkeypatch.setattr(few_labels, "SIZES", (1, 5))
    search = Search(Store(store), DATA, LINEAR)
    found = evaluations.get("few-labels")(search)
    whole = evaluations.get("singles")(search).rows.filter(pl.col("subset") == ["pixels"], pl.col("split") == "test")
    last = [line for line in found.table if line["subset"] == "pixels"][-1]
    assert (last["images"], last["test_auc"]) == (120, pytest.approx(whole["auc"][0], abs=1e-12))
    assert [line for line in found.notes if line.startswith("adding pixels to the other 1: with 50")]

    def unwanted(*_: object) -> None:
        raise AssertionError("it is known already")

    monkeypatch.setattr(few_labels, "fit", unwanted)
    again = evaluations.get("few-labels")(Search(Store(store), DATA, LINEAR))
    assert again.table == found.table


def test_another_classifier_is_refused_with_the_protocol_to_take(store: Path) -> None:
    with pytest.raises(UsageError, match="protocol starter has xgboost; take --protocol linear-2026"):
        evaluations.get("few-labels")(Search(Store(store), DATA, QUICK))
