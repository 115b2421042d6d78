"""One fit: a subset's blocks in, predictions and what they cost out."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import fusion, profile
from harness.classifiers import XGBoost


@dataclass(frozen=True)
class Outcome:
    """What one fit predicted for validation and test, and its cost."""

    scores: dict[str, NDArray[np.float32]]
    """Split -> (N, C) probabilities."""
    fit_s: float
    predict_s: dict[str, float]
    peak_rss_mb: float
    hardware: str


def fit(classifier: XGBoost, labels: NDArray[np.integer[Any]], *blocks: NDArray[np.float32]) -> Outcome:
    """Fuses a subset, trains on its training split and predicts the other two.

    Args:
        classifier: with the parameters of the protocol.
        labels: of the training split.
        blocks: K of train, then K of val, then K of test. They are arguments of their own, and not one nested object,
            so that a cluster sends every block to a worker once.
    """
    k = len(blocks) // 3
    train, val, test = (fusion.concat(blocks[i * k : (i + 1) * k]) for i in range(3))
    began = time.perf_counter()
    fitted = classifier.fit(train, labels)
    fit_s = time.perf_counter() - began
    scores, predict_s = {}, {}
    for split, features in (("val", val), ("test", test)):
        began = time.perf_counter()
        scores[split] = fitted.predict(features)
        predict_s[split] = time.perf_counter() - began
    return Outcome(scores, fit_s, predict_s, profile.peak_rss_mb(), profile.hardware(classifier.device))
