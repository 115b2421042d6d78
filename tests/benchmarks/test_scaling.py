"""Scaling: what one subset costs as rows, width, classes and the number of backbones grow.

Processor seconds, so that a busy machine does not bend the lines. `invoke bench` prints them; with the extra `plots`
they are drawn, too, into the folder that `FUSEBOARD_PLOTS` names (`docs` for docs/scaling.svg).
"""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from fuseboard.harness.backbones import registry
from fuseboard.harness.classifiers.xgboost import XGBoost
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.protocols import protocol
from fuseboard.harness.search import strategies
from fuseboard.harness.search.search import Search
from fuseboard.store.store import Store

TREES = 30
Line = dict[int, float]


def fit_s(rows: int = 1_000, width: int = 512, classes: int = 2) -> float:
    """Processor seconds of one fit by one thread, on normal features of which a few say something."""
    random = np.random.default_rng(0)
    features = random.normal(size=(rows, width)).astype(np.float32)
    labels = np.digitize(features[:, 0] + features[:, 1], np.quantile(random.normal(size=999) * 2**0.5, cuts(classes)))
    params = {"n_estimators": TREES, "learning_rate": 0.1, "max_depth": 6}
    began = time.thread_time()
    XGBoost(params, "multi-class" if classes > 2 else "binary-class", classes, 42).fit(features, labels)
    return time.thread_time() - began


def cuts(classes: int) -> np.ndarray:
    return np.arange(1, classes) / classes


def search_s(root: Path, count: int) -> float:
    """Processor seconds per subset of an exhaustive search over that many backbones of 256 features."""
    names = [f"pixels-{number}" for number in range(count)]
    for name in names:
        extract(registry.get("pixels").model_copy(update={"id": name}), datasets.get("digits-first300"), Store(root))
    began = time.process_time()
    Search(Store(root), "digits-first300", protocol.get("starter"), names, jobs=1).run(strategies.get("exhaustive"))
    return (time.process_time() - began) / (2**count - 1)


def exponent(line: Line) -> float:
    """Of the power law that fits a line best: 1 is linear."""
    return float(np.polyfit(np.log(list(line)), np.log(list(line.values())), 1)[0])


def test_scaling(tmp_path: Path) -> None:
    fit_s()  # the first fit starts libraries
    lines = {
        "training rows": {rows: fit_s(rows=rows) for rows in (500, 1_000, 2_000, 4_000, 8_000)},
        "features": {width: fit_s(width=width) for width in (128, 256, 512, 1_024, 2_048, 4_096)},
        "classes": {classes: fit_s(classes=classes) for classes in (3, 5, 9, 14)},
        "backbones": {count: search_s(tmp_path / str(count), count) for count in (1, 2, 3, 4, 5, 6)},
    }
    for name, line in lines.items():
        print(f"\n{name}: { ({x: round(y, 3) for x, y in line.items()}) }, seconds ~ x^{exponent(line):.2f}")
    if "FUSEBOARD_PLOTS" in os.environ:
        draw(lines, Path(os.environ["FUSEBOARD_PLOTS"]) / "scaling.svg")
    for name, line in lines.items():
        assert exponent(line) < 1.3, f"a subset's cost grows faster than its {name}"


def draw(lines: dict[str, Line], path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="the extra `plots` is not installed")
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "fuseboard"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 4, figsize=(12, 3.2), layout="constrained")
    for axis, (name, line) in zip(axes, lines.items(), strict=True):
        axis.plot(list(line), list(line.values()), "o-", color="#0b6e78")
        axis.set(xscale="log", yscale="log", xlabel=name, title=f"~ {name}^{exponent(line):.2f}")
        axis.set_xticks(list(line), [f"{x:,}" for x in line], rotation=45)
        axis.set_yticks(list(line.values()), [f"{y:.2g}" for y in line.values()])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("processor seconds per subset")
    figure.savefig(path, metadata={"Date": None})
