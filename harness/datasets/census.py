"""The census: how many images of each class every split of a dataset has."""

import numpy as np

from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.terminal.report import Facts
from fuseboard.store.arrays import BINARY


def table(dataset: Dataset) -> list[Facts]:
    """Returns one row per class, or finding, with its images in every split."""
    counts = {split: _counts(dataset, split) for split in dataset.splits}
    return [
        {"name": name, "positive": _positive(dataset, number), **{split: n[number] for split, n in counts.items()}}
        for number, name in enumerate(dataset.label_names)
    ]


def remarks(dataset: Dataset) -> tuple[str, ...]:
    """Returns the task, how many images there are, and which class is the positive one of two."""
    sizes = ", ".join(f"{split} {len(dataset.labels(split)):,}" for split in dataset.splits)
    remarks = [f"{dataset.name}: {dataset.task}; {sizes} images"]
    if dataset.task == BINARY:
        remarks.append(
            f"positive class, whose probability is predicted: {dataset.label_names[1]} (the last one; of your own "
            "images `classes` in a TOML says another order)"
        )
    if dataset.reading.settings:
        remarks.append(f"read with {dataset.reading}")
    return tuple(remarks)


def _counts(dataset: Dataset, split: str) -> list[int]:
    labels, classes = dataset.labels(split), len(dataset.label_names)
    counts: list[int] = (labels.sum(axis=0) if labels.ndim == 2 else np.bincount(labels, minlength=classes)).tolist()
    return counts


def _positive(dataset: Dataset, number: int) -> str:
    return "yes" if dataset.task == BINARY and number == 1 else ""
