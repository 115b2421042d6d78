"""The report: a saved model as one page."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion.bundle import model_card
from fuseboard.harness.fusion.bundle.bundle import Bundle
from fuseboard.harness.fusion.predictions import Predictions
from fuseboard.harness.fusion.report import images, numbers, plots, sentences
from fuseboard.harness.fusion.selection import joined
from fuseboard.harness.fusion.summary import Measured
from fuseboard.harness.pages import page
from fuseboard.store.arrays import MULTI_LABEL

TEMPLATE = Path(__file__).parent / "templates" / "report.html.j2"
STYLE = TEMPLATE.with_name("report.css")
MISTAKES = 24
GROUPS = 20
SUBSETS = 20
LARGEST = 1e9
"""Difference that can be drawn."""
MOST_CLASSES = 40
"""Of a confusion matrix that is shown."""


def render(bundle: Bundle, folder: Path) -> str:
    """Returns the page.

    Args:
        bundle: the model.
        folder: that images are read from again.
    """
    facts, task, classes = bundle.facts, bundle.model.task, bundle.model.classes
    split = "test" if "test" in bundle.predictions else "validation"
    said = bundle.predictions.get(split)
    measured = bundle.metrics_
    named = facts.summary.dataset or "images of one's own"
    context: dict[str, object] = {
        "title": f"{'Fused regression' if task == REGRESSION else 'Fused classifier'} on {named}",
        "description": sentences.score(measured, model_card.best_split(facts) or split),
        "facts": facts,
        "is_number": task == REGRESSION,
        "what": sentences.what(facts),
        "score": sentences.score(measured, model_card.best_split(facts) or split),
        "calibration": sentences.calibration(facts),
        "novelty": sentences.novelty(bundle),
        "metrics": _metrics(measured),
        "splits": list(dict.fromkeys(one.split for one in measured)),
        "images_of": {one.split: one.images for one in measured},
        "notes": bundle.selection_.notes,
        "subsets": _subsets(bundle),
        "split": split,
        "said": said,
    }
    return page.render(TEMPLATE, {**context, **_results(task, classes, said, split, folder, bundle)}, [STYLE])


def _metrics(measured: Sequence[Measured]) -> list[tuple[str, dict[str, Measured]]]:
    """Metric -> split -> what it measured, as rows of a table."""
    found: dict[str, dict[str, Measured]] = {}
    for one in measured:
        found.setdefault(model_card.TITLES.get(one.name, one.name), {})[one.split] = one
    return list(found.items())


def _subsets(bundle: Bundle) -> object:
    """Returns the plot of what was compared; None where that was nothing."""
    chosen = bundle.selection_
    rows = [
        (joined(tuple(row["subset"])), row["minus"], row["low"], row["high"], row["tied"])
        for row in chosen.table.head(SUBSETS).iter_rows(named=True)
        if tuple(row["subset"]) != chosen.chosen and max(-row["low"], row["high"]) < LARGEST
    ]
    return plots.differences(rows, chosen.metric) if rows and chosen.images else None


def _results(
    task: str, classes: tuple[str, ...], said: Predictions | None, split: str, folder: Path, bundle: Bundle
) -> dict[str, object]:
    """Returns what is made of predictions, all None or empty where a bundle keeps none."""
    found: dict[str, object] = dict.fromkeys(
        ("answers", "roc", "reliability", "reliable", "confusion", "worst", "off", "grouped")
    )
    found |= {"curves": [], "groups": [], "mistakes": [], "unread": 0}
    if said is None:
        return found
    if task != REGRESSION:
        curves, bins = numbers.curves(task, classes, said), numbers.bins(task, said)
        found["answers"] = sentences.answers(task, said)
        found["curves"], found["roc"] = curves, plots.roc(curves) if curves else None
        found["reliability"], found["reliable"] = plots.reliability(bins), sentences.reliability(bins, split)
        if task != MULTI_LABEL and len(classes) <= MOST_CLASSES:
            found["confusion"] = _shaded(numbers.confusion(classes, said))
    groups = numbers.groups(task, said)
    if groups:
        found["groups"], found["grouped"] = groups[:GROUPS], sentences.groups(groups, task, min(GROUPS, len(groups)))
    wrong = 0 if task == REGRESSION else int((~numbers.right(task, said)).sum())
    mistakes = numbers.mistakes(task, classes, said, MISTAKES)
    pictures = images.thumbnails([one.name for one in mistakes], folder, bundle.reading)
    found["mistakes"] = list(zip(mistakes, pictures, strict=True))
    found["worst"] = sentences.mistakes(len(mistakes), wrong, task)
    found["unread"] = sum(picture is None for picture in pictures)
    return found


def _shaded(counts: NDArray[np.int64]) -> list[list[tuple[int, int]]]:
    """Returns every count with its shade, 0 to 10, by its share of the true class."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return [
        [(int(count), round(10 * float(share))) for count, share in zip(row, own, strict=True)]
        for row, own in zip(counts, shares, strict=True)
    ]
