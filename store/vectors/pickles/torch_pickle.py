"""Torch tensors in pickles: storages in torch's older file format, and the views of them that are tensors."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.vectors.pickles.pickle_machine import Machine
from fuseboard.store.vectors.pickles.pickled import Allowance, Builder, Name, Names, Refused, extents, is_size

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
"""What a file of torch's older format begins with."""
HEADER_STEPS = 64
"""Opcodes at most of each of the five pickles before a storage's numbers; torch writes about 25."""

STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "UntypedStorage": "uint8",
    "_UntypedStorage": "uint8",
}
DTYPES = {
    **{name: np.dtype(name).newbyteorder("<") for name in set(STORAGES.values()) - {"bfloat16", "bool"}},
    **{name: np.dtype(name).newbyteorder("<") for name in ("uint16", "uint32", "uint64")},
    "bool": np.dtype(np.uint8),
    "bfloat16": np.dtype("<u2"),
}
"""Torch's names -> how NumPy reads the bytes. A bfloat16 is the upper half of a float32."""

STORAGE_NAMES: Names = {
    Name(module, name): None for module in ("torch", "torch.cuda", "torch.storage") for name in STORAGES
}


@dataclass(frozen=True)
class Storage:
    """The numbers under one or more tensors."""

    data: memoryview
    kind: str
    """Key of DTYPES."""


@dataclass(frozen=True)
class _Described:
    """A storage whose numbers follow later in the file."""

    kind: str
    key: str
    numbers: int


def names(allowance: Allowance) -> dict[Name, Builder | None]:
    """Every name that a pickled tensor of torch 0.4 or newer holds; CUDA tensors need no GPU."""
    tensor = partial(_tensor, allowance=allowance)
    return {
        Name("torch.storage", "_load_from_bytes"): partial(_storage, allowance=allowance),
        **{Name("torch._utils", f"_rebuild_tensor{version}"): tensor for version in ("", "_v2", "_v3")},
        **{Name("torch", dtype): None for dtype in DTYPES},
        Name("torch", "Size"): _size,
    }


def _storage(arguments: tuple[Any, ...], allowance: Allowance) -> Storage:
    """Reads magic number, protocol, system, description, keys, and then the numbers, which stay where they are."""
    if len(arguments) != 1 or not isinstance(arguments[0], bytes | memoryview):
        raise Refused("refuses a torch storage that is no bytes")
    data = memoryview(arguments[0])
    machine = Machine(data, STORAGE_NAMES, _described, HEADER_STEPS)
    if (machine.run(), machine.run()) != (MAGIC, PROTOCOL):
        raise Refused("refuses a torch storage that does not begin with torch's magic number and protocol")
    system, described, keys = machine.run(), machine.run(), machine.run()
    allowance.spend(machine.at)
    if type(system) is not dict or system.get("little_endian") is not True:
        raise Refused("refuses a torch storage that was not written on a little-endian machine")
    if not isinstance(described, _Described) or type(keys) is not list or keys != [described.key]:
        raise Refused("refuses what is in the place of a torch storage but is none, or is more than one")
    size = described.numbers * DTYPES[described.kind].itemsize
    count, numbers = bytes(data[machine.at : machine.at + 8]), data[machine.at + 8 :]
    if len(count) < 8 or int.from_bytes(count, "little", signed=True) != described.numbers or len(numbers) != size:
        raise Refused(f"is cut off or damaged: a torch storage of {size:,} bytes has {len(numbers):,}")
    return Storage(numbers, described.kind)


def _described(identity: Any) -> _Described:
    """('storage', type, key, location, numbers, view); where the tensor lay, such as cuda:0, does not matter."""
    if type(identity) is not tuple or len(identity) != 6 or identity[0] != "storage":
        raise Refused("refuses a persistent id that is no torch storage")
    _, kind, key, location, numbers, view = identity
    if not isinstance(kind, Name) or type(key) is not str or type(location) is not str:
        raise Refused("refuses a torch storage without type, key or location")
    if not is_size(numbers) or numbers == 0 or view is not None:
        raise Refused("refuses a torch storage that is empty, of impossible size, or a view of another")
    return _Described(STORAGES[kind.qualname], key, numbers)


def _tensor(arguments: tuple[Any, ...], allowance: Allowance) -> NDArray[Any]:
    """(storage, offset, size, stride[, requires_grad, hooks[, dtype][, metadata]]) as a view, bfloat16 as float32."""
    storage, offset, size, stride, *rest = arguments if len(arguments) >= 4 else (None,) * 4
    if not isinstance(storage, Storage) or not is_size(offset):
        raise Refused("refuses a tensor without a storage or with an impossible offset")
    named = [part.qualname for part in rest if isinstance(part, Name)]
    if any(type(part) is not bool and (type(part) is not dict or part) for part in rest if not isinstance(part, Name)):
        raise Refused("refuses a tensor with hooks or metadata")
    kind = named[0] if named else storage.kind
    if kind not in DTYPES:
        raise Refused(f"refuses a tensor of type {kind}")
    dtype = DTYPES[kind]
    shape, steps = extents(size, "size"), extents(stride, "stride")
    _inside(offset, shape, steps, len(storage.data) // dtype.itemsize)
    # An axis of one element may have any stride, also one that no address has room for.
    in_bytes = [step * dtype.itemsize if length > 1 else 0 for length, step in zip(shape, steps, strict=True)]
    view: NDArray[Any] = np.ndarray(shape, dtype, storage.data, offset * dtype.itemsize, in_bytes)
    if kind != "bfloat16":
        return view
    allowance.spend(4 * view.size)
    return (view.astype(np.uint32) << 16).view(np.float32)


def _inside(offset: int, shape: tuple[int, ...], steps: tuple[int, ...], numbers: int) -> None:
    """Raises unless every element is a number of its own in the storage."""
    if len(shape) != len(steps) or math.prod(shape) == 0:
        raise Refused("refuses a tensor that is empty or has more strides than axes")
    reach = 0
    for step, length in sorted((step, length) for step, length in zip(steps, shape, strict=True) if length > 1):
        if step <= reach:
            raise Refused(f"refuses a tensor whose elements overlap (size {shape}, stride {steps})")
        reach += step * (length - 1)
    if offset + reach >= numbers:
        raise Refused(f"refuses a tensor of element {offset + reach:,} in a storage of {numbers:,}")


def _size(arguments: tuple[Any, ...]) -> tuple[int, ...]:
    if len(arguments) != 1:
        raise Refused("refuses a torch.Size of other than one argument")
    return extents(arguments[0], "size")
