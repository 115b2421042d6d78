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

NAMED = 3
"""Tensors of one fault that are named, when there are more."""


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

REFUSALS = (AssertionError, AttributeError, IndexError, NotImplementedError, RuntimeError, TypeError, ValueError)
"""What libraries raise where a model cannot be finished, or takes no such images."""


def load(card: Card, device: str, build: Build, poolings: Iterable[str] = ()) -> TorchEncoder:
    """Plans the tower, checks it against the card, and only then asks for weights; arguments as those of `plan`."""
    plan(card, build, poolings)
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


def plan(card: Card, build: Build, poolings: Iterable[str] = ()) -> Tower:
    """The finished tower on the `meta` device, where it has shapes and no memory, after a first pass through it.

    Args:
        card: of the backbone.
        build: of its loader.
        poolings: of the loader, of which the possible ones are named where the card's makes no vector.

    Raises:
        FuseboardError: it takes no images of the card's size, or makes vectors of another width than the card says.
    """
    try:
        tower, shape = _passed(card, build)
    except REFUSALS as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        if possible := _possible(card, build, poolings):
            what = card.source.architecture or "the model"
            raise FuseboardError(
                f"{card.id}: {what} cannot have pooling = {card.pooling!r} ({reason}); it has {possible}"
            ) from error
        size = card.preprocessing.size
        raise FuseboardError(
            f"{card.id}: a first pass of images of {size} x {size} pixels through the model failed ({reason}); mend "
            "`preprocessing.size`, `pooling` or `kwargs`"
        ) from error
    if len(shape) != 2 and (possible := _possible(card, build, poolings)):
        raise FuseboardError(
            f"{card.id}: with pooling = {card.pooling!r} the model makes {'x'.join(map(str, shape[1:]))} numbers of an "
            f"image, not one vector; it has {possible}"
        )
    weights.check_dim(card, shape)
    return tower


def _passed(card: Card, build: Build) -> tuple[Tower, tuple[int, ...]]:
    """Returns the tower on the `meta` device, and the shape of what it makes of two images."""
    with torch.device("meta"):
        tower = build(card)
        tower.finish()
        size = card.preprocessing.size
        images = torch.empty(2, len(card.preprocessing.mode), size, size)
    with torch.inference_mode():
        tower.model.eval()
        return tower, tuple(tower.forward(images).shape)


def _possible(card: Card, build: Build, poolings: Iterable[str]) -> str:
    """Returns the other poolings by which the architecture makes one vector of an image, with its width."""
    found = []
    for name in poolings:
        try:
            _, shape = _passed(card.model_copy(update={"pooling": name}), build)
        except (*REFUSALS, FuseboardError):
            continue
        if name != card.pooling and len(shape) == 2:
            found.append(f"{name!r} (dim = {shape[1]})")
    return ", ".join(found)


def check_pooling(card: Card, known: Iterable[str]) -> None:
    """Raises unless a loader has the card's pooling; it is never left to the library."""
    if card.pooling not in known:
        raise FuseboardError(
            f"{card.id}: the loader {card.source.loader} has no pooling {card.pooling!r}; known: {', '.join(known)}"
        )


def filled(card: Card, build: Build, tensors: Tensors) -> Tower:
    """Returns the tower with a checkpoint put into it, all of it or not at all."""
    with torch.device("meta"):
        tower = build(card)
    tensors = fill(card, tower, tensors)
    if any(buffer.is_meta for buffer in tower.model.buffers()):
        # Some buffers are computed when the model is made and kept in no checkpoint (rotary periods, position ids).
        tower = build(card)
        tower.model.load_state_dict(tensors)
    return tower


def fill(card: Card, tower: Tower, tensors: Tensors) -> Tensors:
    """Puts a checkpoint into a tower, all of it or not at all, and returns it under the model's names.

    `in-order` is for checkpoints of another code base whose tensors follow the same order under other names; every
    shape must agree, and no name is guessed.
    """
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
    if misfit := _misfit(tensors, wanted):
        raise FuseboardError(
            f"{card.id}: the checkpoint does not fit the model: {misfit}{_prefix(card, tensors, wanted)}"
        )
    try:
        tower.model.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:600]
        raise FuseboardError(f"{card.id}: the checkpoint does not fit the model: {reason}") from error
    return tensors


def _misfit(tensors: Tensors, wanted: Tensors) -> str:
    """Returns which tensors a checkpoint lacks, has beside those of the model, or has in other shapes."""
    other = [
        f"{name} ({_shape(tensors[name])} there, {_shape(wanted[name])} in the model)"
        for name in wanted
        if name in tensors and tensors[name].shape != wanted[name].shape
    ]
    found = (
        ("it lacks", [name for name in wanted if name not in tensors], "mend `architecture`, `prefix` or `inside`"),
        ("it has besides", [name for name in tensors if name not in wanted], "say in `only` how the needed ones begin"),
        ("of another shape are", other, "mend `architecture` or `kwargs`"),
    )
    return "; ".join(f"{what} {_few(names)}: {mend}" for what, names, mend in found if names)


def _prefix(card: Card, tensors: Tensors, wanted: Tensors) -> str:
    """Returns the advice where all names of the model are there behind the same beginning."""
    first = next(iter(wanted))
    begins = {name.removesuffix(first) for name in tensors if name.endswith(first)}
    fitting = [begin for begin in begins if begin and all(f"{begin}{name}" in tensors for name in wanted)]
    return f'; all of them begin with it, so say prefix = "{card.source.prefix or ""}{fitting[0]}"' if fitting else ""


def _few(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" … ({len(names)} tensors)" if len(names) > NAMED else "")


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


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
