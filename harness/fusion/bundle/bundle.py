"""The bundle: a fused classifier or regressor with everything that it takes to use it on images elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.datasets.dataset import LIMIT
from fuseboard.harness.fusion.block_card import BlockCard
from fuseboard.harness.fusion.bundle import arrays, cards, model_card, parts, writing
from fuseboard.harness.fusion.bundle import manifest as manifests
from fuseboard.harness.fusion.bundle.answers import answers
from fuseboard.harness.fusion.bundle.manifest import Manifest
from fuseboard.harness.fusion.embedder import Embedded, Embedder, refuse_faults
from fuseboard.harness.fusion.explain.explanation import NEIGHBOURS, Explanation, explain
from fuseboard.harness.fusion.inputs import Given, given
from fuseboard.harness.fusion.model import Blocks, Model
from fuseboard.harness.fusion.pictures import pictures_of
from fuseboard.harness.fusion.predictions import Predictions
from fuseboard.harness.fusion.selection import Selection
from fuseboard.harness.fusion.summary import Measured
from fuseboard.harness.metadata.table import Beside
from fuseboard.store.arrays import is_multi_label
from fuseboard.store.embeddings import join
from fuseboard.store.embeddings.reading import Reading

MANY = 8_192
"""Images whose vectors are in memory at a time where only the answers are kept: 160 MB of 4,900 numbers each."""

KINDS = {"text": np.str_, "integer": np.int64, "float": np.float64, "boolean": np.bool_}


@dataclass(frozen=True)
class Bundle:
    """A fused classifier or regressor, ready for images.

    `predict`, `predict_proba`, `transform` and `is_unlike` mean what they mean of `Fusion`; `answers` is a table that
    also names the images that cannot be read.
    """

    model: Model
    cards: Mapping[str, BlockCard]
    """Backbone -> the card that is loaded for it."""
    canaries: Mapping[str, NDArray[np.float32]]
    """Backbone -> vectors (3, D) that it must make of the canary images."""
    facts: Manifest
    """Everything else."""
    predictions: Mapping[str, Predictions] = field(default_factory=dict)
    """`validation` and `test` -> what it said of their images, beside the truth, where such are kept."""
    splits: bytes | None = None
    """The table of images and splits, as CSV."""
    device: str | None = None
    batch_size: int | None = None
    trust: bool = False
    max_pixels: int = LIMIT
    root: Path | None = None
    """The folder of a store that keeps the vectors of images by their content; None keeps none."""
    table: Beside | None = None
    """Of the metadata of images, where a block is made of such."""
    settings: Reading | None = None
    """How files are read, where it is not as the training images were."""

    @property
    def reading(self) -> Reading:
        """How image files are read."""
        return self.facts.reading if self.settings is None else self.settings

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes in the order of probabilities, of the type that they were given as."""
        names = self.facts.classes
        if self.facts.label_type == "boolean":
            return np.array([name == "True" for name in names])
        return np.array(names).astype(KINDS[self.facts.label_type])

    @property
    def backbones_(self) -> tuple[str, ...]:
        """The subset."""
        return self.model.backbones

    @property
    def selection_(self) -> Selection:
        """What was compared when it was trained, and what the choice is worth."""
        facts = self.facts.selection.model_dump()
        rows = facts.pop("table")
        schema: dict[str, Any] = {"subset": pl.List(pl.String), "features": pl.Int64, "tied": pl.Boolean}
        return Selection(**facts, table=pl.DataFrame(rows) if rows else pl.DataFrame(schema=schema))

    @property
    def metrics_(self) -> list[Measured]:
        """What it measured on held-out images, with intervals."""
        return [Measured(**one.model_dump()) for one in self.facts.metrics]

    @property
    def licences(self) -> dict[str, str]:
        """Backbone -> the licence of its weights."""
        return {name: facts.licence for name, facts in self.facts.backbones.items()}

    @cached_property
    def embedder(self) -> Embedder:
        """The backbones, each loaded, and held against its canary, when the first image needs it."""
        recorded = {name: tuple(map(tuple, found.tolist())) for name, found in self.canaries.items()}
        return Embedder(
            [self.cards[name] for name in self.backbones_],
            self.root,
            self.device,
            self.batch_size,
            self.trust,
            recorded,
            self.table,
        )

    def predict(self, images: Any) -> NDArray[Any]:
        """Returns the most probable class (N,), of several labels (N, L) with 0 and 1, or numbers (N,)."""
        scores = self._scores(images)
        if self.model.task == REGRESSION:
            return scores[:, 0]
        if is_multi_label(self.model.task):
            return (scores > 0.5).astype(np.int64)
        found: NDArray[Any] = self.classes_[scores.argmax(axis=1)]
        return found

    def predict_proba(self, images: Any) -> NDArray[np.float32]:
        """Returns calibrated probabilities (N, C), in the order of `classes_`; of several labels one column each.

        Raises:
            AttributeError: of a regression, which has none.
            FuseboardError: an image cannot be read; the first is named.
        """
        if self.model.task == REGRESSION:
            raise AttributeError("a regression has no probabilities; use predict")
        return self._scores(images)

    def transform(self, images: Any) -> NDArray[np.float32]:
        """Returns the fused vectors (N, sum of D) of the subset."""
        return self.model.fused(self._blocks(images))

    def is_unlike(self, images: Any) -> NDArray[np.bool_]:
        """Says (N,) which images are unlike those that it was trained on."""
        found: NDArray[np.bool_] = self.model.novelty.is_unlike(self._blocks(images))
        return found

    def explain(self, images: Any, neighbours: int = NEIGHBOURS) -> list[Explanation]:
        """Says of every image what each backbone adds to the answer, and which training images are nearest."""
        found = self._given(images)
        return explain(self.model, found.blocks, found.names, neighbours)

    def embed(self, images: Any) -> Embedded:
        """Embeds images with every backbone of the subset; those that cannot be read are named, and NaN."""
        return self.embedder.embed(pictures_of(images, self.reading, self.max_pixels))

    def answers(self, images: Any) -> pl.DataFrame:
        """Returns a row per image: path, class, probabilities, whether it is unlike training, or why it is not read."""
        pictures = pictures_of(images, self.reading, self.max_pixels)
        starts = range(0, max(1, len(pictures)), MANY)
        return pl.concat(answers(self.model, self.embedder.embed(pictures[at : at + MANY])) for at in starts)

    def save(self, path: str | Path) -> None:
        """Writes the bundle as a folder, or as a zip where the path ends so, whole or not at all.

        Raises:
            UsageError: something lies there that is no bundle.
            FuseboardError: the disk is full.
        """
        writing.write(Path(path), self.facts, self.files())

    def files(self) -> dict[str, bytes]:
        """Returns every file but the manifest."""
        _, heads = parts.members_of(self.model)
        _, curves = parts.calibration_of(self.model.calibration)
        _, images = parts.novelty_of(self.model.novelty)
        texts: dict[str, bytes] = {}
        for name, facts in self.facts.backbones.items():
            texts |= cards.as_files(self.cards[name], facts)
        splits = {} if self.splits is None else {manifests.SPLITS: self.splits}
        return {
            **texts,
            manifests.CANARIES: arrays.dump(self.canaries),
            **heads,
            **curves,
            **images,
            **{name: text for one in self.predictions.values() for name, text in parts.predictions_of(one)[1].items()},
            **splits,
            manifests.README: model_card.render(self.facts).encode(),
        }

    def _scores(self, images: Any) -> NDArray[np.float32]:
        return self.model.scores(self._blocks(images))

    def _blocks(self, images: Any) -> Blocks:
        return self._given(images).blocks

    def _given(self, images: Any) -> Given:
        if isinstance(images, Mapping | join.Blocks):
            found = given(images, None, self.reading)
            cards.refuse_other_blocks(images, found.blocks, self.cards)
            return found
        embedded = self.embed(images)
        refuse_faults(embedded)
        return Given(embedded.blocks, embedded.names)
