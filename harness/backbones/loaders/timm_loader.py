"""Backbones whose architecture is timm's."""

import sys
from collections.abc import Callable
from typing import Any, cast

import timm
import timm.layers
import torch
from torch import Tensor, nn

from fuseboard.harness.backbones import model_builder, run_order
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import TorchEncoder
from fuseboard.harness.backbones.model_builder import Tensors, Tower
from fuseboard.store.errors import FuseboardError, unknown

POOLING = {"avg": "avg", "cls": "token", "cls+mean": "token", "none": ""}
"""Our words for timm's; timm's own default differs from model to model, so it is never left to the library."""

EPSILON_OF_KERAS = 1e-3
"""What its batch norms add to the variance by default, as those of its applications do."""


def load(card: Card, device: str, trust: bool = False) -> TorchEncoder:
    """Builds the architecture, then fills in the pinned weights without the classification head."""
    return model_builder.load(card, device, build, POOLING)


def build(card: Card) -> Tower:
    """The architecture with the card's arguments; its pooling is set after the checkpoint, head included, is in."""
    model_builder.check_pooling(card, POOLING)
    name, _, part = str(card.source.architecture).partition(".")
    if not timm.is_model(name):
        hint = unknown("architecture", name, timm.list_models(), f"timm {timm.__version__}")
        raise FuseboardError(f"{card.id}: {hint}; mend `architecture`, or update timm")
    try:
        model = timm.create_model(name, pretrained=False, **_arguments(card))
    except TypeError as error:
        raise FuseboardError(f"{card.id}: timm cannot build {name} ({error}); mend `kwargs`") from error
    if card.source.conventions == "keras":
        as_in_keras(model)
    if part:
        return _part(card, model, part)
    head, convert = cast(Any, model).reset_classifier, _conversion(card, model)
    if card.source.state_dict in ("by-name", "timm"):
        convert = _without_head(model, convert)
    return Tower(
        model=model,
        forward=_with_mean(model) if card.pooling == "cls+mean" else model,
        finish=lambda: head(0, POOLING[card.pooling]),
        convert=convert,
    )


def _without_head(model: Any, convert: Callable[[Tensors], Tensors]) -> Callable[[Tensors], Tensors]:
    """Takes no head from the checkpoint: it is cut off, so that it may be absent there, or of other classes."""
    names = model.pretrained_cfg.get("classifier") or ()
    heads = tuple(f"{name}." for name in ([names] if isinstance(names, str) else names))
    own = {name: tensor.shape for name, tensor in model.state_dict().items() if name.startswith(heads)} if heads else {}

    def without(tensors: Tensors) -> Tensors:
        kept = {name: tensor for name, tensor in convert(tensors).items() if not (heads and name.startswith(heads))}
        return kept | {name: torch.zeros(shape) for name, shape in own.items()}

    return without


def _part(card: Card, model: Any, name: str) -> Tower:
    """One module of the model, such as the convolutions `features` of a VGG, whose map is averaged over its places."""
    module = getattr(model, name, None)
    if not isinstance(module, nn.Module) or card.pooling != "avg":
        raise FuseboardError(
            f"{card.id}: {card.source.architecture} must name a module of timm's model, with pooling = 'avg'; mend it"
        )
    return Tower(module, lambda images: module(images).mean(dim=(2, 3)), convert=_conversion(card, module))


def as_in_keras(model: nn.Module) -> None:
    """Gives batch norms Keras's epsilon, and max pools its padding: on even edges, none at the top and the left."""
    pool = cast(Any, timm.layers).create_pool2d
    for name, layer in list(model.named_modules()):
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = EPSILON_OF_KERAS
        if isinstance(layer, nn.MaxPool2d) and layer.padding:
            model.set_submodule(name, pool("max", layer.kernel_size, layer.stride, padding="same"))


def _conversion(card: Card, model: nn.Module) -> Callable[[Tensors], Tensors]:
    kind = card.source.state_dict
    if kind == "timm":
        return lambda tensors: converted(model, tensors)
    if kind in ("run-order", "folded"):
        edge = card.preprocessing.size
        images = torch.empty(1, len(card.preprocessing.mode), edge, edge, device="meta")
        return lambda tensors: run_order.named(model.eval(), lambda: model(images), tensors, kind == "folded")
    return flattened if kind == "inflated" else _as_it_is


def flattened(tensors: Tensors) -> Tensors:
    """Sums the kernels (out, in, depth, height, width) of a 3D network over depth: what it makes of equal slices."""
    return {name: tensor.sum(dim=2) if tensor.ndim == 5 else tensor for name, tensor in tensors.items()}


def converted(model: nn.Module, tensors: Tensors) -> Tensors:
    """The conversion that timm's own loading of pre-trained weights does: foreign names, another image size."""
    own: Any = sys.modules[type(model).__module__]
    found: Tensors = own.checkpoint_filter_fn(tensors, model)
    return found


def _as_it_is(tensors: Tensors) -> Tensors:
    return tensors


def _arguments(card: Card) -> dict[str, Any]:
    """The card's arguments, in which layers are written by their name in `timm.layers`, such as SwiGLUPacked."""
    return {
        key: getattr(timm.layers, value, value) if key.endswith("_layer") and isinstance(value, str) else value
        for key, value in card.source.kwargs.items()
    }


def _with_mean(model: Any) -> Any:
    """Returns the CLS token beside the mean of the patch tokens, registers left out (Virchow2's longer embedding)."""

    def forward(images: Tensor) -> Tensor:
        tokens = model.forward_features(images)
        return torch.cat([tokens[:, 0], tokens[:, model.num_prefix_tokens :].mean(dim=1)], dim=1)

    return forward
