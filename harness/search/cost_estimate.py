"""What a search will cost: said before anybody waits for weeks by accident."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.search.fit import Order, fit
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import UsageError

MANY = 2_047
"""Fits that are run without asking: all subsets of eleven backbones."""
TREES = (1, 6)
"""Numbers of trees of the two trials of the widest subset; the difference of their times is the cost of a tree."""


def check(
    order: Order,
    labels: NDArray[np.integer[Any]],
    blocks: Mapping[str, Blocks],
    subsets: Sequence[Subset],
    jobs: int,
) -> None:
    """Asks for `--yes` where there are too many fits for an accident.

    Args:
        order: what every subset is fitted by.
        labels: of train and val.
        blocks: of every split.
        subsets: to fit, the widest first.
        jobs: fits side by side.

    Raises:
        UsageError: more than `MANY` subsets, with what they will cost.
    """
    if len(subsets) <= MANY:
        return
    widest = [blocks[split].features[name] for split in SPLITS for name in subsets[0]]
    trees = order.classifier.params.get("n_estimators")
    if trees is None:
        widest_s = _trial_s(order, {}, labels, widest)
    else:
        few, more = (_trial_s(order, {"n_estimators": grown}, labels, widest) for grown in TREES)
        widest_s = few + max(0.0, more - few) / (TREES[1] - TREES[0]) * (trees - TREES[0])
    width = {name: block.shape[1] for name, block in blocks["train"].features.items()}
    features = [sum(width[name] for name in subset) for subset in subsets]
    core_h = widest_s * sum(features) / features[0] / 3600
    raise UsageError(
        f"{len(subsets):,} subsets to fit: about {core_h:,.0f} core hours, {core_h / jobs:,.0f} hours with {jobs} fits "
        "side by side; say --yes to run them all, name fewer --backbones, or take --strategy surrogate or late"
    )


def _trial_s(
    order: Order, params: Mapping[str, Any], labels: NDArray[np.integer[Any]], blocks: Sequence[NDArray[np.float32]]
) -> float:
    """Fits and predicts once; some parameters may be cheaper than the protocol's."""
    params = {**order.classifier.params, **params}
    began = time.perf_counter()
    fit(replace(order, classifier=replace(order.classifier, params=params)), labels, *blocks)
    return time.perf_counter() - began
