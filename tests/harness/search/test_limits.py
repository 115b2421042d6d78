"""A search of what may be used: by licence, and by whether weights are gated."""

from dataclasses import replace
from pathlib import Path

import pytest

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.limits import Limits
from fuseboard.harness.search.opening import open_search, search
from fuseboard.store.errors import FuseboardError
from fuseboard.store.results.profiles import Profile
from tests.harness.quick import QUICK

DATA = "digits-first120"


def forbid(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    get = registry.get
    changes = {"licence": "CC-BY-NC-4.0", "gated": True}
    monkeypatch.setattr(
        registry, "get", lambda name: get(name).model_copy(update=changes) if name in names else get(name)
    )


@pytest.mark.parametrize(
    ("name", "commercial", "is_open"),
    [("biomedclip", True, True), ("pubmedclip", False, True), ("plip", False, True), ("uni", False, False),
     ("h-optimus-0", True, False), ("efficientnet-lite0:random", False, True)],
)  # fmt: skip
def test_a_licence_that_is_not_known_to_allow_it_does_not(name: str, commercial: bool, is_open: bool) -> None:
    card = registry.get(name)
    assert (Limits(commercial=True).refusal(card) is None) == commercial
    assert (Limits(open_weights=True).refusal(card) is None) == is_open
    assert Limits().refusal(card) is None


def test_what_may_not_be_used_is_not_searched_and_is_told(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch, "pixels")
    found = search(DATA, protocol=QUICK, store=store, commercial=True)
    assert found.choice.chosen == ("hog",)
    assert "not searched: pixels (licence: CC-BY-NC-4.0)" in found.notes
    assert search(DATA, protocol=QUICK, store=store).choice.measured == 3
    engine = open_search(DATA, ["hog"], QUICK, store, limits=Limits(commercial=True, open_weights=True))
    assert engine.left_out == {}


def test_nothing_left_is_said(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch, "pixels", "hog")
    with pytest.raises(FuseboardError, match=r"no backbone of the store may be used: hog \(gated\), pixels \(gated\)"):
        open_search(DATA, [], QUICK, store, limits=Limits(open_weights=True))


def test_a_backbone_without_a_card_counts_by_its_manifest(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "CARDS", {})
    versions = open_search(DATA, [], QUICK, store).pool.versions
    assert Limits(commercial=True).refusal_of(versions["hog"], []) is None
    assert Limits(open_weights=True).refusal_of(versions["hog"], []) == "nobody says whether it is gated"


def profile(vram: float, **changes: object) -> Profile:
    facts = {
        "backbone": "net", "weights": "pinned", "parameters": 256 * 2**20, "pixels": 224, "gflops": 1, "device": "g",
        "precision": "fp32", "batch_size": 8, "images_per_s": 1, "peak_vram_mb": vram,
    }  # fmt: skip
    return Profile.model_validate({**facts, **changes})


def test_a_backbone_that_does_not_fit_the_memory_of_a_gpu_or_was_never_measured_there_is_left_out(store: Path) -> None:
    hog = open_search(DATA, ["hog"], QUICK, store).pool.versions["hog"]
    assert Limits(max_vram=0.1).refusal_of(hog, []) is None, "no network, so no memory of a GPU"
    manifest = hog.manifest.model_copy(
        update={"backbone": "net", "about": hog.manifest.about.model_copy(update={"parameters": 256 * 2**20})}
    )
    net = replace(hog, manifest=manifest)
    assert Limits(max_vram=8).refusal_of(net, [profile(2048)]) is None
    assert Limits(max_vram=2).refusal_of(net, [profile(2048)]) == "needs 2.5 GB"
    for unknown in ([], [profile(2048, precision="bf16")], [profile(2048, backbone="other")]):
        assert "`fuseboard backbones profile net` measures it" in str(Limits(max_vram=8).refusal_of(net, unknown))


def test_the_limit_of_memory_reads_the_profiles_of_the_store(store: Path) -> None:
    engine = open_search(DATA, [], QUICK, store, limits=Limits(max_vram=1))
    assert sorted(engine.pool.versions) == ["hog", "pixels"], "neither is a network"
