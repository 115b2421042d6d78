"""The weights of a tflite file in torch's layout; the graph is read and never run."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

IDENTIFIER = b"TFL3"
"""Stands in the bytes 4 to 7 of a tflite file (the schema's `file_identifier`)."""

AXES = {
    "CONV_2D": (0, 3, 1, 2),  # (outputs, height, width, inputs)
    "DEPTHWISE_CONV_2D": (3, 0, 1, 2),  # (1, height, width, outputs)
    "FULLY_CONNECTED": (0, 1),  # (outputs, inputs)
}
"""Operator with weights -> its kernel's axes in the order that torch keeps them in."""


def read(path: Path) -> "Iterator[tuple[str, torch.Tensor]]":
    """The weight and the bias of every convolution and dense layer, in the order of the operators.

    A name is the constant's own with `.weight` or `.bias`. Where the converter merged several (a convolution with its
    batch norm), their names are joined by semicolons, of which the first is the layer's. Halves that a DEQUANTIZE
    widens are read as they are stored.

    Raises:
        ValueError: a layer's weights are integers, of which the vectors of a float network cannot be made.
    """
    import tflite
    import torch

    model: Any = tflite.Model.GetRootAs(path.read_bytes())
    graph = model.Subgraphs(0)
    kinds = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
    codes = [model.OperatorCodes(number) for number in range(model.OperatorCodesLength())]
    operators = [graph.Operators(number) for number in range(graph.OperatorsLength())]
    stored: dict[int, int] = {}
    for operator in operators:
        code, inputs = codes[operator.OpcodeIndex()], operator.InputsAsNumpy()
        # Files from before 2020 keep the operator where it has 127 values, newer ones in both places.
        kind = kinds[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        if kind == "DEQUANTIZE":
            stored[int(operator.Outputs(0))] = int(inputs[0])
        if kind not in AXES:
            continue
        for role, index in zip(("weight", "bias"), map(int, inputs[1:3]), strict=False):
            constant = graph.Tensors(stored.get(index, index)) if index >= 0 else None
            if constant is None or not model.Buffers(constant.Buffer()).DataLength():
                continue
            values = torch.from_numpy(_values(model, constant))
            axes = AXES[kind] if role == "weight" else (0,)
            yield f"{constant.Name().decode().partition(';')[0]}.{role}", values.permute(axes).contiguous()


def _values(model: Any, constant: Any) -> Any:
    import numpy as np
    from tflite import TensorType

    kinds = {TensorType.FLOAT32: np.float32, TensorType.FLOAT16: np.float16}
    if constant.Type() not in kinds:
        raise ValueError(f"{constant.Name().decode()} is quantised; a file of floating-point weights is needed")
    data = model.Buffers(constant.Buffer()).DataAsNumpy()
    return data.view(kinds[constant.Type()]).reshape(constant.ShapeAsNumpy()).astype(np.float32)
