"""The weights of a Keras file in torch's layout: a `.keras` archive, or the HDF5 file of older versions.

Keras is not needed, and code that a layer keeps in the configuration is never run.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""How an HDF5 file begins."""

GROWTH = 16
"""The weights may be this many times as large as the archive that they are packed in; a bomb would fill the memory."""

NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
NAMES = {"depthwise_kernel": "depthwise.weight", "pointwise_kernel": "pointwise.weight", "kernel": "weight"} | NORM
"""Keras's name of a variable -> torch's, in the order in which torch lists them; any other keeps its name."""

VARIABLES = {
    "Conv2D": ("kernel", "bias"),
    "Dense": ("kernel", "bias"),
    "DepthwiseConv2D": ("depthwise_kernel", "bias"),
    "SeparableConv2D": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "BatchNormalization": tuple(NORM),
}
"""Kind of layer -> its variables in the order in which Keras numbers them."""

OPTIONAL = {"bias": "use_bias", "gamma": "scale", "beta": "center"}
"""Variable -> the key of the layer's configuration without which the layer has none."""


def read(path: Path) -> "Iterator[tuple[str, torch.Tensor]]":
    """Every variable of every layer, in the order of the layers; a model inside the model has its name before theirs.

    Raises:
        ValueError: it says no order of its layers, or its numbers lie in other files.
    """
    import h5py
    import torch

    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive, h5py.File(_unpacked(archive, "model.weights.h5", path)) as file:
            configuration = json.load(_unpacked(archive, "config.json", path))["config"]
            listed = _numbered(file, configuration, "")
            found = [(layer, name, _values(file, dataset)) for layer, name, dataset in listed]
    else:
        with h5py.File(path) as file:
            listed = _named(file.get("model_weights", file))
            found = [(layer, name, _values(file, dataset)) for layer, name, dataset in listed]
    for layer, name, values in found:
        yield f"{layer}.{NAMES.get(name, name)}", torch.from_numpy(_as_torch(name, values))


def _unpacked(archive: zipfile.ZipFile, name: str, path: Path) -> io.BytesIO:
    if archive.getinfo(name).file_size > GROWTH * path.stat().st_size:
        raise ValueError(f"{name} is more than {GROWTH} times as large as the archive")
    return io.BytesIO(archive.read(name))


def _numbered(group: Any, model: dict[str, Any], above: str) -> Iterator[tuple[str, str, Any]]:
    """Layer, variable and dataset of Keras 3, which names a layer's group after its kind and counts the kinds."""
    counts: dict[str, int] = {}
    for layer in model["layers"]:
        kind, facts = layer["class_name"], layer["config"]
        count = counts[kind] = counts.get(kind, -1) + 1
        inner = group[f"layers/{_in_small_letters(kind)}{f'_{count}' if count else ''}"]
        name = f"{above}{facts['name']}"
        if "layers" in facts:
            yield from _numbered(inner, facts, f"{name}.")
            continue
        known = [v for v in VARIABLES.get(kind, ()) if facts.get(OPTIONAL.get(v, ""), True)]
        for number in range(len(inner["vars"])):
            variable = known[number] if number < len(known) else str(number)
            yield name, variable, inner["vars"][str(number)]


def _in_small_letters(kind: str) -> str:
    """Returns a class as Keras 3 writes it in a path: `BatchNormalization` is `batch_normalization`."""
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()


def _named(group: Any) -> Iterator[tuple[str, str, Any]]:
    """Layer, variable and dataset of the HDF5 file, whose attributes list both; a layer's own come together."""
    if "layer_names" not in group.attrs:
        raise ValueError("it names no layers: a file of weights alone has no order; a whole model is needed")
    for layer in map(_text, group.attrs["layer_names"]):
        own: dict[str, dict[str, Any]] = {}
        for weight in map(_text, group[layer].attrs["weight_names"]):
            name, _, variable = weight.partition(":")[0].rpartition("/")
            own.setdefault(name.replace("/", "."), {})[variable] = group[layer][weight]
        for name, variables in own.items():
            order = sorted(variables, key=[*NAMES, "bias"].index) if set(variables) <= {*NAMES, "bias"} else variables
            yield from ((name, variable, variables[variable]) for variable in order)


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _values(file: Any, dataset: Any) -> "NDArray[np.float32]":
    # A link, a storage and a view are three ways in which HDF5 reads any file of this machine.
    if dataset.file.filename != file.filename or dataset.external or dataset.is_virtual:
        raise ValueError(f"{dataset.name} lies in another file, which is not read")
    return dataset[()].astype("float32")  # type: ignore[no-any-return]


def _as_torch(name: str, values: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Returns (outputs, inputs, height, width) of a kernel (height, width, inputs, outputs), and the like."""
    import numpy as np

    if name.endswith("kernel") and values.ndim == 4:
        height, width, inputs, outputs = values.shape
        if name == "depthwise_kernel":  # of every input, all its outputs
            values = values.reshape(height, width, 1, inputs * outputs)
        values = values.transpose(3, 2, 0, 1)
    elif name == "kernel" and values.ndim == 2:
        values = values.T
    return np.ascontiguousarray(values)
