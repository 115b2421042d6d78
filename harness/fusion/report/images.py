"""The images of a report, read again from where their names lead, or not shown."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fuseboard.harness.datasets import image_io, registry
from fuseboard.harness.pages import page, thumbnail
from fuseboard.store.embeddings.reading import Reading
from fuseboard.store.errors import FuseboardError


def thumbnails(names: Sequence[str], folder: Path, reading: Reading) -> list[str | None]:
    """Returns a small picture of every image as a data URI; None where it cannot be read.

    A bundle may be a stranger's, so its names lead nowhere but into the folder, and to known datasets that lie on
    this machine; nothing is downloaded.

    Args:
        names: of images, as the bundle has them: paths, or dataset/split/row.
        folder: that paths lead into.
        reading: how files are read.
    """
    return [_of_file(name, folder, reading) or _of_dataset(name) for name in names]


def _of_file(name: str, folder: Path, reading: Reading) -> str | None:
    try:
        root, path = folder.resolve(), (folder / name).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            return None
        return page.data_uri(thumbnail.png(image_io.read(path, reading)))
    except (FuseboardError, OSError, ValueError):
        return None


def _of_dataset(name: str) -> str | None:
    dataset, _, rest = name.partition("/")
    split, _, row = rest.partition("/")
    if dataset not in registry.names() or not row.isdecimal():
        return None
    try:
        own = registry.get(dataset)
        if not own.at_hand or split not in own.splits:
            return None
        for read in own.pick(split, np.array([int(row)], np.intp)):
            return page.data_uri(thumbnail.png(read()))
    except (FuseboardError, OSError, ValueError, IndexError):
        return None
    return None
