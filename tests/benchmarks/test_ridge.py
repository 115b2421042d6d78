"""Ridge on every subset: all penalties and leave-one-out in a fraction of the time that scikit-learn takes for each."""

import time
from itertools import combinations

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fuseboard.harness.classifiers.ridge import Ridge
from fuseboard.store.arrays import BINARY

ROWS, WIDTHS = 546, (768, 1_024, 512, 512, 1_024)
"""Of BreastMNIST, and of five of BioFuse's backbones."""
ALPHAS = 10.0 ** np.arange(-2, 8)


def test_all_subsets() -> None:
    random = np.random.default_rng(0)
    factors = random.normal(size=(ROWS, 60))
    blocks = [
        (factors @ random.normal(size=(60, width)) + random.normal(size=(ROWS, width))).astype(np.float32)
        for width in WIDTHS
    ]
    labels = (factors[:, 0] + 1.5 * random.normal(size=ROWS) > 0).astype(int)
    subsets = [s for size in range(1, len(WIDTHS) + 1) for s in combinations(range(len(WIDTHS)), size)]
    Ridge({"weakest": -2, "strongest": 7}, BINARY, 2).fit([blocks[0][:, :9]], labels)  # the first fit starts libraries
    began = time.thread_time()
    own = [Ridge({"weakest": -2, "strongest": 7}, BINARY, 2).fit([blocks[k] for k in s], labels) for s in subsets]
    ours = time.thread_time() - began
    began = time.thread_time()
    with threadpool_limits(1):
        peers = []
        for subset in subsets:
            joined = StandardScaler().fit_transform(np.concatenate([blocks[k] for k in subset], axis=1, dtype=float))
            peers.append(RidgeCV(ALPHAS).fit(joined, labels.astype(float)))
    theirs = time.thread_time() - began
    print(f"\n{len(subsets)} subsets: {ours:.2f} s, scikit-learn's RidgeCV {theirs:.2f} s ({theirs / ours:.1f}x)")
    assert [one.alpha for one in own] == [peer.alpha_ for peer in peers]
    assert theirs > 1.5 * ours
