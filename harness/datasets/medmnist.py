"""The twelve MedMNIST 2D datasets at 28, 64, 128 and 224 pixels (Yang et al., Sci Data 2023), through their package."""

import hashlib
import os
import sys
import tempfile
import zipfile
from functools import cache, cached_property, partial
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets.dataset import Dataset, Images
from fuseboard.harness.datasets.paths import root
from fuseboard.store.arrays import Labels, is_multi_label
from fuseboard.store.errors import FuseboardError, UsageError

SHIPPED = Path(__file__).parent / "shipped"
"""The one file that comes with fuseboard, so that the first minute needs no download."""
CHUNK_BYTES = 16 * 2**20


class MedMNIST(Dataset):
    """One dataset at one size; its file is found or downloaded, and held against the published MD5, on first use."""

    def __init__(self, name: str, flag: str, size: int) -> None:
        info = _table()[flag]
        suffix = "" if size == 28 else f"_{size}"
        self.name, self.flag = name, flag
        self.task: str = info["task"]
        self.label_names = tuple(info["label"][key] for key in sorted(info["label"], key=int))
        self.licence: str = info["license"]
        self.source_md5: str = info[f"MD5{suffix}"]
        self._rows: dict[str, int] = info["n_samples"]
        self._url: str = info[f"url{suffix}"]
        self._file_name = f"{flag}{suffix}.npz"

    @property
    def file(self) -> Path:
        """Where the official file lies, or would: on this machine before the one that comes with fuseboard."""
        own, shipped = root() / self._file_name, SHIPPED / self._file_name
        return shipped if shipped.is_file() and not own.is_file() else own

    @property
    def at_hand(self) -> bool:
        """Whether the official file is on this machine."""
        return self.file.is_file()

    def rows(self, split: str) -> int | None:
        """Returns the number of images of a split, as published, without reading the images."""
        return self._rows[split]

    def labels(self, split: str) -> Labels:
        """Returns (N,) uint16, or (N, 14) uint8 for ChestMNIST."""
        with np.load(self._path) as arrays:
            if f"{split}_labels" not in arrays:
                raise FuseboardError(f"{self._path}: holds no {split} split; delete it so that it is downloaded again")
            labels: NDArray[Any] = arrays[f"{split}_labels"]
        if len(labels) != self._rows[split]:
            raise FuseboardError(f"{self._path}: {len(labels)} {split} labels, {self._rows[split]} are official")
        return labels.astype(np.uint8) if is_multi_label(self.task) else labels.reshape(-1).astype(np.uint16)

    def images(self, split: str, start: int, stop: int) -> Images:
        """Returns (H, W) or (H, W, 3), decompressed as a stream: PathMNIST at 224 px would be 13.5 GB at once."""
        with zipfile.ZipFile(self._path) as archive, archive.open(f"{split}_images.npy") as file:
            npy: Any = np.lib.format  # typed in some releases of NumPy only
            header = npy.read_array_header_1_0 if npy.read_magic(file) == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = header(file)
            row_shape, row_bytes = shape[1:], int(np.prod(shape[1:])) * dtype.itemsize
            per_chunk = max(1, CHUNK_BYTES // row_bytes)
            skip = start * row_bytes
            while skip:
                skip -= len(file.read(min(skip, CHUNK_BYTES)))
            for first in range(start, stop, per_chunk):
                rows = min(per_chunk, stop - first)
                yield from np.frombuffer(file.read(rows * row_bytes), dtype).reshape(rows, *row_shape)

    @cached_property
    def _path(self) -> Path:
        path = self.file
        if not path.is_file():
            self._download(path)
        if (digest := _md5(path)) != self.source_md5:
            raise FuseboardError(
                f"{path}: MD5 {digest}, the published one is {self.source_md5}: the file is damaged or another "
                "version; delete it so that it is downloaded again"
            )
        return path

    def _download(self, path: Path) -> None:
        """Fetches the official file beside its place and moves it there whole."""
        from torchvision.datasets.utils import download_url

        if os.environ.get("MEDMNIST_ROOT") and not path.parent.is_dir():
            raise UsageError(f"MEDMNIST_ROOT={path.parent}: no such folder; mend the path, or make the folder")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".tmp-", dir=path.parent) as folder:
                download_url(self._url, folder, filename=self._file_name, md5=self.source_md5)
                (Path(folder) / self._file_name).replace(path)
        except (OSError, RuntimeError) as error:
            raise FuseboardError(
                f"{self.name}: {path} is not there and could not be downloaded from {self._url} "
                f"({str(error).splitlines()[0]}); put the file there, or point MEDMNIST_ROOT at a folder that has it"
            ) from error


def _md5(path: Path) -> str:
    """With torchvision's own function one would wait seconds for torch."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()


def _table() -> dict[str, Any]:
    """The package's facts by flag, without the package where nobody has loaded it: seconds, and 600 MB with torch."""
    loaded = sys.modules.get("medmnist")
    return _file_of_the_table() if loaded is None else loaded.INFO


@cache
def _file_of_the_table() -> dict[str, Any]:
    package = find_spec("medmnist")
    if package is None or not package.submodule_search_locations:
        import medmnist  # says that it is not installed

        whole: dict[str, Any] = medmnist.INFO
        return whole
    found = spec_from_file_location("medmnist_info", Path(package.submodule_search_locations[0]) / "info.py")
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    table: dict[str, Any] = module.INFO
    return table


def get(name: str) -> MedMNIST:
    """The dataset of one of `known_names.MEDMNIST`."""
    flag, _, size = name.partition("-")
    return MedMNIST(name, flag, int(size or 224))
