"""The weights of an ONNX file under names that a PyTorch model has; the graph is read and never run."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

TRANSPOSED = ("MatMul",)
"""Operators whose constant is (inputs, outputs), where torch's Linear keeps (outputs, inputs)."""


def read(path: Path) -> "Iterator[tuple[str, torch.Tensor]]":
    """Every constant that an operator uses, in the order of the operators.

    Exporters fold a layer's transposed weight into a constant that has a number for a name (`onnx::MatMul_1966`). Its
    operator still has the layer's path, so that the weight of `/encoder/layer.0/query/MatMul` is called
    `encoder.layer.0.query.weight`, and is transposed back. Where the path does not name a weight alone (a Concat, a
    Reshape), the name is the constant's own.
    """
    import onnx
    import torch
    from onnx import numpy_helper

    graph: Any = onnx.load(str(path), load_external_data=False).graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    seen: set[str] = set()
    for node in graph.node:
        for name in node.input:
            if name not in constants or name in seen:
                continue
            seen.add(name)
            values = torch.from_numpy(numpy_helper.to_array(constants[name]).copy())
            if name.startswith("onnx::") and node.op_type in TRANSPOSED and "/" in node.name:
                yield node.name.strip("/").rpartition("/")[0].replace("/", ".") + ".weight", values.T.contiguous()
            else:
                yield name, values
