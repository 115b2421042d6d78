"""The card: everything that decides a backbone's vectors, and what people must know before they use them."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from harness.preprocessing import Preprocessing
from store.errors import UsageError, unknown
from store.fingerprint import fingerprint
from store.manifest import Backbone, Name, Redistribution

LOADERS = {
    "timm": "harness.backbones.loaders.timm_loader",
    "open_clip": "harness.backbones.loaders.open_clip_loader",
    "transformers": "harness.backbones.loaders.transformers_loader",
    "hog": "harness.backbones.loaders.descriptors",
    "pixels": "harness.backbones.loaders.descriptors",
}
"""Loader -> the module whose `load(card, device)` makes the encoder; imported only when it is used."""

DESCRIPTORS = ("hog", "pixels")
"""Loaders that compute and learned nothing, so there are no weights to pin."""

Precision = Literal["fp32", "fp16", "bf16"]


class Source(BaseModel):
    """Where the weights come from, pinned, and how they become a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    loader: str
    architecture: str | None = Field(None, description="the loader's own name of the model; none for transformers")
    package: str | None = Field(None, description="Python package that carries the weights")
    hub_id: str | None = Field(None, description="Hugging Face repository that carries the weights")
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")] | None = None
    weights: str | None = Field(None, description="the weights' path inside the package or repository")
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    state_dict: Literal["by-name", "in-order"] = "by-name"
    kwargs: dict[str, Any] = {}

    @model_validator(mode="after")
    def _is_pinned(self) -> Self:
        if self.loader not in LOADERS:
            raise ValueError(str(unknown("loader", self.loader, LOADERS)))
        if self.loader in DESCRIPTORS:
            return self
        if (self.package is None) == (self.hub_id is None):
            raise ValueError("give either `package` or `hub_id`: the place that carries the weights")
        if self.weights is None or self.sha256 is None:
            raise ValueError("`weights` and its `sha256` are missing: without this pin the vectors cannot be trusted")
        if self.hub_id is not None and self.revision is None:
            raise ValueError("`revision` is missing: pin the repository to a commit of 40 hexadecimal digits")
        if self.architecture is None and self.loader != "transformers":
            raise ValueError("`architecture` is missing: the loader's own name of the model")
        return self


class Card(BaseModel):
    """A backbone, as `cards/NAME.toml` and `submissions/NAME/card.toml` describe it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name
    title: str
    source: Source
    pooling: Literal["avg", "cls", "mean", "pooler", "cls+proj", "none"]
    dim: int = Field(ge=1)
    preprocessing: Preprocessing
    precision: Precision
    modality: tuple[str, ...]
    parameters: int | None = None
    licence: str
    gated: bool
    redistribution: Redistribution
    trust: bool = Field(description="whether the model needs remote code, which is executable code")
    paper: str | None = None
    pretraining: tuple[str, ...]
    overlap: tuple[str, ...] = Field(description="our datasets whose images are known to be in the pre-training data")

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the vectors, resolved: the fingerprint hashes this and nothing else."""
        return {
            "source": self.source.model_dump(mode="json"),
            "pooling": self.pooling,
            "preprocessing": self.preprocessing.model_dump(mode="json"),
            "precision": self.precision,
        }

    @property
    def fingerprint(self) -> str:
        """The version of the embeddings that this card makes."""
        return fingerprint(self.identity)

    @property
    def about(self) -> Backbone:
        """The facts that a manifest carries for readers without the harness."""
        place = self.source.hub_id or self.source.package or self.source.loader
        return Backbone(
            title=self.title,
            licence=self.licence,
            redistribution=self.redistribution,
            parameters=self.parameters,
            source=place,
            paper=self.paper,
            pretraining=self.pretraining,
            overlap=self.overlap,
        )

    def at_precision(self, precision: str) -> "Card":
        """The same backbone computed at another precision: other vectors, so another fingerprint."""
        if precision not in get_args(Precision):
            raise unknown("precision", precision, get_args(Precision))
        return self.model_copy(update={"precision": precision})

    def toml(self) -> str:
        """The card as a TOML text that reads back equal."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def read(path: Path) -> Card:
    """Reads and checks one card; an error names the file, the key and the mend."""
    try:
        return Card.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not a TOML file: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the card"
        if first["type"] == "extra_forbidden":
            known = (Source if first["loc"][0] == "source" else Card).model_fields
            raise UsageError(f"{path}: {unknown('key', key.rpartition('.')[2], known)}") from error
        raise UsageError(f"{path}: {key}: {first['msg'].removeprefix('Value error, ')}") from error
