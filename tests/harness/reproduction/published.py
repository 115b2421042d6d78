"""Vectors as somebody else might have made and published them."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fuseboard.harness.backbones import loaders, registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.reproduction import sampling
from fuseboard.harness.reproduction.audit import audit
from fuseboard.harness.reproduction.verdict import Verdict
from fuseboard.store.vectors.importing import Naming, import_vectors


@cache
def encoder_of(name: str) -> Any:
    """The model of a shipped card, loaded once."""
    return loaders.load(registry.get(name))


def made(card: Card, dataset: str, encoder: Any = None) -> dict[str, Any]:
    """Split -> vectors (N, D) of all images, as a card says."""
    images = datasets.get(dataset)
    model = encoder_of(card.id) if encoder is None else encoder
    model = model.at_normalisation(card.preprocessing.mean, card.preprocessing.std)
    found = {}
    for split in images.splits:
        pictures = list(images.images(split, 0, len(images.labels(split))))
        found[split] = sampling.embed(pictures, card.preprocessing.pixels, model)
    return found


def with_transform(card: Card, **changed: Any) -> Card:
    """The card of another transform."""
    facts = card.preprocessing.model_dump() | changed
    return card.model_copy(update={"preprocessing": type(card.preprocessing).model_construct(**facts)})


def judged(
    folder: Path, name: str, dataset: str, vectors: dict[str, Any], change: Callable[[Any], Any] = lambda own: own
) -> Verdict:
    """The verdict on vectors that are published as those of a shipped card."""
    for split, own in vectors.items():
        np.save(folder / f"{split}.npy", change(own))
    card, images = registry.get(name), datasets.get(dataset)
    version, _ = import_vectors(folder / "store", folder, card, images, Naming(by_position=True), "somebody")
    return audit(version, images.name, card, encoder_of(name), images)
