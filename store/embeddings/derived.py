"""Derived versions: smaller vectors made of a stored version's, under a name and fingerprint of their own.

The name says what was done, such as `hog-pca64-int8`. The identity holds the source's whole identity, what the
transform was fitted on and its content, so that it says by itself where every number comes from.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.embeddings.transform import Kind, Transform
from fuseboard.store.errors import UsageError
from fuseboard.store.files.hashing import fingerprint

_NAME = re.compile(r"(?P<source>.+?)(?:-pca(?P<dim>[1-9][0-9]{0,4}))?(?:-(?P<coding>int8|binary))?")
KEY = "derived_from"
"""Of an identity; only derived versions have it."""


@dataclass(frozen=True)
class Recipe:
    """What is done to vectors: a projection to `pca` numbers, then a coding; at least one of them."""

    pca: int | None = None
    coding: Kind | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The steps."""
        return (*(("pca",) if self.pca else ()), *((self.coding,) if self.coding else ()))

    @property
    def suffix(self) -> str:
        """What it adds to a name."""
        return (f"-pca{self.pca}" if self.pca else "") + (f"-{self.coding}" if self.coding else "")

    def fits(self, transform: Transform) -> bool:
        """Whether a transform is of this recipe."""
        return tuple(step.kind for step in transform.steps) == self.kinds and self.pca in (None, transform.dim)

    def __str__(self) -> str:
        coded = {"int8": "one byte per number", "binary": "one bit per number"}
        parts = [f"PCA to {self.pca} numbers" if self.pca else "", coded.get(str(self.coding), "")]
        return ", ".join(part for part in parts if part)


def named(name: str) -> tuple[str, Recipe | None]:
    """Returns the source that a name means and what is done to it; None where the name says nothing of the kind."""
    found = _NAME.fullmatch(name)
    if found is None or not (found["dim"] or found["coding"]):
        return name, None
    coding: Any = found["coding"]
    return found["source"], Recipe(int(found["dim"]) if found["dim"] else None, coding)


@dataclass(frozen=True)
class Identity:
    """What decides the vectors of a derived version."""

    backbone: str
    """The source's name."""
    source: Mapping[str, Any]
    """The source's identity."""
    fitted_on: Mapping[str, Any]
    """Dataset, split, MD5 of the source images and number of images."""

    def facts(self, transform: Transform) -> dict[str, Any]:
        """What is hashed into the fingerprint."""
        return {
            KEY: {"backbone": self.backbone, "identity": dict(self.source)},
            "fitted_on": dict(self.fitted_on),
            "transform": transform.facts,
        }

    @classmethod
    def of(cls, identity: Mapping[str, Any]) -> Self | None:
        """Returns it from a manifest's identity; None where that is of no derived version."""
        origin, fitted_on = identity.get(KEY), identity.get("fitted_on")
        if not isinstance(origin, dict) or not isinstance(fitted_on, dict):
            return None
        backbone, own = origin.get("backbone"), origin.get("identity")
        return cls(backbone, own, fitted_on) if isinstance(backbone, str) and isinstance(own, dict) else None

    @property
    def fingerprint(self) -> str:
        """That of the source."""
        return fingerprint(self.source)


def source_of(manifest: Manifest) -> tuple[str, str] | None:
    """Returns name and fingerprint of the version that a derived one was made of; None where it is no derived one."""
    found = Identity.of(manifest.identity)
    return None if found is None else (found.backbone, found.fingerprint)


def refuse_chain(manifest: Manifest, recipe: Recipe) -> None:
    """Raises where the source is itself derived; both steps are one recipe of the first source."""
    found = source_of(manifest)
    if found is not None:
        own = named(manifest.backbone)[1] or Recipe()
        if recipe.pca is None and own.coding is None and recipe.coding is not None and own.pca:
            mend = f"say `store derive {found[0]} --pca {own.pca} --{recipe.coding}`"
        else:
            mend = f"derive from {found[0]}"
        raise UsageError(f"{manifest.backbone} is derived from {found[0]} itself; {mend}")
