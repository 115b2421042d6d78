"""MedMNIST-C: the test split under every corruption and severity (Di Salvo et al., arXiv 2406.17536), as a stream."""

import hashlib
import random
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets.dataset import Dataset, Images
from fuseboard.harness.datasets.medmnist import MedMNIST
from fuseboard.harness.terminal.extras import MAGICKWAND
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.manifest import ColumnName, SplitName
from fuseboard.store.errors import FuseboardError

SEED = 0
"""The seed of the official generator."""

SEVERITIES = 5
"""The registry lists a sixth for one pair; the official generator, and so everybody's numbers, use five."""


def source(clean_md5: str, release: str) -> str:
    """MD5 that stands for the corrupted images in manifests, which are never a file: of what they are made from.

    Args:
        clean_md5: of the clean images.
        release: of medmnistc.
    """
    recipe = f"{clean_md5} medmnistc {release} seed {SEED}"
    return hashlib.md5(recipe.encode(), usedforsecurity=False).hexdigest()


class Corrupted(Dataset):
    """`NAME-c`: the test images, corruption by corruption, severity by severity, in row order.

    The official generator seeds once and then draws in exactly this order, so the order decides the pixels. A row's id
    is its place in it; `corruption` and `severity` (1 to 5) are columns of the shards. Each backbone's own
    preprocessing is applied to the corrupted image, like to any other. The published MedMNIST-C is that of the
    224-pixel files; the severities were not made for smaller ones.
    """

    splits: tuple[SplitName, ...] = ("test",)

    def __init__(self, clean: MedMNIST) -> None:
        try:
            from medmnistc.corruptions.registry import CORRUPTIONS_DS, DATASET_RGB
        except ImportError as error:
            if isinstance(error, ModuleNotFoundError) and error.name == "medmnistc":
                raise
            raise FuseboardError(
                "medmnistc needs ImageMagick's MagickWand library, which is not on this machine: install it "
                f"(`{MAGICKWAND}`)"
            ) from error
        self.name = f"{clean.name}-c"
        self.task, self.label_names, self.licence = clean.task, clean.label_names, clean.licence
        self.source_md5 = source(clean.source_md5, version("medmnistc"))
        self._clean, self._rgb = clean, DATASET_RGB[clean.flag]
        self._corruptions: dict[str, Any] = CORRUPTIONS_DS[clean.flag]
        self._stream: Images = iter(())
        self._position = -1

    @property
    def at_hand(self) -> bool:
        """Whether the clean images can be read without a download."""
        return self._clean.at_hand

    def labels(self, split: str) -> Labels:
        """Returns the clean labels, once per corruption and severity."""
        clean = self._clean.labels(split)
        return np.concatenate([clean] * (len(self._corruptions) * SEVERITIES))

    def columns(self, split: str) -> dict[ColumnName, NDArray[Any]]:
        """Returns `corruption` and `severity` of every row."""
        count = len(self._clean.labels(split))
        return {
            "corruption": np.repeat(list(self._corruptions), SEVERITIES * count),
            "severity": np.tile(np.repeat(np.arange(1, SEVERITIES + 1, dtype=np.uint8), count), len(self._corruptions)),
        }

    def images(self, split: str, start: int, stop: int) -> Images:
        """Rows in the generator's order; going back, or skipping ahead, draws everything before them again.

        Raises:
            FuseboardError: a corruption failed on an image. Nothing stands in for it: the random state after it is
                what its drawing makes of it, so all later images would be others than everybody's.
        """
        if start != self._position:
            self._stream, self._position = self._generate(split), 0
        while self._position < stop:
            at, self._position = self._position, -1  # should this image fail, the next call begins anew
            image = next(self._stream)
            self._position = at + 1
            if self._position > start:
                yield image

    def _generate(self, split: str) -> Images:
        """Returns every corrupted image, one at a time, with the random state that the official generator has there."""
        from PIL import Image

        rng = np.random.default_rng(SEED)
        np.random.seed(SEED)  # the corruptions draw from NumPy's global state
        random.seed(SEED)
        count = len(self._clean.labels(split))
        for name, corruptor in self._corruptions.items():
            if name == "impulse_noise":
                corruptor.rng = rng
            for severity in range(SEVERITIES):
                for number, clean in enumerate(self._clean.images(split, 0, count)):
                    try:
                        corrupted = corruptor.apply(Image.fromarray(clean).convert("RGB"), severity)
                    except Exception as error:  # whatever ImageMagick, SciPy or NumPy raise
                        reason = " ".join(str(error).split()) or type(error).__name__
                        raise FuseboardError(
                            f"{self.name}: {name} of severity {severity + 1} fails on {split} image {number} "
                            f"({reason}), so there is no such set; install what the extra `corruptions` asks for "
                            "(motion_blur needs NumPy below 2.3), and see `fuseboard doctor`"
                        ) from error
                    yield np.asarray(corrupted if self._rgb else Image.fromarray(corrupted).convert("L"))
