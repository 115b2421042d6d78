"""The device: what is said to be slow there, and how many fits it takes at once."""

import pytest

from fuseboard.harness.runtime import profiling
from fuseboard.harness.runtime.device import computes, is_slow, side_by_side
from fuseboard.harness.runtime.precision import require
from fuseboard.store.errors import UsageError

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_half_precision_is_slow_where_the_processor_lacks_it(precision, monkeypatch):
    class Build:
        pass

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    name = f"_is_mkldnn_{precision}_supported"
    for has in (True, False):
        setattr(Build, name, staticmethod(lambda has=has: has))
        monkeypatch.setattr(torch.ops, "mkldnn", Build)
        assert is_slow("cpu", precision) == (not has)
        assert not is_slow("cuda", precision)
        assert not is_slow("cpu", "fp32")
    delattr(Build, name)
    assert not is_slow("cpu", precision)


@pytest.mark.parametrize(
    ("generation", "hip", "has"), [((7, 5), None, False), ((8, 0), None, True), ((9, 0), "6", False)]
)
def test_tf32_is_of_nvidias_gpus_from_ampere_on(generation, hip, has, monkeypatch):
    monkeypatch.setattr(torch.version, "hip", hip)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: generation)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: generation >= (8, 0))
    assert computes("cuda", "tf32") == has
    assert computes("cuda", "fp16")
    assert computes("cuda", "bf16") == (generation >= (8, 0))
    if has:
        require("tf32", "cuda")
        return
    with pytest.raises(
        UsageError, match="from Ampere on, which cuda is not"
    ):  # torch would compute in fp32 and not say so
        require("tf32", "cuda")


@pytest.mark.parametrize(("cores", "on_cpu", "on_gpu"), [(2, 2, 2), (64, 64, 4)])
def test_a_gpu_takes_as_many_fits_as_it_sustains_however_many_cores_there_are(cores, on_cpu, on_gpu, monkeypatch):
    monkeypatch.setattr(profiling, "cores", lambda: cores)
    assert (side_by_side(None, "cpu"), side_by_side(None, "cuda:1")) == (on_cpu, on_gpu)
    assert side_by_side(7, "cuda") == side_by_side(7, "cpu") == 7
