"""`.safetensors`: tensors by their names; the library holds the header against the file."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.vectors.arrays import Array, Arrays

KINDS = {"F64": "f", "F32": "f", "F16": "f", "BF16": "f", "BOOL": "b"}
"""Its types of numbers -> NumPy's letter; of whole numbers the first letter is that."""


def read(path: Path) -> Arrays:
    """Returns every tensor; those in bfloat16 come as float32, which holds each of their numbers."""
    from safetensors import safe_open

    found: dict[str, Array] = {}
    with safe_open(path, framework="np") as file:
        for name in file.keys():  # noqa: SIM118
            facts = file.get_slice(name)
            shape, dtype = tuple(facts.get_shape()), str(facts.get_dtype())
            kind = KINDS.get(dtype) or (dtype[0].lower() if dtype[0] in "IU" else "V")
            found[name] = Array(shape, kind, partial(_brain_floats if dtype == "BF16" else _rows, path, name, shape))
    return found


def _rows(path: Path, name: str, shape: tuple[int, ...], start: int, stop: int) -> NDArray[Any]:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        rows: NDArray[Any] = file.get_slice(name)[start:stop] if shape else file.get_tensor(name)
        return rows


def _brain_floats(path: Path, name: str, shape: tuple[int, ...], start: int, stop: int) -> NDArray[np.float32]:
    """A bfloat16 is the upper half of a float32; NumPy has no such type, so that the library cannot hand it out."""
    import json

    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        begin = 8 + length + json.loads(file.read(length))[name]["data_offsets"][0]
        row = 2 * math.prod(shape[1:])
        file.seek(begin + start * row)
        data = np.frombuffer(file.read((stop - start) * row), "<u2").astype(np.uint32)
    return (data << 16).view(np.float32).reshape(-1, *shape[1:])
