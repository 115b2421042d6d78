"""The images of all splits of a dataset, in one sequence: what the audit knows of each."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets.dataset import Dataset, Image
from fuseboard.store.arrays import Labels
from fuseboard.store.files.progress import counting

EDGE = 32
"""Pixels of the edge of the small grey copy in which images are compared."""

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class AuditedImages:
    """N images, split after split and by id."""

    dataset: Dataset
    splits: NDArray[np.str_]
    """(N,)"""
    ids: NDArray[np.intp]
    """(N,) row number in its split."""
    labels: Labels
    """(N,) class numbers, or (N, L) of 0 and 1."""
    digests: Sequence[bytes]
    """(N,) equal for images of equal pixels."""
    copies: NDArray[np.float16]
    """(N, EDGE * EDGE) grey, of mean 0 and length 1, so that neither brightness nor contrast tells two apart."""
    groups: Sequence[str] | None
    """(N,) such as the patient; None where nobody said any."""
    paths: Sequence[str] | None
    """(N,) None where images are no files."""
    further: Mapping[str, Sequence[str | None]]
    """What a table says beside that -> (N,)."""

    def __len__(self) -> int:
        """The number of images."""
        return len(self.ids)

    def name(self, row: int) -> str:
        """Returns how an image is called, such as `test 76`."""
        return f"{self.splits[row]} {self.ids[row]}"

    def label(self, row: int) -> str:
        """Returns the label of an image, or its labels, as text."""
        names, given = self.dataset.label_names, self.labels[row]
        if self.labels.ndim == 1:
            return names[int(given)]
        return ", ".join(name for name, has in zip(names, given, strict=True) if has) or "none of the labels"

    def same_label(self, one: int, other: int) -> bool:
        """Whether two images have the same label, or all labels alike."""
        return bool(np.all(self.labels[one] == self.labels[other]))


def read(dataset: Dataset) -> AuditedImages:
    """Reads every image once, as a stream."""
    labels = {split: dataset.labels(split) for split in dataset.splits}
    sizes = {split: len(of) for split, of in labels.items()}
    digests: list[bytes] = []
    copies = np.empty((sum(sizes.values()), EDGE * EDGE), np.float16)
    with counting(f"{dataset.name} · reading images", len(copies)) as advance:
        for split, size in sizes.items():
            for image in dataset.images(split, 0, size):
                copies[len(digests)] = _copy(image)
                digests.append(digest(image))
                advance(1)
    paths = [dataset.paths(split) for split in sizes]
    of = [dataset.further_columns(split) for split in sizes]
    return AuditedImages(
        dataset,
        np.repeat(np.array(list(sizes)), list(sizes.values())),
        np.concatenate([np.arange(size) for size in sizes.values()]),
        np.concatenate(list(labels.values())),
        digests,
        copies,
        [group for split in sizes for group in dataset.groups[split]] if dataset.groups else None,
        None if any(each is None for each in paths) else [path for each in paths for path in each or ()],
        {name: [value for each in of for value in each[name]] for name in (of[0] if of else ())},
    )


def digest(image: Image) -> bytes:
    """Returns a hash of what an image shows: grey saved as colour, or with an opaque alpha, is the same picture.

    Args:
        image: (H, W), (H, W, 3) or, with alpha, (H, W, 4).
    """
    if image.ndim == 3 and image.shape[2] == 4 and (image[:, :, 3] == 255).all():
        image = image[:, :, :3]
    if image.ndim == 3 and image.shape[2] == 3 and (image == image[:, :, :1]).all():
        image = image[:, :, 0]
    return hashlib.blake2b(repr(image.shape).encode() + image.tobytes(), digest_size=16).digest()


def _copy(image: Image) -> NDArray[np.float32]:
    from PIL import Image as pictures

    grey = pictures.fromarray(np.ascontiguousarray(image)).convert("L").convert("F")
    small = np.asarray(grey.resize((EDGE, EDGE), pictures.Resampling.BOX), np.float32).ravel()
    return np.asarray(unit((small - small.mean())[None])[0], np.float32)


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns rows (N, D) of length 1; what has no length stays 0."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 1e-6, lengths, np.inf), np.float32)
