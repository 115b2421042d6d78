"""The check of a precision: whether its vectors do the work of single precision's, on generated and labelled images."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.backbones.pipeline import embed
from fuseboard.harness.classifiers.classifier import Classifier
from fuseboard.harness.classifiers.knn import KNN
from fuseboard.harness.classifiers.linear_probe import LinearProbe
from fuseboard.harness.datasets import known_names, limited, registry
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.arrays import Labels
from fuseboard.store.errors import UsageError
from fuseboard.store.statistics.cka import TWIN, linear_cka
from fuseboard.store.statistics.weighted_metrics import n_correct

DATASET = "breastmnist-28"
"""Labelled images that come with fuseboard."""

SAMPLE = 200
"""Images of train and of test at most; a name that ends in `-sampleN` brings its own number."""

COSINE = 0.99
"""Least cosine of an image's two vectors. Those of all cards with random weights are at least .9997 in bf16 (H100)."""

STANDARD_ERRORS = 2.0
"""A fall of accuracy counts beyond so many of its standard errors, over the images that are answered otherwise."""

CLASSIFIERS: Mapping[str, tuple[type[Classifier], Mapping[str, float | int]]] = {
    "kNN": (KNN, {"n_neighbors": 5}),
    "linear probe": (LinearProbe, {"C": 1e-2, "max_iter": 1_000}),
}
"""Fixed settings, since a setting chosen anew for each precision would add the noise of the choice."""

FIX = "keep --precision fp32"
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """Labelled images: those of train are learned from, those of test are answered."""

    dataset: Dataset
    train: Labels
    test: Labels


@dataclass(frozen=True)
class Seen:
    """What a backbone makes of the images at one precision."""

    canary: Vectors
    train: Vectors
    test: Vectors

    @property
    def finite(self) -> bool:
        """Whether every number is one."""
        return all(np.isfinite(part).all() for part in (self.canary, self.train, self.test))


@dataclass(frozen=True)
class Closeness:
    """How near the vectors of the same images are to each other."""

    difference: float
    """The largest, as a share of the largest component in single precision."""
    cosine: float
    """The least of all images."""

    @classmethod
    def of(cls, plain: Vectors, other: Vectors) -> "Closeness":
        """Compares (N, D) with (N, D)."""
        one, two = plain.astype(np.float64), other.astype(np.float64)
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
        same = (one == two).all(axis=1)  # two vectors of zeros have no angle
        cosines = np.divide((one * two).sum(axis=1), lengths, out=same.astype(np.float64), where=lengths > 0)
        return cls(float(np.abs(one - two).max()) / (float(np.abs(one).max()) or 1.0), float(cosines.min()))


@dataclass(frozen=True)
class Accuracy:
    """A classifier's share of right answers on test, learned and asked at either precision."""

    plain: float
    other: float
    fell: bool
    """Whether it fell by more than chance does, by McNemar's test on the images that are answered otherwise."""

    @classmethod
    def of(cls, right: NDArray[np.float32], other: NDArray[np.float32], most: int) -> "Accuracy":
        """Compares right answers (N,) of `most` per image."""
        change = other - right
        fell = float(change.sum()) < -STANDARD_ERRORS * math.sqrt(float(np.square(change).sum()))
        return cls(float(right.mean()) / most, float(other.mean()) / most, fell)


def sample(name: str | None = None) -> Sample:
    """The labelled images of a dataset, or of the one that comes with fuseboard.

    Raises:
        UsageError: it has no train or no test split.
    """
    name = name or DATASET
    found = registry.get(name if known_names.LIMITED.fullmatch(name) else f"{name}-{limited.Sample.kind}{SAMPLE}")
    if absent := {"train", "test"} - set(found.splits):
        raise UsageError(f"{name} has no {min(absent)} split, and a precision is judged by learning from one split "
                         f"and answering another; take --dataset {DATASET}")  # fmt: skip
    return Sample(found, found.labels("train"), found.labels("test"))


def look(card: Card, encoder: Encoder, images: Sample, batch_size: int) -> Seen:
    """Computes the vectors of the canary and of the sample."""
    feeder = Feeder(encoder, batch_size)

    def vectors(split: str, count: int) -> Vectors:
        readers = images.dataset.readers(split, 0, count)
        return embed(readers, count, card.preprocessing.prepare, feeder, lambda done: None)

    return Seen(canary.vectors(card, encoder), vectors("train", len(images.train)), vectors("test", len(images.test)))


def findings(plain: Seen, other: Seen, precision: str, images: Sample) -> Iterator[Finding]:
    """Holds a precision against single precision, one finding after another; it passes where none is bad.

    Args:
        plain: in fp32.
        other: in the precision.
        precision: its name.
        images: the labelled ones.
    """
    if not other.finite:
        yield Finding("wrong", "finite", f"{precision} makes NaN or infinity of some images", FIX)
        return
    generated, labelled = (
        Closeness.of(plain.canary, other.canary),
        Closeness.of(np.vstack([plain.train, plain.test]), np.vstack([other.train, other.test])),
    )
    allowed = canary.TOLERANCE[precision]
    message = f"differs by {generated.difference:.1e} of its scale ({allowed:g} is allowed)"
    yield _judged(
        generated.difference <= allowed and generated.cosine >= COSINE,
        "canary",
        f"{message}, least cosine {generated.cosine:.5f}",
    )
    count = len(images.train) + len(images.test)
    message = f"differs by {labelled.difference:.1e} of its scale on {count} images of {images.dataset.name}"
    yield _judged(labelled.cosine >= COSINE, "sample", f"{message}, least cosine {labelled.cosine:.5f}")
    alike = linear_cka(np.vstack([plain.train, plain.test]), np.vstack([other.train, other.test]))
    message = alike.reason.replace("one finds", "it finds") if alike.reason else f"{alike.value:.5f} with fp32"
    yield _judged(alike.value is not None and alike.value >= TWIN, "linear CKA", f"{message} ({TWIN} is asked)")
    for name, found in accuracies(plain, other, images).items():
        message = f"accuracy {found.plain:.4f} in fp32, {found.other:.4f} in {precision} on {len(images.test)} images"
        yield _judged(not found.fell, name, f"{message}{', more than chance does' if found.fell else ''}")


def accuracies(plain: Seen, other: Seen, images: Sample) -> dict[str, Accuracy]:
    """Learns from train and answers test, at each precision by itself, with the project's own classifiers."""
    task, classes = images.dataset.task, len(images.dataset.label_names)
    most = 1 if images.test.ndim == 1 else images.test.shape[1]
    found = {}
    for name, (kind, params) in CLASSIFIERS.items():
        model = kind(params, task, classes)
        one, two = (
            n_correct(task, images.test, model.fit([seen.train], images.train).predict([seen.test]))
            for seen in (plain, other)
        )
        found[name] = Accuracy.of(one, two, most)
    return found


def _judged(is_right: bool, check: str, message: str) -> Finding:
    return Finding("ok", check, message) if is_right else Finding("wrong", check, message, FIX)
