"""AlexNet on MedMNIST-C: the reference that its errors are divided by, as published.

The file has the figures of `medmnistc/utils/baselines.py` in `medmnistc` 0.1.0 (Di Salvo et al., arXiv 2406.17536;
Apache-2.0), with all their digits: errors are 1 - balanced accuracy, those of a corruption are means over five
severities. Images had 224 x 224 pixels.
"""

import csv
from functools import cache
from pathlib import Path

from fuseboard.store.statistics.corruption_error import Reference

FILE = Path(__file__).parent / "di_salvo_2024_alexnet_medmnist_c.csv"
"""One row per dataset and corruption; the error on clean images stands in every row of its dataset."""

SIZES = ("28", "64", "128")
"""In pixels, of MedMNIST's smaller images; a name without a size is of the 224-pixel file."""


@cache
def errors() -> dict[str, Reference]:
    """MedMNIST's name of a dataset, such as `breastmnist`, -> AlexNet's errors, in the order of the file."""
    clean: dict[str, float] = {}
    corrupted: dict[str, dict[str, float]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            clean[row["dataset"]] = float(row["clean_error"])
            corrupted.setdefault(row["dataset"], {})[row["corruption"]] = float(row["error"])
    return {dataset: Reference(clean[dataset], own) for dataset, own in corrupted.items()}


def reference(dataset: str) -> Reference | None:
    """AlexNet's errors on the corrupted twin of a MedMNIST dataset of any size; None where none were published."""
    name, dash, size = dataset.partition("-")
    return errors().get(name) if not dash or size in SIZES else None
