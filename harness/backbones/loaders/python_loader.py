"""One's own model: a class of three methods in a Python file of the folder that fuseboard is started in.

```python
class MyEncoder:
    def load(self, weights: Path | None, device: str) -> None: ...  # weights: the card's pinned file, if it names one
    def preprocess(self, pixels: NDArray[np.uint8]) -> Any: ...  # (N, H, W, channels), resized as the card says
    def encode(self, batch: Any) -> Tensor | NDArray: ...  # what preprocess made -> vectors (N, D)
```

The card says `module = "my_models:MyEncoder"` and `module_sha256`; resizing and cropping stay the card's, mean and std
are the class's own. What torch computes in is the card's precision, for `preprocess` and `encode` alike. The hash of
the file is part of the version, what the file imports is not: keep it in one file. The file is looked for in the
current folder alone, so no submission and no installed package can bring code in this way.
"""

import importlib.util
import inspect
from copy import copy
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.backbones import weights
from fuseboard.harness.backbones.card import Card
from fuseboard.harness.runtime.precision import computing
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import sha256_of

METHODS = ("load", "preprocess", "encode")


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
        with computing(self._card.precision, self.device):
            found = self._own.encode(self._own.preprocess(batch))
        found = found.detach().cpu().numpy() if hasattr(found, "detach") else np.asarray(found)
        if found.shape != (len(batch), self._card.dim):
            raise FuseboardError(
                f"{self._card.id}: {self._card.source.module} made an array {found.shape} of {len(batch)} images, its "
                f"card says dim = {self._card.dim}; mend `dim` or the class"
            )
        return found.astype(np.float32)


def load(card: Card, device: str, trust: bool = False) -> OwnEncoder:
    """Imports the pinned file, makes the class and has it load its weights."""
    path = file_of(card)
    if (digest := sha256_of(path)) != card.source.module_sha256:
        raise FuseboardError(
            f"{card.id}: {path.name} has SHA-256 {digest}, its card says {card.source.module_sha256}: the code has "
            f'changed, so its vectors are another version; say module_sha256 = "{digest}" on the card'
        )
    name = str(card.source.module).partition(":")[2]
    kind = getattr(_imported(path), name, None)
    if not inspect.isclass(kind):
        raise FuseboardError(f"{card.id}: {path.name} has no class {name}; mend `module`")
    if absent := [method for method in METHODS if not callable(getattr(kind, method, None))]:
        raise FuseboardError(f"{card.id}: {name} has no method {absent[0]}; it needs {', '.join(METHODS)}")
    own: Any = kind()
    has_weights = card.source.sha256 is not None
    own.load(weights.files_of(card)[0] if has_weights else None, device)
    return OwnEncoder(card, own, device)


def file_of(card: Card) -> Path:
    """Returns the file of a card's module, below the current folder and nowhere else."""
    dotted = str(card.source.module).partition(":")[0]
    path = Path.cwd().joinpath(*dotted.split(".")).with_suffix(".py")
    if not path.is_file():
        raise FuseboardError(
            f"{card.id}: its code is {path.name}, which is not in {path.parent}; start fuseboard there"
        )
    return path


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuseboard_own_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
