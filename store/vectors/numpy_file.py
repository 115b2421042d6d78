"""`.npy` and `.npz`: the headers first, then numbers that are mapped or unpacked; objects, which are pickles, never."""

import zipfile
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError
from fuseboard.store.vectors.arrays import Array, Arrays

_FORMAT: Any = np.lib.format  # typed in some releases of NumPy only


def read_one(path: Path) -> Arrays:
    """Returns the array of a `.npy` file, mapped."""
    with path.open("rb") as file:
        shape, dtype, size = _header(file, path.name)
    if path.stat().st_size != size:
        raise FuseboardError(f"{path.name}: {path.stat().st_size:,} bytes, its header says {size:,}: it is cut off")
    if 0 in shape:
        return {"": Array(shape, dtype.kind, lambda start, stop: np.empty(shape, dtype))}
    mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return {"": Array.of(mapped)}


def read_archive(path: Path) -> Arrays:
    """Returns the arrays of a `.npz` file; each is unpacked when it is asked for, and after its size is known."""
    found: dict[str, Array] = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename.removesuffix(".npy")
            if name == info.filename:
                raise FuseboardError(f"{path.name}: holds {info.filename[:80]!r}, and `.npz` is an archive of arrays")
            with archive.open(info) as file:
                shape, dtype, size = _header(file, f"{path.name}: {name}")
            if info.file_size != size:
                raise FuseboardError(f"{path.name}: {name} has {info.file_size:,} bytes, its header says {size:,}")
            found[name] = Array(shape, dtype.kind, partial(_unpacked, path, info.filename), dtype.itemsize)
    return found


def _unpacked(path: Path, name: str, start: int, stop: int) -> NDArray[Any]:
    with zipfile.ZipFile(path) as archive, archive.open(name) as file:
        whole: NDArray[Any] = _FORMAT.read_array(file, allow_pickle=False)
    return whole[start:stop]


def _header(file: IO[bytes], where: str) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Returns shape, type and the bytes that header and numbers have together."""
    version = _FORMAT.read_magic(file)
    read = {(1, 0): _FORMAT.read_array_header_1_0, (2, 0): _FORMAT.read_array_header_2_0}.get(version)
    if read is None:
        raise FuseboardError(f"{where}: NumPy's format {version[0]}.{version[1]} is for structures; save plain arrays")
    shape, _, dtype = read(file)
    if dtype.hasobject:
        raise FuseboardError(f"{where}: holds pickled Python objects, and nothing is unpickled; save plain arrays")
    return shape, dtype, file.tell() + dtype.itemsize * int(np.prod(shape, dtype=object))
