"""tflite files: layouts, halves, names, and a batch norm that a convolution took over."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from fuseboard.harness.backbones import tflite_tensors
from fuseboard.harness.backbones.run_order import named

tflite = pytest.importorskip("tflite")
flatbuffers = pytest.importorskip("flatbuffers")

OPERATORS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "DEQUANTIZE")
TYPES = {"float32": 0, "float16": 1, "int8": 9}


def written(path: Path, constants: dict[str, NDArray[np.generic]], operators: list[tuple[str, list[str], str]]) -> Path:
    """A file with these constants and operators (kind, names of inputs, name of the output); other names are empty."""
    builder = flatbuffers.Builder()
    names = list(dict.fromkeys([*constants, *(n for _, ins, out in operators for n in (*ins, out))]))

    def vector(offsets: list[int], start: object) -> int:
        start(builder, len(offsets))  # type: ignore[operator]
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return int(builder.EndVector())

    buffers, tensors = [], []
    for name in names:
        values = constants.get(name, np.zeros(0, np.float32))
        data = builder.CreateNumpyVector(np.frombuffer(values.tobytes(), np.uint8)) if values.size else None
        tflite.BufferStart(builder)
        if data is not None:
            tflite.BufferAddData(builder, data)
        buffers.append(tflite.BufferEnd(builder))
    for number, name in enumerate(names):
        values = constants.get(name, np.zeros(0, np.float32))
        shape, label = builder.CreateNumpyVector(np.array(values.shape, np.int32)), builder.CreateString(name)
        tflite.TensorStart(builder)
        tflite.TensorAddShape(builder, shape)
        tflite.TensorAddType(builder, TYPES[values.dtype.name])
        tflite.TensorAddBuffer(builder, number)
        tflite.TensorAddName(builder, label)
        tensors.append(tflite.TensorEnd(builder))
    codes = []
    for kind in OPERATORS:
        tflite.OperatorCodeStart(builder)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, getattr(tflite.BuiltinOperator, kind))
        codes.append(tflite.OperatorCodeEnd(builder))
    made = []
    for kind, inputs, output in operators:
        ins, outs = (
            builder.CreateNumpyVector(np.array([names.index(n) for n in some], np.int32)) for some in (inputs, [output])
        )
        tflite.OperatorStart(builder)
        tflite.OperatorAddOpcodeIndex(builder, OPERATORS.index(kind))
        tflite.OperatorAddInputs(builder, ins)
        tflite.OperatorAddOutputs(builder, outs)
        made.append(tflite.OperatorEnd(builder))
    tensors_at = vector(tensors, tflite.SubGraphStartTensorsVector)
    operators_at = vector(made, tflite.SubGraphStartOperatorsVector)
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, tensors_at)
    tflite.SubGraphAddOperators(builder, operators_at)
    graphs = vector([tflite.SubGraphEnd(builder)], tflite.ModelStartSubgraphsVector)
    codes_at = vector(codes, tflite.ModelStartOperatorCodesVector)
    buffers_at = vector(buffers, tflite.ModelStartBuffersVector)
    tflite.ModelStart(builder)
    tflite.ModelAddOperatorCodes(builder, codes_at)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddBuffers(builder, buffers_at)
    builder.Finish(tflite.ModelEnd(builder), tflite_tensors.IDENTIFIER)
    path.write_bytes(builder.Output())
    return path


def test_kernels_lie_as_torch_keeps_them_in_the_order_of_the_operators(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kernel, depthwise = rng.normal(size=(4, 3, 2, 5)), rng.normal(size=(1, 3, 3, 4)).astype(np.float32)
    bias, dense = rng.normal(size=4).astype(np.float32), rng.normal(size=(2, 4)).astype(np.float32)
    constants = {"net/a/Conv2D": kernel.astype(np.float16), "net/b/Norm;net/b/depthwise;x": depthwise}
    constants |= {"net/b/Norm;net/a/other": bias, "net/c": dense}
    operators = [
        ("DEQUANTIZE", ["net/a/Conv2D"], "wide"),
        ("CONV_2D", ["image", "wide"], "y"),
        ("DEPTHWISE_CONV_2D", ["y", "net/b/Norm;net/b/depthwise;x", "net/b/Norm;net/a/other"], "z"),
        ("FULLY_CONNECTED", ["z", "net/c"], "out"),
    ]
    found = dict(tflite_tensors.read(written(tmp_path / "net.tflite", constants, operators)))
    assert list(found) == ["net/a/Conv2D.weight", "net/b/Norm.weight", "net/b/Norm.bias", "net/c.weight"]
    # Independent of the order of axes: one place of an image of the kernel's own size is a sum of products.
    image = rng.normal(size=(1, 3, 2, 5)).astype(np.float32)
    seen = nn.functional.conv2d(torch.from_numpy(image).permute(0, 3, 1, 2), found["net/a/Conv2D.weight"])
    wanted = (image * kernel.astype(np.float16).astype(np.float32)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(seen.numpy().ravel(), wanted, rtol=1e-4)
    image = rng.normal(size=(1, 3, 3, 4)).astype(np.float32)
    seen = nn.functional.conv2d(torch.from_numpy(image).permute(0, 3, 1, 2), found["net/b/Norm.weight"], groups=4)
    np.testing.assert_allclose(seen.numpy().ravel(), (image * depthwise).sum(axis=(0, 1, 2)), rtol=1e-4)
    np.testing.assert_array_equal(found["net/c.weight"], dense)


def test_integers_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "net.tflite", {"w": np.ones((1, 1, 1, 1), np.int8)}, [("CONV_2D", ["x", "w"], "y")])
    with pytest.raises(ValueError, match="w is quantised"):
        list(tflite_tensors.read(path))


class Shortcut(nn.Module):
    """Makes its shortcut first and runs it last."""

    def __init__(self) -> None:
        super().__init__()
        self.skip, self.conv = nn.Conv2d(3, 3, 1, bias=False), nn.Conv2d(3, 3, 1, bias=False)
        self.skip_norm, self.norm = nn.BatchNorm2d(3), nn.BatchNorm2d(3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.norm(self.conv(images)) + self.skip_norm(self.skip(images))
        return found


def test_tensors_are_named_as_the_layers_run_and_a_norm_keeps_the_bias_that_was_folded() -> None:
    model, images = Shortcut().eval(), torch.randn(2, 3, 4, 4)
    tensors = {"w0": torch.randn(3, 3, 1, 1), "b0": torch.randn(3), "w1": torch.randn(3, 3, 1, 1), "b1": torch.randn(3)}
    model.load_state_dict(named(model, lambda: model(images), tensors, folded=True))
    first = nn.functional.conv2d(images, tensors["w0"], tensors["b0"])
    second = nn.functional.conv2d(images, tensors["w1"], tensors["b1"])
    torch.testing.assert_close(model(images), first + second)


def test_a_tensor_too_few_is_no_guess() -> None:
    model = Shortcut()
    with pytest.raises(ValueError, match="it has 1 tensors, the layers that run need 10"):
        named(model, lambda: model(torch.randn(2, 3, 4, 4)), {"w0": torch.randn(3, 3, 1, 1)}, folded=False)
