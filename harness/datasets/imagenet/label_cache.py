"""Labels that were read from the Hub, kept because asking for them again takes long."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from fuseboard.store.arrays import Labels
from fuseboard.store.files import atomic

OfFiles = dict[str, list[Labels]]
"""Part of the repository -> labels of each of its files."""


def read(place: Path) -> OfFiles | None:
    """What is kept there; None where nothing is, or where it is damaged."""
    found: OfFiles = {}
    try:
        with np.load(place) as arrays:
            for key in sorted(arrays.files):
                found.setdefault(key.partition(" ")[0], []).append(arrays[key])
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error):
        return None
    return found


def write(place: Path, labels: OfFiles) -> None:
    """Keeps them, in one step."""
    arrays = {f"{part} {number:05}": of for part, files in labels.items() for number, of in enumerate(files)}
    with atomic.replacing(place) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
