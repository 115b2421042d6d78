"""Late fusion: the soft vote of classifiers that each saw one backbone. It scores every subset without another fit."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from harness.datasets.dataset import Labels
from harness.evaluations import singles
from harness.fusion import Subset
from harness.metrics import measure
from harness.search import strategies
from harness.search.engine import SPLITS, Search
from store import manifest, results
from store.choice import Choice, choose
from store.errors import FuseboardError
from store.results import Inputs, Result

EVALUATION = "late"

Row = dict[str, Any]


def evaluate(search: Search) -> tuple[Choice, pl.DataFrame]:
    """Averages the singles' probabilities over every subset and keeps the rows.

    The singles are the rows of the search itself, so after an exhaustive search this fits nothing. The average is
    unweighted: nothing is learned from validation but which subset to take.
    """
    singles.evaluate(search)
    names = list(search.pool.versions)
    rows = search.rows([(name,) for name in names], scores=True)
    voters = {(row["subset"][0], row["split"]): row for row in rows.iter_rows(named=True)}
    if any(row["scores"] is None for row in voters.values()):
        raise FuseboardError(
            f"{search.dataset}: the singles' predictions were not kept; search it again from an empty store"
        )
    wanted = {
        (subset, split): _inputs(subset, [voters[name, split] for name in subset])
        for subset in next(strategies.exhaustive(names))
        for split in SPLITS
    }
    known = results.known_keys(search.root, EVALUATION, search.dataset)
    if new := {place: inputs for place, inputs in wanted.items() if inputs.key not in known}:
        scores = {place: np.array(row["scores"], np.float64) for place, row in voters.items()}
        truth = {split: search.pool.labels(split) for split in SPLITS}
        results.keep(
            search.root,
            [
                _vote(
                    search,
                    inputs,
                    [voters[name, split] for name in subset],
                    np.stack([scores[name, split] for name in subset]).mean(axis=0),
                    truth[split],
                )
                for (subset, split), inputs in new.items()
            ],
        )
    keys = [inputs.key for inputs in wanted.values()]
    measured = results.read(search.root, EVALUATION, search.dataset).filter(pl.col("key").is_in(keys))
    return choose(measured), measured


def _inputs(subset: Subset, voters: list[Row]) -> Inputs:
    return Inputs(
        **{
            **{name: voters[0][name] for name in Inputs.model_fields},
            "evaluation": EVALUATION,
            "subset": subset,
            "fingerprints": tuple(voter["fingerprints"][0] for voter in voters),
            "fusion": "soft-vote",
        }
    )


def _vote(search: Search, inputs: Inputs, voters: list[Row], scores: NDArray[np.float64], truth: Labels) -> Result:
    metrics = measure(search.pool.entry.task, truth, scores)
    first = voters[0]
    return Result(
        inputs=inputs,
        selection=tuple(first["selection"]),
        auc=metrics.auc,
        acc=metrics.acc,
        reason=metrics.reason,
        rows=len(scores),
        features=sum(voter["features"] for voter in voters),
        fit_s=sum(voter["fit_s"] for voter in voters),
        predict_s=sum(voter["predict_s"] for voter in voters),
        peak_rss_mb=max(voter["peak_rss_mb"] for voter in voters),
        peak_vram_mb=None,
        jobs=first["jobs"],
        device=first["device"],
        hardware=first["hardware"],
        libraries=search.libraries,
        created=manifest.now(),
        scores=None,
    )
