"""The card of a derived version: the card of its source, and what is done to its vectors."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.source import Source
from fuseboard.store.embeddings import transform_file
from fuseboard.store.embeddings.derived import Identity, Recipe, named
from fuseboard.store.embeddings.manifest import Redistribution
from fuseboard.store.embeddings.transform import Transform
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.hashing import fingerprint


@dataclass(frozen=True)
class DerivedCard:
    """What makes the vectors of new images: the source's network, then the transform.

    It answers what a card is asked. Before it is fitted on images it has a name alone.
    """

    base: Card
    """Of the source."""
    recipe: Recipe
    transform: Transform | None = None
    own: Identity | None = None

    @classmethod
    def of(cls, base: Card, transform: Transform, own: Identity) -> Self:
        """Returns the card of a transform that is fitted.

        Raises:
            FuseboardError: the card makes another version than the transform was fitted on.
        """
        if (base.id, base.fingerprint) != (own.backbone, own.fingerprint) or base.dim != transform.width:
            raise FuseboardError(f"{base.id}: the card is of another version than the derived vectors were made of")
        kinds = [step.kind for step in transform.steps]
        coding = kinds[-1] if kinds[-1] != "pca" else None
        return cls(base, Recipe(transform.dim if "pca" in kinds else None, coding), transform, own)

    @property
    def id(self) -> str:
        """The name of the derived version."""
        return f"{self.base.id}{self.recipe.suffix}"

    @property
    def fitted(self) -> tuple[Transform, Identity]:
        """The transform, and what it was fitted on.

        Raises:
            UsageError: it was not fitted yet.
        """
        if self.transform is None or self.own is None:
            raise UsageError(
                f"{self.id} is fitted on the training images of a dataset, and none is named; run `fuse train` on a "
                f"dataset, or `store derive` and fit on its blocks, or take {self.base.id}"
            )
        return self.transform, self.own

    @property
    def dim(self) -> int:
        """Numbers of a vector."""
        return self.fitted[0].dim

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the vectors."""
        transform, own = self.fitted
        return own.facts(transform)

    @property
    def fingerprint(self) -> str:
        """The version that it makes."""
        return fingerprint(self.identity)

    @property
    def precision(self) -> str:
        """In which the network computes."""
        return self.base.precision

    @property
    def parameters(self) -> int | None:
        """Of the network."""
        return self.base.parameters

    @property
    def licence(self) -> str:
        """Of the weights."""
        return self.base.licence

    @property
    def redistribution(self) -> Redistribution:
        """What the licence lets be passed on."""
        return self.base.redistribution

    @property
    def holds_image(self) -> bool:
        """Whether a vector shows its image: a smaller one shows a coarser image."""
        return self.base.holds_image

    @property
    def source(self) -> Source:
        """Where the weights come from."""
        return self.base.source

    @property
    def unpinned(self) -> tuple[str, ...]:
        """Keys of the source whose pin nobody has read yet."""
        return self.base.unpinned

    @property
    def how_to_pin(self) -> str:
        """The command that fills in pins."""
        return self.base.how_to_pin

    def at_precision(self, precision: str) -> Self:
        """The same at another precision of the network, which no transform was fitted on."""
        return self if precision == self.base.precision else replace(self, base=self.base.at_precision(precision))

    def apply(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the derived vectors (N, D) of the network's; rows of NaN stay such."""
        transform, _ = self.fitted
        known = ~np.isnan(vectors).any(axis=1)
        found = np.full((len(vectors), transform.dim), np.nan, np.float32)
        if known.any():
            found[known] = transform.apply(vectors[known])
        return found


AnyCard = Card | DerivedCard


def network_of(card: AnyCard) -> Card:
    """The card of the network that is loaded."""
    return card.base if isinstance(card, DerivedCard) else card


def with_network(card: AnyCard, change: Callable[[Card], Card]) -> AnyCard:
    """The same with another card of the network, such as one whose pins are filled in."""
    return replace(card, base=change(card.base)) if isinstance(card, DerivedCard) else change(card)


def of_version(version: Version, base: Card) -> DerivedCard | None:
    """The card of a derived version, where its source is what a card makes."""
    own = Identity.of(version.manifest.identity)
    if own is None or base.unpinned or own.fingerprint != base.fingerprint:
        return None
    return DerivedCard.of(base, transform_file.read(version), own)


def asked(name: str) -> tuple[str, Recipe] | None:
    """Name of the source and what is done to its vectors, where a name means a derived version."""
    source, recipe = named(name)
    return None if recipe is None else (source, recipe)
