"""The profile of forward passes: what is measured, counted and kept, of networks that nobody has weights of."""

import json
from pathlib import Path
from typing import Any

import pytest

from fuseboard import cli
from fuseboard.harness.backbones import profile, registry, speed
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.runtime import device as devices
from fuseboard.store.results import profiles

PLACE = {"hub_id": "org/gated", "revision": "unpinned", "weights": "model.safetensors", "sha256": "unpinned"}


@pytest.fixture
def tiny(card_of: Any, monkeypatch: pytest.MonkeyPatch) -> Card:
    monkeypatch.setattr(speed, "SECONDS", 0.0)
    monkeypatch.setattr(devices, "computes", lambda device, precision: precision in ("fp32", "bf16"))
    kwargs = {"img_size": 32, "num_classes": 0}
    card: Card = card_of("timm", 64, "cls", architecture="test_vit", kwargs=kwargs, **PLACE)
    return card


def test_every_precision_and_batch_is_measured(tiny: Card) -> None:
    found = list(profile.measure(tiny.with_random_weights(), "cpu", profile.precisions("cpu"), (2, 1)))
    assert [(one.precision, one.batch_size) for one in found] == [("fp32", 1), ("fp32", 2), ("bf16", 1), ("bf16", 2)]
    for one in found:
        assert (one.backbone, one.weights, one.pixels, one.peak_vram_mb) == ("tiny", "random", 32, None)
        assert one.images_per_s
        assert one.peak_rss_mb
        assert (one.cosine is None) == (one.precision == "fp32")
        assert one.cosine is None or 0.99 < one.cosine < 1


def test_a_batch_that_does_not_fit_is_a_row_without_a_speed(tiny: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = speed.speed

    def limited(card: Card, loaded: Any, size: int) -> speed.Speed:
        if size > 1:
            raise RuntimeError("CUDA out of memory")
        return plain(card, loaded, size)

    monkeypatch.setattr(speed, "speed", limited)
    found = list(profile.measure(tiny.with_random_weights(), "cpu", ["fp32"], (1, 2, 4)))
    assert [(one.batch_size, one.reason) for one in found] == [(1, None), (2, "out of memory")]


def test_arithmetic_is_counted_without_memory_for_the_network() -> None:
    """CLIP's ViT-B/32: 50 tokens of 768, twelve layers; the patches, and the projection of one token to 512."""
    card, tokens, width = registry.get("clip-vit-b32"), 50, 768
    layer = tokens * 12 * width**2 + 2 * tokens**2 * width
    products = 12 * layer + 49 * (32 * 32 * 3) * width + width * 512
    assert profile.gflops(card) == pytest.approx(2 * products / 1e9, rel=1e-3)
    assert profile.gflops(registry.get("pixels")) is None


def test_the_command_keeps_rows_and_one_that_fails_stops_no_other(
    tiny: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.toml").write_text(tiny.toml())
    Path("odd.toml").write_text(tiny.model_copy(update={"id": "odd", "dim": 65}).toml())
    arguments = ["--random-weights", "--store", "kept", "--batch-size", "1", "--precision", "fp32"]
    assert cli.run(["backbones", "profile", "odd.toml", "tiny.toml", *arguments, "--json"]) == 1
    said = capsys.readouterr()
    assert "1 of 2 backbones have no profile" in said.err
    [shown] = json.loads(said.out)
    [kept] = profiles.read(tmp_path / "kept")
    assert shown == kept.model_dump(mode="json")
    assert cli.run(["backbones", "profile", "tiny.toml", *arguments]) == 0
    assert len(profiles.read(tmp_path / "kept")) == 1, "measured anew, kept once"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name backbones, or say --all"),
        (["uni", "--all"], "name backbones, or say --all"),
        (["uni", "--random-weights", "--precision", "half"], "unknown precision 'half'"),
        (["uni", "--random-weights", "--precision", "tf32", "--device", "cpu"], "tf32 is arithmetic of NVIDIA's GPUs"),
        (["hog", "--random-weights"], "makes no network"),
    ],
)
def test_what_cannot_be_is_told(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["backbones", "profile", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_networks_that_are_shipped_as_measured_are_those_of_the_cards() -> None:
    shipped = profiles.read(Path(__file__).parents[3] / "leaderboard" / "reference")
    assert {one.device for one in shipped} == {"NVIDIA H100 80GB HBM3"}
    assert {(one.precision, one.weights, one.batch_size) for one in shipped} == {
        ("fp32", "random", 128), ("bf16", "random", 128)
    }  # fmt: skip
    for one in shipped:
        card = registry.get(one.backbone)
        assert (one.parameters, one.pixels) == (card.parameters, card.preprocessing.size)
        assert (one.cosine is None) == (one.precision == "fp32")
    assert {one.images_per_s for one in shipped if one.backbone == "chexagent"} == {20.0, 183.0}
    assert shipped[0].gflops == pytest.approx(profile.gflops(registry.get(shipped[0].backbone)), rel=1e-6)
