"""The precision is the arithmetic that vectors are computed in, as the card names it and nothing else does.

`fp32` is IEEE single precision. Left alone, cuDNN computes its convolutions in TF32, which keeps 10 of the 23 bits of
a mantissa: EfficientNet-Lite0's canary then differs by 2.2e-3 of its scale from the CPU's, and without by 1e-6 (seen on
an H100). `tf32` is that on purpose, for convolutions and matrix products. `fp16` and `bf16` are torch's autocast, in
which what stays in single precision is IEEE's.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Literal

from fuseboard.store.errors import UsageError

if TYPE_CHECKING:
    import torch

Precision = Literal["fp32", "tf32", "fp16", "bf16"]


@contextmanager
def computing(precision: str, device: str) -> Iterator[None]:
    """Has torch compute in a precision, and as before afterwards. The settings are of the whole process.

    Args:
        precision: one of `Precision`.
        device: `cpu`, `cuda` or `cuda:N`.

    Raises:
        UsageError: the device has no such arithmetic.
    """
    import torch
    from torch import backends

    require(precision, device)
    cudnn: Any = backends.cudnn
    mkldnn: Any = backends.mkldnn
    of_gpu = dict.fromkeys((cudnn.conv, cudnn.rnn, backends.cuda.matmul), "tf32" if precision == "tf32" else "ieee")
    of_cpu = dict.fromkeys((mkldnn.conv, mkldnn.rnn, mkldnn.matmul), "ieee")
    with ExitStack() as settings:
        for place, single in (of_gpu | of_cpu).items():
            settings.callback(setattr, place, "fp32_precision", place.fp32_precision)
            place.fp32_precision = single
        if low := _low(torch, precision):
            settings.enter_context(torch.autocast(device.partition(":")[0], dtype=low))
        yield


def require(precision: str, device: str) -> None:
    """Raises UsageError where a device has no such arithmetic."""
    if precision == "tf32" and device == "cpu":
        raise UsageError("tf32 is arithmetic of NVIDIA's GPUs from Ampere on; take --device cuda, or --precision fp32")


def _low(torch: Any, precision: str) -> "torch.dtype | None":
    found: torch.dtype | None = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(precision)
    return found
