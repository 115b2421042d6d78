"""The tower: the part of a model that turns images into vectors, planned without memory, then filled with weights."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from fuseboard.harness.backbones import weights
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import TorchEncoder
from fuseboard.store.errors import FuseboardError

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Tower:
    """A model that a loader has built, on torch's `meta` device or with memory."""

    model: nn.Module
    forward: Callable[[Tensor], Tensor]
    """Vectors (N, D) of normalised images (N, 3, H, W)."""
    finish: Callable[[], Any] = lambda: None
    """What happens to the model once it is filled: a head that the checkpoint has is cut off."""
    convert: Callable[[Tensors], Tensors] = lambda tensors: tensors
    """The checkpoint's names, and now and then shapes, into the model's."""


Build = Callable[[Card], Tower]


def load(card: Card, device: str, build: Build) -> TorchEncoder:
    """Plans the tower, checks it against the card, and only then asks for weights."""
    plan(card, build)
    tensors = weights.tensors(card)
    tower = filled(card, build, tensors)
    tower.finish()
    return TorchEncoder(card, tower.model, tower.forward, device)


def untrained(card: Card, device: str, build: Build, seed: int) -> TorchEncoder:
    """The tower as its library makes it, before any weights are in it; the numbers come from torch's own generator.

    The same seed gives the same weights on every machine, as far as torch's generator and the library's way to begin
    stay the same. Nothing else that draws numbers is disturbed.
    """
    plan(card, build)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tower = build(card)
    tower.finish()
    if any(parameter.is_meta for parameter in tower.model.parameters()):
        raise FuseboardError(f"{card.id}: its architecture was built without memory")
    return TorchEncoder(card, tower.model, tower.forward, device)


def plan(card: Card, build: Build) -> Tower:
    """The finished tower on the `meta` device, where it has shapes and no memory, after a first pass through it.

    Raises:
        FuseboardError: it takes no images of the card's size, or makes vectors of another width than the card says.
    """
    with torch.device("meta"):
        tower = build(card)
        tower.finish()
        size = card.preprocessing.size
        images = torch.empty(2, len(card.preprocessing.mode), size, size)
    try:
        with torch.inference_mode():
            tower.model.eval()
            vectors = tower.forward(images)
            shape = tuple(vectors.shape)
    except (AssertionError, AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FuseboardError(
            f"{card.id}: a first pass of images of {size} x {size} pixels through the model failed ({reason}); mend "
            "`preprocessing.size`, `pooling` or `kwargs`"
        ) from error
    weights.check_dim(card, shape)
    return tower


def check_pooling(card: Card, known: Iterable[str]) -> None:
    """Raises unless a loader has the card's pooling; it is never left to the library."""
    if card.pooling not in known:
        raise FuseboardError(
            f"{card.id}: the loader {card.source.loader} has no pooling {card.pooling!r}; known: {', '.join(known)}"
        )


def filled(card: Card, build: Build, tensors: Tensors) -> Tower:
    """Returns the tower with a checkpoint put into it, all of it or not at all.

    `in-order` is for checkpoints of another code base whose tensors follow the same order under other names; every
    shape must agree, and no name is guessed.
    """
    with torch.device("meta"):
        tower = build(card)
    wanted = tower.model.state_dict()
    try:
        tensors = tower.convert(tensors)
    except (KeyError, ValueError, RuntimeError, AttributeError) as error:
        raise FuseboardError(
            f"{card.id}: the checkpoint's names cannot be converted ({error}); mend the card"
        ) from error
    if card.source.state_dict == "in-order":
        if [tuple(t.shape) for t in tensors.values()] != [tuple(t.shape) for t in wanted.values()]:
            raise FuseboardError(f"{card.id}: the checkpoint's {len(tensors)} tensors do not line up with the model's")
        tensors = dict(zip(wanted, tensors.values(), strict=True))
    tensors = tensors | _untrained(card, tower.model)
    try:
        tower.model.load_state_dict(tensors, assign=True)
        if any(buffer.is_meta for buffer in tower.model.buffers()):
            # Some buffers are computed when the model is made and kept in no checkpoint (rotary periods, position ids).
            tower = build(card)
            tower.model.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:600]
        raise FuseboardError(f"{card.id}: the checkpoint does not fit the model: {reason}") from error
    return tower


def _untrained(card: Card, model: nn.Module) -> Tensors:
    """LayerNorms as they begin, weight 1 and bias 0, for towers whose authors left one so (RETFound's fc_norm)."""
    found: Tensors = {}
    for name in card.source.untrained:
        layer = dict(model.named_modules()).get(name)
        if not isinstance(layer, nn.LayerNorm):
            raise FuseboardError(f"{card.id}: the model has no LayerNorm {name!r}; mend `untrained`")
        shape = layer.normalized_shape
        found |= {f"{name}.weight": torch.ones(shape), f"{name}.bias": torch.zeros(shape)}
    return found
