"""The audit names what made other vectors than the card's: real models, real images."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuseboard.harness.backbones import canary, registry
from fuseboard.harness.reproduction import sampling
from fuseboard.harness.reproduction.emulated_tf32 import RoundingEncoder
from tests.harness.reproduction.published import encoder_of, judged, made, with_transform

DIGITS, BREAST = "digits-sample40", "breastmnist-28-sample2"
LITE = registry.get("efficientnet-lite0")


@pytest.fixture(scope="session")
def lite() -> dict[str, Any]:
    """EfficientNet-Lite0's vectors of a few ultrasound images, as its card says."""
    return made(LITE, BREAST)


@pytest.fixture(scope="session")
def hog() -> dict[str, Any]:
    return made(registry.get("hog"), DIGITS)


def test_equal_vectors_are_the_same(tmp_path: Path, lite: dict[str, Any]) -> None:
    found = judged(tmp_path, "efficientnet-lite0", BREAST, lite)
    assert (found.verdict, found.certainty, found.images) == ("same", "certain", 6)
    assert found.own is not None
    assert found.own.difference < 1e-5


def test_vectors_rounded_to_float16_are_the_same(tmp_path: Path, hog: dict[str, Any]) -> None:
    assert judged(tmp_path, "hog", DIGITS, hog, lambda own: own.astype(np.float16)).is_same
    rounded = tmp_path / "kept in float32"
    rounded.mkdir()
    assert judged(rounded, "hog", DIGITS, hog, lambda own: own.astype(np.float16).astype(np.float32)).is_same


@pytest.mark.parametrize(
    ("name", "dataset", "changed", "words"),
    [
        ("efficientnet-lite0", BREAST, {"interpolation": "bilinear"}, "interpolation: bilinear"),
        ("pixels", DIGITS, {"mean": (0.485,), "std": (0.229,)}, "normalisation: ImageNet's mean and std"),
        ("hog", DIGITS, {"interpolation": "nearest"}, "interpolation: nearest"),
        ("hog", DIGITS, {"crop": 0.875}, "crop: 0.875 of the resized edge"),
        ("pixels", DIGITS, {"interpolation": "lanczos"}, "interpolation: lanczos"),
    ],
)
def test_another_transform_is_named(
    tmp_path: Path, name: str, dataset: str, changed: dict[str, Any], words: str
) -> None:
    found = judged(tmp_path, name, dataset, made(with_transform(registry.get(name), **changed), dataset))
    assert (found.verdict, found.certainty) == ("other transform", "certain")
    assert found.best is not None
    assert found.best.variant.words == words
    assert found.best.likeness.difference < 1e-5
    assert words in found.why


def test_two_changes_are_named(tmp_path: Path) -> None:
    card = with_transform(registry.get("hog"), interpolation="bicubic", crop=0.875)
    found = judged(tmp_path, "hog", DIGITS, made(card, DIGITS))
    assert (found.verdict, found.certainty) == ("other transform", "certain")
    assert found.best is not None
    assert {what for what, _ in found.best.variant.changes} == {"interpolation", "crop"}


def test_a_transform_that_is_not_tried_is_told_from_another_model(tmp_path: Path) -> None:
    card = with_transform(registry.get("pixels"), crop=0.77)
    found = judged(tmp_path, "pixels", DIGITS, made(card, DIGITS))
    assert (found.verdict, found.certainty) == ("other transform", "likely")
    assert "nearest is crop: 0.875 of the resized edge" in found.why


def test_another_precision_is_named(tmp_path: Path) -> None:
    found = judged(tmp_path, "efficientnet-lite0", BREAST, made(LITE, BREAST, encoder_of(LITE.id).at_precision("bf16")))
    assert (found.verdict, found.certainty) == ("other precision", "certain")
    assert "precision: bf16 makes them" in found.why


def test_tf32_is_told_without_a_gpu(tmp_path: Path) -> None:
    encoder = RoundingEncoder(encoder_of(LITE.id))
    plain, rounded = canary.vectors(LITE, encoder_of(LITE.id)), canary.vectors(LITE, encoder)
    assert sampling.difference(plain, rounded) == pytest.approx(2.2e-3, rel=0.3), "as measured on an H100"
    found = judged(tmp_path, "efficientnet-lite0", BREAST, made(LITE, BREAST, encoder))
    assert (found.verdict, found.certainty) == ("other precision", "likely")
    assert "precision: tf32 makes them" in found.why


def test_numbers_about_as_far_as_tf32_are_another_precision(tmp_path: Path, hog: dict[str, Any]) -> None:
    noise = np.random.default_rng(0)

    def coarse(own: Any) -> Any:
        return own * (1 + noise.uniform(-(2**-8), 2**-8, own.shape)).astype(np.float32)

    found = judged(tmp_path, "hog", DIGITS, hog, coarse)
    assert (found.verdict, found.certainty) == ("other precision", "likely")


def test_another_model_of_the_same_width_is_one(tmp_path: Path) -> None:
    more = "breastmnist-28-sample4"  # fewer tell it from a transform that is not tried less surely
    found = judged(tmp_path, "efficientnet-lite0", more, made(registry.get("efficientnet-lite1"), more))
    assert (found.verdict, found.certainty) == ("other model", "likely")
    assert found.own is not None
    assert abs(found.own.correlation) < 0.2


def test_rows_in_another_order_are_said_to_be(tmp_path: Path, hog: dict[str, Any]) -> None:
    draw = np.random.default_rng(0)
    found = judged(tmp_path, "hog", DIGITS, hog, lambda own: own[draw.permutation(len(own))])
    assert (found.verdict, found.certainty) == ("other order", "certain")
    assert "images have their vector at another row, such as" in found.why


def test_a_shift_by_one_row_is_another_order(tmp_path: Path, hog: dict[str, Any]) -> None:
    found = judged(tmp_path, "hog", DIGITS, hog, lambda own: np.roll(own, 1, axis=0))
    assert found.verdict == "other order"
    assert "32 of 32 images" in found.why


def test_another_order_and_another_transform_are_both_said(tmp_path: Path) -> None:
    vectors = made(with_transform(registry.get("hog"), interpolation="bicubic"), DIGITS)
    found = judged(tmp_path, "hog", DIGITS, vectors, lambda own: own[::-1])
    assert (found.verdict, found.certainty) == ("other order", "certain")
    assert "interpolation: bicubic" in found.why


def test_vectors_divided_by_their_length_are_seen(tmp_path: Path, hog: dict[str, Any]) -> None:
    found = judged(tmp_path, "hog", DIGITS, hog, lambda own: own / np.linalg.norm(own, axis=1, keepdims=True))
    assert (found.verdict, found.certainty) == ("other transform", "certain")
    assert "divided by their length" in found.why


def test_a_few_changed_rows_are_not_the_same(tmp_path: Path, hog: dict[str, Any]) -> None:
    found = judged(tmp_path, "hog", DIGITS, hog, lambda own: np.where(np.arange(len(own))[:, None] % 3, own, own + 0.1))
    assert not found.is_same


def test_every_verdict_is_data(tmp_path: Path, hog: dict[str, Any]) -> None:
    import json

    facts = json.loads(json.dumps(judged(tmp_path, "hog", DIGITS, hog).facts()))
    assert facts["verdict"] == "same"
    assert facts["best"] is None
