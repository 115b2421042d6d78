"""Measured: a row's metrics on a test set, with everything that a comparison with another row needs later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from fuseboard.store.arrays import BINARY, Labels, Scores
from fuseboard.store.errors import FuseboardError
from fuseboard.store.statistics import estimates, one_vs_rest
from fuseboard.store.statistics.bootstrap import bootstrap
from fuseboard.store.statistics.calibration import calibrate
from fuseboard.store.statistics.delong import Auc, delong
from fuseboard.store.statistics.estimates import Replicates


@dataclass(frozen=True)
class Measured:
    """All test metrics of one row, or of the mean of several, with their resamples."""

    auc: Replicates
    acc: Replicates
    balanced_acc: Replicates
    delong: Auc
    ece: float | None
    brier: float | None
    uncalibrated: str | None
    """Why there is no ECE and Brier score; null where there is."""


def measure(task: str, labels: Labels, rows: Mapping[str, Scores]) -> dict[str, Measured | str]:
    """Resamples each row and compares it with the truth; a row that cannot be measured has the reason instead.

    Args:
        task: one of MedMNIST's task names.
        labels: (N,) class numbers, or (N, L) of 0 and 1, by ascending id.
        rows: key -> (N, C) probabilities.
    """
    found: dict[str, Measured | str] = {}
    alike: dict[int, dict[str, Scores]] = {}  # one bad row must not cost the others theirs
    for key, scores in rows.items():
        try:
            one_vs_rest.check(task, labels, {key: scores})
        except FuseboardError as error:
            found[key] = str(error)
        else:
            alike.setdefault(0 if task == BINARY else scores.shape[1], {})[key] = scores
    for sound in alike.values():
        try:
            resampled = bootstrap(task, labels, sound)
        except FuseboardError as error:
            found.update(dict.fromkeys(sound, str(error)))
            continue
        aucs = delong(task, labels, sound)
        for key, scores in sound.items():
            ece, brier, reason = _calibration(task, labels, key, scores)
            own = resampled[key]
            found[key] = Measured(own.auc, own.acc, own.balanced_acc, aucs[key], ece, brier, reason)
    return found


def mean(parts: Sequence[Measured]) -> Measured:
    """The mean over fits that differ in their seed alone, resample by resample and image by image."""
    if len(parts) == 1:
        return parts[0]
    eces, briers = ([p.ece for p in parts if p.ece is not None], [p.brier for p in parts if p.brier is not None])
    whole = len(eces) == len(briers) == len(parts)
    first = parts[0].delong
    influences = [p.delong.influence for p in parts]
    return Measured(
        auc=estimates.mean([p.auc for p in parts]),
        acc=estimates.mean([p.acc for p in parts]),
        balanced_acc=estimates.mean([p.balanced_acc for p in parts]),
        # The influence of an image on a mean of AUCs is the mean of its influences.
        delong=Auc(
            estimates.mean_value([p.delong.value for p in parts]),
            np.mean(influences, axis=0),
            first.digest,
            first.reason,
        ),
        ece=fmean(eces) if whole else None,
        brier=fmean(briers) if whole else None,
        uncalibrated=next((p.uncalibrated for p in parts if p.uncalibrated), None),
    )


def _calibration(task: str, labels: Labels, key: str, scores: Scores) -> tuple[float | None, float | None, str | None]:
    try:
        found = calibrate(task, labels, {key: scores})[key]
    except FuseboardError as error:
        return None, None, str(error)
    return found.ece, found.brier, None
