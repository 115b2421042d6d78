"""The facts of a bundle's parts, as its manifest keeps them."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from fuseboard.store.embeddings.manifest import FileName, Fingerprint, Hash
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.errors import UsageError
from fuseboard.store.files.names import printable

LARGEST = 2**31
"""Bytes that any file of a bundle may have."""
MOST_TREES = 10**6
MOST_NUMBERS = 10**7
"""Length of a joined vector, at most."""
MOST_DIRECTIONS, MOST_ROWS = 256, 5_000
"""Of the training images that novelty keeps."""

MOST_PREDICTED = 200_000
"""Images of a split whose predictions are kept; of larger ones none are."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
STEERS = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""Characters that end a line, steer a terminal or turn the direction of a text around."""
Text = Annotated[str, StringConstraints(max_length=4_096, pattern=rf"^[^{STEERS}]*$")]
ClassName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=rf"^[^{STEERS}]+$")]
LabelType = Literal["text", "integer", "float", "boolean"]
Width = Annotated[int, Field(ge=1, le=MOST_NUMBERS)]


def plain(text: str) -> str:
    """Returns other people's text as a manifest keeps it: what steers, and bytes that are no text, are replaced."""
    return re.sub(f"[{STEERS}]", "\N{REPLACEMENT CHARACTER}", printable(text))[:4_096]


def refuse_odd_classes(names: Iterable[str]) -> None:
    """Raises where the name of a class cannot stand in a manifest; best before long work."""
    for name in names:
        if not 1 <= len(name) <= 200 or plain(name) != name:
            raise UsageError(
                f"a class is called {name[:50]!r}: a model takes names of 1 to 200 characters without line ends "
                "and the like; rename it"
            )


class Strict(BaseModel):
    """What is not foreseen is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")


class File(Strict):
    """A file of the bundle."""

    bytes: int = Field(ge=1, le=LARGEST)
    sha256: Hash


class DerivedFacts(Strict):
    """What is done to the vectors of the card's network; the arrays lie in the file."""

    file: FileName
    fitted_on: dict[Text, Text | int]


class BackboneFacts(Strict):
    """One backbone of the subset; its card says the rest."""

    fingerprint: Fingerprint
    dim: Width
    card: FileName
    licence: Text
    redistribution: Literal["embeddings", "predictions", "hash"]
    source: Text
    derived: DerivedFacts | None = Field(None, description="written only where the vectors are derived")
    metadata: bool = Field(False, description="written only where they are of a table, whose encoding is the card")

    @model_serializer(mode="wrap")
    def _without_what_is_not(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = handler(self)
        return {key: value for key, value in written.items() if key not in ("derived", "metadata") or value}


class LinearHead(Strict):
    """A linear head; coef (C, D) and center (D,) as float32 and intercept (C,) as float64 lie in the file."""

    kind: Literal["linear"] = "linear"
    file: FileName
    penalty: Finite


class TreesHead(Strict):
    """Gradient-boosted trees in XGBoost's own UBJSON."""

    kind: Literal["xgboost"] = "xgboost"
    file: FileName
    trees: int = Field(ge=1, le=MOST_TREES)


class MemberFacts(Strict):
    """One classifier and the backbones that it sees, side by side."""

    backbones: tuple[Name, ...] = Field(min_length=1)
    head: LinearHead | TreesHead = Field(discriminator="kind")


class QualityFacts(Strict):
    """Log-loss in nats and expected calibration error."""

    log_loss: Finite
    ece: Probability


class CalibrationFacts(Strict):
    """What is done to probabilities; the curves of isotonic regression lie in a file."""

    method: Literal["none", "temperature", "isotonic"]
    temperature: float | None = Field(None, gt=0, allow_inf_nan=False)
    before: QualityFacts | None = None
    after: QualityFacts | None = None
    images: int = Field(ge=0)

    @model_validator(mode="after")
    def _fits_the_method(self) -> Self:
        if (self.temperature is not None) != (self.method == "temperature"):
            raise ValueError(f"method {self.method} beside temperature {self.temperature}")
        return self


class NoveltyFacts(Strict):
    """Training images in a plane of their embeddings, whose arrays lie in a file."""

    threshold: float = Field(ge=0, allow_inf_nan=False)
    false_alarms: Probability
    images: int = Field(ge=0)
    k: int = Field(ge=1, le=MOST_ROWS)
    names: tuple[Text, ...] = Field(max_length=MOST_ROWS, description="of the training images that are kept")
    labels: tuple[Text, ...] | None = Field(
        None, max_length=MOST_ROWS, description="theirs, where they are texts; numbers lie in the file"
    )


class PredictionsFacts(Strict):
    """Images that were not learned from; labels and scores, (N, C), lie in the file."""

    split: Literal["validation", "test"]
    file: FileName
    names: tuple[Text, ...] = Field(min_length=1, max_length=MOST_PREDICTED)
    groups: tuple[Text, ...] | None = Field(None, max_length=MOST_PREDICTED)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.groups is not None and len(self.groups) != len(self.names):
            raise ValueError(f"{len(self.names)} images and {len(self.groups)} groups")
        return self


class SummaryFacts(Strict):
    """What was learned from."""

    images: int = Field(ge=1)
    validation: int = Field(ge=0)
    test: int = Field(0, ge=0)
    classes: dict[ClassName, int]
    groups: int | None
    dataset: Text | None
    licence: Text | None
    protocol: Text | None
    seconds: float = Field(ge=0, allow_inf_nan=False)


class MetricFacts(Strict):
    """One metric on one split, with its interval."""

    name: Text
    split: Text
    value: Finite | None
    low: Finite | None
    high: Finite | None
    images: int = Field(ge=0)
    reason: Text | None = None


class SubsetFacts(Strict):
    """One subset that was compared."""

    subset: tuple[Name, ...]
    features: int
    score: Finite
    minus: Finite
    low: Finite
    high: Finite
    tied: bool


class SelectionFacts(Strict):
    """What was compared on the held-out images, and what the choice is worth."""

    strategy: Text
    metric: Text
    images: int = Field(ge=0)
    chosen: tuple[Name, ...]
    all_backbones: tuple[Name, ...]
    best_single: tuple[Name, ...] | None
    optimism: Finite | None
    honest_score: Finite | None
    cheapest: tuple[Name, ...]
    cost: Text
    smallest_difference: Finite | None
    images_for_a_point: int | None
    remarks: tuple[Text, ...]
    table: tuple[SubsetFacts, ...]
