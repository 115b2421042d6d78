"""A bundle of a model made by hand, so that no test trains anything."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from fuseboard.harness.backbones import registry
from fuseboard.harness.classifiers.heads import Linear, Trees, fit_trees
from fuseboard.harness.classifiers.tasks import link_of
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.bundle.making import of_estimator
from fuseboard.harness.fusion.calibration import Calibration
from fuseboard.harness.fusion.model import Member, Model
from fuseboard.harness.fusion.novelty import Novelty
from fuseboard.harness.fusion.predictions import Predictions
from fuseboard.harness.fusion.selection import Selection
from fuseboard.harness.fusion.summary import Measured, Summary
from fuseboard.store.embeddings.reading import Reading

BACKBONES = ("hog", "pixels")
WIDTHS = (900, 256)
CLASSES = ("cyst", "mass", "none")


def linear(task: str, columns: int, widths: tuple[int, ...], seed: int = 0) -> Linear:
    rng = np.random.default_rng(seed)
    wide = sum(widths)
    return Linear(
        rng.normal(0, 0.05, (columns, wide)).astype(np.float32),
        rng.normal(size=columns),
        rng.normal(size=wide).astype(np.float32),
        link_of(task),  # type: ignore[arg-type]
        0.1,
    )


def grown(task: str = "multi-class", columns: int = 3) -> Trees:
    rng = np.random.default_rng(1)
    blocks = [rng.normal(size=(60, width)).astype(np.float32) for width in WIDTHS]
    labels = rng.integers(0, columns, 60)
    return fit_trees(blocks, labels, task, columns, {"n_estimators": 4, "max_depth": 3})


def novelty(rows: int = 12) -> Novelty:
    rng = np.random.default_rng(2)
    plane = np.linalg.qr(rng.normal(size=(sum(WIDTHS), 5)))[0].T.astype(np.float32)
    return Novelty(
        BACKBONES,
        np.ascontiguousarray(plane),
        np.zeros(sum(WIDTHS), np.float32),
        rng.normal(size=(rows, 5)).astype(np.float32),
        np.arange(rows) % 3,
        tuple(f"ward/{n}.png" for n in range(rows)),
        3.0,
        0.05,
        40,
        5,
    )


def fitted(head: Any = None, **changes: Any) -> Any:
    """What a fitted estimator has."""
    members = (Member(BACKBONES, WIDTHS, head or linear("multi-class", 3, WIDTHS)),)
    model = Model("multi-class", CLASSES, members, Calibration("multi-class", "none"), novelty())
    selection = Selection(
        "all", "log-loss", 40, BACKBONES, BACKBONES, ("hog",),
        pl.DataFrame({"subset": [["hog", "pixels"], ["hog"]], "features": [1156, 900], "score": [-0.5, -0.6],
                      "minus": [0.0, -0.1], "low": [0.0, -0.3], "high": [0.0, 0.1], "tied": [True, True]}),
        0.01, -0.51, ("hog",), "features", 0.1, 900, ("a remark",),
    )  # fmt: skip
    facts = {
        "model_": model,
        "cards_": {name: registry.get(name) for name in BACKBONES},
        "classes_": np.array(CLASSES),
        "reading_": Reading(bits=12),
        "summary_": Summary(100, 40, dict.fromkeys(CLASSES, 30), 20, "ward", "not stated", None, 1.5),
        "selection_": selection,
        "metrics_": [Measured("acc", "validation", 0.8, 0.7, 0.9, 40)],
        "predictions_": Predictions(
            "validation",
            tuple(f"ward/v{n}.png" for n in range(6)),
            np.arange(6) % 3,
            np.full((6, 3), 1 / 3, np.float32),
            ("p1", "p1", "p2", "p2", "p3", "p3"),
        ),
        "embedder_": None,
        "device": "cpu",
        "batch_size": None,
        "trust": False,
    }
    return SimpleNamespace(**(facts | changes))


def bundle_of(head: Any = None, **changes: Any) -> Bundle:
    test = [Measured("acc", "test", 0.75, 0.6, 0.85, 50), Measured("auc", "test", None, None, None, 50, "one class")]
    return replace(of_estimator(fitted(head, **changes), test), splits=b"split,id,path,label\n")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A saved bundle with a linear head."""
    bundle_of().save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture(scope="session")
def trees() -> Trees:
    return grown()
