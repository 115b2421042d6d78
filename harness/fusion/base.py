"""What the classifier and the regressor share: from images or blocks to a fitted model, in scikit-learn's verbs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fuseboard.harness.derived.card import AnyCard
from fuseboard.harness.fusion import training
from fuseboard.harness.fusion.block_card import BlockCard
from fuseboard.harness.fusion.embed import cards_for, root_of
from fuseboard.harness.fusion.embedder import Embedder
from fuseboard.harness.fusion.inputs import MATRIX, Given, given, is_matrix, numbered
from fuseboard.harness.fusion.learner import TREES
from fuseboard.harness.fusion.pictures import labels_of
from fuseboard.harness.fusion.plan import ALL, make_plan
from fuseboard.harness.fusion.predictions import Predictions, texts
from fuseboard.harness.fusion.summary import Measured
from fuseboard.harness.protocols import own
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.runtime.device import of_fits, resolve
from fuseboard.store.embeddings.join import Blocks
from fuseboard.store.embeddings.reading import Reading
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store

Images = Any
"""Paths, PIL images, uint8 arrays, a column of a `datasets` dataset, a torch Dataset; blocks of the store, a mapping
from backbone to (N, D); or a plain matrix, which is one block."""


class FusionBase(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A fusion, whatever it predicts; see `Fusion` for its arguments."""

    def __init__(
        self,
        backbones: Sequence[str | AnyCard] | None = None,
        *,
        strategy: str = ALL,
        classifier: str | None = None,
        protocol: str | Protocol | None = None,
        budget: int | None = None,
        validation_fraction: float = 0.2,
        store: Store | str | Path | None = None,
        device: str | None = None,
        batch_size: int | None = None,
        precision: str | None = None,
        bits: int | None = None,
        page: int | None = None,
        trust: bool = False,
        random_state: int = 0,
    ) -> None:
        self.backbones = backbones
        self.strategy = strategy
        self.classifier = classifier
        self.protocol = protocol
        self.budget = budget
        self.validation_fraction = validation_fraction
        self.store = store
        self.device = device
        self.batch_size = batch_size
        self.precision = precision
        self.bits = bits
        self.page = page
        self.trust = trust
        self.random_state = random_state

    def fit(self, images: Images, y: Any = None, groups: Any = None, validation: Any = None) -> Self:
        """Embeds the images, chooses backbones and penalty on held-out images, calibrates, and learns.

        Args:
            images: paths, PIL images, uint8 arrays, a column of a `datasets` dataset, a torch Dataset; blocks of the
                store, a mapping from backbone to (N, D), or a plain matrix (N, D), which is one block.
            y: labels (N,), of several labels (N, L) with 0 and 1, or numbers; may be left out where blocks or a torch
                Dataset bring them.
            groups: (N,) names, such as patients; the images of one are never both learned from and held out.
            validation: (images, y) or (images, y, groups) to hold out; by default `validation_fraction` of the images,
                drawn class by class.

        Raises:
            FuseboardError: an image cannot be read, a backbone is not what its card says.
            ValueError: labels or a matrix that nothing can be learned from.
        """
        found, labels = self._learn_from(images, y)
        task, classes, encoded = self._task_of(labels)
        if len(encoded) != len(found.names):
            raise ValueError(f"{len(found.names)} images and {len(encoded)} labels; give one label per image")
        if len(encoded) < 2:
            raise ValueError("n_samples = 1: nothing can be learned from one image; give more")
        groups = None if groups is None else np.asarray(groups)
        if groups is not None and len(groups) != len(encoded):
            raise ValueError(f"{len(encoded)} images and {len(groups)} groups; give one group per image")
        wants_trees = self.protocol is not None or self.classifier == TREES
        plan = make_plan(
            task=task,
            classes=classes,
            strategy=self.strategy,
            classifier=self.classifier,
            protocol=self._rules(),
            budget=self.budget,
            share=self.validation_fraction,
            device=of_fits(resolve(self.device)) if wants_trees else "cpu",
            seed=self.random_state,
            parameters={name: card.parameters for name, card in self.cards_.items()},
        )
        held = None if validation is None else self._validation(validation)
        name = images.dataset if isinstance(images, Blocks) else None
        outcome = training.train(plan, found, encoded, groups, held, name)
        self.model_, self.selection_ = outcome.model, outcome.selection
        self.metrics_, self.summary_ = outcome.metrics, outcome.summary
        self.predictions_ = outcome.predictions
        self.backbones_ = outcome.model.backbones
        return self

    def transform(self, images: Images) -> NDArray[np.float32]:
        """Returns the fused vectors (N, sum of D): those of the chosen backbones side by side."""
        check_is_fitted(self)
        return self.model_.fused(self._given(images).blocks)

    def is_unlike(self, images: Images) -> NDArray[np.bool_]:
        """Says (N,) which images are unlike those that were learned from, so that their scores mean little.

        `model_.novelty` has the threshold and how often it is a false alarm.
        """
        check_is_fitted(self)
        found: NDArray[np.bool_] = self.model_.novelty.is_unlike(self._given(images).blocks)
        return found

    def measure(self, images: Images, y: Any = None, split: str = "test") -> list[Measured]:
        """Measures the fusion on images that it has not seen, each metric with its 95 % interval."""
        return self.compare(images, y, split=split).measured(self.model_.task)

    def compare(self, images: Images, y: Any = None, groups: Any = None, split: str = "test") -> Predictions:
        """Returns what the fusion says of images that it has not seen, beside the truth."""
        check_is_fitted(self)
        found = self._given(images)
        labels = self._encoded(np.asarray(self._required(found.labels if y is None else y)))
        return Predictions(split, found.names, labels, self.model_.scores(found.blocks), texts(groups))

    def save(self, path: str | Path, tested: Sequence[Measured] = ()) -> None:
        """Saves the fusion as a folder, or as a zip where the path ends so, which `fuseboard.load` reads.

        What `measure` said of test images, `tested`, stands on its model card. Only an earlier bundle is replaced.
        """
        from fuseboard.harness.fusion.bundle.making import of_estimator

        check_is_fitted(self)
        of_estimator(self, tested).save(path)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Returns the name of every number that `transform` gives, such as `hog__0`."""
        check_is_fitted(self)
        widths = self.model_.widths
        return np.array([f"{name}__{number}" for name in self.backbones_ for number in range(widths[name])], object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # vectors are float32
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def _given(self, images: Images) -> Given:
        """Returns images as the blocks that were learned from."""
        if is_matrix(images):
            if list(self.backbones_) != [MATRIX]:
                raise UsageError(
                    "a plain matrix where backbones were learned from; give images, or a mapping of blocks"
                )
            return numbered({MATRIX: validate_data(self, images, dtype=np.float32, reset=False)})
        found = given(images, self.embedder_, self.reading_)
        for name, width in self.model_.widths.items():
            if name not in found.blocks:
                raise UsageError(f"no block of {name}, which was learned from; given: {', '.join(found.blocks)}")
            if found.blocks[name].shape[1] != width:
                raise UsageError(
                    f"the block of {name} is {found.blocks[name].shape[1]} numbers wide and not {width}: it is of "
                    "another version than was learned from"
                )
        return found

    def _learn_from(self, images: Images, y: Any) -> tuple[Given, NDArray[Any]]:
        """Returns the images as blocks, and their labels as they were given."""
        self.reading_ = Reading(bits=self.bits, page=self.page)
        self.embedder_: Embedder | None = None
        self.cards_: dict[str, BlockCard] = {}
        if is_matrix(images):
            matrix, labels = validate_data(self, images, self._required(y), dtype=np.float32, multi_output=True)
            return numbered({MATRIX: matrix}), labels
        cards = cards_for(images, self.backbones, self.precision)
        self.cards_ = {card.id: card for card in cards}
        if cards:
            self.embedder_ = Embedder(cards, root_of(self.store), self.device, self.batch_size, self.trust)
        found = given(images, self.embedder_, self.reading_)
        labels = y if y is not None else found.labels if found.labels is not None else labels_of(images)
        return found, np.asarray(self._required(labels))

    def _rules(self) -> Protocol | None:
        if not isinstance(self.protocol, str):
            return self.protocol
        return own.get(self.protocol, root_of(self.store))

    def _validation(self, validation: Any) -> tuple[Given, NDArray[Any], NDArray[Any] | None]:
        images, y, groups = (*(validation if isinstance(validation, tuple) else (validation,)), None, None)[:3]
        if is_matrix(images):
            found = numbered({MATRIX: validate_data(self, images, dtype=np.float32, reset=False)})
        else:
            found = given(images, self.embedder_, self.reading_)
        labels = self._encoded(np.asarray(self._required(found.labels if y is None else y)))
        return found, labels, None if groups is None else np.asarray(groups)

    def _required(self, y: Any) -> Any:
        if y is None:  # in the words that scikit-learn's own checks look for
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        return y

    def _task_of(self, labels: NDArray[Any]) -> tuple[str, tuple[str, ...], NDArray[Any]]:
        raise NotImplementedError

    def _encoded(self, labels: NDArray[Any]) -> NDArray[Any]:
        raise NotImplementedError
