"""Backbones whose weights are on this machine, loaded as users load them; each loader has a file in backbones/."""

import numpy as np
import pytest

from fuseboard.harness.backbones import canary, loaders, registry
from fuseboard.store.errors import FuseboardError

HERE = [n for n in registry.names() if not (card := registry.get(n)).unpinned and card.source.hub_id is None]
"""Pinned, and of a place that is no Hub, which may be gated and large."""


@pytest.mark.parametrize("name", HERE)
def test_the_canary_of_every_pinned_backbone_sings(name: str) -> None:
    card = registry.get(name)
    difference = canary.check(card, canary.vectors(card, loaders.load(card)))
    assert difference is not None
    assert difference < canary.TOLERANCE[card.precision]


def test_the_canary_tells_wrong_weights() -> None:
    card = registry.get("efficientnet-lite0")
    vectors = canary.vectors(card, loaders.load(card))
    with pytest.raises(FuseboardError, match="wrong weights, or a library that changed"):
        canary.check(card, vectors[:, ::-1].copy())


def test_vectors_do_not_depend_on_the_neighbours_in_a_batch() -> None:
    card = registry.get("efficientnet-lite0")
    loaded = loaders.load(card)
    pixels = np.stack([card.preprocessing.pixels(image) for image in canary.images()])
    together = loaded.encode(pixels)
    alone = np.concatenate([loaded.encode(pixels[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(together, alone, atol=1e-5)
