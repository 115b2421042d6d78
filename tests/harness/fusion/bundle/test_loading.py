"""A bundle is used with the very backbones that it was trained on, or not at all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as read_arrays
from safetensors.numpy import save as save_arrays

from fuseboard.harness.backbones import registry
from fuseboard.harness.fusion.bundle import cards, overview
from fuseboard.harness.fusion.bundle.loading import load
from fuseboard.store.errors import FuseboardError, UsageError

from .conftest import WIDTHS, bundle_of, fitted
from .test_hostile import relist

IMAGE = np.arange(32 * 32, dtype=np.uint32).reshape(32, 32).astype(np.uint8)


def test_a_backbone_is_held_against_its_canary_when_it_is_loaded(saved: Path) -> None:
    load(saved).predict([IMAGE])
    place = saved / "canaries.safetensors"
    found = read_arrays(place.read_bytes())
    place.write_bytes(save_arrays({**found, "pixels": found["pixels"] * 1.1}))
    relist(saved)
    bundle = load(saved)
    with pytest.raises(FuseboardError, match=r"pixels: the canary's vectors differ by .*wrong weights, or a library"):
        bundle.predict([IMAGE])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"preprocessing": {"size": 32}}, r"preprocessing\.size 96 there, 32 here"),
        ({"source": {"kwargs": {"orientations": 3}}}, r"source\.kwargs\."),
        ({"pooling": "mean"}, "pooling none there, mean here"),
    ],
)
def test_another_version_of_a_backbone_is_refused_and_what_differs_is_said(
    saved: Path, change: dict[str, object], message: str
) -> None:
    card = registry.get("hog")
    for key, value in change.items():
        part = getattr(card, key)
        card = card.model_copy(update={key: part.model_copy(update=value) if isinstance(value, dict) else value})
    with pytest.raises(FuseboardError, match=rf"hog is another version here than it was trained on \(.*{message}"):
        load(saved, own_cards=[card])


def test_the_precision_is_that_of_the_training(tmp_path: Path) -> None:
    own = {name: registry.get(name).at_precision("bf16") for name in ("hog", "pixels")}
    bundle_of(cards_=own, embedder_=None).save(tmp_path / "model")
    assert {card.precision for card in load(tmp_path / "model").cards.values()} == {"bf16"}
    assert load(tmp_path / "model", own_cards=[registry.get("hog")]).cards == own


def test_an_unpinned_card_cannot_be_taken(saved: Path) -> None:
    found = load(saved)
    unpinned = registry.get("uni").model_copy(update={"id": "hog"})
    with pytest.raises(FuseboardError, match="unpinned on the card here; run `fuseboard backbones pin hog`"):
        cards.running(found.cards, [unpinned], "model")


def test_blocks_are_of_the_same_backbones(saved: Path) -> None:
    bundle = load(saved)
    blocks = {name: np.zeros((2, width), np.float32) for name, width in zip(("hog", "pixels"), WIDTHS, strict=True)}
    assert bundle.predict_proba(blocks).shape == (2, 3)
    with pytest.raises(UsageError, match="the block of pixels is missing; 256 numbers per image are needed"):
        bundle.predict({"hog": blocks["hog"]})
    with pytest.raises(UsageError, match="the block of hog is 899 numbers wide"):
        bundle.predict({**blocks, "hog": blocks["hog"][:, :-1]})


def test_an_overview_loads_nothing(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "get", lambda _: pytest.fail("a card was looked up"))
    found = overview.read(saved)
    assert found.summary["classes"] == "cyst, mass, none"
    assert [row["name"] for row in found.backbones] == ["hog", "pixels"]
    assert "files" not in found.as_json()


def test_the_answers_of_no_image_at_all(saved: Path) -> None:
    table = load(saved).answers([saved / "absent.png", saved / "README.md"])
    assert table["predicted"].null_count() == 2
    assert table["unlike"].null_count() == 2
    assert "README.md: not a readable image" in table["error"][1]


def test_many_images_are_answered_in_parts(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [tmp_path / "absent.png", *(IMAGE + number for number in range(5))]
    whole = load(saved).answers(images)
    monkeypatch.setattr("fuseboard.harness.fusion.bundle.bundle.MANY", 2)
    parts = load(saved).answers(images)
    assert parts["path"].to_list() == whole["path"].to_list()
    np.testing.assert_allclose(parts["cyst"].drop_nulls(), whole["cyst"].drop_nulls(), rtol=1e-5)
    assert parts["error"].null_count() == 5


def test_odd_names_of_images_are_kept_as_text_and_odd_classes_are_refused(tmp_path: Path) -> None:
    model = fitted().model_
    names = ("caf\udce9.png", "a\x1b[2J\n.png", *model.novelty.names[2:])
    bundle_of(model_=replace(model, novelty=replace(model.novelty, names=names))).save(tmp_path / "model")
    assert load(tmp_path / "model").model.novelty.names[:2] == ("caf\\xe9.png", "a\ufffd[2J\ufffd.png")
    with pytest.raises(UsageError, match=r"a class is called 'a.nb': a model takes names of 1 to 200 characters"):
        bundle_of(model_=replace(model, classes=("a\nb", "c", "d")))
