"""What a recommendation rests on, in sentences."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from fuseboard.leaderboard.recommending.classifier import RecommendedClassifier
from fuseboard.leaderboard.recommending.recommendation import Recommendation
from fuseboard.leaderboard.recommending.score_table import ScoreTable


def notes(
    found: Recommendation,
    whole: ScoreTable,
    allowed: ScoreTable,
    left_out: Mapping[str, str],
    classifier: RecommendedClassifier | None,
    dataset: str,
) -> Iterator[str]:
    """Return one line each.

    Args:
        found: the recommendation.
        whole: every subset that was published.
        allowed: those of backbones that may be used.
        left_out: backbone with published scores -> why it may not be used.
        classifier: that is recommended.
        dataset: the new one's name, or an empty text.
    """
    best = found.rules[0]
    auc, acc = best.metrics["auc"], best.metrics["acc"]
    yield f"{'+'.join(found.subset)}: {best.name}{_why(found)}"
    yield (
        f"judged on {found.datasets} published datasets (XGBoost, 2024), each left out in turn: on average "
        f"{auc.regret.mean():.2f} points of AUC below the best of {found.subsets} subsets on test (at worst "
        f"{auc.regret.max():.2f}), {_than(auc.over_search)} what a search of all chooses on validation, "
        f"{_than(auc.over_single)} the best single backbone; in accuracy {acc.regret.mean():.2f} below, "
        f"{_than(acc.over_search)} and {_than(acc.over_single)}"
    )
    if left_out:
        yield f"not taken: {'; '.join(f'{name} ({reason})' for name, reason in left_out.items())}"
        yield (
            f"all that is left is on average {_than(_restriction(whole, allowed))} all "
            f"{len(whole.subsets[-1])} backbones in AUC"
        )
    if dataset in allowed.datasets:
        place, column = allowed.datasets.index(dataset), allowed.subsets.index(found.subset)
        scores = allowed.test["auc"][place]
        yield (
            f"{dataset}'s own published scores recommended nothing: AUC {scores[column]:.3f} for this subset there, "
            f"{scores.max():.3f} for the best one"
        )
    if classifier is not None:
        yield from _classifier_notes(classifier)


def _why(found: Recommendation) -> str:
    if len({rule.subset for rule in found.rules}) == 1:
        return ", as by every rule"
    others = [rule for rule in found.rules[1:] if rule.mean_regret == found.rules[0].mean_regret]
    if others:
        return f", which no rule beats; as good: {', '.join(rule.name for rule in others)}"
    return ", which no other rule here beats"


def _restriction(whole: ScoreTable, allowed: ScoreTable) -> NDArray[np.float64]:
    return 100 * (allowed.test["auc"][:, allowed.everything] - whole.test["auc"][:, whole.everything])


def _classifier_notes(classifier: RecommendedClassifier) -> Iterator[str]:
    losses = ", ".join(f"{title} {regret:.2f}" for title, regret in classifier.regrets.items())
    yield (
        f"classifier: {classifier.title}. Points of AUC below the best one with all backbones, mean over "
        f"{len(classifier.datasets)} datasets of {classifier.sources} sources: {losses}; of what the other sources "
        f"recommend, {classifier.left_out_regret:.2f}"
    )


def _than(points: NDArray[np.float64]) -> str:
    mean = float(points.mean())
    return f"{abs(mean):.2f} {'above' if mean >= 0 else 'below'}"
