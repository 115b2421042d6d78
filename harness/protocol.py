"""Protocols: named, frozen sets of choices under which results may be compared."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.errors import UsageError, unknown
from store.fingerprint import fingerprint
from store.manifest import Name

FOLDER = Path(__file__).parent / "protocols"

Fraction = Annotated[float, Field(gt=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Params(_Strict):
    """XGBoost's parameters; one that is absent keeps the library's default."""

    n_estimators: int = Field(ge=1)
    learning_rate: Fraction
    max_depth: int = Field(ge=1)
    max_bin: int | None = Field(None, ge=2)


class Selection(_Strict):
    """How a subset is chosen: the highest metric on validation, then the lowest of each tie-break."""

    metric: Literal["acc", "auc"]
    tie_break: tuple[Literal["backbones", "features", "name"], ...]


class Protocol(_Strict):
    """One file of `protocols/`."""

    name: Name
    version: int = Field(ge=1)
    title: str
    description: str
    fusion: Literal["concat"]
    classifier: Literal["xgboost"]
    seed: int = Field(ge=0)
    params: Params
    selection: Selection

    @property
    def digest(self) -> str:
        """Hash of every choice; rows of different digests are never ranked together, whatever the name says."""
        return fingerprint(self.model_dump(mode="json", exclude={"title", "description"}))


def names() -> list[str]:
    """Every protocol."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def get(name: str) -> Protocol:
    """A protocol by name."""
    if name not in names():
        raise unknown("protocol", name, names())
    path = FOLDER / f"{name}.toml"
    try:
        return Protocol.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise UsageError(f"{path}: {' '.join(str(error).split())}") from error
