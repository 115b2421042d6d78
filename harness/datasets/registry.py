"""The datasets that fuseboard knows by name."""

import re
from pathlib import Path

from harness.datasets import medmnist
from harness.datasets.corrupted import Corrupted
from harness.datasets.dataset import Dataset, First
from harness.datasets.digits import Digits
from store.errors import unknown


def names() -> list[str]:
    """Every dataset."""
    return [Digits.name, imagenet.NAME, *medmnist.names()]


def get(name: str) -> Dataset:
    """A dataset by name; `NAME-first100` is its first 100 images of every split, `NAME-c` its corrupted test split."""
    if limited := re.fullmatch(r"(.+)-first([1-9]\d*)", name):
        return First(get(limited[1]), int(limited[2]))
    clean = name.removesuffix("-c")
    if clean not in names() or (clean != name and clean not in medmnist.names()):
        raise unknown("dataset", name, names())
    if clean != name:
        return Corrupted(medmnist.get(clean))
    return Digits() if name == Digits.name else medmnist.get(name)
