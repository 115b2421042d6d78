"""The board of robustness shows corrupted test images, with a page per dataset for every subset and condition."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from fuseboard.leaderboard.boards.board import Subset
from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.plots.figure import Figure
from fuseboard.leaderboard.plots.severity import severity
from fuseboard.leaderboard.robustness.published_comparison import published_comparisons
from fuseboard.leaderboard.robustness.robustness import SHADES, CorruptionBoard
from fuseboard.leaderboard.robustness.severity_curves import severity_curves
from fuseboard.store.results.corruption_errors import CLEAN
from fuseboard.store.results.evaluations import CORRUPTION, on_board
from fuseboard.store.statistics.corruption_error import SEVERITIES

TITLES = on_board("robustness")
"""Evaluation -> as people read it."""
SUMMARY: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("dataset", "evaluation"), pl.String),
    "subset": pl.List(pl.String),
    "seed": pl.Int64,
    **dict.fromkeys(("clean_error", "corrupted_error", "be", "rbe", "rbe_of_sums"), pl.Float64),
    "reason": pl.String,
}
SEVERITY: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("subset", "role"), pl.String),
    "severity": pl.Int64,
    **dict.fromkeys(("error", "low", "high"), pl.Float64),
}
CONDITIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("dataset", "evaluation"), pl.String),
    "subset": pl.List(pl.String),
    "seed": pl.Int64,
    "split": pl.String,
    "error": pl.Float64,
    "key": pl.String,
}


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the board, and one page per corrupted dataset."""
    everything = site.corruption_boards
    measured = {each.protocol for each in everything}
    protocols = [name for name in site.protocols if name in measured] + sorted(measured - set(site.protocols))
    shared = {"titles": TITLES, "severities": range(1, SEVERITIES + 1), "shades": range(SHADES + 1), "clean": CLEAN}
    drawn = {conditions_of(each): figure for each in everything if (figure := _severity(each, site))}
    yield Page(
        path="boards/robustness.html",
        template="robustness.html.j2",
        title="Robustness",
        description="What corruptions of MedMNIST-C do to frozen embeddings: BE, rBE, and every condition.",
        context={
            **shared,
            "protocols": {name: [each for each in everything if each.protocol == name] for name in protocols},
            "path_of": path_of,
            "own_means": _own_means(everything),
            "reported": published_comparisons(everything),
            "drawn": drawn,
            "name_of": conditions_of,
        },
        figures=list(drawn.values()),
        tables={name: _summary(own) for name, own in _by_protocol(everything, "robustness")},
    )
    for dataset in dict.fromkeys(each.dataset for each in everything):
        own = [each for each in everything if each.dataset == dataset]
        yield Page(
            path=path_of(dataset),
            template="corruption_conditions.html.j2",
            title=f"{dataset}, condition by condition",
            description=f"Balanced error of every measured subset under every corruption and severity of {dataset}.",
            context={**shared, "dataset": dataset, "tables": own, "name_of": conditions_of, "drawn": drawn},
            tables={conditions_of(each): _conditions(each) for each in own},
        )


def path_of(dataset: str) -> str:
    """Return the address of a corrupted dataset's page."""
    return f"robustness/{address.slug(dataset)}.html"


def conditions_of(each: CorruptionBoard) -> str:
    """Return the name of its table of conditions as a download."""
    return f"{each.evaluation}-{address.slug(each.dataset)}-{address.slug(each.protocol)}"


def _severity(each: CorruptionBoard, site: SiteContext) -> Figure | None:
    curves = severity_curves(each, site.snapshot.rows, site.snapshot.corrupted_truths)
    drawing = severity(curves, each.dataset, each.guessing)
    rows = [
        (curve.name, curve.role, number, error, *bounds)
        for curve in curves
        for number, (error, bounds) in enumerate(zip(curve.errors, curve.intervals, strict=True))
    ]
    table = pl.DataFrame(rows, SEVERITY, orient="row")
    return Figure(f"severity-{conditions_of(each)}", drawing, table) if drawing else None


def _own_means(everything: Iterable[CorruptionBoard]) -> Mapping[tuple[str, str, Subset, int], float]:
    """Map (dataset, protocol, subset, seed) to the mean error where every backbone got its own preprocessing."""
    own = (each for each in everything if each.evaluation == CORRUPTION.name)
    return {(e.dataset, e.protocol, row.subset, row.seed): row.mean for e in own for row in e.rows if row.mean}


def _by_protocol(everything: Sequence[CorruptionBoard], prefix: str) -> Iterator[tuple[str, list[CorruptionBoard]]]:
    for protocol in dict.fromkeys(each.protocol for each in everything):
        yield f"{prefix}-{address.slug(protocol)}", [each for each in everything if each.protocol == protocol]


def _summary(own: Iterable[CorruptionBoard]) -> pl.DataFrame:
    rows = [
        (
            *(each.dataset, each.evaluation, list(row.subset), row.seed),
            *((row.errors.clean, row.errors.mean) if row.errors else (row.measured.get(CLEAN), None)),
            *((r.mean_be, r.mean_rbe, r.rbe_of_sums) if (r := row.robustness) else (None, None, None)),
            row.reason,
        )
        for each in own
        for row in each.rows
    ]
    return pl.DataFrame(rows, SUMMARY, orient="row")


def _conditions(each: CorruptionBoard) -> pl.DataFrame:
    rows = [
        (each.dataset, each.evaluation, list(row.subset), row.seed, split, row.measured.get(split), row.keys[split])
        for row in each.rows
        for split in sorted(row.keys)
    ]
    return pl.DataFrame(rows, CONDITIONS, orient="row")
