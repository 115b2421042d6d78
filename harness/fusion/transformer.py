"""The transformer: embeddings of several backbones side by side, as scikit-learn's pipelines take them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from fuseboard.harness.backbones import registry
from fuseboard.harness.derived.card import AnyCard
from fuseboard.harness.fusion.embed import cards_of, root_of
from fuseboard.harness.fusion.embedder import Embedder, Vectors, refuse_faults
from fuseboard.harness.fusion.pictures import pictures_of
from fuseboard.store.embeddings.reading import Reading
from fuseboard.store.store import Store


class FusionEmbedder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Embeddings of several backbones side by side, as a scikit-learn transformer.

    Every image is embedded once: its vectors are kept in the store by its content, so a cross-validation or a grid
    search finds them there. Nothing is learned by `fit`.

    Args:
        backbones: names, paths of cards, or cards; None for the five whose weights come with a package.
        store: where vectors are kept; the default store when None.
        device: `cpu`, `cuda` or `cuda:N`; the GPU where there is one when None.
        batch_size: images per forward pass at most.
        precision: of every backbone; that of its card when None.
        bits: that the values of 16-bit grey images use, where they do not say it.
        page: which image of files of several is meant.
        trust: whether code of a backbone's repository may run.

    Attributes:
        cards_: backbone -> its card.
        n_features_out_: numbers of a joined vector.
    """

    def __init__(
        self,
        backbones: Sequence[str | AnyCard] | None = None,
        *,
        store: Store | str | Path | None = None,
        device: str | None = None,
        batch_size: int | None = None,
        precision: str | None = None,
        bits: int | None = None,
        page: int | None = None,
        trust: bool = False,
    ) -> None:
        self.backbones = backbones
        self.store = store
        self.device = device
        self.batch_size = batch_size
        self.precision = precision
        self.bits = bits
        self.page = page
        self.trust = trust

    def fit(self, images: Any = None, y: Any = None) -> Self:
        """Looks up the cards; images are not looked at."""
        cards = cards_of(registry.OFFLINE if self.backbones is None else self.backbones, self.precision)
        self.embedder_ = Embedder(cards, root_of(self.store), self.device, self.batch_size, self.trust)
        self.cards_ = self.embedder_.cards
        self.n_features_out_ = sum(card.dim for card in cards)
        return self

    def transform(self, images: Any) -> Vectors:
        """Returns the joined vectors (N, sum of D) of images, backbone after backbone in alphabetical order.

        Raises:
            FuseboardError: an image cannot be read; the first is named.
        """
        return np.concatenate(list(self.embed(images).values()), axis=1)

    def embed(self, images: Any) -> dict[str, Vectors]:
        """Returns backbone -> vectors (N, D) of images; raises as `transform`."""
        if not hasattr(self, "embedder_"):
            self.fit()
        reading = Reading(bits=self.bits, page=self.page)
        embedded = self.embedder_.embed(pictures_of(images, reading))
        refuse_faults(embedded)
        return dict(embedded.blocks)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Returns the name of every number, such as `hog__0`."""
        names = [f"{name}__{number}" for name, card in self.cards_.items() for number in range(card.dim)]
        return np.array(names, object)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "embedder_")
