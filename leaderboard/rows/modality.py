"""The modality is what kind of images a dataset holds, by which the columns of a board are grouped."""

import re
from collections.abc import Iterable

MODALITIES = {
    "pathmnist": "Colon pathology",
    "bloodmnist": "Blood cell microscope",
    "tissuemnist": "Kidney cortex microscope",
    "dermamnist": "Dermatoscope",
    "retinamnist": "Fundus camera",
    "octmnist": "Retinal OCT",
    "chestmnist": "Chest X-ray",
    "pneumoniamnist": "Chest X-ray",
    "breastmnist": "Breast ultrasound",
    "organamnist": "Abdominal CT",
    "organcmnist": "Abdominal CT",
    "organsmnist": "Abdominal CT",
}
"""MedMNIST's flag -> data modality as its authors name it (Yang et al., Sci Data 10, 41, 2023, table 1).

The order is that of the columns: what was seen through a microscope, then skin, eye, chest, breast and abdomen.
"""
NOT_MEDICAL = {"digits": "Handwritten digits"}
"""Sets to try things with, which are on no board of several datasets."""
OTHER = "Other"
CORRUPTED = "-c"
_NAME = re.compile(r"([a-z]+)(?:-(\d+))?")
_FULL = 224
"""Pixels of a set whose name gives no size."""


def of(dataset: str) -> str:
    """Return the modality of a dataset by its name, which is a flag of MedMNIST with or without a size, or else
    `Other`."""
    if _whole(dataset) in NOT_MEDICAL:
        return NOT_MEDICAL[_whole(dataset)]
    found = _NAME.fullmatch(dataset)
    return MODALITIES.get(found[1], OTHER) if found else OTHER


def is_corrupted(dataset: str) -> bool:
    """Tell whether a name means the corrupted test images of a MedMNIST set."""
    return dataset.endswith(CORRUPTED) and of(dataset.removesuffix(CORRUPTED)) != OTHER


def is_ranked(dataset: str) -> bool:
    """Tell whether a dataset is a column of the boards: corrupted test sets have pages of their own, and what is not
    medical says nothing of medical images."""
    return not is_corrupted(dataset) and _whole(dataset) not in NOT_MEDICAL


def in_order(datasets: Iterable[str]) -> tuple[str, ...]:
    """Return the datasets as columns: by modality and flag, the smaller size first; others by name at the end."""
    return tuple(sorted(set(datasets), key=_place))


def groups(datasets: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return (modality, its datasets), in the order of the columns."""
    found: dict[str, list[str]] = {}
    for dataset in in_order(datasets):
        found.setdefault(of(dataset), []).append(dataset)
    return [(title, tuple(own)) for title, own in found.items()]


def _whole(dataset: str) -> str:
    """Return the name of the dataset that a sample is of."""
    return dataset.partition("-sample")[0]


def _place(dataset: str) -> tuple[int, int, str]:
    found = _NAME.fullmatch(dataset)
    if found is None or found[1] not in MODALITIES:
        return len(MODALITIES), 0, dataset
    return list(MODALITIES).index(found[1]), int(found[2] or _FULL), dataset
