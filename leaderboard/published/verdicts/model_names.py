"""This says which of our backbones a published model is, or why it is none of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedName:
    """It says what a published name means here."""

    backbone: str | None
    """Id of the card with the same weights; None where there is none."""
    reason: str = ""
    """Why it is that card although it is called otherwise, or why there is no card; empty for the same name."""


_OWN_CARD = "no card here has these weights"
_ON_IMAGES = "trained on the images themselves; here every backbone is frozen"

NAMES: dict[str, PublishedName] = {
    # BioFuse, 2024 and 2026. `store/biofuse/models.toml` says the same of the published cache; a test compares them.
    "BioMedCLIP": PublishedName("biomedclip"),
    "BiomedCLIP": PublishedName("biomedclip"),
    "PubMedCLIP": PublishedName("pubmedclip"),
    "CONCH": PublishedName("conch"),
    "rad-dino": PublishedName("rad-dino"),
    "UNI": PublishedName("uni"),
    "UNI2-h": PublishedName("uni2-h"),
    "Hibou-B": PublishedName("hibou-b"),
    "CheXagent": PublishedName("chexagent"),
    "Prov-GigaPath": PublishedName(
        "dinov2-giant",
        "held against dinov2-giant: the released code loads natural-image DINOv2-giant under the name Prov-GigaPath",
    ),
    "CLIP ViT-B/32": PublishedName("clip-vit-b32"),
    # Doerrich et al., MedMNIST+ at 224 px.
    "VGG16": PublishedName(None, _OWN_CARD),
    "AlexNet": PublishedName(None, _OWN_CARD),
    "ResNet-18": PublishedName(None, _OWN_CARD),
    "DenseNet-121": PublishedName(None, _OWN_CARD),
    "EfficientNet-B4": PublishedName(None, f"{_OWN_CARD}: the EfficientNets here are Lite0 to Lite2"),
    "ViT-B/16": PublishedName(None, _OWN_CARD),
    "CLIP ViT-B/16": PublishedName(None, f"{_OWN_CARD}: the CLIP here is ViT-B/32"),
    "EVA-02 ViT-B/16": PublishedName(None, _OWN_CARD),
    "DINO ViT-B/16": PublishedName(None, f"{_OWN_CARD}: the DINOs here are the second and the third"),
    "SAM ViT-B/16": PublishedName(None, _OWN_CARD),
    # Yang et al., MedMNIST v2; image size in brackets.
    "ResNet-18 (28)": PublishedName(None, _ON_IMAGES),
    "ResNet-18 (224)": PublishedName(None, _ON_IMAGES),
    "ResNet-50 (28)": PublishedName(None, _ON_IMAGES),
    "ResNet-50 (224)": PublishedName(None, _ON_IMAGES),
    "auto-sklearn": PublishedName(None, _ON_IMAGES),
    "AutoKeras": PublishedName(None, _ON_IMAGES),
    "Google AutoML Vision": PublishedName(None, _ON_IMAGES),
}
"""Names are keyed by the spelling of the published files."""

NINE = ("BiomedCLIP", "PubMedCLIP", "CONCH", "UNI", "UNI2-h", "Prov-GigaPath", "Hibou-B", "rad-dino", "CheXagent")
"""The nine backbones of BioFuse 2026."""


def backbones(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of published names, in the order in which rows name a subset; all of them must have a card."""
    return tuple(sorted(backbone for name in names if (backbone := NAMES[name].backbone) is not None))
