"""Files of `torch.save`: an archive with one pickle and the numbers of its tensors beside it, read as data."""

import mmap
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

from fuseboard.store.vectors.pickles import numpy_pickle, plain_names, torch_pickle
from fuseboard.store.vectors.pickles.pickle_machine import Machine
from fuseboard.store.vectors.pickles.pickled import Allowance, Name, Refused, is_size
from fuseboard.store.vectors.pickles.torch_pickle import DTYPES, STORAGES, Storage

PICKLE = "data.pkl"
MAX_PICKLE = 256 * 2**20
"""Bytes of the pickle, which holds names and shapes; a list of a million paths has some 100 MB."""
MAX_MEMBERS = 2**20


def read(path: Path) -> Any:
    """Returns what was saved, of tensors, arrays, texts, numbers, lists and dicts; tensors are views of the file.

    Raises:
        Refused: everything else, with what is refused in it.
    """
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if bytes(data[:4]) != b"PK\x03\x04":
        raise Refused("is not as torch.save writes it since 1.6: load it and save it again")
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: info for info in archive.infolist()}
    if len(members) > MAX_MEMBERS:
        raise Refused(f"has {len(members):,} parts, {MAX_MEMBERS:,} are the limit")
    roots = [name.removesuffix(PICKLE) for name in members if name.rpartition("/")[2] == PICKLE]
    if len(roots) != 1:
        raise Refused("is a zip archive, and not one that torch.save wrote")
    parts = {name.removeprefix(roots[0]): _stored(data, info) for name, info in members.items()}
    if bytes(parts.get("byteorder", b"little")) != b"little":
        raise Refused("was not written on a little-endian machine")
    if len(parts[PICKLE]) > MAX_PICKLE:
        raise Refused(f"has {len(parts[PICKLE]):,} bytes of pickle, {MAX_PICKLE:,} are the limit")
    allowance = Allowance(4 * len(data))
    names = {
        **torch_pickle.names(allowance),
        **torch_pickle.STORAGE_NAMES,
        **numpy_pickle.names(),
        **plain_names.names(allowance),
    }
    machine = Machine(parts[PICKLE], names, partial(_storage, parts))
    return machine.run()


def _stored(data: memoryview, info: zipfile.ZipInfo) -> memoryview:
    """The bytes of a member, which torch never packs, so that no small file becomes a large one."""
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise Refused(f"is packed ({ascii(info.filename)[:80]}), which torch.save never does")
    head = bytes(data[info.header_offset : info.header_offset + 30])
    start = info.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    found = data[start : start + info.file_size]
    if head[:4] != b"PK\x03\x04" or len(found) != info.file_size:
        raise Refused(f"is cut off or damaged at {ascii(info.filename)[:80]}")
    return found


def _storage(parts: dict[str, memoryview], identity: Any) -> Storage:
    """('storage', type, key, location, numbers); where the tensor lay, such as cuda:0, does not matter."""
    if type(identity) is not tuple or len(identity) != 5 or identity[0] != "storage":
        raise Refused("refuses a persistent id that is no torch storage")
    _, kind, key, location, numbers = identity
    if not isinstance(kind, Name) or type(key) is not str or type(location) is not str or not is_size(numbers):
        raise Refused("refuses a torch storage without type, key, location or size")
    if kind.qualname not in STORAGES:
        raise Refused(f"refuses {kind} as a torch storage")
    held, dtype = parts.get(f"data/{key}"), STORAGES[kind.qualname]
    if held is None or len(held) != numbers * DTYPES[dtype].itemsize:
        found = "nothing" if held is None else f"{len(held):,} bytes"
        raise Refused(f"is cut off or damaged: a torch storage of {numbers:,} {dtype} has {found}")
    return Storage(held, dtype)
