"""Labels that come with vectors, held against the dataset's own: that they differ tells of other images or rows."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from fuseboard.store.embeddings.dataset_protocol import Catalogued
from fuseboard.store.vectors.found import Found
from fuseboard.store.vectors.image_ids import Image


def compare(
    part: Found,
    images: Sequence[Image | None],
    dataset: Catalogued,
    call: Callable[[Image], str],
    fault: Callable[[str, Iterable[str]], None],
) -> None:
    """Notes the rows whose label is another than the dataset's; nothing where no labels came along.

    Args:
        part: of a file.
        images: of its rows.
        dataset: whose labels count.
        call: what a person calls an image.
        fault: takes a fault and the rows that have it.
    """
    if part.labels is None:
        return
    official = {split: dataset.labels(split) for split in dataset.splits}
    names = list(dataset.label_names)
    wrong, strange = [], []
    for row, image in enumerate(images):
        if image is None:
            continue
        own, wanted = part.labels[row], official[image[0]][image[1]]
        if wanted.ndim:
            if not np.array_equal(np.asarray(own).reshape(-1), wanted):
                wrong.append(f"{call(image)} at {part.place(row)}")
            continue
        number = _number(own, names)
        if number is None:
            strange.append(f"{str(own)[:60]!r} at {part.place(row)}")
        elif number != int(wanted):
            wrong.append(f"{call(image)} is {names[number]!r} there and {names[int(wanted)]!r} in {dataset.name}")
    fault(f"{len(strange):,} labels are no class of {dataset.name}", strange)
    fault(f"{len(wrong):,} labels are other ones than those of {dataset.name}", wrong)


def _number(label: Any, names: Sequence[str]) -> int | None:
    """The class that a label means: by its name, also where names are numbers, else by its number."""
    if np.ndim(label):
        return None
    text = str(label)
    if text in names:
        return names.index(text)
    plain = text.removesuffix(".0")
    if plain in names:
        return names.index(plain)
    return int(plain) if plain.isascii() and plain.isdigit() and int(plain) < len(names) else None
