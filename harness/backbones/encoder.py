"""The encoder: a loaded backbone, from pixels to vectors."""

import importlib
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.backbones.card import LOADERS, Card
from store.errors import FuseboardError

if TYPE_CHECKING:
    import torch


class Encoder(Protocol):
    """What every loader returns."""

    device: str
    """`cpu`, or the name of a CUDA device."""

    def encode(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors (N, D) of a batch of preprocessed pixels (N, H, W, channels)."""
        ...


def load(card: Card, device: str = "cpu", trust: bool = False) -> Encoder:
    """Loads a backbone with the loader that its card names.

    Args:
        card: fully pinned; nothing that is not pinned is read.
        device: `cpu`, or the name of a CUDA device.
        trust: whether code from the card's repository may run, on cards that need it.

    Raises:
        FuseboardError: a pin is missing, the model needs code that is not trusted, or model and card disagree.
    """
    card.require_pins()
    if card.trust and not trust:
        raise FuseboardError(
            f"{card.id}: its model is code of {card.source.place} at {card.source.revision}, which would run on this "
            "machine; read it there, then pass --trust"
        )
    encoder: Encoder = importlib.import_module(LOADERS[card.source.loader]).load(card, device, trust)
    return encoder


class TorchEncoder:
    """A torch model that maps normalised images (N, 3, H, W) to vectors (N, D)."""

    def __init__(self, card: Card, model: "torch.nn.Module", forward: Callable[[Any], Any], device: str) -> None:
        import torch

        self._torch = torch
        self.device = device
        model.eval().requires_grad_(False).to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._forward = forward
        shape = (1, -1, 1, 1)
        self._mean = torch.tensor(card.preprocessing.mean, device=device).view(shape)
        self._std = torch.tensor(card.preprocessing.std, device=device).view(shape)
        low = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(card.precision)
        self._autocast: Callable[[], Any] = (
            nullcontext if low is None else lambda: torch.autocast(torch.device(device).type, dtype=low)
        )

    def encode(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Normalises on the device, where the pixels arrive as bytes, and runs the model without gradients."""
        torch = self._torch
        with torch.inference_mode(), self._autocast():
            pixels = torch.from_numpy(batch)
            if self.device != "cpu":
                pixels = pixels.pin_memory().to(self.device, non_blocking=True)
            # N x H x W x C bytes seen as N x C x H x W are channels-last already.
            images = pixels.permute(0, 3, 1, 2).float().div_(255).sub_(self._mean).div_(self._std)
            vectors: NDArray[np.float32] = self._forward(images).float().cpu().numpy()
        return vectors
