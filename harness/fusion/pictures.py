"""Pictures: what people have as images, each with a name, the key of its content, and what reads its pixels."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets import image_io
from fuseboard.harness.datasets.dataset import LIMIT
from fuseboard.store.embeddings.by_image import key_of
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.files.hashing import sha256_of

Pixels = NDArray[np.uint8]

KINDS = (
    "paths, PIL images, uint8 arrays (H, W), (H, W, 3) or (H, W, 4), a column of a `datasets` dataset, or a torch "
    "Dataset"
)


@dataclass(frozen=True)
class Picture:
    """One image."""

    name: str
    """What errors and tables call it: its path, or its number."""
    key: Callable[[], str]
    """Makes the SHA-256 of everything that decides its pixels."""
    read: Callable[[], Pixels]
    """Reads (H, W), (H, W, 3) or, with alpha, (H, W, 4)."""


def pictures_of(images: Iterable[Any], reading: Reading = PLAIN, limit: int = LIMIT) -> list[Picture]:
    """Makes pictures of whatever people have as images.

    Args:
        images: paths, PIL images, uint8 arrays or tensors, a column of a `datasets` dataset, or a torch Dataset, of
            whose items the first part is the image. Channels come last; of a tensor (C, H, W) they come first.
        reading: how files are read.
        limit: pixels that a file may have.

    Raises:
        UsageError: something is no image, named by its number.
    """
    return [_picture(number, image, reading, limit) for number, image in enumerate(_items(images))]


def labels_of(images: Any) -> list[Any] | None:
    """Returns the labels of a torch Dataset whose items are (image, label); None of anything else."""
    if not is_torch_dataset(images) or not len(images):
        return None
    items = [images[number] for number in range(len(images))]
    paired = all(isinstance(item, tuple) and len(item) > 1 for item in items)
    return [item[1] for item in items] if paired else None


def _items(images: Any) -> Iterable[Any]:
    if isinstance(images, str | PathLike):
        raise UsageError(f"{fspath(images)}: one path where a list of images is wanted; put it into a list")
    if is_torch_dataset(images):
        items = (images[number] for number in range(len(images)))
        return (item[0] if isinstance(item, tuple) else item for item in items)
    found: Iterable[Any] = images
    return found


def is_torch_dataset(images: Any) -> bool:
    """Whether this is a torch Dataset, told by its class, so that torch is imported by nobody who has none."""
    return any(f"{kind.__module__}.{kind.__name__}".startswith("torch.utils.data.") for kind in type(images).__mro__)


def _picture(number: int, image: Any, reading: Reading, limit: int) -> Picture:
    if isinstance(image, str | PathLike):
        path = Path(image)
        return Picture(str(path), partial(_key_of_file, path, reading), partial(image_io.read, path, reading, limit))
    name = f"image {number}"
    if isinstance(image, dict) and image.keys() <= {"bytes", "path"}:  # a `datasets` column that is not decoded
        if image.get("bytes") is None:
            return _picture(number, image.get("path"), reading, limit)
        content = bytes(image["bytes"])
        own = str(image.get("path") or name)
        return Picture(own, partial(_key, content, reading), partial(image_io.decode, content, own, reading))
    if type(image).__module__.startswith("PIL."):
        file = getattr(image, "filename", "") or name
        pixels = partial(image_io.of_picture, image, file, reading)
        return Picture(file, lambda: _key_of_pixels(pixels()), pixels)
    if type(image).__module__.startswith("torch"):
        image = _channels_last(np.asarray(image))
    if isinstance(image, np.ndarray):
        _refuse_other_than_pixels(image, name)
        return Picture(name, partial(_key_of_pixels, image), lambda: image)
    raise UsageError(f"{name}: a {type(image).__name__} is no image; give {KINDS}")


def _channels_last(tensor: NDArray[Any]) -> NDArray[Any]:
    channels_first = tensor.ndim == 3 and tensor.shape[0] in (1, 3, 4) and tensor.shape[2] not in (3, 4)
    moved = np.moveaxis(tensor, 0, -1) if channels_first else tensor
    return moved[..., 0] if moved.ndim == 3 and moved.shape[2] == 1 else moved


def _refuse_other_than_pixels(image: NDArray[Any], name: str) -> None:
    if image.dtype != np.uint8:
        raise UsageError(
            f"{name}: pixels of type {image.dtype}; give uint8 from 0 to 255, not normalised, since every backbone "
            "has a normalisation of its own (of torchvision leave ToTensor and Normalize out)"
        )
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (3, 4)) or 0 in image.shape:
        raise UsageError(f"{name}: an array of shape {image.shape} is no image; give (H, W), (H, W, 3) or (H, W, 4)")


def _key(content: bytes, reading: Reading) -> str:
    return key_of(hashlib.sha256(content).hexdigest(), reading.settings)


def _key_of_file(path: Path, reading: Reading) -> str:
    try:
        return key_of(sha256_of(path), reading.settings)
    except OSError as error:
        raise FuseboardError(f"{path}: {error.strerror or error}; remove it from the list or mend it") from error


def _key_of_pixels(pixels: Pixels) -> str:
    head = json.dumps(["pixels", list(pixels.shape)])
    return hashlib.sha256(head.encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()


def names_of(pictures: Sequence[Picture]) -> list[str]:
    """Returns what pictures are called."""
    return [picture.name for picture in pictures]
