"""Overlap: whether a backbone saw our datasets' images before, by what its card declares."""

import re
from collections.abc import Iterator

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.source import DESCRIPTORS
from fuseboard.harness.datasets import known_names
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.errors import unknown

SOURCES: dict[str, tuple[str, ...]] = {
    "pathmnist": ("nct crc he", "crc val he"),
    "chestmnist": ("chestx ray8", "chestx ray14", "chestxray8", "chestxray14", "nih cxr", "nih chest"),
    "dermamnist": ("ham10000", "isic 2018"),
    "octmnist": ("kermany", "oct2017", "zhanglabdata"),
    "pneumoniamnist": ("kermany", "zhanglabdata"),
    "retinamnist": ("deepdrid",),
    "breastmnist": ("busi", "breast ultrasound images dataset"),
    "bloodmnist": ("acevedo", "pbc dataset", "peripheral blood cell"),
    "tissuemnist": ("bbbc051",),
    "organamnist": ("lits", "liver tumor segmentation benchmark"),
    "organcmnist": ("lits", "liver tumor segmentation benchmark"),
    "organsmnist": ("lits", "liver tumor segmentation benchmark"),
}
"""MedMNIST's datasets -> names of the collections that their images were taken from (Yang et al., Sci Data 2023).

ImageNet is left out: that a backbone learned on its training images is what the transfer evaluation says of it.
"""


def findings(card: Card) -> Iterator[Finding]:
    """Whether the declaration is there, names datasets that exist, and agrees with the pre-training data.

    The rule is simple: a collection counts as seen when its name, or the dataset's own, stands as words in
    `pretraining`, whatever the case and the punctuation.
    """
    known = [*known_names.FLAGS, known_names.DIGITS, known_names.IMAGENET]
    wrong = [name for name in card.overlap if name not in known]
    for name in wrong:
        yield Finding("wrong", "overlap", str(unknown("dataset", name, known)), "name the dataset without its size")
    if not card.pretraining and card.source.loader not in DESCRIPTORS:
        yield Finding("missing", "overlap", "pretraining says nothing", "name the data that the backbone learned from")
    for text in card.pretraining:
        for name in sorted({name for name in SOURCES if _names(text, name)} - set(card.overlap)):
            message = f"pretraining names {text!r}, which holds images of {name}, and overlap does not list it"
            yield Finding("wrong", "overlap", message, f"add {name!r} to overlap, or name only what it learned from")
    learned = "; ".join(card.pretraining) or "nothing"
    yield Finding("note", "overlap", f"declared: {', '.join(card.overlap) or 'none'}; learned from {learned}")


def _names(text: str, dataset: str) -> bool:
    """Whether a text names a dataset or a collection it was taken from, as whole words."""
    words = f" {' '.join(re.findall(r'[a-z0-9]+', text.casefold()))} "
    return any(f" {name} " in words for name in (dataset, *SOURCES[dataset]))
