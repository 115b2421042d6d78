"""What the boards know of a dataset: its domain, its modality, and whose images it shows at which size."""

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
DEMO = {"digits": "Handwritten digits", "imagenet": "Everyday photographs"}
"""Sets that are not medical -> what their images are. They have a board of their own and count on no other."""
OTHER = "Other"
CORRUPTED = "-c"
_NAME = re.compile(r"([a-z]+)(?:-(\d+))?")
_SAMPLE = re.compile(r"-(?:first|sample)[1-9]\d*$")
"""How a name ends that means some images of a dataset."""
_FULL = 224
"""Pixels of a set whose name gives no size."""


def of(dataset: str) -> str:
    """Return the modality of a dataset by its name, which is a flag of MedMNIST with or without a size, or else
    `Other`."""
    if is_demo(dataset):
        return DEMO[_whole(dataset)]
    found = _NAME.fullmatch(dataset)
    return MODALITIES.get(found[1], OTHER) if found else OTHER


def is_corrupted(dataset: str) -> bool:
    """Tell whether a name means the corrupted test images of a MedMNIST set."""
    return dataset.endswith(CORRUPTED) and of(dataset.removesuffix(CORRUPTED)) != OTHER


def is_demo(dataset: str) -> bool:
    """Tell whether a dataset, or the one that it is a sample of, is not medical."""
    return _whole(dataset) in DEMO


def is_ranked(dataset: str) -> bool:
    """Tell whether a dataset is a column of the medical boards: corrupted test sets have pages of their own, and what
    is not medical says nothing of medical images."""
    return not is_corrupted(dataset) and not is_demo(dataset)


def source(dataset: str, source_md5: str) -> str:
    """Return whose images a dataset shows: equal for two sizes of a known set, for a sample and its whole, and for two
    names of the same file.

    Args:
        dataset: its name.
        source_md5: that its rows carry.
    """
    found = _NAME.fullmatch(_whole(dataset))
    return found[1] if found and found[1] in {*MODALITIES, *DEMO} else source_md5


def size(dataset: str) -> tuple[bool, int, str]:
    """Return what sizes of the same images are ordered by: a whole set comes after its samples, more pixels after
    fewer."""
    whole = _whole(dataset)
    found = _NAME.fullmatch(whole)
    return whole == dataset, int(found[2] or _FULL) if found else 0, dataset


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
    return _SAMPLE.sub("", dataset)


def _place(dataset: str) -> tuple[int, int, str]:
    found = _NAME.fullmatch(dataset)
    if found is None or found[1] not in MODALITIES:
        return len(MODALITIES), 0, dataset
    return list(MODALITIES).index(found[1]), int(found[2] or _FULL), dataset
