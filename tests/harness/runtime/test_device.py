"""The device: what is said to be slow there."""

import pytest

from fuseboard.harness.runtime.device import is_slow

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_half_precision_is_slow_where_the_processor_lacks_it(precision, monkeypatch):
    class Build:
        pass

    name = f"_is_mkldnn_{precision}_supported"
    for has in (True, False):
        setattr(Build, name, staticmethod(lambda has=has: has))
        monkeypatch.setattr(torch.ops, "mkldnn", Build)
        assert is_slow("cpu", precision) == (not has)
        assert not is_slow("cuda", precision)
        assert not is_slow("cpu", "fp32")
    delattr(Build, name)
    assert not is_slow("cpu", precision)
