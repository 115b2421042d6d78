"""The classifier for a new dataset, from the shipped rows on which several were measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from fuseboard.leaderboard.rankings.classifiers import DatasetClassifiers
from fuseboard.store.statistics.ties import level


@dataclass(frozen=True)
class RecommendedClassifier:
    """It is the classifier with the best mean rank by the test AUC of all backbones, and what each loses."""

    title: str
    regrets: Mapping[str, float]
    """Classifier -> mean over datasets of the best AUC less its own, in percentage points; the best first."""
    left_out_regret: float
    """The same of what the other datasets recommend, mean over the datasets left out in turn."""
    datasets: tuple[str, ...]
    sources: int
    """Different images among them; the same in two sizes are left out together."""


def classifier(tables: Sequence[DatasetClassifiers]) -> RecommendedClassifier | None:
    """Return the recommended classifier among those measured on every dataset; None where fewer than two sources are
    there, or fewer than two classifiers."""
    scores = {
        table.dataset: {
            row.title: 100 * cell.auc
            for row in table.rows
            if (cell := row.cells["all backbones"]) and cell.auc is not None
        }
        for table in tables
    }
    titles = sorted(set.intersection(*map(set, scores.values()))) if scores else []
    sources = {dataset.partition("-")[0] for dataset in scores}
    if len(titles) < 2 or len(sources) < 2:
        return None
    losses = []
    for dataset, own in scores.items():
        others = [s for name, s in scores.items() if name.partition("-")[0] != dataset.partition("-")[0]]
        losses.append(max(own[title] for title in titles) - own[_best(titles, others)])
    regrets = {title: fmean(max(own[t] for t in titles) - own[title] for own in scores.values()) for title in titles}
    return RecommendedClassifier(
        title=_best(titles, list(scores.values())),
        regrets=dict(sorted(regrets.items(), key=lambda item: item[1])),
        left_out_regret=fmean(losses),
        datasets=tuple(scores),
        sources=len(sources),
    )


def _best(titles: Sequence[str], scores: Sequence[Mapping[str, float]]) -> str:
    """Return the classifier with the best mean rank; of equals that with the higher mean, then the first by name."""

    def order(title: str) -> tuple[float, float]:
        ranks = []
        for own in scores:
            levelled = dict(zip(titles, level([own[t] for t in titles]), strict=True))
            ranks.append(sum((levelled[t] or 0) > (levelled[title] or 0) for t in titles))
        return fmean(ranks), -fmean(own[title] for own in scores)

    return min(titles, key=order)
