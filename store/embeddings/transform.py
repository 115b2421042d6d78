"""The transform: what makes a derived vector of its source's, fitted once, so that new images fit the old ones."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.embeddings.coding import Coding

Kind = Literal["pca", "int8", "binary"]
ARRAYS: dict[Kind, tuple[str, ...]] = {
    "pca": ("mean", "components"),
    "int8": ("offset", "scale"),
    "binary": ("threshold",),
}
"""The arrays of a step, (1, D) each, and (K, D) of `components`."""


@dataclass(frozen=True, eq=False)
class Step:
    """One step, fitted."""

    kind: Kind
    arrays: Mapping[str, NDArray[np.float32]]

    @property
    def width(self) -> int:
        """Numbers that it takes."""
        return int(next(iter(self.arrays.values())).shape[-1])

    @property
    def dim(self) -> int:
        """Numbers that it makes."""
        return int(self.arrays["components"].shape[0]) if self.kind == "pca" else self.width

    @property
    def facts(self) -> dict[str, Any]:
        """What a fingerprint says of it beside its arrays."""
        return {"kind": self.kind, "dim": self.dim}

    def coding(self) -> Coding:
        """How vectors are stored after it."""
        if self.kind == "pca":
            return Coding("float32", self.dim)
        return Coding(self.kind, self.dim, **{name: array[0] for name, array in self.arrays.items()})


@dataclass(frozen=True, eq=False)
class Transform:
    """Steps one after another: perhaps a projection, then perhaps a coding."""

    steps: tuple[Step, ...]

    @property
    def dim(self) -> int:
        """Numbers of a derived vector."""
        return self.steps[-1].dim

    @property
    def width(self) -> int:
        """Numbers of the source's vector."""
        return self.steps[0].width

    @property
    def coding(self) -> Coding:
        """How derived vectors are stored."""
        return self.steps[-1].coding()

    @property
    def facts(self) -> dict[str, Any]:
        """What a fingerprint says of it: everything that decides what it makes."""
        return {"steps": [step.facts for step in self.steps], "sha256": self.sha256}

    @property
    def sha256(self) -> str:
        """SHA-256 of every array with its name and shape, whatever Parquet file they lie in."""
        hashed = hashlib.sha256()
        for step in self.steps:
            for name in ARRAYS[step.kind]:
                array = step.arrays[name]
                hashed.update(f"{step.kind} {name} {array.shape}\n".encode())
                hashed.update(np.ascontiguousarray(array, "<f4").tobytes())
        return hashed.hexdigest()

    def project(self, vectors: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Returns (N, D) before they are coded. In double precision, so that a row does not depend on those beside it.

        Args:
            vectors: (N, width) of the source.
        """
        found = vectors
        for step in self.steps:
            if step.kind == "pca":
                mean, components = (step.arrays[name].astype(np.float64) for name in ("mean", "components"))
                found = (found.astype(np.float64) - mean) @ components.T
        return found.astype(np.float32)

    def stored(self, vectors: NDArray[np.floating[Any]]) -> NDArray[Any]:
        """Returns what is stored (N, width of the coding) of the vectors (N, width) of the source."""
        return self.coding.encode(self.project(vectors))

    def apply(self, vectors: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Returns the derived vectors (N, D), as they are read from a store, of the source's (N, width)."""
        return self.coding.decode(self.stored(vectors))
