"""Classifiers are interchangeable: one that only this test knows runs through the search and the evaluations."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
import pytest
from pydantic import Field
from sklearn import naive_bayes

from fuseboard.harness import classifiers, evaluations
from fuseboard.harness.classifiers.classifier import Advance, Blocks, FittedEach, Params, StreamedClassifier
from fuseboard.harness.classifiers.fusion import concat
from fuseboard.harness.classifiers.stream import Stream
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.arrays import Labels
from fuseboard.store.errors import UsageError
from fuseboard.store.registry import Registry
from fuseboard.store.store import Store

DATA = "digits-first120"
SMOOTHING = 1e-3


class Smoothing(Params):
    var_smoothing: float = Field(gt=0)


@dataclass(frozen=True)
class Fitted:
    model: Any

    def predict(self, features: Blocks) -> np.ndarray:
        return self.model.predict_proba(concat(features)).astype(np.float32)


@dataclass(frozen=True)
class GaussianNB(StreamedClassifier):
    Params = Smoothing

    def fit(self, features: Blocks, labels: Labels) -> Fitted:
        return Fitted(naive_bayes.GaussianNB(**self.params).fit(concat(features), labels))

    @classmethod
    def fit_stream(cls, settings: Sequence[Self], train: Stream, advance: Advance) -> FittedEach:
        models = [naive_bayes.GaussianNB(**setting.params) for setting in settings]
        for batch in train.batches():
            for model in models:
                model.partial_fit(concat(batch.parts), batch.labels, range(settings[0].n_classes))
        advance(1)
        return FittedEach([Fitted(model) for model in models])


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> protocol.Protocol:
    """A protocol of the new classifier, which is registered for one test."""
    known = [(name, classifiers.CLASSIFIERS[name]) for name in classifiers.CLASSIFIERS]
    monkeypatch.setattr(
        classifiers, "CLASSIFIERS", Registry("classifier", [*known, ("gaussian-nb", f"{__name__}:GaussianNB")])
    )
    return made("gaussian-nb", {"var_smoothing": SMOOTHING})


def made(classifier: str, params: dict[str, Any]) -> protocol.Protocol:
    whole = protocol.get("starter").model_dump(mode="json")
    whole |= {"name": "toy", "classifier": classifier, "params": params, "tuning": None}
    return protocol.Protocol.model_validate(whole)


def test_a_new_classifier_runs_through_the_search(store: Path, rules: protocol.Protocol) -> None:
    search = Search(Store(store), DATA, rules)
    choice = search.run(strategies.get("exhaustive"))
    rows = search.rows([("hog",), ("pixels",), ("hog", "pixels")])
    assert (choice.measured, len(rows)) == (3, 6)
    assert set(rows["classifier"]) == {"gaussian-nb"}
    train, test = (Store(store).blocks(DATA, split, ["hog"]) for split in ("train", "test"))
    peer = naive_bayes.GaussianNB(var_smoothing=SMOOTHING).fit(train.features["hog"], train.labels)
    own = rows.filter(pl.col("split") == "test", pl.col("subset").list.join("+") == "hog")
    assert own["acc"].item() == peer.score(test.features["hog"], test.labels)
    assert Search(Store(store), DATA, rules).run(strategies.get("halving")).chosen == choice.chosen


def test_a_new_classifier_runs_through_evaluations(store: Path, rules: protocol.Protocol) -> None:
    searched = evaluations.get("singles")(Search(Store(store), DATA, rules)).rows
    streamed = evaluations.get("transfer")(Search(Store(store), DATA, rules)).rows
    assert {"gaussian-nb", "knn k=5", "linear-probe C=0.1"} <= set(streamed["classifier"])
    both = streamed.filter(pl.col("classifier") == "gaussian-nb").join(searched, on=["subset", "split"])
    assert len(both) == 4
    assert both["acc"].equals(both["acc_right"], null_equal=False), "a stream and a matrix teach the same"


@pytest.mark.parametrize(("name", "params"), [("knn", {"n_neighbors": 5}), ("linear-probe", {"C": 0.1})])
def test_every_classifier_can_be_that_of_a_protocol(name: str, params: dict[str, Any], store: Path) -> None:
    rules = made(name, params)
    search = Search(Store(store), DATA, rules)
    choice = search.run(strategies.get("exhaustive"))
    assert search.rows([choice.chosen]).filter(pl.col("split") == "val")["acc"].item() > 0.7
    assert set(evaluations.get(name)(Search(Store(store), DATA, rules)).rows["evaluation"]) == {name}


def test_a_protocol_names_a_classifier_and_parameters_that_there_are() -> None:
    with pytest.raises(UsageError, match="unknown classifier 'knm'; did you mean knn"):
        made("knm", {})
    with pytest.raises(ValueError, match=r"params\.k: Extra inputs are not permitted"):
        made("knn", {"n_neighbors": 3, "k": 3})
