"""Overlays: the image as a backbone sees it, and beside it the same image with the places that speak for the answer."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import TorchEncoder
from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.derived.card import DerivedCard
from fuseboard.harness.fusion.block_card import BlockCard
from fuseboard.harness.fusion.embedder import Embedder
from fuseboard.harness.fusion.explain.explanation import Target, direction, is_linear
from fuseboard.harness.fusion.explain.saliency import Heat, Saliency, of_network
from fuseboard.harness.fusion.model import Blocks, Model
from fuseboard.harness.metadata.card import MetadataCard

EDGE = 224
"""Pixels of each picture; smaller ones are drawn larger."""
GAP = 4
COLOUR = (213, 94, 0)
"""Okabe and Ito's vermillion."""
STRENGTH = 0.75

WEIGHTS = "weights"
"""The method of pixels with a linear head: weight times difference from training's mean, whose sum is the share."""
DESCRIPTORS = ("hog", "pixels")
"""Loaders of what is no network."""
TREES = " towards the class's mean, since trees have no gradient"


@dataclass(frozen=True)
class Overlay:
    """The picture of one backbone, or why there is none."""

    backbone: str
    method: str | None
    png: bytes | None
    reason: str | None = None


def needs_captum(cards: Iterable[BlockCard]) -> bool:
    """Whether one of the backbones is a network, which captum looks into."""
    return any(isinstance(card, Card) and card.source.loader not in DESCRIPTORS for card in cards)


def overlays(
    model: Model, embedder: Embedder, image: NDArray[np.uint8], blocks: Blocks, row: int, target: Target
) -> Sequence[Overlay]:
    """Draws one image for every backbone of a model.

    Args:
        model: whose answer it is.
        embedder: of its backbones.
        image: its pixels as they were read.
        blocks: backbone -> (N, D).
        row: of the image in the blocks.
        target: what is explained.
    """
    found = []
    for name in model.backbones:
        card = embedder.cards[name]
        if isinstance(card, MetadataCard):
            found.append(Overlay(name, None, None, f"{name} is of a table and of no place in the image"))
            continue
        if isinstance(card, DerivedCard):
            found.append(Overlay(name, None, None, f"{name} is derived; its picture would be that of {card.base.id}"))
            continue
        pixels = card.preprocessing.pixels(image)
        saliency = _saliency(model, embedder, card, pixels, blocks[name][row], target)
        if isinstance(saliency, str):
            found.append(Overlay(name, None, None, saliency))
        elif not saliency.heat.any():
            found.append(Overlay(name, saliency.method, None, "no place speaks for the answer"))
        else:
            found.append(Overlay(name, saliency.method, draw(pixels, saliency.heat)))
    return found


def _saliency(
    model: Model, embedder: Embedder, card: Card, pixels: NDArray[np.uint8], vector: NDArray[np.float32], target: Target
) -> Saliency | str:
    """Returns where the image speaks for the answer, or why nothing can be said."""
    linear = is_linear(model, card.id)
    if card.source.loader == "pixels":
        if not linear:
            return "trees split by single pixels, which is no picture"
        return Saliency(WEIGHTS, _of_pixels(model, card, vector, target, pixels.shape))
    if not linear and model.task == REGRESSION:
        return "trees that predict a number have no gradient, and no class to look towards"
    if card.source.loader in DESCRIPTORS:
        return f"{card.id} is a formula and no network that could be looked into"
    encoder: Any = embedder.load(card.id)[0].encoder
    if not isinstance(encoder, TorchEncoder):
        return f"{card.id} runs by code of its own ({card.source.loader}), which no gradient is asked of"
    found = of_network(encoder, pixels, direction(model, card.id, target, vector))
    return found if linear else Saliency(found.method + TREES, found.heat)


def _of_pixels(model: Model, card: Card, vector: NDArray[np.float32], target: Target, shape: tuple[int, ...]) -> Heat:
    """Returns what each pixel adds, where it adds something; all of them together are the backbone's share."""
    center: NDArray[np.float64] = np.zeros(len(vector))
    for member in model.members:
        if card.id in member.backbones:
            place = member.backbones.index(card.id)
            start = sum(member.widths[:place])
            center = member.head.center[start : start + len(vector)].astype(np.float64)  # type: ignore[union-attr]
    terms = direction(model, card.id, target, vector) * (vector - center)
    heat = np.maximum(terms.reshape(shape).sum(axis=2), 0)
    top = float(heat.max()) or 1.0
    scaled: Heat = (heat / top).astype(np.float32)
    return scaled


def draw(pixels: NDArray[np.uint8], heat: Heat) -> bytes:
    """Returns a PNG: the image in grey, and beside it the same with colour where it speaks for the answer.

    Args:
        pixels: (H, W, channels) as the backbone sees them.
        heat: (h, w), 0 to 1.
    """
    from PIL import Image

    seen = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0])
    edge = max(EDGE, seen.width)
    plain = np.asarray(seen.convert("RGB").resize((edge, edge), Image.Resampling.NEAREST), np.float32)
    grey = np.asarray(seen.convert("L").resize((edge, edge), Image.Resampling.NEAREST), np.float32)[..., None]
    smooth = Image.fromarray(heat).resize((edge, edge), Image.Resampling.BILINEAR)
    alpha = STRENGTH * np.clip(np.asarray(smooth, np.float32), 0, 1)[..., None]
    coloured = (1 - alpha) * grey + alpha * np.array(COLOUR, np.float32)
    whole = np.concatenate([plain, np.full((edge, GAP, 3), 255, np.float32), coloured], axis=1)
    content = io.BytesIO()
    Image.fromarray(whole.round().astype(np.uint8)).save(content, "PNG")
    return content.getvalue()
