"""The winner: how much of its validation score is luck, and how often it would win again.

The best of many scores on the same few images is too high, because the choice takes the luckiest too (Cawley & Talbot,
JMLR 2010). Its optimism is estimated as by Tsamardinos, Greasidou & Borboudakis (Machine Learning 107, 2018: BBC-CV).
With v(s) the score of subset s on all N validation images, v_b(s) its score on the b-th resample (N images drawn with
replacement) and o_b(s) that on the images which this resample left out:

    s_b = arg max_s v_b(s)      corrected = mean_b o_b(s_b)      optimism = v(s*) - corrected,  s* = arg max_s v(s)

Where all subsets are equally good this is right on average, and elsewhere slightly too careful, because s_b is chosen
on fewer different images than s*. The tempting mean of v_b(s_b) - o_b(s_b) is 1.4 times too high where all are equal:
what is drawn twice inside is missing outside. Nothing is fitted again, so the luck of the training split is not in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics.ties import tied_for_best

Counts = NDArray[np.float32]
"""(N, B): how often each image counts in each of B resamples."""

Score = Callable[[Counts], NDArray[np.float64]]
"""Counts (N, B) -> metric (S, B), higher is better; NaN where a resample has none. `store.gains` makes them."""

CHUNK = 4_000_000
"""Counts held at a time, 16 MB, whatever the number of resamples."""


@dataclass(frozen=True)
class Winner:
    """What the validation images say about a choice among the candidates they were given."""

    chosen: tuple[str, ...]
    validation_score: float
    """Its score on all validation images, by which it was chosen."""
    corrected_score: float
    """Expected score of what is chosen in the same way, on images that did not choose."""
    interval: tuple[float, float]
    """2.5 and 97.5 % percentile of the scores whose mean `corrected_score` is."""
    subsets: dict[tuple[str, ...], float]
    """Subset -> share of the resamples in which it wins, for those that ever do, most frequent first."""
    backbones: dict[str, float]
    """Backbone of any candidate, alphabetical -> share of the resamples whose winner contains it."""
    candidates: int
    images: int
    resamples: int
    """Resamples that had a score; an AUC lacks one where a class was not drawn or was drawn entirely."""

    @property
    def optimism(self) -> float:
        """What the winner's validation score promises too much; below 0 by chance only."""
        return self.validation_score - self.corrected_score


def win(subsets: Sequence[tuple[str, ...]], score: Score, images: int, resamples: int = 1000, seed: int = 0) -> Winner:
    """Chooses again on resampled validation images.

    Args:
        subsets: the candidates in the order of the tie-break: of equals the first wins.
        score: of the candidates, in this order.
        images: of the validation split.
        resamples: bootstrap draws.
        seed: of the draws; the same seed draws the same images whatever the candidates are.

    Raises:
        FuseboardError: no candidates, or no resample has a score.
    """
    if not subsets:
        raise FuseboardError("no subset kept its validation predictions, so none can win again; search it once more")
    validation_score = score(np.ones((images, 1), np.float32))[:, 0]
    random = np.random.default_rng(seed)
    size = max(1, CHUNK // images)
    winners, corrected_score = [], []
    for start in range(0, resamples, size):
        counts = _draws(random, images, min(size, resamples - start))
        inside, outside = score(counts), score((counts == 0).astype(np.float32))
        usable = np.isfinite(inside).all(axis=0) & np.isfinite(outside).all(axis=0)
        best = tied_for_best(inside[:, usable]).argmax(axis=0)
        winners.append(best)
        corrected_score.append(outside[best, np.flatnonzero(usable)])
    best, scores = np.concatenate(winners), np.concatenate(corrected_score)
    if not len(best) or not np.isfinite(validation_score).all():
        raise FuseboardError(f"no resample of {images} validation images has a score; choose by accuracy instead")
    share = np.bincount(best, minlength=len(subsets)) / len(best)
    backbones = dict.fromkeys(sorted({name for subset in subsets for name in subset}), 0.0)
    for place in np.flatnonzero(share):
        for name in subsets[place]:
            backbones[name] += float(share[place])
    low, high = np.quantile(scores, [0.025, 0.975])
    return Winner(
        chosen=subsets[int(tied_for_best(validation_score).argmax())],
        validation_score=float(validation_score.max()),
        corrected_score=float(scores.mean()),
        interval=(float(low), float(high)),
        subsets={subsets[i]: float(share[i]) for i in np.argsort(-share, kind="stable") if share[i]},
        backbones=backbones,
        candidates=len(subsets),
        images=images,
        resamples=len(best),
    )


def _draws(random: np.random.Generator, images: int, resamples: int) -> Counts:
    """Return how often each image is drawn, resample by resample."""
    drawn = random.integers(images, size=(resamples, images)) + images * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * images).reshape(resamples, images).T.astype(np.float32)
