"""The memory of a GPU as its driver counts it: also what XGBoost and CuPy take, of which torch knows nothing."""

import os
import time
from collections.abc import Callable
from functools import cache
from threading import Lock, Thread
from typing import Any, Self

from fuseboard.harness.runtime.device import is_cuda
from fuseboard.harness.runtime.profiling import MIB

EVERY_S = 0.01
"""Between two looks. A fit takes hundreds of milliseconds, and holds its largest matrices for most of them."""

Look = Callable[[], int]
"""Returns the bytes that this process holds on a GPU now."""


class Span:
    """Measures, from entering it to leaving it, the largest memory that the whole process held on a GPU.

    Spans side by side see each other's memory, as the resident memory of a process is that of all its threads. The
    peak is None on a CPU or Apple's GPU, and without the extra `gpu`, whose nvidia-ml-py asks the driver.
    """

    def __init__(self, device: str) -> None:
        self._watch = _watch_of(device) if is_cuda(device) else None
        self._peak = 0

    def __enter__(self) -> Self:
        if self._watch is not None:
            self._watch.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._watch is not None:
            self._watch.remove(self)

    def see(self, held: int) -> None:
        """Is told how many bytes the process holds."""
        self._peak = max(self._peak, held)

    @property
    def peak_mb(self) -> float | None:
        """Returns the largest memory so far, in MiB."""
        return None if self._watch is None else self._peak / MIB


class _Watch:
    """Looks at one GPU, in a thread of its own while there is a span, and whenever one begins or ends."""

    def __init__(self, look: Look) -> None:
        self._look, self._spans, self._lock, self._looking = look, set[Span](), Lock(), False

    def add(self, span: Span) -> None:
        with self._lock:
            self._spans.add(span)
            if not self._looking:
                self._looking = True
                Thread(target=self._keep_looking, name="vram", daemon=True).start()

    def remove(self, span: Span) -> None:
        self._tell()
        with self._lock:
            self._spans.discard(span)

    def _keep_looking(self) -> None:
        while True:
            self._tell()
            with self._lock:
                if not self._spans:
                    self._looking = False
                    return
            time.sleep(EVERY_S)

    def _tell(self) -> None:
        held = self._look()
        with self._lock:
            for span in self._spans:
                span.see(held)


@cache
def _watch_of(device: str) -> _Watch | None:
    look = _look_at(device)
    return None if look is None else _Watch(look)


def _look_at(device: str) -> Look | None:
    """Finds the card that CUDA calls by this name, which the driver may number otherwise; None where it is not told."""
    try:
        import pynvml
    except ImportError:
        return None
    import torch

    try:
        pynvml.nvmlInit()
        card = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(device).uuid}")
        before = int(pynvml.nvmlDeviceGetMemoryInfo(card).used)
        _held(pynvml, card, before)
    except pynvml.NVMLError:  # no driver, or a part of a card, whose memory is not told so
        return None
    return lambda: _held(pynvml, card, before)


def _held(pynvml: Any, card: Any, before: int) -> int:
    """Returns the bytes of this process, as far as the driver tells processes apart.

    A container's driver lists processes by the numbers they have outside: a single one can but be this one. Else it is
    what the whole card holds more than before the first look.
    """
    listed = {one.pid: one.usedGpuMemory for one in pynvml.nvmlDeviceGetComputeRunningProcesses(card)}
    held = listed.get(os.getpid(), next(iter(listed.values())) if len(listed) == 1 else None)
    return int(held) if held is not None else max(0, int(pynvml.nvmlDeviceGetMemoryInfo(card).used) - before)
