"""One's own model: a network of torch, what makes one, or a class of three methods, in a Python file beside the card.

A network maps normalised images (N, channels, H, W) to vectors (N, D). The card's weights, if it names any, are put
into it, and resizing, mean and std are the card's. `module` names the network, its class, or a function that makes it:
classes and functions are given the card's `kwargs`. A class that does more by itself has three methods:

```python
class MyEncoder:
    def load(self, weights: Path | None, device: str) -> None: ...  # weights: the card's pinned file, if it names one
    def preprocess(self, pixels: NDArray[np.uint8]) -> Any: ...  # (N, H, W, channels), resized as the card says
    def encode(self, batch: Any) -> Tensor | NDArray: ...  # what preprocess made -> vectors (N, D)
```

The card says `module = "my_models:MyEncoder"` and `module_sha256`. What torch computes in is the card's precision. The
hash of the file is part of the version, what the file imports is not: keep it in one file. The file is looked for
beside the card alone, so no submission and no installed package can bring code in this way. What of a card would do
nothing is refused, because it would be part of the version.
"""

import sys
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import weights
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.backbones.encoder import Encoder
from fuseboard.harness.backbones.loaders import own_code
from fuseboard.harness.backbones.source import Source
from fuseboard.harness.runtime.precision import computing
from fuseboard.store.errors import FuseboardError

if TYPE_CHECKING:
    import torch

METHODS = ("load", "preprocess", "encode")
OF_A_CHECKPOINT = ("state_dict", "inside", "prefix", "only", "joined", "untrained")
"""Keys of the source that say how a checkpoint gets into a network."""
NEVER_USED = ("architecture", "conventions")
READ = ("by-name", "in-order")
"""Values of `state_dict` that need no knowledge of the architecture."""


class OwnEncoder:
    """An encoder around a class of one's own."""

    def __init__(self, card: Card, own: Any, device: str) -> None:
        self._card, self._own, self.device = card, own, device

    def at_precision(self, precision: str) -> Self:
        """The same object of the class, computing in another precision."""
        other = copy(self)
        other._card = self._card.at_precision(precision)
        return other

    def at_normalisation(self, mean: tuple[float, ...], std: tuple[float, ...]) -> Self:
        """Returns itself: mean and std are the class's own."""
        return self

    def encode(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors (N, D) of pixels (N, H, W, channels), held against the card's width and the batch's length."""
        with computing(self._card.precision, self.device), own_code.speaking(self._card, "preprocess"):
            ready = self._own.preprocess(batch)
        with computing(self._card.precision, self.device), own_code.speaking(self._card, "encode"):
            found = self._own.encode(ready)
            found = found.detach().float().cpu().numpy() if hasattr(found, "detach") else np.asarray(found)
            vectors: NDArray[np.float32] = found.astype(np.float32)
        if vectors.shape != (len(batch), self._card.dim):
            raise FuseboardError(
                f"{self._card.id}: {self._card.source.module} made an array {vectors.shape} of {len(batch)} images, "
                f"its card says dim = {self._card.dim}; mend `dim` or the class"
            )
        return vectors


def load(card: Card, device: str, trust: bool = False) -> Encoder:
    """Imports the pinned file, makes what it names, and puts the card's weights into it."""
    found, name = own_code.thing(card), card.source.module
    own = found if _is_network(found) else _made(card, found)
    absent = [method for method in METHODS if not callable(getattr(own, method, None))]
    if absent and _is_network(own):
        return _network(card, own, device)
    if absent:
        raise FuseboardError(
            f"{card.id}: {name} is no torch.nn.Module, and has no method {absent[0]}; it needs {', '.join(METHODS)}, "
            "or to be a network, or to return one"
        )
    _refuse(card, (*NEVER_USED, *OF_A_CHECKPOINT))
    mean, std = card.preprocessing.mean, card.preprocessing.std
    if {*mean} != {0.0} or {*std} != {1.0}:
        plain = f"mean = {[0.0] * len(mean)} and std = {[1.0] * len(std)}"
        raise FuseboardError(
            f"{card.id}: {name} normalises by itself, so the card's `mean` and `std` would do nothing; say {plain}"
        )
    has_weights = card.source.sha256 is not None
    path = weights.files_of(card)[0] if has_weights else None
    with own_code.speaking(card, "load"):
        own.load(path, device)
    return OwnEncoder(card, own, device)


def _is_network(found: Any) -> bool:
    """Whether something is an object of torch's networks; torch is not imported to see that it is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(found, torch.nn.Module)


def _made(card: Card, found: Any) -> Any:
    """Calls the class or function; random numbers are drawn from one seed, and nobody else's are disturbed."""
    if not callable(found):
        raise FuseboardError(
            f"{card.id}: {card.source.module} is {str(found)[:40]!r}; name a torch.nn.Module, its class, a function "
            f"that returns one, or a class with {', '.join(METHODS)}"
        )
    torch = sys.modules.get("torch")
    with own_code.speaking(card, str(card.source.module)):
        if torch is None:
            return found(**card.source.kwargs)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return found(**card.source.kwargs)


def _network(card: Card, network: Any, device: str) -> Encoder:
    from fuseboard.harness.backbones import model_builder
    from fuseboard.harness.backbones.encoder import TorchEncoder
    from fuseboard.harness.backbones.model_builder import Tower

    _refuse(card, NEVER_USED if card.source.sha256 is not None else (*NEVER_USED, *OF_A_CHECKPOINT))
    if card.source.state_dict not in READ:
        raise FuseboardError(f"{card.id}: state_dict = {card.source.state_dict!r} is timm's; say {' or '.join(READ)}")
    if card.source.sha256 is not None:
        model_builder.fill(card, Tower(network, network), weights.tensors(card))
    module = card.source.module

    def forward(images: "torch.Tensor") -> "torch.Tensor":
        with own_code.speaking(card, f"{module}, given images {tuple(images.shape)}"):
            found: Any = network(images)
        if not hasattr(found, "detach") or found.ndim != 2 or len(found) != len(images):
            what = f"a tensor {tuple(found.shape)}" if hasattr(found, "shape") else f"a {type(found).__name__}"
            raise FuseboardError(
                f"{card.id}: {module} returns {what} of {len(images)} images; its forward has to return one vector per "
                "image, (N, D)"
            )
        weights.check_dim(card, tuple(found.shape))
        vectors: torch.Tensor = found
        return vectors

    encoder = TorchEncoder(card, network, forward, device)
    edge = card.preprocessing.size
    encoder.encode(np.zeros((1, edge, edge, len(card.preprocessing.mode)), np.uint8))
    return encoder


def _refuse(card: Card, keys: Sequence[str]) -> None:
    """Raises where the card says what this loader would not look at."""
    fields = Source.model_fields
    idle = [f"`{key}`" for key in keys if getattr(card.source, key) not in (fields[key].default, ())]
    if card.pooling != "none":
        idle.append(f"pooling = {card.pooling!r}")
    if idle:
        raise FuseboardError(
            f"{card.id}: {' and '.join(idle)} would do nothing with {card.source.module}; leave keys of [source] out, "
            'and say pooling = "none"'
        )
