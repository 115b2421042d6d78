"""`.h5`: the arrays at the top of an HDF5 file, such as `features` and `coords` of TRIDENT."""

from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError
from fuseboard.store.vectors.arrays import Array, Arrays

MAX_NAMES = 100_000
"""Arrays that a file may have."""


def read(path: Path) -> Arrays:
    """Returns the arrays at the top; groups below are passed over, and nothing of other files is read."""
    import h5py

    found: dict[str, Array] = {}
    with h5py.File(path, "r") as file:
        if len(file) > MAX_NAMES:
            raise FuseboardError(f"{path.name}: {len(file):,} arrays, {MAX_NAMES:,} are the limit")
        for name in file:
            # A link, a storage and a view are three ways in which HDF5 reads any file of this machine.
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                raise FuseboardError(
                    f"{path.name}: {name[:80]!r} is a link, which is not followed; save the array itself"
                )
            held = file[name]
            if not isinstance(held, h5py.Dataset) or held.shape is None:
                continue
            if held.external or held.is_virtual:
                raise FuseboardError(
                    f"{path.name}: {name[:80]!r} lies in another file, which is not read; save it here"
                )
            kind = "S" if h5py.check_string_dtype(held.dtype) else held.dtype.kind
            found[name] = Array(held.shape, kind, partial(_rows, path, name))
    return found


def _rows(path: Path, name: str, start: int, stop: int) -> NDArray[Any]:
    import h5py

    with h5py.File(path, "r") as file:
        held = file[name]
        rows: NDArray[Any] = held[start:stop] if held.shape else held[()]
        return rows
