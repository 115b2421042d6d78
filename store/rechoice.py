"""The rechoice: a protocol's own choice, made again on resampled validation images, from result rows."""

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from store import gains
from store.block import Labels
from store.choice import Criterion, choose
from store.errors import FuseboardError
from store.winner import Score, Winner, win


def rechoose(rows: pl.DataFrame, labels: Labels, task: str, resamples: int = 1000, seed: int = 0) -> Winner:
    """How optimistic the choice among some rows is, and how often it would fall alike.

    Candidates are the subsets whose validation predictions the rows hold: all of them before a search compacts, the
    finalists after it, and then every figure is about a choice among finalists. `Winner.candidates` says how many.

    Args:
        rows: as `store.choice.choose` takes them, read with their scores.
        labels: (N,) or (N, L) of the validation split, by ascending id.
        task: one of MedMNIST's task names.
        resamples: bootstrap draws. An AUC costs a sort's worth per subset, class and draw: 1,000 draws of 511 subsets
            take five seconds on 78 images and one class, and minutes on 1,000 images and seven.
        seed: of the draws.

    Raises:
        FuseboardError: no predictions were kept, or the protocol chooses by cross-validation, which has none.
    """
    by = Criterion(rows["selection"][0].to_list()[0] if len(rows) else "acc")
    if by.split != "val":
        raise FuseboardError(
            f"the protocol chooses by {by.name}, whose folds keep no predictions to choose from again; "
            "take a protocol that chooses on validation"
        )
    measured = rows.filter(pl.col(by.column).is_not_null())
    kept = measured.filter(pl.col("split") == "val", pl.col("scores").is_not_null())
    if kept.is_empty():
        raise FuseboardError("no subset kept its validation predictions, so none can be chosen again; search once more")
    place = {tuple(subset): row for row, subset in enumerate(kept["subset"].to_list())}
    candidates = [subset for subset in _by_tie_break(measured, by) if subset in place]
    scores = (_matrix(kept["scores"][place[subset]]) for subset in candidates)
    return win(candidates, _score(by, task, labels, scores), len(labels), resamples, seed)


def _by_tie_break(rows: pl.DataFrame, by: Criterion) -> tuple[tuple[str, ...], ...]:
    """All subsets in the order in which a protocol prefers them among equals: what ties if all score alike."""
    return choose(rows.with_columns(pl.lit(0.5).alias(by.column))).ties


def _score(by: Criterion, task: str, labels: Labels, scores: Iterable[NDArray[np.float32]]) -> Score:
    if by.column == "auc":
        return gains.auc(task, labels, list(scores))
    most = labels.shape[1] if labels.ndim == 2 else 1
    of = gains.right if by.column == "acc" else gains.log_likelihood
    return gains.mean(np.stack([of(task, labels, each) for each in scores]), most)


def _matrix(scores: pl.Series) -> NDArray[np.float32]:
    """(N, C), without a Python object per number."""
    return scores.explode().to_numpy().reshape(len(scores), -1)
