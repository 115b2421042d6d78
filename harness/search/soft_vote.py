"""The vote: classifiers that each saw one backbone, averaged without another fit, with equal or with chosen weights."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.classifiers import fusion
from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.search import ensemble_selection
from fuseboard.harness.search.fit import Outcome
from fuseboard.harness.search.pool import Pool
from fuseboard.harness.search.result_rows import Circumstances, results_of
from fuseboard.harness.search.row_identity import Recipe
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.optional_max import largest
from fuseboard.store.results.rows import Result


def votes(
    recipe: Recipe, pool: Pool, subsets: Sequence[Subset], singles: pl.DataFrame, scores: bool = False
) -> list[Result]:
    """Rows of the mean of the singles' probabilities.

    Unweighted, nothing is learned but which subset to take. A weighted vote takes its weights from validation by the
    protocol's criterion, so its validation score is the more optimistic; its subset is the voters that it was offered.

    Args:
        recipe: of the votes.
        pool: whose labels are the truth.
        subsets: to score.
        singles: rows of every backbone alone, with their predictions.
        scores: keep the votes' predictions, which for all subsets of a large test set would not fit into memory.

    Raises:
        FuseboardError: the predictions of a single were not kept.
    """
    voters = {(row["subset"][0], row["split"]): row for row in singles.iter_rows(named=True)}
    if any(row["scores"] is None for row in voters.values()):
        raise FuseboardError(
            f"{pool.dataset}: the singles' predictions were not kept; search it again from an empty store"
        )
    scores_of = {place: np.array(row["scores"], np.float64) for place, row in voters.items()}
    truth = {split: pool.labels(split) for split in recipe.splits}
    under: dict[tuple[str, int], Circumstances] = {}
    made = []
    for subset in subsets:
        counts = [1] * len(subset)
        if recipe.fusion == fusion.WEIGHTED_VOTE:
            by = ensemble_selection.METRICS[recipe.criterion.column](pool.entry.task, truth["val"])
            chosen = ensemble_selection.select({name: scores_of[name, "val"] for name in subset}, by).votes
            counts = [chosen.get(name, 0) for name in subset]
        fits = [voters[name, "val"] for name in subset]
        outcome = Outcome(
            scores={
                # Rounded as rows keep them: metrics have to be those of the predictions that are kept.
                split: [mean([scores_of[n, split] for n in subset], counts).astype(np.float32)]
                for split in truth
            },
            fit_s=sum(fit["fit_s"] for fit in fits),
            predict_s={split: sum(voters[name, split]["predict_s"] for name in subset) for split in truth},
            peak_rss_mb=largest(fit["peak_rss_mb"] for fit in fits),
            hardware=fits[0]["hardware"],
        )
        where = fits[0]["device"], fits[0]["jobs"]
        here = under.setdefault(where, Circumstances(pool, recipe, *where))
        rows = results_of(here, subset, outcome, truth, ())
        made += rows if scores else [row.model_copy(update={"scores": None}) for row in rows]
    return made


def mean(voters: Sequence[NDArray[np.float64]], votes: Sequence[int]) -> NDArray[np.float64]:
    """Averages (N, C) probabilities of voters, each counted as often as it has votes.

    It is their sum over the number of votes: sums of float32 values are exact in float64, so that two images of which
    the voters say the same in another order are equal. Weights that are fractions round before anything is added, by
    which one in a hundred such pairs differed in its last digit, and no longer tied.
    """
    total = np.sum([count * voter for count, voter in zip(votes, voters, strict=True)], axis=0)
    return np.asarray(total / sum(votes))
