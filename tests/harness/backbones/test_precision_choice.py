"""Which precision may be used: what passes, what does not, and the fastest that did."""

from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuseboard import cli
from fuseboard.harness.backbones import canary, precision_check, precision_choice, registry, speed
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.runtime import device as devices
from fuseboard.store.embeddings import manifest
from fuseboard.store.errors import UsageError
from fuseboard.store.store import Store

SAMPLE = "digits-sample60"


class Rounding:
    """An encoder of pixels whose products are rounded as its precision says."""

    device = "cpu"

    def __init__(self, **bits: int) -> None:
        self.bits, self.precision = bits, "fp32"
        self.weights = np.random.default_rng(0).normal(size=(32 * 32 * 3, 24)).astype(np.float32)

    def at_precision(self, precision: str) -> "Rounding":
        other = copy(self)
        other.precision = precision
        return other

    def encode(self, batch: np.ndarray) -> np.ndarray:
        vectors = batch.reshape(len(batch), -1).astype(np.float32) / 255 @ self.weights
        bits = self.bits.get(self.precision, 24)
        if not bits:
            return np.full_like(vectors, np.nan)
        mantissa, exponent = np.frexp(vectors)
        return np.ldexp(np.round(mantissa * 2**bits) / 2**bits, exponent).astype(np.float32)


@pytest.fixture
def tiny(card_of: Any, monkeypatch: pytest.MonkeyPatch) -> Card:
    """A card whose encoder rounds, on a device that has every precision and the speeds below."""
    monkeypatch.setattr(precision_check, "DATASET", SAMPLE)
    monkeypatch.setattr(devices, "computes", lambda device, precision: precision != "tf32")
    measured(monkeypatch, fp32=10, bf16=40, fp16=30)
    card: Card = card_of("timm", 24, "cls", architecture="test_vit", package="p", weights="w", sha256="0" * 64)
    return card


def encoder(monkeypatch: pytest.MonkeyPatch, **bits: int) -> None:
    made = Rounding(**bits)
    monkeypatch.setattr(canary, "load", lambda card, device, trust=False: (made, canary.vectors(card, made)))


def measured(monkeypatch: pytest.MonkeyPatch, **rates: float) -> None:
    def fitting(card: Card, loaded: Rounding, size: int) -> speed.Speed:
        return speed.Speed(size, rates[loaded.precision], 1.0, None, None)

    monkeypatch.setattr(precision_choice, "fitting", fitting)


def verdict(card: Card, precision: str) -> dict[str, Any]:
    return {one.check: one for one in precision_choice.findings(card, precision, "cpu")}


def test_a_precision_that_does_the_same_work_passes(tiny: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder(monkeypatch, bf16=8)
    found = verdict(tiny, "bf16")
    assert list(found) == ["loads", "canary", "sample", "linear CKA", "kNN", "linear probe", "speed", "verdict"]
    assert {one.status for one in found.values()} == {"ok"}
    assert tiny.at_precision("bf16").fingerprint[:8] in found["verdict"].message
    assert "4.0 times the 10.0 of fp32" in found["speed"].message


@pytest.mark.parametrize(("bits", "failing"), [(2, {"canary", "linear CKA", "verdict"}), (0, {"finite", "verdict"})])
def test_one_that_rounds_too_much_or_overflows_does_not(
    tiny: Card, monkeypatch: pytest.MonkeyPatch, bits: int, failing: set[str]
) -> None:
    encoder(monkeypatch, fp16=bits)
    found = verdict(tiny, "fp16")
    assert failing <= {name for name, one in found.items() if one.is_bad}
    assert "keep --precision fp32" in found["verdict"].fix


def test_one_that_is_no_faster_is_noted_and_passes(tiny: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder(monkeypatch)
    measured(monkeypatch, fp32=10, bf16=5)
    monkeypatch.setattr(devices, "is_slow", lambda device, precision: True)
    found = verdict(tiny, "bf16")
    assert (found["speed"].status, found["verdict"].status) == ("note", "note")
    assert "no instructions for it" in found["speed"].message


def test_what_a_difference_is(tiny: Card) -> None:
    plain = np.array([[3.0, 4.0], [0.0, 0.0], [1.0, 0.0]], np.float32)
    other = np.array([[3.0, 4.0], [0.0, 0.0], [0.0, 1.0]], np.float32)
    assert precision_check.Closeness.of(plain, plain) == precision_check.Closeness(0.0, 1.0), "zeros equal themselves"
    assert precision_check.Closeness.of(plain, other) == precision_check.Closeness(0.25, 0.0)


@pytest.mark.parametrize(
    ("lost", "gained", "fell"),
    [(0, 0, False), (4, 0, False), (5, 0, True), (10, 3, False), (12, 3, True), (0, 9, False)],
)
def test_a_fall_counts_beyond_chance(lost: int, gained: int, fell: bool) -> None:
    """McNemar's statistic (lost - gained) / sqrt(lost + gained) beyond 2."""
    right = np.repeat([1.0, 0.0, 1.0], [lost, gained, 100]).astype(np.float32)
    other = np.repeat([0.0, 1.0, 1.0], [lost, gained, 100]).astype(np.float32)
    found = precision_check.Accuracy.of(right, other, 1)
    assert found.fell == fell
    assert found.other - found.plain == pytest.approx((gained - lost) / len(right))


def test_the_fastest_that_passed_is_chosen_and_it_says_why(
    tiny: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder(monkeypatch, bf16=2, fp16=11)
    choice = precision_choice.choose(tiny, "cpu", Store(tmp_path))
    assert choice.precision == "fp16"
    assert "bf16 failed (canary" in choice.why
    assert "fp32 10.0, bf16 40.0, fp16 30.0" in choice.why
    encoder(monkeypatch)
    assert precision_choice.choose(tiny, "cpu", Store(tmp_path)).precision == "bf16"
    measured(monkeypatch, fp32=10, bf16=10.5, fp16=9)
    assert precision_choice.choose(tiny, "cpu", Store(tmp_path)).precision == "fp32", "another version for a twentieth?"
    encoder(monkeypatch, bf16=0, fp16=2)
    measured(monkeypatch, fp32=10, bf16=40, fp16=30)
    assert precision_choice.choose(tiny, "cpu", Store(tmp_path)).precision == "fp32"


def test_a_device_that_emulates_is_not_measured(tiny: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "computes", lambda device, precision: False)
    choice = precision_choice.choose(tiny, "cpu", Store(tmp_path))
    assert (choice.precision, "no other precision faster" in choice.why) == ("fp32", True)
    hog = precision_choice.choose(registry.get("hog").at_precision("fp32"), "cpu", Store(tmp_path))
    assert "NumPy" in hog.why
    with pytest.raises(UsageError, match="hog computes in NumPy"):
        verdict(registry.get("hog"), "bf16")
    with pytest.raises(UsageError, match="fp32 is what the other precisions are held against"):
        verdict(tiny, "fp32")


def test_a_second_run_goes_on_with_what_was_chosen(tmp_path: Path, tiny: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder(monkeypatch)
    store = Store(tmp_path)
    monkeypatch.setattr(canary, "load", lambda card, *rest: (made := Rounding(), canary.vectors(card, made)))
    chosen = precision_choice.choose(tiny, "cpu", store)
    version = extract(
        tiny.at_precision(chosen.precision), datasets.get("digits-first5"), store, precision_choice=chosen.why
    )
    monkeypatch.undo()  # nothing is loaded or measured again
    monkeypatch.setattr(devices, "computes", lambda device, precision: precision != "tf32")
    assert precision_choice.choose(tiny, "cpu", Store(tmp_path)) == chosen
    profile = version.manifest.datasets["digits-first5"].splits["train"].profile
    assert profile is not None
    assert (profile.precision, profile.precision_choice) == (chosen.precision, chosen.why)
    assert manifest.read(version.folder) == version.manifest


def test_a_manifest_says_nothing_of_a_choice_that_nobody_left(tmp_path: Path) -> None:
    version = extract(registry.get("pixels"), datasets.get("digits-first5"), Store(tmp_path))
    assert b"precision_choice" not in (version.folder / manifest.FILE).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["backbones", "check", "pixels", "--dataset", "digits"], "--dataset is what a precision is judged on"),
        (["backbones", "check", "pixels", "--record", "--precision", "bf16"], "leave out --precision"),
        (["backbones", "check", "pixels", "--precision", "tf32", "--device", "cpu"], "take --precision fp32"),
        (["extract", "pixels", "-d", "digits", "--precision", "auto", "--cluster", "a:1"], "name a precision"),
    ],
)
def test_what_cannot_be_is_told(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 2
    assert said in capsys.readouterr().err


def test_auto_extracts_what_can_be_and_names_what_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FUSEBOARD_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    Path("absent.toml").write_text(registry.get("hog").model_copy(update={"id": "absent"}).toml())
    plain = precision_choice.choose

    def choose(card: Card, *rest: Any) -> Any:
        if card.id == "absent":
            raise precision_choice.FuseboardError("absent: no weights")
        return plain(card, *rest)

    monkeypatch.setattr(precision_choice, "choose", choose)
    from fuseboard.harness.extraction import shared_reader

    monkeypatch.setattr(
        shared_reader,
        "extract_together",
        lambda cards, source, store, *rest: [extract(one, source, store) for one in cards],
    )
    assert cli.run(["extract", "absent.toml", "pixels", "-d", "digits", "--limit", "5", "--precision", "auto"]) == 1
    said = capsys.readouterr().err
    assert "absent: no weights" in said
    assert "1 of 2 extractions failed" in said
    assert [version.manifest.backbone for version in Store().versions] == ["pixels"]
