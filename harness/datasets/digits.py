"""`digits`: the 1,797 handwritten digits that scikit-learn ships, so that everything runs with no download."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 2026
"""Fixes the stratified split for ever: another seed would be another dataset."""


class Digits:
    """8 x 8 grey digits; 70 % train, 10 % val, 20 % test, stratified by class.

    Source: UCI "Optical Recognition of Handwritten Digits" (Alpaydin & Kaynak 1998), test part, as scikit-learn's
    `load_digits` has it. Not biomedical: it is the smallest real input on which the whole line can be shown.
    """

    name = "digits"
    task = "multi-class"
    label_names = tuple(str(digit) for digit in range(10))
    licence = "CC BY 4.0"

    @cached_property
    def source_md5(self) -> str:
        """MD5 of the pixels and labels in scikit-learn's order."""
        pixels, labels = self._arrays
        return hashlib.md5(pixels.tobytes() + labels.tobytes(), usedforsecurity=False).hexdigest()

    def labels(self, split: str) -> NDArray[np.integer[Any]]:
        """(N,) uint16."""
        labels: NDArray[np.uint16] = self._arrays[1][self._rows[split]]
        return labels

    def images(self, split: str, start: int, stop: int) -> Iterator[NDArray[np.uint8]]:
        """(8, 8) uint8, from scikit-learn's 0 to 16 stretched to 0 to 255."""
        yield from self._arrays[0][self._rows[split][start:stop]]

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        pixels = np.rint(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
        return pixels, labels.astype("<u2")

    @cached_property
    def _rows(self) -> dict[str, NDArray[np.intp]]:
        from sklearn.model_selection import train_test_split

        labels = self._arrays[1]
        everything = np.arange(len(labels))
        train, rest = train_test_split(everything, test_size=0.3, stratify=labels, random_state=SEED)
        val, test = train_test_split(rest, test_size=2 / 3, stratify=labels[rest], random_state=SEED)
        return {"train": np.sort(train), "val": np.sort(val), "test": np.sort(test)}
