"""`digits`: the 1,797 handwritten digits that scikit-learn ships, so that everything runs with no download."""

import hashlib
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets.dataset import Dataset, Images
from fuseboard.store.arrays import MULTI_CLASS, Labels
from fuseboard.store.errors import FuseboardError

SEED = 2026
"""Fixes the stratified split for ever: another seed would be another dataset."""


class Digits(Dataset):
    """8 x 8 grey digits; 70 % train, 10 % val, 20 % test, stratified by class.

    Source: UCI "Optical Recognition of Handwritten Digits" (Alpaydin & Kaynak 1998), test part, as scikit-learn's
    `load_digits` has it. Not biomedical: it is the smallest real input on which the whole line can be shown. Its MD5 is
    that of the pixels and labels in scikit-learn's order.
    """

    name = "digits"
    task = MULTI_CLASS
    label_names = tuple(str(digit) for digit in range(10))
    licence = "CC BY 4.0"

    source_md5 = "b66d73ae22944070f6870fd7e65927c5"

    @cached_property
    def _whole(self) -> tuple[NDArray[np.uint8], Labels]:
        """Pixels (N, 8, 8) and labels (N,), in scikit-learn's order.

        Raises:
            FuseboardError: this scikit-learn has other digits.
        """
        from sklearn.datasets import load_digits

        images, classes = load_digits(return_X_y=True)
        pixels = np.rint(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
        labels: Labels = classes.astype("<u2")
        content = hashlib.md5(pixels.tobytes() + labels.tobytes(), usedforsecurity=False).hexdigest()
        if content != self.source_md5:
            raise FuseboardError(
                f"digits: scikit-learn's have the MD5 {content}, not {self.source_md5}; take another release"
            )
        return pixels, labels

    @cached_property
    def _rows(self) -> dict[str, NDArray[np.intp]]:
        from sklearn.model_selection import train_test_split

        labels = self._whole[1]
        train, rest = train_test_split(np.arange(len(labels)), test_size=0.3, stratify=labels, random_state=SEED)
        val, test = train_test_split(rest, test_size=2 / 3, stratify=labels[rest], random_state=SEED)
        return {"train": np.sort(train), "val": np.sort(val), "test": np.sort(test)}

    def rows(self, split: str) -> int | None:
        """Images of the split."""
        return len(self._rows[split])

    def labels(self, split: str) -> Labels:
        """Returns (N,) uint16."""
        labels: Labels = self._whole[1][self._rows[split]]
        return labels

    def images(self, split: str, start: int, stop: int) -> Images:
        """Returns (8, 8) uint8, from scikit-learn's 0 to 16 stretched to 0 to 255."""
        yield from self._whole[0][self._rows[split][start:stop]]
