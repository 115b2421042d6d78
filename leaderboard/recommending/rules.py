"""The rules: how a subset for a new dataset may be read from those of others."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.leaderboard.recommending.score_table import KINDS, TRAINING_IMAGES, ScoreTable

FEW = 3
"""Backbones of a small fusion."""
NEAREST = 4
"""Datasets that count as of similar size."""
LEAST = 2
"""Datasets of a kind that it takes to speak for it."""

Places = NDArray[np.int64]


@dataclass(frozen=True)
class About:
    """What is known of a new dataset."""

    kind: str | None = None
    """Of its images, as `KINDS` has them."""
    images: int | None = None
    """For training."""


Pick = Callable[[ScoreTable, Places, About], int]
"""From the scores on the other datasets, at these places, to the place of a subset."""


def everything(table: ScoreTable, others: Places, about: About) -> int:
    """Take every backbone there is."""
    return table.everything


def best_rank(table: ScoreTable, others: Places, about: About) -> int:
    """Take the subset with the best mean rank by test AUC."""
    return _best(table, others, np.arange(len(table.subsets)))


def best_rank_of_few(table: ScoreTable, others: Places, about: About) -> int:
    """Take that among the small subsets."""
    return _best(table, others, table.of_at_most(FEW))


def best_single(table: ScoreTable, others: Places, about: About) -> int:
    """Take that among single backbones."""
    return _best(table, others, table.singles)


def best_rank_of_kind(table: ScoreTable, others: Places, about: About) -> int:
    """Take the subset with the best mean rank over datasets of the same kind of image; over all where too few are."""
    alike = np.array([place for place in others if KINDS[table.datasets[place]] == about.kind])
    return best_rank(table, alike if len(alike) >= LEAST else others, about)


def best_rank_of_size(table: ScoreTable, others: Places, about: About) -> int:
    """Take the subset with the best mean rank over the datasets that are nearest in size, as a ratio."""
    sizes = np.array([TRAINING_IMAGES[table.datasets[place]] for place in others])
    distance = np.abs(np.log(sizes / (about.images or 1)))
    return best_rank(table, others[np.argsort(distance, kind="stable")[:NEAREST]], about)


def rules(about: About) -> dict[str, Pick]:
    """Return the rules that apply, by name, the simplest first."""
    found: dict[str, Pick] = {"all backbones": everything, "best mean rank": best_rank}
    found[f"best mean rank of at most {FEW}"] = best_rank_of_few
    if about.kind is not None:
        found["best mean rank on its kind"] = best_rank_of_kind
    if about.images is not None:
        found["best mean rank on its size"] = best_rank_of_size
    return found | {"best single": best_single}


def _best(table: ScoreTable, others: Places, among: Places) -> int:
    """Return the place with the best mean rank; of equals the first, which is the smallest subset."""
    return int(among[table.ranks[others][:, among].mean(axis=0).argmin()])
