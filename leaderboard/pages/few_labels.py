"""The board of few labels shows what backbones and their fusion score when few images are labelled."""

from collections.abc import Iterator

import polars as pl

from fuseboard.leaderboard.boards.few_labels import DatasetCurves, current_draws
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.download_tables import Kind
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.plots.figure import Figure
from fuseboard.leaderboard.plots.label_curves import label_curves

_CURVES: dict[str, Kind] = {
    **dict.fromkeys(("dataset", "protocol"), pl.String),
    "subset": pl.List(pl.String),
    **dict.fromkeys(("images", "draws"), pl.Int64),
    **dict.fromkeys(("mean_auc", "auc_low", "auc_high"), pl.Float64),
}
_WORTH: dict[str, Kind] = {
    **dict.fromkeys(("dataset", "protocol", "backbone"), pl.String),
    "at_images": pl.Int64,
    **dict.fromkeys(("worth_images", "low", "high"), pl.Float64),
}
DRAWS = ("dataset", "protocol", "subset", "fingerprints", "images", "seed", "auc", "acc", "log_loss", "created", "key")
"""Columns of a row for each draw, which stands nowhere else on the site."""


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board of few labels."""
    found = site.answers.few_labels
    drawn = {number: figure for number, one in enumerate(found) if (figure := _figure(one))}
    yield Page(
        path="boards/few-labels.html",
        template="few_labels.html.j2",
        title="Few labels",
        description="Test AUC with 1, 5, 10 and more labelled images per class, and what a backbone is worth in them.",
        context={"found": [(one, drawn.get(number)) for number, one in enumerate(found)], "infinity": float("inf")},
        figures=list(drawn.values()),
        tables={
            "few-labels": pl.DataFrame([line for one in found for line in _curves(one)], _CURVES, orient="row"),
            "few-label-draws": current_draws(site.snapshot).select(DRAWS),
            "worth-in-labels": pl.DataFrame([line for one in found for line in _worth(one)], _WORTH, orient="row"),
        }
        if found
        else {},
    )


def _figure(one: DatasetCurves) -> Figure | None:
    drawing = label_curves(one)
    name = f"few-labels-{address.slug(one.dataset)}-{address.slug(one.protocol)}"
    return Figure(name, drawing, pl.DataFrame(list(_curves(one)), _CURVES, orient="row")) if drawing else None


def _curves(one: DatasetCurves) -> Iterator[tuple[object, ...]]:
    for subset, curve in one.curves.items():
        for n, draws, mean, low, high in zip(curve.images, curve.draws, curve.mean, *curve.band, strict=True):
            yield one.dataset, one.protocol, list(subset), n, len(draws), float(mean), float(low), float(high)


def _worth(one: DatasetCurves) -> Iterator[tuple[object, ...]]:
    """Infinite where all the images there are do not suffice."""
    for backbone, answers in one.worth.items():
        for answer in answers:
            yield one.dataset, one.protocol, backbone, answer.at, answer.images, answer.low, answer.high
