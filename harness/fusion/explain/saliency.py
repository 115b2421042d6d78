"""Saliency: which places of an image moved a network's vector towards an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones.encoder import TorchEncoder

if TYPE_CHECKING:
    import torch

Heat = NDArray[np.float32]
"""(h, w), 0 where nothing speaks for the answer and 1 where most does."""

STEPS = 24
"""Points of the path from a grey image to the image, at each of which the gradient is taken."""
AT_ONCE = 4
"""Images per pass."""
PATCH = 16
"""Pixels of the squares that gradients are summed over, where a network has no patches of its own."""


@dataclass(frozen=True)
class Saliency:
    """Where an image speaks for an answer."""

    method: str
    heat: Heat


def of_network(encoder: TorchEncoder, pixels: NDArray[np.uint8], direction: NDArray[np.floating[Any]]) -> Saliency:
    """Looks for the places that move a vector in a direction.

    A network that ends in a map of features has Grad-CAM (Selvaraju et al., ICCV 2017) on that map. Of any other, such
    as a vision transformer, gradients are integrated on the way from the image's mean colour to the image (Sundararajan
    et al., ICML 2017) and summed over the patches. Attention rollout, the tempting alternative, shows the same places
    whatever the answer is.

    Args:
        encoder: the network.
        pixels: (size, size, channels) of one image, preprocessed.
        direction: (D,), whose product with the vector is explained.
    """
    import torch

    model, forward, images = encoder.differentiable(pixels[None])
    towards = torch.as_tensor(np.asarray(direction, np.float32), device=images.device)

    def answer(batch: Any) -> Any:
        return forward(batch).float() @ towards

    with torch.enable_grad():
        images.requires_grad_(True)
        layer = _last_map(model, answer, images)
        if layer is not None:
            return Saliency("Grad-CAM", _scaled(_grad_cam(answer, layer, images)))
        return Saliency("integrated gradients", _scaled(_integrated(answer, images, _patch(model))))


def _grad_cam(answer: Callable[[Any], Any], layer: "torch.nn.Module", images: "torch.Tensor") -> "torch.Tensor":
    from captum.attr import LayerGradCam

    found: torch.Tensor = LayerGradCam(answer, layer).attribute(images)[0, 0]
    return found


def _integrated(answer: Callable[[Any], Any], images: "torch.Tensor", patch: int) -> "torch.Tensor":
    import torch
    from captum.attr import IntegratedGradients

    grey = images.detach().mean(dim=(2, 3), keepdim=True).expand_as(images)
    found = IntegratedGradients(answer).attribute(images, grey, n_steps=STEPS, internal_batch_size=AT_ONCE)
    height, width = (max(1, round(edge / patch)) for edge in found.shape[2:])
    return torch.nn.functional.adaptive_avg_pool2d(found.sum(dim=1), (height, width))[0]


def _last_map(
    model: "torch.nn.Module", answer: Callable[[Any], Any], images: "torch.Tensor"
) -> "torch.nn.Module | None":
    """Returns the layer whose output is the last that has places, where that is a map (1, C, h, h) and no tokens."""
    import torch

    last: list[tuple[torch.nn.Module, torch.Size]] = []

    def look(layer: torch.nn.Module, _: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor) and output.ndim in (3, 4) and max(output.shape[2:]) > 1:
            last.append((layer, output.shape))

    leaves = [layer for layer in model.modules() if not any(True for _ in layer.children())]
    handles = [layer.register_forward_hook(look) for layer in leaves]
    try:
        with torch.no_grad():
            answer(images)
    finally:
        for handle in handles:
            handle.remove()
    if not last:
        return None
    layer, shape = last[-1]
    return layer if len(shape) == 4 and shape[2] == shape[3] else None


def _patch(model: "torch.nn.Module") -> int:
    """Returns the pixels of a patch of a vision transformer, which a convolution as wide as its step cuts out."""
    import torch

    for layer in model.modules():
        if isinstance(layer, torch.nn.Conv2d) and layer.kernel_size == layer.stride and layer.stride[0] > 1:
            return layer.stride[0]
    return PATCH


def _scaled(heat: "torch.Tensor") -> Heat:
    found = np.maximum(heat.detach().float().cpu().numpy(), 0)
    top = float(found.max())
    scaled: Heat = (found / top if top > 0 else found).astype(np.float32)
    return scaled
