"""The linear head: a whole grid of penalties in less than a third of the time that scikit-learn takes."""

import time
import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fuseboard.harness.classifiers.heads import fit_linear
from fuseboard.harness.classifiers.linear_probe import GRID
from fuseboard.harness.classifiers.metrics import log_loss
from fuseboard.store.arrays import BINARY, MULTI_CLASS

ROWS, HELD, WIDTHS = 546, 78, (768, 1_024, 512, 512, 1_024, 1_024, 768, 1_280, 1_664)
"""Of BreastMNIST, and of BioFuse's nine backbones: 8,576 columns."""


@pytest.mark.parametrize("classes", [2, 5])
def test_a_grid_of_penalties(classes: int) -> None:
    random = np.random.default_rng(0)
    factors = random.normal(size=(ROWS + HELD, 60))
    blocks = [
        (factors @ random.normal(size=(60, width)) + random.normal(size=(len(factors), width))).astype(np.float32)
        for width in WIDTHS
    ]
    labels = (factors[:, :classes] + 1.5 * random.normal(size=(len(factors), classes))).argmax(axis=1)
    train, held = ([block[rows] for block in blocks] for rows in (slice(ROWS), slice(ROWS, None)))
    task = BINARY if classes == 2 else MULTI_CLASS
    fit_linear([block[:9, :9] for block in train], labels[:9], task, classes)  # the first fit starts libraries
    began = time.thread_time()
    head = fit_linear(train, labels[:ROWS], task, classes, (held, labels[ROWS:]))
    own = time.thread_time() - began
    began = time.thread_time()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        joined = np.concatenate(train, axis=1, dtype=np.float64)
        scaler = StandardScaler().fit(joined)
        rows, others = scaler.transform(joined), scaler.transform(np.concatenate(held, axis=1))
        peers = [LogisticRegression(C=c, max_iter=1_000).fit(rows, labels[:ROWS]).predict_proba(others) for c in GRID]
    theirs = time.thread_time() - began
    best = GRID[int(np.argmin([log_loss(task, labels[ROWS:], each) for each in peers]))]
    print(f"\n{classes} classes, {len(GRID)} penalties: {own:.2f} s, scikit-learn {theirs:.2f} s ({theirs / own:.1f}x)")
    assert head.penalty == best
    assert theirs > 3 * own
