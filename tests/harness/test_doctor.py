"""What the doctor says of this machine."""

import importlib
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from fuseboard.harness import doctor
from fuseboard.harness.terminal.extras import MAGICKWAND
from fuseboard.store import installation


@pytest.fixture
def with_wand(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(doctor, "find_spec", lambda name: ModuleSpec(name, None))
    return monkeypatch


@pytest.mark.parametrize("there", [False, True])
def test_the_library_that_pip_cannot_bring_is_looked_for(with_wand: pytest.MonkeyPatch, there: bool) -> None:
    def load(name: str) -> ModuleType:
        if not there:
            raise ImportError("MagickWand shared library not found.")
        return ModuleType(name)

    with_wand.setattr(importlib, "import_module", load)
    (finding,) = (found for found in doctor.examine() if found.check == "MagickWand")
    assert finding.status == ("ok" if there else "note")
    assert finding.fix == ("" if there else MAGICKWAND)


def test_without_the_extra_only_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    findings = {found.check: found for found in doctor.examine()}
    assert "MagickWand" not in findings
    assert findings["extra corruptions"].fix == installation.command("corruptions")


@pytest.mark.parametrize(("there", "status"), [((), "note"), (("sklearn", "timm"), "missing")])
def test_a_light_installation_is_whole_and_half_a_harness_is_not(
    monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], status: str
) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: ModuleSpec(name, None) if name in there else None)
    findings = {found.check: found for found in doctor.examine()}
    assert findings["extra harness"].status == status
