"""`NAME:random`: the same network untrained, of every card, without a download and under a version of its own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fuseboard.harness.backbones import canary, loaders, registry, wrong_weights
from fuseboard.harness.backbones.card import Card, read
from fuseboard.harness.backbones.source import DESCRIPTORS
from fuseboard.harness.datasets import registry as datasets
from fuseboard.harness.extraction.extract import extract
from fuseboard.harness.search.pool import gather
from fuseboard.harness.submissions.rules import source
from fuseboard.store.embeddings import licence
from fuseboard.store.errors import FuseboardError, UsageError
from fuseboard.store.store import Store

PLACE = {"hub_id": "org/gated", "revision": "unpinned", "weights": "model.safetensors", "sha256": "unpinned"}
TINY = {"architecture": "test_vit", "kwargs": {"img_size": 32, "num_classes": 0}}


@pytest.fixture
def tiny(card_of: Any) -> Card:
    """A card whose weights nobody has pinned, and nobody can fetch."""
    card: Card = card_of("timm", 64, "cls", **PLACE, **TINY)
    return card


def vectors(card: Card) -> Any:
    return canary.vectors(card, loaders.load(card))


def test_the_same_seed_gives_the_same_network_and_disturbs_no_other_draw(tiny: Card) -> None:
    with pytest.raises(FuseboardError, match="unpinned"):
        loaders.load(tiny)
    torch.manual_seed(7)
    wanted = torch.rand(1)
    torch.manual_seed(7)
    first = vectors(tiny.with_random_weights())
    assert torch.equal(torch.rand(1), wanted)
    np.testing.assert_array_equal(vectors(tiny.with_random_weights()), first)
    assert np.abs(vectors(tiny.with_random_weights(seed=1)) - first).max() > 0.1


@pytest.mark.parametrize(
    ("loader", "dim", "pooling", "facts"),
    [
        ("open_clip", 12, "cls+proj", {"kwargs": {
            "embed_dim": 12, "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        }}),
        ("transformers", 16, "cls", {"architecture": "Dinov2Model", "kwargs": {
            "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 32, "patch_size": 16,
        }}),
    ],
)  # fmt: skip
def test_other_libraries_make_one_too(card_of: Any, loader: str, dim: int, pooling: str, facts: Any) -> None:
    card = card_of(loader, dim, pooling, **PLACE, **facts).with_random_weights()
    found = vectors(card)
    np.testing.assert_array_equal(found, vectors(card))
    assert found.shape == (3, dim)
    assert found.std() > 0


def test_every_network_with_a_card_has_one_of_its_own(tmp_path: Path) -> None:
    networks = [n for n in registry.names() if registry.get(n).source.loader not in DESCRIPTORS]
    cards = [registry.get(f"{name}:random") for name in networks]
    assert [card.id for card in cards] == [f"{name}.random" for name in networks]
    said = registry.fingerprints()
    assert {card.id: card.fingerprint for card in cards}.items() <= said.items()
    assert not {card.fingerprint for card in cards} & {said[n] for n in registry.names() if n in said}
    for card in cards:
        assert (card.pretraining, card.overlap, card.unpinned, card.gated, card.trust) == ((), (), (), False, False)
    path = tmp_path / "again.toml"
    path.write_text(cards[0].toml())
    assert read(path) == cards[0] == registry.get(cards[0].id)
    own = tmp_path / "mine.toml"
    own.write_text(registry.get(networks[0]).toml())
    assert registry.get(f"{own}:random") == cards[0], "a card of one's own has one too"
    assert registry.specs([f"{own}:random"]) == [f"{cards[0].id}@{cards[0].fingerprint}"]


def test_what_is_no_network_has_none_and_the_name_is_taken(tiny: Card, card_of: Any) -> None:
    with pytest.raises(UsageError, match=r"hog:random: .*no network"):
        registry.get("hog:random")
    with pytest.raises(UsageError, match="unknown backbone 'nobody'"):
        registry.get("nobody:random")
    hidden = card_of("transformers", 64, "cls", **PLACE)
    with pytest.raises(UsageError, match="`architecture` is missing"):
        hidden.with_random_weights()
    with pytest.raises(ValueError, match="a name ends in"):
        Card.model_validate(tiny.model_dump() | {"id": "good.random"})
    with pytest.raises(ValueError, match="a name ends in"):
        Card.model_validate(tiny.with_random_weights().model_dump() | {"id": "good"})
    with pytest.raises(ValueError, match="leave out where they come from"):
        card_of("timm", 64, "cls", **PLACE, **TINY, random=0)


def test_they_are_extracted_searched_when_named_and_held_against_their_first_canary(
    tiny: Card, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, opened = tiny.with_random_weights(), Store(store)
    version = extract(card, datasets.get("digits-first120"), opened)
    assert version.folder.parent.name == "tiny.random"
    assert (version.manifest.about.pretraining, version.manifest.about.source) == ((), "random weights, seed 0")
    licence.allow(version, private=False)
    assert sorted(gather(opened, "digits-first120", []).versions) == ["hog", "pixels"]
    assert sorted(gather(opened, "digits-first120", ["tiny:random", "hog"]).versions) == ["hog", "tiny.random"]
    other = extract(card, datasets.get("digits-first5"), opened)
    assert set(other.manifest.datasets) == {"digits-first120", "digits-first5"}
    ragged = other.manifest.model_copy(update={"canary": ((1.0,), (1.0, 2.0))})
    ragged.write(other.folder)
    with pytest.raises(FuseboardError, match="recorded canary is not 64 numbers wide"):
        extract(card, datasets.get("digits-first6"), opened)
    other.manifest.write(other.folder)
    monkeypatch.setattr(torch, "manual_seed", lambda seed: None)  # a torch whose generator draws otherwise
    with pytest.raises(FuseboardError, match="a library that changed"):
        extract(card, datasets.get("digits-first6"), opened)
    opened.forget_versions()
    assert set(opened.version("tiny:random").manifest.datasets) == {"digits-first120", "digits-first5"}


def test_they_are_no_submission(tiny: Card) -> None:
    problems = [one.message for one in source.findings(tiny.with_random_weights()) if one.is_bad]
    assert problems == ["source.random makes weights that learned nothing"]


def test_the_check_does_not_take_them_for_weights_that_failed_to_load(tiny: Card, tmp_path: Path) -> None:
    card = tiny.with_random_weights()
    found = wrong_weights.findings(card, loaders.load(card), Store(tmp_path), batch_size=32)
    assert [one.status for one in found] == ["note", "note"]
