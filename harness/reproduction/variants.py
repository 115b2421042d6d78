"""Variants: what people do otherwise than a card says, one thing at a time: transform, normalisation, arithmetic."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.backbones.preprocessing import Preprocessing
from fuseboard.harness.backbones.source import DESCRIPTORS
from fuseboard.harness.datasets.dataset import Image
from fuseboard.harness.reproduction.sampling import Pixels
from fuseboard.harness.runtime.device import has_tf32

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

NORMALISATIONS = {
    "ImageNet's mean and std": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "CLIP's mean and std": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "mean and std of 0.5": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "no normalisation": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
CROPS = (1.0, 0.875, 0.9, 0.95)
SIZES = (224, 256, 384)
FILTERS = ("bicubic", "bilinear", "nearest", "lanczos", "box")
"""Pillow's names of ways to resize."""
PRECISIONS = ("fp32", "tf32", "bf16", "fp16")


class WithoutAntialiasing(Preprocessing):
    """Resizes as OpenCV and `torch.nn.functional.interpolate` do, which pass over pixels where an image shrinks."""

    def _scaled(self, picture: "Picture", edges: tuple[int, int]) -> "Picture":
        import torch
        from PIL import Image as Pictures

        values = np.asarray(picture)
        planes = torch.from_numpy(np.atleast_3d(values).astype(np.float32)).permute(2, 0, 1)[None]
        width, height = edges
        made = torch.nn.functional.interpolate(planes, (height, width), mode=self.interpolation, align_corners=False)
        pixels = made[0].permute(1, 2, 0).round_().clamp_(0, 255).to(torch.uint8).numpy()
        return Pictures.fromarray(pixels.reshape(height, width, *values.shape[2:]))


@dataclass(frozen=True)
class Variant:
    """A way to make vectors of images: the card's, or one that differs in what `changes` says."""

    preprocessing: Preprocessing
    precision: str
    channels: Literal["card", "BGR", "grey"] = "card"
    changes: tuple[tuple[str, str], ...] = ()
    """(what, how) of every difference from the card, such as (`interpolation`, `bilinear`)."""

    @property
    def words(self) -> str:
        """What differs from the card, for people."""
        return ", ".join(f"{what}: {how}" for what, how in self.changes) or "as the card says"

    @property
    def changes_transform(self) -> bool:
        """Whether another transform makes the pixels, and not only another arithmetic the vectors."""
        return any(what != "precision" for what, _ in self.changes)

    def pixels(self, image: Image) -> Pixels:
        """Returns what the model is given of an image, before the normalisation."""
        if self.channels == "grey" and image.ndim == 3:
            from PIL import Image as Pictures

            image = np.asarray(Pictures.fromarray(image).convert("L"))
        made = self.preprocessing.pixels(image)
        return np.ascontiguousarray(made[..., ::-1]) if self.channels == "BGR" else made

    def encoder(self, loaded: Encoder) -> Encoder:
        """The card's model, computing as the variant says."""
        if is_emulated(self.precision, loaded.device):
            from fuseboard.harness.reproduction.emulated_tf32 import RoundingEncoder

            own: Encoder = RoundingEncoder(loaded)
        else:
            own = loaded.at_precision(self.precision)
        if any(what == "normalisation" for what, _ in self.changes):
            return own.at_normalisation(self.preprocessing.mean, self.preprocessing.std)
        return own


def is_emulated(precision: str, device: str) -> bool:
    """Whether a device has no such arithmetic, so that its rounding is imitated; the others all devices have."""
    return precision == "tf32" and not has_tf32(device)


Change = tuple[str, str, Callable[[Variant], Variant]]
"""What differs, how, and what makes it of a variant."""


def of_card(card: Card) -> Variant:
    """What the card itself says."""
    return Variant(card.preprocessing, card.precision)


def changes(card: Card) -> Iterator[Change]:
    """Everything that is tried of a card, one change at a time, the most usual first."""
    pre = card.preprocessing
    for name in FILTERS:
        if name != pre.interpolation:
            yield "interpolation", name, partial(_with, interpolation=name)
    for name in ("bilinear", "bicubic"):
        yield "interpolation", f"{name} without antialiasing", partial(_aliased, name)
    if card.source.loader not in DESCRIPTORS:
        for precision in PRECISIONS:
            if precision != card.precision:
                yield "precision", precision, partial(_computed, precision)
    for crop in CROPS:
        if crop != pre.crop and pre.resize != "longest":
            yield "crop", f"{crop:g} of the resized edge", partial(_with, crop=crop)
    for resize in ("shortest", "stretch"):
        if resize != pre.resize:
            yield "resize", resize, partial(_with, resize=resize)
    for name, (mean, std) in NORMALISATIONS.items():
        own = mean[: len(pre.mode)], std[: len(pre.mode)]
        if own != (pre.mean, pre.std):
            yield "normalisation", name, partial(_with, mean=own[0], std=own[1])
    if pre.mode == "RGB":
        yield "channels", "BGR", lambda variant: replace(variant, channels="BGR")
        yield "channels", "grey", lambda variant: replace(variant, channels="grey")
    yield "conversion", "after resizing" if pre.convert == "before" else "before resizing", _converted
    yield "centre", "floor" if pre.centre == "round" else "round", _centred
    for size in SIZES:
        if size != pre.size:
            yield "size", f"{size} pixels", partial(_with, size=size)


def apply(variant: Variant, changes: Sequence[Change]) -> Variant:
    """A variant with some changes more, of different kinds."""
    for what, how, make in changes:
        variant = replace(make(variant), changes=(*variant.changes, (what, how)))
    return variant


def _with(variant: Variant, **update: object) -> Variant:
    # A copy is not validated, so that it may have one of Pillow's filters that no card uses.
    return replace(variant, preprocessing=variant.preprocessing.model_copy(update=update))


def _aliased(interpolation: str, variant: Variant) -> Variant:
    facts = variant.preprocessing.model_dump() | {"interpolation": interpolation}
    return replace(variant, preprocessing=WithoutAntialiasing.model_construct(**facts))


def _converted(variant: Variant) -> Variant:
    return _with(variant, convert="after" if variant.preprocessing.convert == "before" else "before")


def _centred(variant: Variant) -> Variant:
    return _with(variant, centre="floor" if variant.preprocessing.centre == "round" else "round")


def _computed(precision: str, variant: Variant) -> Variant:
    return replace(variant, precision=precision)
