"""Few-label curves: what each backbone and their fusion score when few images are labelled."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from fuseboard.leaderboard.boards.board import Subset
from fuseboard.leaderboard.boards.snapshot import Snapshot
from fuseboard.store.statistics.label_curves import IMAGES, LabelCurve, Worth, curves, worth


@dataclass(frozen=True)
class DatasetCurves:
    """It holds the curves of one dataset under one protocol."""

    dataset: str
    protocol: str
    pool: Subset
    draws: int
    images: tuple[int, ...]
    """Labelled images of every size, ascending."""
    curves: Mapping[Subset, LabelCurve]
    """Of each backbone alone and of all together, the highest at the most images first."""
    worth: Mapping[str, tuple[Worth, ...]]
    """Backbone -> what adding it to the others is worth, at every size but the last."""

    @property
    def fused(self) -> LabelCurve | None:
        """Return the curve of all backbones."""
        return self.curves.get(self.pool)

    def at(self, subset: Subset, images: int) -> tuple[float, float, float] | None:
        """Return mean and band of one size; None where it was not measured."""
        curve = self.curves.get(subset)
        if curve is None or images not in curve.images:
            return None
        place = curve.images.index(images)
        return float(curve.mean[place]), float(curve.band[0, place]), float(curve.band[1, place])

    @property
    def best_single(self) -> Subset:
        """Return the backbone that is best with all images, on test: nobody chose it."""
        return next(subset for subset in self.curves if len(subset) == 1)


def few_label_tables(snapshot: Snapshot) -> tuple[DatasetCurves, ...]:
    """Return the datasets whose few-label curves were measured, in the order of columns.

    The largest pool counts whose backbones were all measured together.
    """
    rows = current_draws(snapshot)
    found = []
    for dataset in snapshot.domains.in_order(rows["dataset"].unique().to_list()):
        own = rows.filter(pl.col("dataset") == dataset)
        for group in own.sort("protocol").partition_by("protocol", maintain_order=True):
            if table := _table(dataset, group):
                found.append(table)
    return tuple(found)


def current_draws(snapshot: Snapshot) -> pl.DataFrame:
    """Return the test row of every draw that is not superseded, with its number of labelled images."""
    return snapshot.draws.filter(pl.col("split") == "test", pl.col("superseded").is_null()).with_columns(
        pl.col("auc").fill_nan(None), images=IMAGES
    )


def _table(dataset: str, rows: pl.DataFrame) -> DatasetCurves | None:
    every = curves(rows)
    several = [subset for subset in every if len(subset) > 1 and all((name,) in every for name in subset)]
    pool = max(several, key=lambda subset: (len(subset), subset), default=())
    shown = [subset for subset in every if len(subset) == 1 and (not pool or subset[0] in pool)] + [pool] * bool(pool)
    if not shown:
        return None
    ordered = sorted(shown, key=lambda subset: (-every[subset].mean[-1], subset))
    others = {name: every.get(tuple(n for n in pool if n != name)) for name in pool}
    return DatasetCurves(
        dataset=dataset,
        protocol=rows["protocol"][0],
        pool=pool,
        draws=max(len(values) for subset in shown for values in every[subset].draws),
        images=tuple(sorted({n for subset in shown for n in every[subset].images})),
        curves={subset: every[subset] for subset in ordered},
        worth={name: worth(every[pool], other) for name, other in others.items() if other and len(other.images) > 1},
    )
