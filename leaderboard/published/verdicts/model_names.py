"""Names: which of our backbones a published model is, or why it is none of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """What a published name means here."""

    backbone: str | None
    """Id of the card with the same weights; None where there is none."""
    reason: str = ""
    """Why it is that card although it is called otherwise, or why there is no card; empty for the same name."""


_OWN_CARD = "no card here has these weights"
_ON_IMAGES = "trained on the images themselves; here every backbone is frozen"

NAMES: dict[str, Name] = {
    # BioFuse, 2024 and 2026. `store/biofuse/models.toml` says the same of the published cache; a test compares them.
    "BioMedCLIP": Name("biomedclip"),
    "BiomedCLIP": Name("biomedclip"),
    "PubMedCLIP": Name("pubmedclip"),
    "CONCH": Name("conch"),
    "rad-dino": Name("rad-dino"),
    "UNI": Name("uni"),
    "UNI2-h": Name("uni2-h"),
    "Hibou-B": Name("hibou-b"),
    "CheXagent": Name("chexagent"),
    "Prov-GigaPath": Name(
        "dinov2-giant",
        "held against dinov2-giant: the released code loads natural-image DINOv2-giant under the name Prov-GigaPath",
    ),
    "CLIP ViT-B/32": Name("clip-vit-b32"),
    # Doerrich et al., MedMNIST+ at 224 px.
    "VGG16": Name(None, _OWN_CARD),
    "AlexNet": Name(None, _OWN_CARD),
    "ResNet-18": Name(None, _OWN_CARD),
    "DenseNet-121": Name(None, _OWN_CARD),
    "EfficientNet-B4": Name(None, f"{_OWN_CARD}: the EfficientNets here are Lite0 to Lite2"),
    "ViT-B/16": Name(None, _OWN_CARD),
    "CLIP ViT-B/16": Name(None, f"{_OWN_CARD}: the CLIP here is ViT-B/32"),
    "EVA-02 ViT-B/16": Name(None, _OWN_CARD),
    "DINO ViT-B/16": Name(None, f"{_OWN_CARD}: the DINOs here are the second and the third"),
    "SAM ViT-B/16": Name(None, _OWN_CARD),
    # Yang et al., MedMNIST v2; image size in brackets.
    "ResNet-18 (28)": Name(None, _ON_IMAGES),
    "ResNet-18 (224)": Name(None, _ON_IMAGES),
    "ResNet-50 (28)": Name(None, _ON_IMAGES),
    "ResNet-50 (224)": Name(None, _ON_IMAGES),
    "auto-sklearn": Name(None, _ON_IMAGES),
    "AutoKeras": Name(None, _ON_IMAGES),
    "Google AutoML Vision": Name(None, _ON_IMAGES),
}
"""By the spelling of the published files."""

NINE = ("BiomedCLIP", "PubMedCLIP", "CONCH", "UNI", "UNI2-h", "Prov-GigaPath", "Hibou-B", "rad-dino", "CheXagent")
"""The nine backbones of BioFuse 2026."""


def backbones(names: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of published names, in the order in which rows name a subset; all of them must have a card."""
    return tuple(sorted(backbone for name in names if (backbone := NAMES[name].backbone) is not None))
