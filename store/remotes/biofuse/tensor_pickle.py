"""Pickled embeddings and labels, read without unpickling: nothing that the file names is imported or called."""

import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError
from fuseboard.store.vectors.pickles import numpy_pickle, plain_names, torch_pickle
from fuseboard.store.vectors.pickles.pickle_machine import Machine
from fuseboard.store.vectors.pickles.pickled import Allowance, Builder, Name, Refused

HEADS = {
    b"PK\x03\x04": "is a zip archive, such as torch.save writes, and no pickle of (embeddings, labels)",
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19": "was written by torch.save, and is no pickle of (embeddings, labels)",
    b"\x1f\x8b": "is compressed by gzip: unpack it first",
    b"version https://git-lfs": "is a pointer of Git LFS, not the file it stands for",
    b"<": "is a web page, not a pickle",
}
"""What files begin with that are often taken for pickles."""


@dataclass(frozen=True)
class Cached:
    """What one pickle holds, as it lies there: arrays may be views of the file, unaligned, and cannot be written."""

    embeddings: NDArray[Any]
    labels: NDArray[Any] | list[str]


def read(path: Path) -> Cached:
    """Reads a pickle of (embeddings, labels), or of a dict with these keys.

    Tensors of torch, also such as were saved from a GPU, and arrays of NumPy are understood; labels may be a list too.
    Large arrays are views of the mapped file, so a file may be larger than the memory.

    Raises:
        FuseboardError: everything else, in one line that names the file and what is refused in it.
    """
    try:
        return _read(_mapped(path))
    except Refused as error:
        raise FuseboardError(
            f"{path.name}: {error}; nothing of it was executed: get the file again from its publisher"
        ) from error


def _mapped(path: Path) -> memoryview:
    if not path.is_file():
        raise Refused("is no file")
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise Refused("is empty")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise Refused(f"cannot be read ({error.strerror})") from error


def _read(data: memoryview) -> Cached:
    start = bytes(data[:64])
    for head, what in HEADS.items():
        if start.lstrip().startswith(head):
            raise Refused(what)
    if start[:1] != b"\x80":
        raise Refused("is no pickle of protocol 2 or later")
    machine = Machine(data, _names(Allowance(4 * len(data))))
    value = machine.run()
    if machine.at != len(data):
        raise Refused(f"has {len(data) - machine.at:,} bytes behind its pickle, which do not belong there")
    if type(value) is dict and {"embeddings", "labels"} <= set(value):
        value = (value["embeddings"], value["labels"])
    if type(value) not in (tuple, list) or len(value) != 2:
        raise Refused("holds neither (embeddings, labels) nor a dict of these")
    embeddings = value[0].numpy if isinstance(value[0], numpy_pickle.Array) else value[0]
    if not isinstance(embeddings, np.ndarray):
        raise Refused("holds no array where the embeddings should be")
    return Cached(embeddings, _labels(value[1], len(data)))


def _names(allowance: Allowance) -> dict[Name, Builder | None]:
    return {
        **torch_pickle.names(allowance),
        **numpy_pickle.names(),
        **plain_names.names(allowance),
    }


def _labels(value: Any, limit: int) -> NDArray[Any] | list[str]:
    """An array, or the list of texts or array that a list is; at most `limit` numbers, as the file has bytes."""
    if isinstance(value, numpy_pickle.Array):
        return value.numpy
    if isinstance(value, np.ndarray):
        return value
    if type(value) not in (list, tuple) or not value:
        raise Refused("holds neither an array nor a list where the labels should be")
    if all(type(item) is str for item in value):
        return list(value)
    return _stacked(value, Allowance(limit))


def _stacked(items: Any, allowance: Allowance, depth: int = 3) -> NDArray[Any]:
    """Returns the array of a list of numbers, of arrays, or of such lists, up to `depth` levels of them."""
    if all(type(item) in (int, bool, float) for item in items):
        allowance.spend(len(items))
        if not all(-(2**63) <= item < 2**63 for item in items):
            raise Refused("holds a label beyond 64 bits")
        return np.asarray(items, np.float64 if any(type(item) is float for item in items) else np.int64)
    rows = [_row(item, allowance, depth - 1) for item in items]
    if len({row.shape for row in rows}) > 1:
        raise Refused("holds labels of different shapes")
    return np.stack(rows)


def _row(item: Any, allowance: Allowance, depth: int) -> NDArray[Any]:
    if isinstance(item, numpy_pickle.Array):
        item = item.numpy
    if isinstance(item, np.ndarray):
        allowance.spend(item.size)
        return item
    if type(item) in (list, tuple) and item and depth:
        return _stacked(item, allowance, depth)
    raise Refused("holds labels that are neither numbers nor texts")
