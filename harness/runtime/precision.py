"""The precision is the arithmetic that vectors are computed in, as the card names it and nothing else does.

`fp32` is IEEE single precision. Left alone, cuDNN computes its convolutions in TF32, which keeps 10 of the 23 bits of
a mantissa: EfficientNet-Lite0's canary then differs by 2.2e-3 of its scale from the CPU's, and without by 1e-6 (seen on
an H100). `tf32` is that on purpose, for convolutions and matrix products. `fp16` and `bf16` are torch's autocast, in
which what stays in single precision is IEEE's.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Condition
from typing import TYPE_CHECKING, Any, Literal

from fuseboard.harness.runtime.device import has_tf32, is_cuda
from fuseboard.store.errors import UsageError

if TYPE_CHECKING:
    import torch

Precision = Literal["fp32", "tf32", "fp16", "bf16"]


def against_nan(precision: str, backbone: str = "NAME") -> str:
    """Says what helps where vectors in a precision hold NaN or infinity.

    fp16 holds no number above 65,504, and bf16 has the exponents of single precision; where that overflows too, no
    precision helps.
    """
    if precision == "fp32":
        check = f"`fuseboard backbones check {backbone}`"
        return f"no precision helps, as this was fp32: look at the image, and at the weights with {check}"
    return f"try --precision {'bf16 or fp32' if precision == 'fp16' else 'fp32'}, as this was {precision}"


@contextmanager
def computing(precision: str, device: str) -> Iterator[None]:
    """Has torch compute in a precision, and as before afterwards.

    Single precision is a setting of the whole process: threads that want the same one share it, and one that wants the
    other waits until they are done.

    Args:
        precision: one of `Precision`.
        device: `cpu`, `cuda`, `cuda:N` or `mps`.

    Raises:
        UsageError: the device has no such arithmetic.
    """
    import torch

    if not is_cuda(device):
        require(precision, device)
    with ExitStack() as settings:
        settings.enter_context(_SINGLE.held("tf32" if precision == "tf32" else "ieee"))
        if low := _low(torch, precision):
            settings.enter_context(torch.autocast(device.partition(":")[0], dtype=low))
        yield


class _Single:
    """What single precision is on the GPU, from the first of those that compute at the same time to the last."""

    def __init__(self) -> None:
        self._changed, self._users, self._single, self._before = Condition(), 0, "", ExitStack()

    @contextmanager
    def held(self, single: str) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._users or self._single == single)
            if not self._users:
                self._set(single)
            self._users += 1
        try:
            yield
        finally:
            with self._changed:
                self._users -= 1
                if not self._users:
                    self._before.close()
                    self._changed.notify_all()

    def _set(self, single: str) -> None:
        from torch import backends

        cudnn: Any = backends.cudnn
        mkldnn: Any = backends.mkldnn
        of_gpu = dict.fromkeys((cudnn.conv, cudnn.rnn, backends.cuda.matmul), single)
        of_cpu = dict.fromkeys((mkldnn.conv, mkldnn.rnn, mkldnn.matmul), "ieee")
        for place, value in (of_gpu | of_cpu).items():
            self._before.callback(setattr, place, "fp32_precision", place.fp32_precision)
            place.fp32_precision = value
        self._single = single


_SINGLE = _Single()


def require(precision: str, device: str) -> None:
    """Raises UsageError where a device has no such arithmetic."""
    if precision == "tf32" and not has_tf32(device):
        raise UsageError(
            f"tf32 is arithmetic of NVIDIA's GPUs from Ampere on, which {device} is not; take --precision fp32"
        )


def _low(torch: Any, precision: str) -> "torch.dtype | None":
    found: torch.dtype | None = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(precision)
    return found
