"""This computes how optimistic the selection is, and what each backbone contributes."""

import polars as pl

from fuseboard.leaderboard.boards.board import Contribution, Pair, SelectionQuality, Subset
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.selection_stability import rechoose
from fuseboard.store.statistics.shapley import Shares, shapley
from fuseboard.store.statistics.ties import level

MAX_SUBSETS = 5
"""Subsets named among those that would win again; the rest is a number."""


def selection_quality_of(
    rows: pl.DataFrame, measured: int, possible: int
) -> tuple[SelectionQuality | None, str | None]:
    """Return how optimistic the selection is and how often it would be repeated; or why that is not known."""
    if measured < possible:
        message = f"only {measured:,} of {possible:,} subsets were measured"
        return None, f"{message}; a choice among few looks safer than it is"
    try:
        winner = rechoose(rows)
    except FuseboardError as error:
        return None, str(error)
    shares = list(winner.subsets.items())
    return SelectionQuality(
        validation_score=winner.validation_score,
        corrected_score=winner.corrected_score,
        interval=winner.interval,
        subsets=tuple(shares[:MAX_SUBSETS]),
        chosen_again=winner.subsets.get(winner.chosen, 0.0),
        winners=len(shares),
        backbones=tuple(winner.backbones.items()),
        resamples=winner.resamples,
    ), None


def contributions_of(
    rows: pl.DataFrame, pool: Subset, guess: float | None
) -> tuple[tuple[Contribution, ...], str | None]:
    """Return every backbone's Shapley value on test, the largest in AUC first; or why there is none.

    Args:
        rows: of one protocol, dataset and seed.
        pool: whose backbones share what they score together.
        guess: the accuracy of the most frequent answer, which is what no backbone scores; None leaves accuracy out.
    """
    test = rows.filter(pl.col("split") == "test", pl.col("subset").list.eval(pl.element().is_in(pool)).list.all())
    try:
        auc = _shares(test, "auc", 0.5)
        acc = _shares(test, "acc", guess) if guess is not None else None
    except FuseboardError as error:
        return (), str(error)
    found = [
        Contribution(
            backbone=name,
            auc=value,
            acc=acc.values[name] if acc else None,
            pairs=tuple(Pair(other=_other(pair, name), auc=with_it) for pair, with_it in _of(auc, name)),
        )
        for name, value in auc.values.items()
    ]
    levelled = dict(zip(auc.values, level(list(auc.values.values())), strict=True))
    return tuple(sorted(found, key=lambda one: (-(levelled[one.backbone] or 0), one.backbone))), None


def _shares(test: pl.DataFrame, metric: str, empty: float) -> Shares:
    return shapley({tuple(subset): value for subset, value in test.select("subset", metric).iter_rows()}, empty)


def _of(shares: Shares, name: str) -> list[tuple[tuple[str, str], float]]:
    return [(pair, value) for pair, value in shares.interactions.items() if name in pair]


def _other(pair: tuple[str, str], name: str) -> str:
    return pair[1] if pair[0] == name else pair[0]
