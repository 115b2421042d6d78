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


class CrossValidation(_Strict):
    """Repeated stratified folds over training and validation; multi-label rows are shuffled, but not stratified."""

    folds: int = Field(ge=2)
    repeats: int = Field(ge=1)


class Selection(_Strict):
    """How a subset is chosen: the best metric on validation, then the lowest of each tie-break.

    With `cv` the metric is the mean over folds instead, in which the images of validation are trained on as well.
    """

    metric: Literal["acc", "auc", "log-loss"]
    tie_break: tuple[Literal["backbones", "features", "name"], ...]
    cv: CrossValidation | None = None

    @property
    def criterion(self) -> str:
        """As `store.choice.Criterion` reads it."""
        return f"cv-{self.metric}" if self.cv else self.metric


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
        absent: set[str] = set() if self.selection.cv else {"cv"}  # so that older protocols keep their digests
        return fingerprint(
            self.model_dump(mode="json", exclude={"title": True, "description": True, "selection": absent})
        )


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
