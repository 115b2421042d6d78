"""The wrong-weights alarm: vectors that another backbone makes too, or that random weights would serve as well."""

import math

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import loaders, synthetic_shapes
from fuseboard.harness.backbones.adaptive_batches import Feeder
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder, TorchEncoder
from fuseboard.harness.backbones.pipeline import embed
from fuseboard.harness.datasets.dataset import Images
from fuseboard.harness.datasets.digits import Digits
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.embeddings import block
from fuseboard.store.statistics.cka import TWIN, linear_cka
from fuseboard.store.store import Store

COMPARED = 100
"""Images of `digits` on which the store's other backbones are compared with."""

SHAPES = 320
"""Labelled images; half of them are learned from."""

NEIGHBOURS = 5
SEED = 0


def findings(card: Card, encoder: Encoder, store: Store, batch_size: int) -> list[Finding]:
    """Looks for a twin in the store, and for weights that learned nothing.

    Args:
        card: of the backbone.
        encoder: the backbone, loaded.
        store: whose other backbones' embeddings of `digits` are compared with.
        batch_size: images per forward pass at most.
    """
    feeder = Feeder(encoder, batch_size)
    return [_twin(card, feeder, store), _learned(card, feeder)]


def _vectors(card: Card, feeder: Feeder, images: Images, count: int) -> NDArray[np.float32]:
    return embed(images, count, card.preprocessing.pixels, feeder, lambda done: None)


def _twin(card: Card, feeder: Feeder, store: Store) -> Finding:
    """Returns the backbone of the store that sees the same images most alike."""
    digits, others = Digits(), {}
    for version in store.versions:
        entry = version.manifest.datasets.get(digits.name)
        if version.manifest.backbone != card.id and entry is not None and "train" in entry.splits:
            others[version.manifest.backbone] = version
    if not others:
        return Finding(
            "note",
            "twin",
            f"the store {store.root} holds no other backbone's vectors of {digits.name} to compare with",
            f"fuseboard extract hog pixels -d {digits.name}",
        )
    vectors = _vectors(card, feeder, digits.images("train", 0, COMPARED), COMPARED)
    found = {
        name: linear_cka(vectors, block.read(version, digits.name, "train").matrix[:COMPARED])
        for name, version in others.items()
    }
    alike = {name: one.value for name, one in found.items() if one.value is not None}
    if not alike:
        return Finding("note", "twin", f"nothing could be compared: {next(iter(found.values())).reason}")
    name = max(alike, key=alike.__getitem__)
    message = f"most alike is {name}, linear CKA {alike[name]:.4f} on {COMPARED} images"
    if alike[name] <= TWIN:
        return Finding("ok", "twin", message)
    return Finding(
        "wrong", "twin", message, f"these are {name}'s weights under another name: look at `source` on the card"
    )


def _learned(card: Card, feeder: Feeder) -> Finding:
    """Nearest neighbours on the backbone's vectors against those of the same architecture with random weights."""
    own = _recognised(card, feeder)
    message = f"{NEIGHBOURS} nearest neighbours recognise {own:.0%} of {SHAPES // 2} drawn shapes"
    if card.source.random is not None:
        return Finding("note", "training", f"{message}; its weights are random, as its card says")
    twin = untrained(card, feeder.encoder.device)
    if twin is None:
        return Finding("note", "training", f"{message}; its loader cannot make the same model with random weights")
    chance = _recognised(card, Feeder(twin, feeder.size))
    message = f"{message}, {chance:.0%} with random weights"
    pooled = (own + chance) / 2
    if own - chance > 3 * math.sqrt(pooled * (1 - pooled) * 2 / (SHAPES // 2)):  # three standard errors
        return Finding("ok", "training", message)
    return Finding("wrong", "training", message, "the checkpoint may not have reached the model: look at `source`")


def untrained(card: Card, device: str) -> TorchEncoder | None:
    """The card's architecture as it begins, with random weights; None for loaders that have no such thing."""
    module = loaders.module(card)
    if not hasattr(module, "build"):
        return None
    from fuseboard.harness.backbones import model_builder

    return model_builder.untrained(card, device, module.build, SEED)


def _recognised(card: Card, feeder: Feeder) -> float:
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    vectors, truth = _vectors(card, feeder, synthetic_shapes.images(SHAPES), SHAPES), synthetic_shapes.labels(SHAPES)
    model = make_pipeline(Normalizer(), KNeighborsClassifier(NEIGHBOURS))
    model.fit(vectors[: SHAPES // 2], truth[: SHAPES // 2])
    return float(model.score(vectors[SHAPES // 2 :], truth[SHAPES // 2 :]))
