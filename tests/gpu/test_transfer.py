"""Transfer on a GPU: the streamed probe, neighbours and trees against references in double precision on that card."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from xgboost import XGBClassifier

from fuseboard.harness.classifiers import streamed_probe
from fuseboard.harness.classifiers.knn import KNN, joined
from fuseboard.harness.classifiers.linear_probe import LinearProbe
from fuseboard.harness.classifiers.xgboost import XGBoost
from fuseboard.harness.evaluations.transfer import evaluation
from fuseboard.harness.evaluations.transfer.task import Task, open_task
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search.pool import gather
from fuseboard.harness.search.search import Search
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.store import Store
from tests.harness.evaluations.transfer.test_evaluation import CLASSES, blobs, put

pytestmark = pytest.mark.gpu

EPS = float(np.finfo(np.float32).eps)
TASK = "multi-class"


@pytest.fixture
def opened(tmp_path: Path) -> tuple[Task, Blocks, Blocks]:
    put(tmp_path, "wide", blobs(20))
    put(tmp_path, "half", blobs(16, dtype="float16"))
    pool = gather(Store(tmp_path), "made", ())
    task = open_task(tuple(pool.versions.values()), "made", pool.entry)
    return task, pool.all_blocks("train"), pool.all_blocks("test")


def test_the_probe_ends_at_the_minimum(opened: tuple[Task, Blocks, Blocks], device: str) -> None:
    """Its loss is that of torch's own minimiser in double precision, as nearly as single precision tells losses apart.

    The descent ends where no step lowers a loss that is rounded to single precision; four roundings are allowed.
    """
    task, train, _ = opened
    penalties = (1e-4, 1e-2, 1e-1)
    settings = [LinearProbe({"C": c, "max_passes": 400}, TASK, CLASSES, device=device) for c in penalties]
    fitted = streamed_probe.fit(settings, task.train, lambda _: None)
    raw = np.hstack([train.features[v.manifest.backbone] for v in task.train.versions]).astype(np.float64)
    rows = torch.from_numpy((raw - raw.mean(0)) / raw.std(0)).to(device)
    truth = torch.from_numpy(train.labels.astype(np.int64)).to(device)

    def loss(point: torch.Tensor, c: float) -> torch.Tensor:
        penalty = point[:-1].square().sum() / (2 * c * len(rows))
        return cross_entropy(rows @ point[:-1] + point[-1], truth) + penalty

    for c, weights in zip(penalties, fitted.weights, strict=True):
        best = torch.zeros_like(weights, dtype=torch.float64, requires_grad=True)
        minimiser = torch.optim.LBFGS(
            [best], max_iter=2_000, tolerance_grad=1e-10, tolerance_change=0, line_search_fn="strong_wolfe"
        )

        def step(best: torch.Tensor = best, c: float = c) -> torch.Tensor:
            best.grad = None
            found = loss(best, c)
            torch.autograd.backward(found)
            return found

        minimiser.step(step)  # type: ignore[no-untyped-call]
        lowest = float(loss(best.detach(), c))
        assert -1e-12 <= float(loss(weights.double(), c)) - lowest <= 4 * EPS * lowest


def test_neighbours_are_the_nearest(opened: tuple[Task, Blocks, Blocks], device: str) -> None:
    """But for those whose similarities are nearer to each other than single precision tells, D roundings."""
    task, train, test = opened
    names = [version.manifest.backbone for version in task.train.versions]
    known, unseen = (joined([part.features[name] for name in names]) for part in (train, test))
    k = 9
    votes = KNN.fit_stream([KNN({"n_neighbors": k}, TASK, CLASSES, device=device)], task.train, lambda _: None)
    found = votes.nearest(unseen, k)
    exact = torch.from_numpy(unseen).double().to(device) @ torch.from_numpy(known).double().to(device).T
    lowest = exact.gather(1, found).min(dim=1).values
    limit = exact.topk(k, dim=1).values[:, -1]
    assert float((limit - lowest).max()) <= known.shape[1] * EPS


def test_trees_are_those_of_xgbclassifier(opened: tuple[Task, Blocks, Blocks], device: str) -> None:
    """From the host on both sides, since a stream comes from there."""
    task, train, test = opened
    names = [version.manifest.backbone for version in task.train.versions]
    params = {"n_estimators": 10, "learning_rate": 0.1, "max_depth": 4}
    fitted = XGBoost.fit_stream([XGBoost(params, TASK, CLASSES, 42, device)], task.train, lambda _: None)
    unseen = [test.features[name] for name in names]
    (ours,) = fitted.predict_each(unseen)
    peer = XGBClassifier(**params, random_state=42, n_jobs=1, device=device)
    peer.fit(np.hstack([train.features[name] for name in names]), train.labels)
    np.testing.assert_array_equal(ours, peer.predict_proba(np.hstack(unseen)))


def test_the_evaluation_takes_every_classifier_there(tmp_path: Path, device: str) -> None:
    put(tmp_path, "wide", blobs(20))
    found = evaluation.evaluate(Search(Store(tmp_path), "made", protocol.get("starter"), device=device))
    trees = [] if device == "cpu" else ["xgboost"]
    assert [line["classifier"] for line in found.table] == ["linear-probe", "knn", *trees]
    assert all(line["test_top1"] > 0.7 for line in found.table)  # type: ignore[operator]
