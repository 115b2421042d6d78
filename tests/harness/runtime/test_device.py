"""Which device is taken where none is named, and that torch is not loaded to find that there is no GPU."""

import subprocess
import sys

import pytest

from fuseboard.harness.runtime import device
from fuseboard.store.errors import UsageError


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a driver and two GPUs."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(device, "_has_driver", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.usefixtures("counted")
def test_a_gpu_is_taken_where_there_is_one() -> None:
    assert device.resolve(None) == "cuda"
    assert [device.resolve(name) for name in ("cpu", "cuda", "cuda:1")] == ["cpu", "cuda", "cuda:1"]
    with pytest.raises(UsageError, match=r"cuda:2: this machine has 2 CUDA device"):
        device.resolve("cuda:2")


def test_without_a_driver_it_is_the_processor_and_torch_stays_unloaded() -> None:
    code = """
import sys
from fuseboard.harness.runtime import device
device._has_driver = lambda: False
assert device.resolve(None) == "cpu"
try:
    device.resolve("cuda")
except Exception as error:
    assert "has 0 CUDA device(s); use --device cpu" in str(error)
else:
    raise AssertionError
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["tpu", "cuda:x", "gpu:0"])
def test_an_unknown_device_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="known: cpu, cuda"):
        device.resolve(name)
