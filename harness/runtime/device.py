"""The device: where models and boosters run."""

import ctypes
import sys
from pathlib import Path

from fuseboard.harness.runtime import profiling
from fuseboard.store.errors import UsageError

EMULATED = "{} is slow on this device, which has no instructions for it"

GPU_FITS = 4
"""Fits side by side on a GPU. They wait for the starts of many small kernels, which threads of one process can share:
on an H100 with 16 cores one of 546 x 4,300 floats and 250 trees took .51 s alone, .35 s each with 4, 8 or 16 threads,
and .74 s in 4 to 12 processes."""


def side_by_side(jobs: int | None, device: str) -> int:
    """Returns how many fits run at once here: as many as were asked for, else what the device sustains."""
    return jobs or (profiling.cores() if device == "cpu" else min(GPU_FITS, profiling.cores()))


def is_cuda(device: str) -> bool:
    """Whether a device is a GPU that torch speaks to as `cuda`: NVIDIA's, or AMD's."""
    return device.partition(":")[0] == "cuda"


def of_fits(device: str) -> str:
    """Returns where classifiers are fitted: on the CPU where vectors are computed on Apple's GPU.

    It has no double precision, which closed forms and losses are summed in, and XGBoost has nothing for it.
    """
    return "cpu" if device == "mps" else device


def is_slow(device: str, precision: str) -> bool:
    """Whether a device computes a precision more slowly than fp32, because it has no instructions for it."""
    if precision in ("fp32", "tf32"):
        return False
    import torch

    if device == "mps":
        return precision == "bf16" and not torch.backends.mps.is_macos_or_newer(14, 0)
    if device != "cpu":
        return precision == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False)
    supported = getattr(torch.ops.mkldnn, f"_is_mkldnn_{precision}_supported", None)  # no build but oneDNN's can tell
    return supported is not None and not supported()


def has_tf32(device: str) -> bool:
    """Whether products may be taken in TF32: NVIDIA's GPUs from Ampere on can, and others would ignore the wish."""
    if not is_cuda(device):
        return False
    import torch

    return torch.version.hip is None and torch.cuda.get_device_capability(device) >= (8, 0)


def computes(device: str, precision: str) -> bool:
    """Whether a device has instructions for a precision."""
    return has_tf32(device) if precision == "tf32" else not is_slow(device, precision)


def resolve(device: str | None) -> str:
    """Returns `cpu`, `cuda`, `cuda:N` or `mps`; the CUDA device where there is one, unless another is asked for.

    Apple's GPU is taken only where it is asked for: its numbers were never held against those of others.
    """
    if device is None:
        return "cuda" if _devices() else "cpu"
    if device == "mps":
        _require_mps()
        return device
    name, _, index = device.partition(":")
    if name not in ("cpu", "cuda") or (index and not index.isdecimal()):
        raise UsageError(f"unknown device {device!r}; known: cpu, cuda, cuda:0, cuda:1 …, mps")
    if name == "cuda" and int(index or 0) >= (count := _devices()):
        raise UsageError(f"device {device}: this machine has {count} CUDA device(s); use --device cpu")
    return device


def _require_mps() -> None:
    from torch.backends import mps

    if not mps.is_built():
        raise UsageError("device mps: this torch was built without it, as only that of a Mac is; use --device cpu")
    if not mps.is_available():
        raise UsageError(
            "device mps: this Mac has no GPU that torch can use (Apple's chip, macOS 12.3); use --device cpu"
        )


def _devices() -> int:
    """Counts the GPUs of torch; it takes seconds to import, and is asked only where a driver is installed."""
    if not _has_driver():
        return 0
    import torch

    return torch.cuda.device_count()


def _has_driver() -> bool:
    """Whether NVIDIA's driver or AMD's, which torch speaks to as `cuda` too, is installed."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return Path("/dev/kfd").exists()
    return True
