"""`.pt` and `.pth`: tensors as torch saves them, read without torch and without unpickling anything."""

from pathlib import Path
from typing import Any

import numpy as np

from fuseboard.store.errors import FuseboardError
from fuseboard.store.vectors.arrays import Array, Arrays
from fuseboard.store.vectors.pickles import numpy_pickle, torch_zip
from fuseboard.store.vectors.pickles.pickled import Refused


def read(path: Path) -> Arrays:
    """Returns the tensor of a file under the empty name, or the tensors, arrays and lists of a dict under its keys."""
    try:
        tree = torch_zip.read(path)
        if type(tree) is not dict:
            return {"": _array(tree)}
        return {name: _array(value) for name, value in tree.items() if value is not None}
    except Refused as error:
        raise FuseboardError(f"{path.name}: {error}; nothing of it was executed") from error


def _array(value: Any) -> Array:
    if isinstance(value, numpy_pickle.Array):
        value = value.numpy
    if isinstance(value, np.ndarray):
        return Array.of(value)
    found = Array.listed(value) if type(value) in (list, tuple) else None
    return found or Array((), "V", lambda start, stop: np.empty(()))  # a note of whoever saved it, and no array
