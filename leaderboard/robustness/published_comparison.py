"""Published errors on corrupted images are compared with what was measured on the same images where anything was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from fuseboard.leaderboard.published import tables
from fuseboard.leaderboard.robustness.robustness import CorruptionBoard
from fuseboard.leaderboard.robustness.subset_errors import SubsetErrors
from fuseboard.store.embeddings.labels import CORRUPTED
from fuseboard.store.results.evaluations import CORRUPTION
from fuseboard.store.statistics import alexnet_reference

ALEXNET, MEDVIT = alexnet_reference.FILE.name, "manzari_2025_medvitv2_medmnist_c.csv"
REFERENCE = "the reference: its BE and rBE are 1 by definition"


@dataclass(frozen=True)
class PublishedComparison:
    """It is one model on one corrupted dataset, as its authors report it."""

    model: str
    dataset: str
    clean: float
    corrupted: float | None
    """Mean over corruptions; null where it was not reported."""
    be: float
    rbe: float
    source: str
    url: str
    note: str
    measured: SubsetErrors | None
    """The chosen subset here, on the same images."""
    reason: str | None
    """Why nothing measured stands beside it; null where something does."""


def published_comparisons(measured: Sequence[CorruptionBoard]) -> tuple[PublishedComparison, ...]:
    """Return every reported model and dataset, in the order of the files, AlexNet first."""
    alexnet: dict[str, list[Mapping[str, Any]]] = {}
    for row in tables.load(ALEXNET):
        alexnet.setdefault(row["dataset"], []).append(row)
    made = [_comparison(rows[0], measured, "AlexNet", fmean(r["error"] for r in rows)) for rows in alexnet.values()]
    return (*made, *(_comparison(row, measured, "MedViTV2", None) for row in tables.load(MEDVIT)))


def _comparison(
    row: Mapping[str, Any], measured: Sequence[CorruptionBoard], model: str, corrupted: float | None
) -> PublishedComparison:
    found, reason = _same(row["dataset"], measured)
    return PublishedComparison(
        model=model,
        dataset=row["dataset"],
        clean=row["clean_error"],
        corrupted=corrupted,
        be=row.get("be_ratio", 1.0),
        rbe=row.get("rbe_ratio", 1.0),
        source=row["source"],
        url=row["url"],
        note=row["note"] if "be_ratio" in row else REFERENCE,
        measured=found,
        reason=reason,
    )


def _same(dataset: str, measured: Iterable[CorruptionBoard]) -> tuple[SubsetErrors | None, str | None]:
    """Return what was measured on the images of 224 pixels that the published figures are of, or why nothing was."""
    own = [each for each in measured if each.evaluation == CORRUPTION.name and each.clean.partition("-")[0] == dataset]
    same = [each for each in own if each.dataset == f"{dataset}{CORRUPTED}"]
    if found := next((each.shown for each in same if each.shown), None):
        return found, None
    if same:
        return None, "its rows have no errors"
    if own:
        return None, f"only {', '.join(sorted({each.dataset for each in own}))}: smaller images, another test set"
    return None, "not measured"
