"""Classifiers over embeddings, how backbones are fused into their features, and the official metrics."""

from typing import TYPE_CHECKING

from fuseboard.store.registry import Registry, load

if TYPE_CHECKING:  # protocols ask for the names and must start light
    from fuseboard.harness.classifiers.classifier import Classifier

CLASSIFIERS = Registry(
    "classifier",
    [
        ("xgboost", "fuseboard.harness.classifiers.xgboost:XGBoost"),
        ("linear-probe", "fuseboard.harness.classifiers.linear_probe:LinearProbe"),
        ("logistic", "fuseboard.harness.classifiers.logistic:Logistic"),
        ("ridge", "fuseboard.harness.classifiers.ridge:Ridge"),
        ("knn", "fuseboard.harness.classifiers.knn:KNN"),
    ],
)
"""Name, as protocols and rows have it -> the class."""


def get(name: str) -> "type[Classifier]":
    """The class of a classifier by its name."""
    classifier: type[Classifier] = load(CLASSIFIERS[name])
    return classifier
