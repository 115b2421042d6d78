"""Class counts: classes that a split lacks, or of which it has too few images for a number to mean anything."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fuseboard.harness.audit.images import AuditedImages

FEW = 10
"""Images of a class below which its AUC is hardly known: of ten against many at an AUC of .8, the 95 % interval is more
than .25 wide (Hanley & McNeil, Radiology 143, 1982)."""


@dataclass(frozen=True)
class ClassCount:
    """A class, or a label, and its images in one split."""

    split: str
    name: str
    images: int
    """That show it."""
    others: int
    """That do not."""

    @property
    def is_absent(self) -> bool:
        """Whether nothing can be measured of it."""
        return min(self.images, self.others) == 0

    @property
    def is_small(self) -> bool:
        """Whether little can."""
        return not self.is_absent and min(self.images, self.others) < FEW


def counts(images: AuditedImages) -> Iterator[ClassCount]:
    """Yields every class of every split."""
    names = images.dataset.label_names
    for split in images.dataset.splits:
        labels = images.labels[images.splits == split]
        shown = labels.sum(axis=0) if labels.ndim > 1 else np.bincount(labels, minlength=len(names))
        for name, found in zip(names, shown.tolist(), strict=True):
            yield ClassCount(split, name, found, len(labels) - found)
