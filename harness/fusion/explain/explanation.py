"""An explanation: what each backbone adds to an answer, and which training images are nearest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.heads import Linear
from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion.model import Blocks, Model
from fuseboard.store.arrays import BINARY, is_multi_label

NEIGHBOURS = 5


@dataclass(frozen=True)
class Share:
    """What one backbone says."""

    backbone: str
    adds: float
    """To the log-odds of the answer, before calibration, or to the number; negative where it speaks against it."""
    share: float
    """Its size among the sizes of all, 0 to 1."""


@dataclass(frozen=True)
class Neighbour:
    """A training image that is near in the space of the embeddings."""

    name: str
    label: str
    distance: float


@dataclass(frozen=True)
class Explanation:
    """Why a model answers as it does of one image."""

    name: str
    answer: str
    """The class or label that is explained, the most probable one; of a regression the number."""
    score: float
    """Its calibrated probability, or the number."""
    unlike: bool
    """Whether the image is unlike those that were learned from."""
    distance: float
    """The mean from its nearest training images; above the threshold it is unlike them."""
    threshold: float
    shares: tuple[Share, ...]
    """The largest first."""
    neighbours: tuple[Neighbour, ...]
    """The nearest first."""

    @property
    def adds(self) -> float:
        """What all backbones add to the answer of a mean training image."""
        return sum(share.adds for share in self.shares)


@dataclass(frozen=True)
class Target:
    """What of a decision is explained."""

    column: int
    """Of the scores."""
    decision: int
    """Column of the decisions: a binary task has one only."""
    sign: int
    """-1 for the first class of a binary task, whose decision speaks for the second."""


def target_of(model: Model, scores: NDArray[np.float32]) -> Target:
    """Returns what is explained of an image whose scores (C,) are given: the most probable class or label."""
    column = int(scores.argmax())
    return Target(column, 0, 1 if column else -1) if model.task == BINARY else Target(column, column, 1)


def explain(model: Model, blocks: Blocks, names: Sequence[str], neighbours: int = NEIGHBOURS) -> list[Explanation]:
    """Explains images.

    Args:
        model: whose answers they are.
        blocks: backbone -> (N, D).
        names: of the N images.
        neighbours: training images that are named for each.
    """
    scores, parts = model.scores(blocks), model.contributions(blocks)
    places, distances = model.novelty.nearest(blocks, neighbours)
    means = model.novelty.distances(blocks)
    found = []
    for row, name in enumerate(names):
        target = target_of(model, scores[row])
        score = float(scores[row, target.column])
        near = [
            Neighbour(model.novelty.names[place], label(model, model.novelty.labels[place]), float(distance))
            for place, distance in zip(places[row], distances[row], strict=True)
        ]
        found.append(
            Explanation(
                name=name,
                answer=f"{score:.4g}" if model.task == REGRESSION else model.classes[target.column],
                score=score,
                unlike=bool(means[row] > model.novelty.threshold),
                distance=float(means[row]),
                threshold=model.novelty.threshold,
                shares=_shares({k: target.sign * float(own[row, target.decision]) for k, own in parts.items()}),
                neighbours=tuple(near),
            )
        )
    return found


def _shares(adds: dict[str, float]) -> tuple[Share, ...]:
    whole = sum(map(abs, adds.values()))
    found = [Share(name, own, abs(own) / whole if whole else 0.0) for name, own in adds.items()]
    return tuple(sorted(found, key=lambda each: (-each.share, each.backbone)))


def label(model: Model, truth: Any) -> str:
    """Returns a label as people read it: a class, labels joined by a semicolon, or a number."""
    if isinstance(truth, str):
        return truth
    if model.task == REGRESSION:
        return f"{float(truth):.4g}"
    if is_multi_label(model.task):
        return ";".join(name for name, has in zip(model.classes, truth, strict=True) if has) or "none"
    return model.classes[int(truth)]


def direction(model: Model, backbone: str, target: Target, vector: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns the direction (D,) in which a backbone's vector speaks for an answer, the slope of what is explained.

    Of linear heads it is their weights. Trees have steps and no slope; of them it leads to the mean of the class's
    training images, away from that of the others, which need not be what the trees went by. Neither is there of trees
    that predict a number, so all is 0.

    Args:
        model: whose answer it is.
        backbone: one of its backbones.
        target: what is explained.
        vector: (D,) of the image.
    """
    if is_linear(model, backbone):
        total = np.zeros(len(vector))
        for member in model.members:
            if backbone in member.backbones:
                assert isinstance(member.head, Linear)
                place = member.backbones.index(backbone)
                start = sum(member.widths[:place])
                total += member.head.coef[target.decision, start : start + member.widths[place]]
        return target.sign * total / len(model.members)
    novelty = model.novelty
    if model.task == REGRESSION:
        return np.zeros(len(vector))
    labels = novelty.labels
    own = labels[:, target.column] > 0 if labels.ndim == 2 else labels == target.column
    if own.all() or not own.any():
        return np.zeros(len(vector))
    between = (novelty.training[own].mean(axis=0) - novelty.training[~own].mean(axis=0)) @ novelty.projection
    widths = model.widths
    start = sum(widths[name] for name in novelty.backbones[: novelty.backbones.index(backbone)])
    towards = between[start : start + len(vector)].astype(np.float64)
    length = float(np.linalg.norm(vector)) or 1.0
    unit = vector.astype(np.float64) / length
    slope: NDArray[np.float64] = (towards - (towards @ unit) * unit) / length  # novelty compares vectors of length 1
    return slope


def is_linear(model: Model, backbone: str) -> bool:
    """Whether all heads that see a backbone are linear."""
    return all(isinstance(member.head, Linear) for member in model.members if backbone in member.backbones)
