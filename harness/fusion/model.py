"""The model: what a fusion has learned, and nothing of how; plain arrays and a booster, which a bundle keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.classifiers.heads import Linear, Trees
from fuseboard.harness.fusion.calibration import Calibration
from fuseboard.harness.fusion.novelty import Novelty
from fuseboard.store.arrays import BINARY

Matrix = NDArray[np.float32]
Blocks = Mapping[str, Matrix]
"""Backbone -> (N, D)."""


@dataclass(frozen=True)
class Member:
    """One classifier, and the backbones whose blocks it sees side by side."""

    backbones: tuple[str, ...]
    widths: tuple[int, ...]
    """Numbers of each backbone's vector."""
    head: Linear | Trees

    def parts(self, blocks: Blocks) -> list[Matrix]:
        """Returns its blocks, in its order."""
        return [blocks[name] for name in self.backbones]


@dataclass(frozen=True)
class Model:
    """A fused classifier or regressor.

    One member is a fusion by concatenation. Several are a soft vote: the mean of what each says of its own backbone.
    """

    task: str
    """One of MedMNIST's, or `regression`."""
    classes: tuple[str, ...]
    """Names of the classes, or of the labels of a multi-label task; empty for regression."""
    members: tuple[Member, ...]
    calibration: Calibration
    novelty: Novelty

    @property
    def backbones(self) -> tuple[str, ...]:
        """The subset, in alphabetical order."""
        return tuple(sorted({name for member in self.members for name in member.backbones}))

    @property
    def widths(self) -> dict[str, int]:
        """Backbone -> numbers of its vector."""
        return {
            name: width for member in self.members for name, width in zip(member.backbones, member.widths, strict=True)
        }

    def scores(self, blocks: Blocks) -> NDArray[np.float32]:
        """Predicts calibrated probabilities (N, C), two columns for a binary task, or numbers (N, 1)."""
        return self.calibration.apply(raw_scores(self.task, self.members, blocks))

    def fused(self, blocks: Blocks) -> Matrix:
        """Returns the joined vectors (N, sum of D) of the subset."""
        return np.concatenate([blocks[name] for name in self.backbones], axis=1)

    def contributions(self, blocks: Blocks) -> dict[str, NDArray[np.float64]]:
        """Returns backbone -> (N, C): what its block adds to the log-odds of each class, or to the number.

        They add up to the decision less that of a mean training image, before calibration. Binary tasks have one
        column, that of the second class. Of a vote each member's is divided by the number of members.
        """
        rows = len(next(iter(blocks.values())))
        found: dict[str, NDArray[np.float64]] = {}
        for member in self.members:
            parts = member.head.contributions(member.parts(blocks))
            for place, name in enumerate(member.backbones):
                share = np.asarray(parts[:, :, place], np.float64) / len(self.members)
                found[name] = found.get(name, np.zeros((rows, share.shape[1]))) + share
        return found


def raw_scores(task: str, members: Sequence[Member], blocks: Blocks) -> NDArray[np.float32]:
    """Predicts (N, C) as the members say it, not calibrated; two columns for a binary task."""
    mean = np.mean([member.head.predict(member.parts(blocks)).astype(np.float64) for member in members], axis=0)
    whole = np.hstack([1 - mean, mean]) if task == BINARY else mean
    found: NDArray[np.float32] = whole.astype(np.float32)
    return found
