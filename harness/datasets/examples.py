"""Examples: one training image per class of a dataset, for pages that show what it looks like."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets import known_names, medmnist
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.datasets.digits import Digits
from fuseboard.harness.pages import thumbnail
from fuseboard.store.errors import FuseboardError

FREE = frozenset({"CC BY 4.0"})
"""Licences under which an image may stand on any page, of whoever hosts it. DermaMNIST's (CC BY-NC 4.0) is none: nobody
here knows whether a page is commercial."""
LARGEST = 256 * 2**20
"""Bytes of a file that is read for this; of a larger one the same images at the next smaller size are shown."""


def examples(name: str) -> dict[str, bytes]:
    """Class -> a PNG of the first training image of that class, in the order of the classes.

    Empty where the images are not on this machine, cannot be read, or may not be passed on; nothing is downloaded. Of
    images with several labels the first that has the label stands for it.

    Args:
        name: of a dataset of MedMNIST, or `digits`; of others it is not known whose images they are.
    """
    dataset = _dataset(name)
    if dataset is None or dataset.licence not in FREE:
        return {}
    try:
        numbers = _first_of_each(dataset.labels("train"), len(dataset.label_names))
        wanted = set(numbers.values())
        images = dataset.images("train", 0, max(wanted) + 1) if wanted else ()
        found = {row: thumbnail.png(image) for row, image in enumerate(images) if row in wanted}
    except (FuseboardError, OSError, ValueError):  # a damaged file is the business of whoever extracts from it
        return {}
    return {dataset.label_names[number]: found[row] for number, row in numbers.items()}


def _dataset(name: str) -> Dataset | None:
    """Returns the dataset, or the same images at a smaller size; None where they are not at hand."""
    if name == Digits.name:
        return Digits()
    if name not in known_names.MEDMNIST:
        return None
    return next((one for one in _sizes(name) if one.at_hand and one.file.stat().st_size <= LARGEST), None)


def _sizes(name: str) -> Iterator[medmnist.MedMNIST]:
    """Returns the dataset at its own size, then at smaller ones."""
    flag, _, size = name.partition("-")
    own = int(size or max(known_names.SIZES))
    yield medmnist.get(name)
    for smaller in sorted((size for size in known_names.SIZES if size < own), reverse=True):
        yield medmnist.get(f"{flag}-{smaller}")


def _first_of_each(labels: NDArray[np.integer], classes: int) -> dict[int, int]:
    """Class -> row of its first image; without classes that no image has.

    Args:
        labels: (N,) classes, or (N, L) of 0 and 1.
        classes: how many there are.
    """
    has = labels.astype(bool) if labels.ndim == 2 else labels[:, None] == np.arange(classes)
    return {number: int(has[:, number].argmax()) for number in range(classes) if has[:, number].any()}
