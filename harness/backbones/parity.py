"""Parity: how far a card's vectors are from those of the authors' own code, on the canary's images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import canary
from fuseboard.harness.backbones.card import Card
from fuseboard.store.errors import FuseboardError, UsageError, unknown

IMAGES = "canary-{}.png"
"""Names of the images, from 1 on, in the order of the vectors."""

ENDINGS = (".npy", ".csv")
LIMIT = 2**20
"""Bytes that a file of three vectors may have."""


@dataclass(frozen=True)
class Parity:
    """The distance of two times three vectors."""

    max_relative_difference: float
    """The largest difference of two numbers, as a share of the largest number of the authors' vectors."""
    cosine: float
    """The smallest cosine of an image's two vectors."""
    allowed: float

    @property
    def holds(self) -> bool:
        """Whether the two are one computation, up to rounding: as near as a canary must be."""
        return self.max_relative_difference <= self.allowed

    def __str__(self) -> str:
        return f"differs by {self.max_relative_difference:.1e} of the scale, cosine {self.cosine:.6f}"


def compare(card: Card, ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> Parity:
    """Compares vectors (3, D) of the card with those of the authors' code."""
    one, other = ours.astype(np.float64), theirs.astype(np.float64)
    scale = float(np.abs(other).max())
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    if scale == 0 or not lengths.all():
        raise FuseboardError(f"{card.id}: a vector is all zero, so there is nothing to compare")
    difference = float(np.abs(one - other).max()) / scale
    return Parity(difference, float(((one * other).sum(axis=1) / lengths).min()), canary.TOLERANCE[card.precision])


def write_images(folder: Path) -> list[Path]:
    """Writes the canary's images as PNG, which loses nothing, for the authors' own code."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / IMAGES.format(number) for number, _ in enumerate(canary.images(), 1)]
    for path, image in zip(paths, canary.images(), strict=True):
        Image.fromarray(image).save(path)
    return paths


def read_all(folder: Path, cards: Sequence[Card]) -> dict[str, NDArray[np.float32]]:
    """Backbone -> the authors' vectors (3, D), from the files `NAME.npy` and `NAME.csv` of a folder.

    Raises:
        UsageError: a file is of no such backbone, cannot be read, or holds something else.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder of authors' vectors")
    known, found = {card.id: card for card in cards}, dict[str, NDArray[np.float32]]()
    for path in sorted(path for path in folder.iterdir() if path.suffix in ENDINGS):
        if path.stem not in known:
            raise unknown("backbone", path.stem, known, str(folder))
        if path.stem in found:
            raise UsageError(f"{folder}: {path.stem} is there as {' and as '.join(ENDINGS)}; keep one")
        found[path.stem] = read(path, known[path.stem])
    if not found:
        raise UsageError(
            f"{folder}: no NAME.npy and no NAME.csv lies there; save the authors' vectors under these names"
        )
    return found


def read(path: Path, card: Card) -> NDArray[np.float32]:
    """Returns the authors' vectors (3, D) of the canary's images, from one file.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    try:
        if path.stat().st_size > LIMIT:
            raise ValueError(f"it has more than {LIMIT:,} bytes")
        is_array = path.suffix == ".npy"
        found = np.load(path, allow_pickle=False) if is_array else np.loadtxt(path, delimiter=",", ndmin=2)
        vectors = np.asarray(found, np.float32)
    except (ValueError, TypeError, EOFError, OSError) as error:
        raise UsageError(f"{path}: cannot be read as numbers ({' '.join(str(error).split())[:200]})") from error
    expected = (len(canary.images()), card.dim)
    if vectors.shape != expected:
        raise UsageError(
            f"{path}: an array of {' x '.join(map(str, vectors.shape))}, wanted is {expected[0]} x {expected[1]}: one "
            f"vector per image, in the order of {IMAGES.format(1)}, {IMAGES.format(2)}, …"
        )
    if not np.isfinite(vectors).all():
        raise UsageError(f"{path}: NaN or infinity in the vectors; compute them in 32 bits")
    return vectors
