"""The names of the datasets that fuseboard knows, without the datasets: whose images a name means is told at once."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuseboard.store.embeddings.dataset_protocol import Origin

FLAGS = tuple(
    f"{stem}mnist"
    for stem in (
        "path", "chest", "derma", "oct", "pneumonia", "retina",
        "breast", "blood", "tissue", "organa", "organc", "organs",
    )
)  # fmt: skip
SIZES = (28, 64, 128, 224)
"""Of MedMNIST's files, in pixels."""
MEDMNIST = tuple(flag if size == 224 else f"{flag}-{size}" for flag in FLAGS for size in SIZES)
"""`breastmnist` is the 224-pixel file, `breastmnist-64` the one of 64 pixels."""
DIGITS, IMAGENET = "digits", "imagenet"

LIMITED = re.compile(r"(.+)-(first|sample)([1-9]\d*)")
"""Such as `digits-sample100`: the whole dataset, the kind, the number of images of every split."""


def base_name(name: str) -> str:
    """A name without the limit of images that `-sampleN` or `-firstN` sets; no dataset needs to have it."""
    part = LIMITED.fullmatch(name)
    return part[1] if part else name


def origin(name: str) -> "Origin":
    """Whose images a name in a store means; a name that nobody registered is somebody's own."""
    base = base_name(name)
    if base.removesuffix("-c") not in {DIGITS, IMAGENET, *MEDMNIST}:
        return "own"
    return "known" if base == name else "sample"
