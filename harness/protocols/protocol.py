"""Protocols: named, frozen sets of choices under which results may be compared."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from fuseboard.harness import classifiers
from fuseboard.harness.classifiers.classifier import Params
from fuseboard.harness.protocols.tuning import Tuning
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.files import model_faults
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.registry import of_files
from fuseboard.store.results.evaluations import TRIALS

FOLDER = Path(__file__).parent
PROTOCOLS = of_files("protocol", FOLDER.glob("*.toml"))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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
    """The choices that one file of `protocols/` freezes."""

    name: Name
    version: int = Field(ge=1)
    title: str
    description: str
    fusion: Literal["concat"]
    classifier: str
    """One of `harness.classifiers`, which says what `params` may hold."""
    seed: int = Field(ge=0)
    params: SerializeAsAny[Params]
    selection: Selection
    tuning: Tuning | None = None

    @field_validator("params", mode="before")
    @classmethod
    def _params_are_of_the_classifier(cls, params: Any, known: ValidationInfo) -> Any:
        if isinstance(params, Params):
            return params
        if "classifier" not in known.data:
            raise ValueError("belongs to a classifier, and none is named")
        try:
            return classifiers.get(known.data["classifier"]).Params.model_validate(params)
        except ValidationError as error:
            raise ValueError(f"params.{model_faults.without_input(error)}") from error

    @model_validator(mode="after")
    def _space_is_of_parameters(self) -> Self:
        for name, values in self.tuning.space.items() if self.tuning else ():
            for value in values:
                try:
                    self.with_params({name: value})
                except ValidationError as error:
                    raise ValueError(f"tuning.space.{name}: {value}: {error.errors()[0]['msg']}") from error
        return self

    def with_params(self, params: Mapping[str, int | float], seed: int | None = None) -> "Protocol":
        """The same choices but for some parameters and, when given, the seed.

        Raises:
            ValidationError: a parameter is unknown, or cannot have that value.
        """
        changed = type(self.params).model_validate({**self.params.model_dump(), **params})
        return self.model_copy(update={"params": changed, "seed": self.seed if seed is None else seed})

    @property
    def digest(self) -> str:
        """Hash of every choice; rows of different digests are never ranked together, whatever the name says.

        Tuning is not in it, because the rows of a search do not depend on it; tuned rows have `tuned_digest`.
        """
        absent: set[str] = set() if self.selection.cv else {"cv"}  # so that older protocols keep their digests
        left_out = {"title": True, "description": True, "tuning": True}
        return fingerprint(
            self.model_dump(mode="json", exclude={**left_out, "selection": absent, "params": self.params.absent})
        )

    def tuned_digest(self, trials: int) -> str:
        """Hash of every choice and of the tuning, with so many trials."""
        tuning = self.tuning.model_dump(mode="json") if self.tuning else {}
        return fingerprint({"protocol": self.digest, "tuning": {**tuning, "trials": trials}})


def names() -> list[str]:
    """Returns the name of every protocol."""
    return list(PROTOCOLS)


def get(name: str) -> Protocol:
    """Returns a protocol by name."""
    return Protocol.model_validate(tomllib.loads(PROTOCOLS[name].read_text(encoding="utf-8")))


def digests(name: str) -> frozenset[str]:
    """Returns every digest that the present definition gives the rows of a protocol, as rows name it; of a protocol
    that is not defined here none.

    Args:
        name: of the protocol, or `NAME-trialsN` for rows that were tuned with another number of trials than its own.
    """
    tuned = TRIALS.fullmatch(name)
    base, trials = (tuned[1], int(tuned[2])) if tuned else (name, None)
    if base not in PROTOCOLS:
        return frozenset()
    own = get(base)
    if trials is not None:
        return frozenset({own.tuned_digest(trials)})
    return frozenset({own.digest, own.tuned_digest(own.tuning.trials)} if own.tuning else {own.digest})
