"""Descriptors that learned nothing: floor rows, which every backbone should beat."""

from collections.abc import Callable
from copy import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import weights
from fuseboard.harness.backbones.card import Card


class Descriptor:
    """A function of one grey or coloured image, run on the CPU."""

    device = "cpu"

    def __init__(self, card: Card, describe: Callable[[NDArray[np.float32]], NDArray[np.floating]]) -> None:
        self._describe = describe
        self._mean = np.asarray(card.preprocessing.mean, np.float32)
        self._std = np.asarray(card.preprocessing.std, np.float32)
        size, channels = card.preprocessing.size, len(card.preprocessing.mode)
        weights.check_dim(card, self.encode(np.zeros((1, size, size, channels), np.uint8)).shape)

    def at_precision(self, precision: str) -> Self:
        """Returns itself: NumPy computes as it does."""
        return self

    def at_normalisation(self, mean: tuple[float, ...], std: tuple[float, ...]) -> Self:
        """The same descriptor of pixels that are normalised otherwise."""
        other = copy(self)
        other._mean, other._std = np.asarray(mean, np.float32), np.asarray(std, np.float32)
        return other

    def encode(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors (N, D) of pixels (N, H, W, channels)."""
        images = (batch.astype(np.float32) / 255 - self._mean) / self._std
        return np.stack([self._describe(image) for image in images]).astype(np.float32)


def load(card: Card, device: str, trust: bool = False) -> Descriptor:
    """The descriptor that the card's loader names; it runs on the CPU whatever the device."""
    if card.source.loader == "pixels":
        return Descriptor(card, np.ravel)
    from skimage.feature import hog

    return Descriptor(card, lambda image: hog(image, channel_axis=-1, **card.source.kwargs))
