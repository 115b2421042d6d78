"""Training: from blocks and labels to a model, with what its choice is worth."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion import calibration, hold_out, novelty
from fuseboard.harness.fusion.candidates import Candidates
from fuseboard.harness.fusion.inputs import Given
from fuseboard.harness.fusion.learner import Part
from fuseboard.harness.fusion.model import Model, raw_scores
from fuseboard.harness.fusion.plan import ALL, Plan
from fuseboard.harness.fusion.predictions import Predictions, texts
from fuseboard.harness.fusion.selection import Selection, select
from fuseboard.harness.fusion.summary import Measured, Summary
from fuseboard.harness.search import shapley_note
from fuseboard.store.arrays import is_multi_label
from fuseboard.store.statistics.shapley import majority_acc

WHY_ALL = (
    "no subset was searched: on the datasets of docs/results.md none that a search chose had a higher test AUC than "
    "all backbones with a linear head; the strategy `exhaustive` searches yours"
)


@dataclass(frozen=True)
class Outcome:
    """What training has made."""

    model: Model
    selection: Selection
    metrics: list[Measured]
    """Of the held-out images; they chose the penalty and the calibration, so others measure a little less."""
    summary: Summary
    predictions: Predictions | None
    """Of the held-out images; None where there are none."""


def train(
    plan: Plan,
    images: Given,
    labels: NDArray[Any],
    groups: NDArray[Any] | None = None,
    held: tuple[Given, NDArray[Any], NDArray[Any] | None] | None = None,
    dataset: str | None = None,
    licence: str | None = None,
) -> Outcome:
    """Learns, chooses, calibrates and measures.

    Args:
        plan: what is done.
        images: to learn from.
        labels: class numbers (N,), labels (N, L) of 0 and 1, or numbers (N,).
        groups: (N,) names; no group is on both sides.
        held: the held-out images, their labels and groups; a share of `images` where None.
        dataset: the name of the images, where they have one.
        licence: of the images, where it is known.
    """
    began = time.perf_counter()
    if held is None:
        out = hold_out.held_out(labels, plan.share, plan.seed, groups, plan.task != REGRESSION)
        learn, validation = _part(images, labels, ~out), _part(images, labels, out)
        names, others = (
            tuple(name for name, kept in zip(images.names, rows, strict=True) if kept) for rows in (~out, out)
        )
        of_others = None if groups is None else groups[out]
    else:
        given, truth, own = held
        if groups is not None and own is not None:
            hold_out.refuse_shared_groups(groups, own)
        learn, validation, names = Part(images.blocks, labels), Part(given.blocks, truth), images.names
        others, of_others = given.names, own
    if validation.rows:
        selection, members = _choose(plan, learn, validation)
        scores = raw_scores(plan.task, members, validation.blocks)
        tempered = calibration.fit(plan.task, validation.labels, scores)
        said = Predictions("validation", others, validation.labels, tempered.apply(scores), texts(of_others))
        measured = said.measured(plan.task)
    else:
        everything = tuple(sorted(learn.blocks))
        members = (plan.learner.fit(learn, None, everything),)
        selection, said, measured = _unchosen(plan, everything), None, []
        tempered = calibration.Calibration(plan.task, "none")
    subset = tuple(sorted({name for member in members for name in member.backbones}))
    own_blocks, held_blocks = ({name: part.blocks[name] for name in subset} for part in (learn, validation))
    unlike = novelty.fit(own_blocks, learn.labels, names, held_blocks if validation.rows else None)
    summary = Summary(
        images=learn.rows,
        validation=validation.rows,
        classes=_counts(plan, learn.labels),
        groups=None if groups is None else len(np.unique(np.asarray(groups).astype(str))),
        dataset=dataset,
        licence=licence,
        protocol=plan.protocol.name if plan.protocol is not None else None,
        seconds=time.perf_counter() - began,
    )
    return Outcome(Model(plan.task, plan.classes, members, tempered, unlike), selection, measured, summary, said)


def _part(images: Given, labels: NDArray[Any], rows: NDArray[np.bool_]) -> Part:
    return Part({name: block[rows] for name, block in images.blocks.items()}, labels[rows])


def _choose(plan: Plan, learn: Part, validation: Part) -> tuple[Selection, tuple[Any, ...]]:
    candidates = Candidates(plan.learner, learn, validation, plan.metric, plan.tie_break, plan.budget)
    ordered = candidates.run(plan.strategy)
    chosen, everything = ordered[0], candidates.backbones
    for subset in [] if candidates.spent else [*((name,) for name in everything), everything]:
        candidates.measure(subset)
    remarks = (WHY_ALL,) if plan.strategy == ALL and len(everything) > 1 else ()
    if candidates.spent:
        remarks = (*remarks, f"the budget of {plan.budget} fits ended the search; a larger one may choose another")
    widths = {name: block.shape[1] for name, block in learn.blocks.items()}
    right = {} if plan.task == REGRESSION else {s: candidates.utilities(s, "acc") for s in candidates.scores}
    shares = None
    if right:
        guess = majority_acc(learn.labels, validation.labels)
        right_of = {subset: float(per_image.mean()) for subset, per_image in right.items()}
        shares = shapley_note.told(right_of, guess, "accuracy on held-out images")
    selection = select(
        strategy=plan.strategy,
        metric=plan.metric,
        chosen=chosen,
        everything=everything,
        utilities={subset: candidates.utilities(subset) for subset in candidates.scores},
        right=right,
        features={subset: sum(widths[name] for name in subset) for subset in candidates.scores},
        parameters={name: plan.parameters.get(name) for name in everything},
        candidates=ordered,
        seed=plan.seed,
        remarks=remarks if shares is None else (*remarks, shares),
    )
    return selection, candidates.chosen(chosen)


def _unchosen(plan: Plan, everything: Subset) -> Selection:
    return Selection(
        strategy=plan.strategy,
        metric=plan.metric,
        images=0,
        chosen=everything,
        all_backbones=everything,
        best_single=None,
        table=pl.DataFrame(schema={"subset": pl.List(pl.String), "features": pl.Int64, "tied": pl.Boolean}),
        optimism=None,
        honest_score=None,
        cheapest=everything,
        cost="",
        smallest_difference=None,
        images_for_a_point=None,
        remarks=(
            "all backbones, the penalty from folds of training, not calibrated; give `validation`, or more images",
        ),
    )


def _counts(plan: Plan, labels: NDArray[Any]) -> dict[str, int]:
    if plan.task == REGRESSION:
        return {}
    if is_multi_label(plan.task):
        return {name: int(labels[:, place].sum()) for place, name in enumerate(plan.classes)}
    return {name: int((labels == place).sum()) for place, name in enumerate(plan.classes)}
