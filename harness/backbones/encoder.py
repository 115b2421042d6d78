"""The encoder: a loaded backbone, from pixels to vectors."""

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import allocator
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.runtime.device import is_cuda
from fuseboard.harness.runtime.precision import computing

if TYPE_CHECKING:
    import torch


class Encoder(Protocol):
    """What every loader returns."""

    device: str
    """`cpu`, or the name of a CUDA device."""

    def encode(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors (N, D) of a batch of preprocessed pixels (N, H, W, channels)."""
        ...

    def at_precision(self, precision: str) -> Self:
        """The same weights, not loaded again, computing in another precision."""
        ...

    def at_normalisation(self, mean: tuple[float, ...], std: tuple[float, ...]) -> Self:
        """The same weights after another normalisation of the pixels; itself where that is no business of the card."""
        ...


class TorchEncoder:
    """A torch model that maps normalised images (N, 3, H, W) to vectors (N, D)."""

    def __init__(self, card: Card, model: "torch.nn.Module", forward: Callable[[Any], Any], device: str) -> None:
        import torch

        self._torch = torch
        self._model = model
        self.device = device
        if device == "cpu":
            allocator.keep_freed_memory()
        model.eval().requires_grad_(False).to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._forward = forward
        self._copies: torch.cuda.Stream | None = None
        self._normalise(card.preprocessing.mean, card.preprocessing.std)
        self._precision: str = card.precision

    def _normalise(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        shape = (1, -1, 1, 1)
        self._mean = self._torch.tensor(mean, device=self.device).view(shape)
        self._std = self._torch.tensor(std, device=self.device).view(shape)

    @property
    def training(self) -> list[str]:
        """Layers that are in training mode, of which there should be none."""
        return [name for name, layer in self._model.named_modules() if layer.training]

    def at_precision(self, precision: str) -> Self:
        """The same model in the same memory, computing in another precision."""
        other = copy(self)
        other._precision = precision
        return other

    def at_normalisation(self, mean: tuple[float, ...], std: tuple[float, ...]) -> Self:
        """The same model in the same memory, after another normalisation."""
        other = copy(self)
        other._normalise(mean, std)
        return other

    def encode(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Normalises on the device, where the pixels arrive as bytes, and runs the model without gradients."""
        return self.submit(batch)()

    def submit(self, batch: NDArray[np.uint8]) -> Callable[[], NDArray[np.float32]]:
        """Starts a batch; the function it hands out waits for the vectors.

        On a CUDA device, copies in pinned memory and the forward pass are queued, so that this returns while they run.
        """
        torch = self._torch
        with torch.inference_mode(), computing(self._precision, self.device):
            pixels = torch.from_numpy(batch)
            pixels = self._copied(pixels) if is_cuda(self.device) else pixels.to(self.device)
            # N x H x W x C bytes seen as N x C x H x W are channels-last already.
            images = pixels.permute(0, 3, 1, 2).float().div_(255).sub_(self._mean).div_(self._std)
            vectors = self._forward(images).float()
            if not is_cuda(self.device):
                found: NDArray[np.float32] = vectors.cpu().numpy()
                return lambda: found
            host = torch.empty(vectors.shape, dtype=vectors.dtype, pin_memory=True)
            host.copy_(vectors, non_blocking=True)
            done = torch.cuda.Event()
            done.record(torch.cuda.current_stream(self.device))

        def wait() -> NDArray[np.float32]:
            done.synchronize()
            # A copy, because the next batch may be given the same pinned memory.
            return np.array(host.numpy())

        return wait

    def differentiable(self, batch: NDArray[np.uint8]) -> "tuple[torch.nn.Module, Callable[[Any], Any], torch.Tensor]":
        """Returns the network, what runs it, and a batch as it takes it, for whoever wants gradients (in float32)."""
        pixels = self._torch.tensor(batch, device=self.device)
        images = pixels.permute(0, 3, 1, 2).float().div_(255).sub_(self._mean).div_(self._std)
        return self._model, self._forward, images

    def _copied(self, pixels: "torch.Tensor") -> "torch.Tensor":
        """Returns the pixels on the GPU, on their way there while the batch before is computed."""
        torch = self._torch
        with torch.cuda.device(self.device):
            if self._copies is None:
                self._copies = torch.cuda.Stream()
            computing = torch.cuda.current_stream()
            with torch.cuda.stream(self._copies):
                there = pixels.pin_memory().to(self.device, non_blocking=True)
            computing.wait_stream(self._copies)
            there.record_stream(computing)
        return there
