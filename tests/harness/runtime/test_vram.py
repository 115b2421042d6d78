"""The memory of a GPU over a span of time. A stand-in for NVIDIA's library has a card whose memory the tests decide."""

import os
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from fuseboard.harness.runtime import vram
from fuseboard.harness.runtime.vram import Span

MIB = 2**20


class Card:
    """The driver, with one card."""

    NVMLError = type("NVMLError", (Exception,), {})

    def __init__(self) -> None:
        self.used, self.processes = 100 * MIB, dict[int, int | None]()

    def nvmlInit(self) -> None:
        pass

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        if uuid != "GPU-of-cuda:1":
            raise self.NVMLError("no such card")
        return uuid

    def nvmlDeviceGetMemoryInfo(self, card: str) -> SimpleNamespace:
        return SimpleNamespace(used=self.used)

    def nvmlDeviceGetComputeRunningProcesses(self, card: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=held) for pid, held in self.processes.items()]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[Card]:
    torch = pytest.importorskip("torch")
    found = Card()
    monkeypatch.setitem(sys.modules, "pynvml", found)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid=f"of-{device}"), raising=False
    )
    vram._watch_of.cache_clear()
    yield found
    vram._watch_of.cache_clear()


def test_the_largest_memory_meanwhile_is_kept(card: Card) -> None:
    card.processes = {os.getpid(): 3 * MIB, 1: 900 * MIB}
    with Span("cuda:1") as span:
        card.processes[os.getpid()] = 50 * MIB
        until = time.monotonic() + 10
        while span.peak_mb != 50 and time.monotonic() < until:
            time.sleep(0.001)
        card.processes[os.getpid()] = 7 * MIB
    assert span.peak_mb == 50
    with Span("cuda:1") as later:
        pass
    assert later.peak_mb == 7


def test_spans_side_by_side_see_the_memory_of_the_whole_process(card: Card) -> None:
    card.processes = {os.getpid(): MIB}
    with Span("cuda:1") as outer:
        card.processes[os.getpid()] = 9 * MIB
        with Span("cuda:1") as inner:
            pass
        card.processes[os.getpid()] = MIB
    assert (outer.peak_mb, inner.peak_mb) == (9, 9)


@pytest.mark.parametrize(
    ("processes", "held"),
    [({4711: 30 * MIB}, 30), ({}, 60), ({4711: None}, 60), ({4711: MIB, 4712: MIB}, 60)],
    ids=["alone under another number", "none is told", "memory is not told", "several strangers"],
)
def test_where_the_driver_does_not_know_this_process(card: Card, processes: dict[int, int | None], held: float) -> None:
    with Span("cuda:1"):
        pass
    card.processes, card.used = processes, 160 * MIB
    with Span("cuda:1") as span:
        pass
    assert span.peak_mb == held


def test_nothing_is_made_up(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    for device in ("cpu", "cuda:0"):
        with Span(device) as span:
            pass
        assert span.peak_mb is None, device
    monkeypatch.setitem(sys.modules, "pynvml", None)
    vram._watch_of.cache_clear()
    with Span("cuda:1") as span:
        pass
    assert span.peak_mb is None
