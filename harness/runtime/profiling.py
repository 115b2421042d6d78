"""The profile: what a piece of work cost in time and memory, and on what machine."""

import os
import platform
import sys
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("fuseboard", "numpy", "pillow", "torch", "torchvision", "timm", "open_clip_torch", "transformers",
             "scikit-image", "scikit-learn", "xgboost", "optuna", "medmnist", "medmnistc")  # fmt: skip
MIB = 2**20


class Meter:
    """Measures from its making on: wall time, and the largest memory that the process held meanwhile."""

    def __init__(self, device: str = "cpu") -> None:
        self._device = device
        self._began = time.perf_counter()
        _reset_peak_rss()
        if _is_cuda(device):
            import torch

            torch.cuda.reset_peak_memory_stats(device)

    @property
    def wall_s(self) -> float:
        """Seconds since the meter was made."""
        return time.perf_counter() - self._began

    @property
    def peak_rss_mb(self) -> float | None:
        """Largest resident memory of the whole process since the meter was made, in MiB; None where nothing tells."""
        return peak_rss_mb()

    @property
    def peak_vram_mb(self) -> float | None:
        """Returns the largest sum of tensors that torch held on the GPU, in MiB; None where nobody counts."""
        if not _is_cuda(self._device):
            return None
        import torch

        return torch.cuda.max_memory_allocated(self._device) / MIB

    @property
    def peak_vram_reserved_mb(self) -> float | None:
        """Returns the most that torch held back from the GPU for its tensors and its cache, in MiB; else None."""
        if not _is_cuda(self._device):
            return None
        import torch

        return torch.cuda.max_memory_reserved(self._device) / MIB


def peak_rss_mb() -> float | None:
    """Returns the largest resident memory of the whole process, libraries included, in MiB; None where nothing tells.

    Linux counts anew when it is asked to, so it is asked first; the count of `resource` is of the process so far.
    """
    if peak := _stated("/proc/self/status").get("VmHWM"):
        return int(peak.split()[0]) / 1024
    if sys.platform == "win32":
        return _peak_on_windows()
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak_rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak_rss / MIB if sys.platform == "darwin" else peak_rss / 1024


def _peak_on_windows() -> float | None:
    """The peak of the working set, which is what Windows calls resident memory."""
    import ctypes

    class Counters(ctypes.Structure):
        """`PROCESS_MEMORY_COUNTERS` of psapi.h; the sizes behind the peak are seven more."""

        _fields_ = [
            ("cb", ctypes.c_uint32),
            ("PageFaultCount", ctypes.c_uint32),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 7),
        ]

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    ask = kernel.K32GetProcessMemoryInfo
    ask.argtypes = [ctypes.c_void_p, ctypes.POINTER(Counters), ctypes.c_uint32]
    counters = Counters(cb=ctypes.sizeof(Counters))
    answered = ask(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb)
    return counters.PeakWorkingSetSize / MIB if answered else None


def _stated(path: str) -> dict[str, str]:
    """Returns what a file of Linux's `/proc` says, by name; nothing elsewhere, or where it may not be read."""
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    # Of several processors the first is taken.
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}


def _reset_peak_rss() -> None:
    """Makes Linux count the peak anew; elsewhere the peak is that of the process so far."""
    try:
        Path("/proc/self/clear_refs").write_bytes(b"5")
    except OSError:
        return


def cores() -> int:
    """Cores that this process may use, which on a shared machine are fewer than it has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_cuda(device: str) -> bool:
    return device.partition(":")[0] == "cuda"


def hardware(device: str = "cpu") -> str:
    """Returns the GPU's name, or the processor's with its generation and the cores that this process may use.

    A virtual machine may name no more than `AMD EPYC`, and the generation decides which instructions round how.
    """
    if _is_cuda(device):
        import torch

        return torch.cuda.get_device_name(device)
    stated = _stated("/proc/cpuinfo")
    name = stated.get("model name") or platform.processor() or platform.machine()
    message = {"cpu family", "model"} <= set(stated)
    generation = f" (family {stated['cpu family']}, model {stated['model']})" if message else ""
    own = f"{name}{generation}, {cores()} cores"
    return f"GPU (MPS) of {own}" if device == "mps" else own


def libraries() -> dict[str, str]:
    """Versions of what can change a number; what is not installed is left out."""
    return {"python": platform.python_version(), **_installed()}


@cache
def _installed() -> dict[str, str]:
    """Read once: every fit asks, and a process keeps what it has imported."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
