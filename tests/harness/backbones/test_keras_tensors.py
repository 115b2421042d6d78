"""Keras's files: layouts, names and order, of both formats, and what is not read."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from numpy.typing import NDArray
from torch import nn

from fuseboard.harness.backbones import keras_tensors
from fuseboard.harness.backbones.loaders.timm_loader import as_in_keras

h5py = pytest.importorskip("h5py")

Variables = list[NDArray[np.float32]]


def numbers(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def layer(kind: str, name: str, **facts: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, **facts}}


def archive(path: Path, layers: list[dict[str, Any]], variables: dict[str, Variables]) -> Path:
    """A `.keras` file; the groups of its layers are named as Keras 3 does, not by their own names."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for group, values in variables.items():
            made = file.create_group(f"layers/{group}/vars")
            for number, value in enumerate(values):
                made[str(number)] = value
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("config.json", json.dumps({"class_name": "Functional", "config": {"layers": layers}}))
        packed.writestr("model.weights.h5", weights.getvalue())
    return path


def test_layers_have_their_names_and_kernels_lie_as_torch_keeps_them(tmp_path: Path) -> None:
    kernel, depthwise, pointwise, dense = numbers(3, 2, 4, 5), numbers(3, 3, 5, 2), numbers(1, 1, 10, 6), numbers(6, 2)
    inner = [layer("Conv2D", "second", use_bias=False), layer("SeparableConv2D", "sep"), layer("Conv2D", "first")]
    layers = [layer("InputLayer", "in"), layer("Functional", "tower", layers=inner)]
    layers += [layer("BatchNormalization", "norm", scale=False), layer("Dense", "head"), layer("PReLU", "own")]
    variables = {
        "input_layer": [],
        "functional/layers/conv2d": [kernel],
        "functional/layers/separable_conv2d": [depthwise, pointwise, numbers(6)],
        "functional/layers/conv2d_1": [numbers(1, 1, 6, 2), numbers(2)],
        "batch_normalization": [numbers(2), numbers(2) + 1, numbers(2) + 2],
        "dense": [dense],
        "p_re_lu": [numbers(7)],
    }
    found = dict(keras_tensors.read(archive(tmp_path / "net.keras", layers, variables)))
    assert list(found) == [
        "tower.second.weight", "tower.sep.depthwise.weight", "tower.sep.pointwise.weight", "tower.sep.bias",
        "tower.first.weight", "tower.first.bias", "norm.bias", "norm.running_mean", "norm.running_var", "head.weight",
        "own.0",
    ]  # fmt: skip
    np.testing.assert_array_equal(found["norm.running_mean"], numbers(2) + 1)
    np.testing.assert_array_equal(found["head.weight"], dense.T)
    # Independent of the order of axes: one place of an image of the kernel's own size is a sum of products.
    image = numbers(3, 2, 4)
    seen = nn.functional.conv2d(torch.from_numpy(image).permute(2, 0, 1)[None], found["tower.second.weight"])
    np.testing.assert_allclose(seen.ravel(), np.einsum("hwi,hwio->o", image, kernel), rtol=1e-4, atol=1e-5)
    image = numbers(3, 3, 5)
    seen = nn.functional.conv2d(
        torch.from_numpy(image).permute(2, 0, 1)[None], found["tower.sep.depthwise.weight"], groups=5
    )
    np.testing.assert_allclose(seen.ravel(), np.einsum("hwi,hwim->im", image, depthwise).ravel(), rtol=1e-4, atol=1e-5)


def test_the_older_format_lists_its_layers(tmp_path: Path) -> None:
    kernel, norm = numbers(1, 1, 2, 3), {key: numbers(3) + number for number, key in enumerate(keras_tensors.NORM)}
    with h5py.File(tmp_path / "net.h5", "w") as file:
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"z_conv", b"a_norm"]
        weights["z_conv/z_conv/kernel:0"] = kernel
        weights["z_conv"].attrs["weight_names"] = [b"z_conv/kernel:0"]
        for key in sorted(norm):
            weights[f"a_norm/a_norm/{key}:0"] = norm[key]
        weights["a_norm"].attrs["weight_names"] = [f"a_norm/{key}:0".encode() for key in sorted(norm)]
    found = dict(keras_tensors.read(tmp_path / "net.h5"))
    assert list(found) == ["z_conv.weight", *(f"a_norm.{name}" for name in keras_tensors.NORM.values())]
    np.testing.assert_array_equal(found["z_conv.weight"][:, :, 0, 0], kernel[0, 0].T)
    np.testing.assert_array_equal(found["a_norm.running_var"], norm["moving_variance"])


def test_another_file_on_the_disk_is_not_read(tmp_path: Path) -> None:
    """HDF5 can keep numbers in any file of the machine that reads it."""
    (tmp_path / "secret").write_bytes(bytes(8))
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.attrs["layer_names"] = [b"a"]
        group = file.create_group("a")
        group.attrs["weight_names"] = [b"a/kernel:0"]
        group.create_dataset("a/kernel:0", (2, 1), "f4", external=[(str(tmp_path / "secret"), 0, 8)])
    with pytest.raises(ValueError, match="lies in another file"):
        list(keras_tensors.read(tmp_path / "net.h5"))
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.attrs["layer_names"] = [b"a"]
        file["a"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/a")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.create_group("a").attrs["weight_names"] = [b"a/kernel:0"]
        file["a/a/kernel:0"] = numbers(2, 1)
    with pytest.raises(ValueError, match="lies in another file"):
        list(keras_tensors.read(tmp_path / "net.h5"))


def test_weights_alone_have_no_order(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "net.weights.h5", "w") as file:
        file["layers/conv2d/vars/0"] = numbers(1, 1, 2, 3)
    with pytest.raises(ValueError, match="a whole model is needed"):
        list(keras_tensors.read(tmp_path / "net.weights.h5"))


def test_a_bomb_does_not_fill_the_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "net.keras", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("config.json", json.dumps({"config": {"layers": []}}))
        packed.writestr("model.weights.h5", bytes(2**20))
    with pytest.raises(ValueError, match="times as large as the archive"):
        list(keras_tensors.read(tmp_path / "net.keras"))


@pytest.mark.parametrize("edge", [9, 10])
def test_pools_and_norms_of_keras(edge: int) -> None:
    """On an even edge Keras's pool begins at the first pixel, torch's one before it."""
    model = nn.Sequential(nn.BatchNorm2d(1), nn.MaxPool2d(3, 2, 1)).eval()
    as_in_keras(model)
    image = torch.arange(edge * edge, dtype=torch.float32).view(1, 1, edge, edge)
    begin = 0 if edge % 2 == 0 else 1
    padded = nn.functional.pad(image / (1 + 1e-3) ** 0.5, (begin, 1, begin, 1), value=-torch.inf)
    torch.testing.assert_close(model(image), nn.functional.max_pool2d(padded, 3, 2))


def test_conventions_are_part_of_a_version_only_where_they_are_not_torchs() -> None:
    from fuseboard.harness.backbones import registry

    assert registry.get("xception-imagenet").identity["source"]["conventions"] == "keras"
    assert "conventions" not in registry.get("mri-vgg16").identity["source"]
    assert timm.is_model(registry.get("xception-imagenet").source.architecture)
