"""The classes: from what a person wrote beside an image to task, names and numbers."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.harness.datasets.custom import spelling
from fuseboard.harness.datasets.custom.spec import Spec
from fuseboard.harness.datasets.image_files import few
from fuseboard.store.arrays import BINARY, MULTI_CLASS, MULTI_LABEL, ORDINAL, Labels
from fuseboard.store.errors import UsageError, unknown

FLOAT = r"^[-+]?\d+\.0*$"
"""A whole number as a float is written."""


@dataclass(frozen=True)
class Classes:
    """The classes, or findings, that the images of a dataset show."""

    task: str
    names: tuple[str, ...]
    labels: Labels
    """(N,) uint16 class numbers, or (N, L) uint8 of 0 and 1."""

    def images(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """Counts how many of some rows show each class (K,)."""
        of = self.labels[rows]
        return of.sum(axis=0, dtype=np.int64) if of.ndim == 2 else np.bincount(of, minlength=len(self.names))

    def units(self, rows: NDArray[Any], unit_of: NDArray[np.intp]) -> NDArray[np.int64]:
        """Counts how many rows (N,) of each unit show each class: (U, K), for several labels (U, K + 1), all last."""
        of, several = self.labels[rows], self.labels.ndim == 2
        counts = np.zeros((unit_of.max() + 1, len(self.names) + several), np.int64)
        if several:
            np.add.at(counts, unit_of, np.column_stack([of, np.ones_like(of[:, :1])]))
        else:
            np.add.at(counts, (unit_of, of), 1)
        return counts


def of(rows: pl.DataFrame, spec: Spec, where: str) -> Classes:
    """Returns the classes of rows with a column `label`, or with several `labels.NAME`.

    Whole numbers are sorted as numbers, anything else as text.

    Raises:
        UsageError: one class only, a label that is not among `classes` or is written in two ways, decimals, a task
            that the labels contradict.
    """
    if spec.labels:
        flags = rows.select(pl.col(f"labels.{name}").cast(pl.UInt8) for name in spec.labels).to_numpy()
        alike = [name for name, column in zip(spec.labels, flags.T, strict=True) if column.min() == column.max()]
        if alike:
            said = " and ".join(f"{name} is {flags[0, spec.labels.index(name)]}" for name in alike)
            raise UsageError(f"{where}: {said} for every image, so nothing tells it apart; drop it from `labels`")
        return Classes(MULTI_LABEL, spec.labels, np.ascontiguousarray(flags))
    spelling.refuse_variants(rows["label"], "label", where, spec.classes)
    found_labels = rows["label"]
    if not set(found_labels) <= set(spec.classes) and found_labels.str.contains(FLOAT).all():
        found_labels = found_labels.str.replace(r"\.0*$", "")  # as pandas writes 1 beside a missing value
        spelling.refuse_variants(found_labels, "label", where, spec.classes)
    names = _names(sorted(set(found_labels)), spec, where)
    if len(names) < 2:
        raise UsageError(f"{where}: one class only, {names[0]!r}; at least two are needed")
    if len(names) > 2**16:
        raise UsageError(f"{where}: {len(names):,} classes, 65,536 at most; is `label` the right column?")
    found = BINARY if len(names) == 2 else MULTI_CLASS
    if spec.task not in (None, found, ORDINAL):
        raise UsageError(f"{where}: task = {spec.task!r}, but {len(names)} classes make it {found}; leave `task` out")
    number = {name: index for index, name in enumerate(names)}
    labels = np.array([number[label] for label in found_labels], np.uint16)
    return Classes(spec.task or found, names, labels)


def _names(found: list[str], spec: Spec, where: str) -> tuple[str, ...]:
    if spec.classes:
        if strange := [label for label in found if label not in spec.classes]:
            more = f" ({len(strange):,} labels are none of `classes`: {few(strange)})" if len(strange) > 1 else ""
            raise UsageError(f"{unknown('class', strange[0], spec.classes, where)}{more}")
        return spec.classes
    if all(re.fullmatch(r"[-+]?\d+", label) for label in found):
        return tuple(sorted(found, key=Decimal))  # which reads any number of digits
    if decimals := [label for label in found if re.fullmatch(r"[-+]?(\d+\.\d*|\.\d+)", label)]:
        raise UsageError(
            f"{where}: label {min(decimals)}; classes are whole numbers or names, not decimals (`fuseboard fuse train "
            "--target COLUMN` learns numbers)"
        )
    return tuple(found)
