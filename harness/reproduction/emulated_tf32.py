"""TF32 on a device that does not have it: what goes into products is rounded to 10 bits, as NVIDIA's GPUs round it.

EfficientNet-Lite0's canary so differs from fp32 by 2.4e-3 of its scale; on an H100 it was 2.2e-3. Depthwise
convolutions run on no tensor core and stay as they are: rounded too, they would make it 8.6e-3.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, float32, int32
from torch.utils._python_dispatch import TorchDispatchMode

from fuseboard.harness.backbones.encoder import Encoder

PRODUCTS: Mapping[str, slice] = {
    **dict.fromkeys(("conv2d", "convolution", "linear", "mm", "bmm", "matmul"), slice(0, 2)),
    **dict.fromkeys(("addmm", "baddbmm"), slice(1, 3)),
    "scaled_dot_product_attention": slice(0, 3),
    "_scaled_dot_product_flash_attention_for_cpu": slice(0, 3),
}
"""Torch's names of products -> which of their arguments are multiplied."""
BITS = 13
"""Of the 23 of a mantissa that TF32 does not have."""


class RoundingEncoder:
    """An encoder in fp32 whose products are of rounded numbers."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.device = encoder.at_precision("fp32"), encoder.device

    def at_precision(self, precision: str) -> Self:
        """Returns itself, whose precision is TF32."""
        return self

    def at_normalisation(self, mean: tuple[float, ...], std: tuple[float, ...]) -> "RoundingEncoder":
        """The same of another normalisation."""
        return RoundingEncoder(self._encoder.at_normalisation(mean, std))

    def encode(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors (N, D) of pixels (N, H, W, channels)."""
        with _Rounding():  # type: ignore[no-untyped-call]
            return self._encoder.encode(batch)


class _Rounding(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Rounds what is multiplied, of every product that torch takes meanwhile."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func._schema.name.partition("::")[2]
        if name in PRODUCTS and not _is_grouped(name, args):
            part = PRODUCTS[name]
            args = (*args[: part.start], *map(_rounded, args[part]), *args[part.stop :])
        return func(*args, **(kwargs or {}))


def _is_grouped(name: str, args: Any) -> bool:
    return name in ("conv2d", "convolution") and args[0].shape[-3] != args[1].shape[1]


def _rounded(tensor: Tensor) -> Tensor:
    """To the nearest number of 10 bits, ties to even."""
    if tensor.dtype != float32:
        return tensor
    bits = tensor.view(int32)
    return ((bits + (1 << BITS - 1) - 1 + ((bits >> BITS) & 1)) & ~((1 << BITS) - 1)).view(float32)
