"""`digits`: the 1,797 handwritten digits that scikit-learn ships, so that everything runs with no download."""

import hashlib

import numpy as np

from fuseboard.harness.datasets.dataset import Dataset, Images
from fuseboard.store.arrays import MULTI_CLASS, Labels

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

    def __init__(self) -> None:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        images, labels = load_digits(return_X_y=True)
        self._pixels = np.rint(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
        self._labels = labels.astype("<u2")
        content = self._pixels.tobytes() + self._labels.tobytes()
        self.source_md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        train, rest = train_test_split(np.arange(len(labels)), test_size=0.3, stratify=labels, random_state=SEED)
        val, test = train_test_split(rest, test_size=2 / 3, stratify=labels[rest], random_state=SEED)
        self._rows = {"train": np.sort(train), "val": np.sort(val), "test": np.sort(test)}

    def rows(self, split: str) -> int | None:
        """Images of the split."""
        return len(self._rows[split])

    def labels(self, split: str) -> Labels:
        """Returns (N,) uint16."""
        labels: Labels = self._labels[self._rows[split]]
        return labels

    def images(self, split: str, start: int, stop: int) -> Images:
        """Returns (8, 8) uint8, from scikit-learn's 0 to 16 stretched to 0 to 255."""
        yield from self._pixels[self._rows[split][start:stop]]
