"""Label issues: labels that several backbones contradict.

Confident learning (Northcutt, Jiang & Chuang, Journal of Artificial Intelligence Research 70, 2021) as its authors'
library has it: an image counts as of another class where its probability exceeds what images of that class have on
average, and as many images are pointed out as these counts estimate to be mislabelled. It is asked of each backbone
alone, and what one says counts only where most of them say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels


@dataclass(frozen=True)
class LabelIssue:
    """A label that is contradicted."""

    row: int
    given: str
    suggested: str
    """What the backbones say instead, on average."""
    backbones: int
    """How many contradict it."""
    probability: float
    """That the given label has on average."""


def find(
    labels: Labels, names: Sequence[str], said: Mapping[str, NDArray[np.float32]], majority: int
) -> list[LabelIssue]:
    """Finds the labels that a majority contradicts, the least probable first.

    Args:
        labels: (N,) class numbers, or (N, L) of 0 and 1, each label being a question of its own.
        names: of the classes or labels.
        said: backbone -> out-of-fold probabilities (N, C).
        majority: backbones that have to agree.
    """
    if labels.ndim == 1:
        found = _of_classes(labels, names, said, majority)
    else:
        found = []
        for column, name in enumerate(names):
            answers = {key: np.stack([1 - p[:, column], p[:, column]], axis=1) for key, p in said.items()}
            found += _of_classes(labels[:, column], (f"no {name}", name), answers, majority)
    return sorted(found, key=lambda issue: (issue.probability, issue.row))


def _of_classes(
    labels: NDArray[np.integer], names: Sequence[str], said: Mapping[str, NDArray[np.float32]], majority: int
) -> list[LabelIssue]:
    present, given = np.unique(labels, return_inverse=True)
    if len(present) < 2:
        return []
    votes = np.sum([_contradicted(given, p[:, present]) for p in said.values()], axis=0)
    mean = np.mean([p[:, present] for p in said.values()], axis=0)
    rows = np.arange(len(labels))
    contradicted = (votes >= majority) & (mean.argmax(axis=1) != given)
    return [
        LabelIssue(
            row,
            names[present[given[row]]],
            names[present[mean[row].argmax()]],
            int(votes[row]),
            float(mean[row, given[row]]),
        )
        for row in rows[contradicted].tolist()
    ]


def _contradicted(given: NDArray[np.intp], probabilities: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Returns (N,) which labels one backbone contradicts."""
    from cleanlab.filter import find_label_issues

    sums = probabilities.sum(axis=1, keepdims=True)
    shares = np.where(sums > 0, probabilities / np.where(sums > 0, sums, 1), 1 / probabilities.shape[1])
    found: NDArray[np.bool_] = find_label_issues(given, shares.astype(np.float64), n_jobs=1)
    return found
