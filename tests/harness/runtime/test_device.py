"""The device: what is said to be slow there, and how many fits it takes at once."""

import pytest

from fuseboard.harness.runtime import profiling
from fuseboard.harness.runtime.device import computes, is_slow, of_fits, resolve, side_by_side
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


def test_apples_gpu_is_taken_where_it_is_asked_for_and_there(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    with pytest.raises(UsageError, match="built without it"):
        resolve("mps")
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(UsageError, match="this Mac has no GPU"):
        resolve("mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve("mps") == "mps"
    assert resolve(None) != "mps", "nobody is given numbers that were never compared"
    with pytest.raises(UsageError, match="unknown device"):
        resolve("mps:1")


def test_what_apples_gpu_computes(monkeypatch):
    for macos, has in ((13, False), (14, True)):
        monkeypatch.setattr(torch.backends.mps, "is_macos_or_newer", lambda major, minor, own=macos: own >= major)
        assert computes("mps", "bf16") == has
    assert computes("mps", "fp16")
    with pytest.raises(UsageError, match="which mps is not"):
        require("tf32", "mps")
    assert (of_fits("mps"), of_fits("cuda:1"), of_fits("cpu")) == ("cpu", "cuda:1", "cpu")


def test_an_extraction_and_a_search_on_apples_gpu_ask_nothing_of_cuda(monkeypatch, tmp_path, capfd):
    """A descriptor computes on the CPU whatever it is told, so that all around it runs here."""
    from fuseboard import cli

    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    own = ["--device", "mps", "--store", str(tmp_path / "store")]
    assert cli.run(["extract", "hog", "pixels", "-d", "digits-sample60", *own]) == 0
    assert cli.run(["search", "digits-sample60", "--protocol", "starter", *own]) == 0
    assert "error" not in capfd.readouterr().err
