"""What a classifier is: what the search and the evaluations ask of it, whichever it is.

A class that has `Params` and `fit` can be the classifier of a protocol. Beside these it may have `grid`, the settings
among which an evaluation chooses; `fit_grid`, where they share work; and `StreamedClassifier` as its base, where it can
also learn from data that is read batch by batch.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from fuseboard.harness.classifiers.stream import Stream
from fuseboard.store.arrays import Labels, Scores

Blocks = Sequence[NDArray[np.float32]]
"""(N, D_k) matrices whose columns side by side are the features."""

Advance = Callable[[int], None]
"""Is called with the number of passes that are finished."""


class Params(BaseModel):
    """The base of the parameters that a protocol names in `[params]`; names that a classifier lacks are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def absent(self) -> set[str]:
        """Parameters at their default that protocols could not name at first, so they are in no digest."""
        return set()


class Fitted(Protocol):
    """What a classifier has learned."""

    def predict(self, features: Blocks) -> Scores:
        """Predicts probabilities (N, C); a binary task has one column, that of the positive class."""


class FittedGrid(Protocol):
    """What several settings of a classifier have learned together."""

    def predict_each(self, features: Blocks) -> Iterator[Any]:
        """Predicts (N, C) arrays or tensors, one for each setting in the order of the settings."""


@dataclass(frozen=True)
class FittedEach:
    """Settings that were fitted one by one."""

    fitted: Sequence[Fitted]

    def predict_each(self, features: Blocks) -> Iterator[Scores]:
        """Predicts the probabilities (N, C) of each setting."""
        return (each.predict(features) for each in self.fitted)


@dataclass(frozen=True)
class Candidate:
    """One setting that evaluations try."""

    name: str
    """The name among the settings of a classifier, as people read it; empty where there is only one."""
    params: Mapping[str, Any] | None
    """The parameters, as rows keep them; None for those of the protocol."""
    identity: Mapping[str, Any]
    """Everything that decides the numbers; it is part of the rows' key."""
    min_rows: int = 1
    """The fewest training rows that it can be fitted on."""


@dataclass(frozen=True)
class Classifier(Protocol):
    """One setting of a classifier for one task.

    Args:
        params: values of `Params`, as a protocol or a candidate has them.
        task: MedMNIST's name of the task.
        n_classes: classes, or labels of a multi-label task; taken from the dataset, since training may lack one.
        seed: of its generator, where it draws anything.
        device: `cpu`, `cuda` or `cuda:N`.
        threads: that one fit may use.
    """

    Params: ClassVar[type[Params]]
    """The model of its parameters."""
    SHARED_FIT: ClassVar[bool] = False
    """Whether the settings of `fit_grid` share work; those that do not are fitted side by side."""

    params: Mapping[str, Any]
    task: str
    n_classes: int
    seed: int = 0
    device: str = "cpu"
    threads: int = 1

    @abstractmethod
    def fit(self, features: Blocks, labels: Labels) -> Fitted:
        """Learns from blocks of (N, D_k) features and from (N,) or (N, L) labels."""

    def placed(self, features: Blocks) -> Blocks:
        """Brings blocks that many fits share to where they are used; most classifiers take them as they are."""
        return features

    @classmethod
    def grid(cls) -> Sequence[Candidate]:
        """Lists the settings that an evaluation tries, the preferred among equals first."""
        return (Candidate("", None, {}),)

    @classmethod
    def fit_grid(cls, settings: Sequence["Classifier"], features: Blocks, labels: Labels) -> FittedGrid:
        """Fits several settings; a classifier whose settings share most of the work does it once for all."""
        return FittedEach([setting.fit(features, labels) for setting in settings])


class StreamedClassifier(Classifier):
    """A classifier that can also be fitted from a stream, in several settings that share each pass over it."""

    BATCH_ROWS: ClassVar[int] = 2_048
    """Rows that it predicts at a time."""
    PASSES: ClassVar[int] = 1
    """Passes over training that a fit reports at most."""
    NEEDS_GPU: ClassVar[bool] = False
    """Whether a fit from a large stream takes weeks without a GPU."""

    @classmethod
    def stream_grid(cls) -> Sequence[Candidate]:
        """Lists the settings that an evaluation tries on a stream."""
        return cls.grid()

    @classmethod
    @abstractmethod
    def fit_stream(cls, settings: Sequence[Self], train: Stream, advance: Advance) -> FittedGrid:
        """Fits every setting on class numbers (N,)."""
