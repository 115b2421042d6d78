"""The card: everything that decides a backbone's vectors, and what people must know before they use them."""

from pathlib import Path
from typing import Any, Literal, Self, get_args

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fuseboard.harness.backbones.preprocessing import Preprocessing
from fuseboard.harness.backbones.source import LOADERS, Source
from fuseboard.harness.runtime.precision import Precision
from fuseboard.store.embeddings import random_weights
from fuseboard.store.embeddings.manifest import Backbone, Redistribution
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.errors import FuseboardError, UsageError, unknown
from fuseboard.store.files import damage, toml_file
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.files.month import Month

__all__ = ["LOADERS", "Card", "Precision", "Source", "read"]

LACKING = "`fuseboard backbones new NAME` writes a card with every key"


class Card(BaseModel):
    """A backbone, as `cards/NAME.toml` and `submissions/NAME/card.toml` describe it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name
    title: str = Field(description="as people call the model")
    source: Source = Field(description="where the weights come from, the table [source]")
    pooling: Literal["attention", "avg", "avg+proj", "cls", "cls+mean", "cls+proj", "mean", "none", "pooler"] = Field(
        description="how one vector comes of an image"
    )
    dim: int = Field(ge=1, description="how many numbers a vector has")
    preprocessing: Preprocessing = Field(description="the transform of the model's authors, the table [preprocessing]")
    precision: Precision = Field(description="what vectors are computed in: fp32, tf32, fp16 or bf16")
    modality: tuple[str, ...] = Field(description="kinds of images that it was made for")
    parameters: int | None = Field(None, description="of the image tower that runs")
    licence: str = Field(description="of the weights, as their authors name it")
    gated: bool = Field(description="whether one must agree to terms before the weights can be had")
    redistribution: Redistribution = Field(description="what that licence lets be passed on")
    trust: bool = Field(description="whether the model needs remote code, which is executable code")
    holds_image: bool = Field(False, description="whether a vector shows its image, as pixels and HOG do")
    paper: str | None = None
    published: Month | None = Field(
        None, description="month in which the paper, or the weights without one, were first public, as YYYY-MM"
    )
    pretraining: tuple[str, ...] = Field(description="the data that it learned from")
    overlap: tuple[str, ...] = Field(description="our datasets whose images are known to be in the pre-training data")
    unverified: tuple[str, ...] = Field((), description="keys of this card, dotted, whose value nobody has confirmed")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        faults = []
        if (random_weights.trained(self.id) is not None) != (self.source.random is not None):
            faults.append(f"a name ends in {random_weights.STORED!r} exactly where `source.random` is said")
        for key in self.unverified:
            known: Any = type(self)
            for part in key.split("."):
                fields = getattr(known, "model_fields", {})
                if part not in fields:
                    faults.append(f"unverified: {unknown('key', key, type(self).model_fields)}")
                    break
                known = fields[part].annotation
        if faults:
            raise ValueError(" | ".join(faults))
        return self

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the vectors, resolved: the fingerprint hashes this and nothing else."""
        return {
            "source": self.source.identity,
            "pooling": self.pooling,
            "preprocessing": self.preprocessing.identity,
            "precision": self.precision,
        }

    @property
    def fingerprint(self) -> str:
        """The version of the embeddings that this card makes.

        Raises:
            FuseboardError: a pin is missing, so nobody can say which weights would make it.
        """
        self.require_pins()
        return fingerprint(self.identity)

    @property
    def unpinned(self) -> tuple[str, ...]:
        """Keys of the source whose pin nobody has read yet; while there is one, the card makes no version."""
        return self.source.unpinned

    def require_pins(self) -> None:
        """Raises unless every byte that the weights may have is pinned."""
        if self.unpinned:
            raise FuseboardError(
                f"{self.id}: {' and '.join(self.unpinned)} unpinned, so its weights are not known and it makes no "
                f"version; {self.how_to_pin}"
            )

    @property
    def how_to_pin(self) -> str:
        """The command that fills in pins, for people."""
        if self.source.card is not None:
            return f"run `fuseboard backbones pin {self.source.card}`, which fills them in there"
        return f"run `fuseboard backbones pin {self.id}` and use the card that it writes"

    def with_random_weights(self, seed: int = 0) -> "Card":
        """The same network untrained, as its library makes it: the floor under what its weights learned.

        Where the weights come from, and what they are pinned to, is no part of it.

        Raises:
            UsageError: the backbone is no network, or its architecture is not on the card.
        """
        kept = {"loader", "architecture", "conventions", "kwargs"}
        facts = self.model_dump(mode="json", exclude={"source", "unverified", "holds_image"})
        changed = {
            "id": f"{self.id}{random_weights.STORED}",
            "title": f"{self.title}, random weights",
            "source": self.source.model_dump(mode="json", include=kept) | {"random": seed},
            "modality": (),
            "licence": "none (random weights)",
            "gated": False,
            "redistribution": "embeddings",
            "trust": False,
            "pretraining": (),
            "overlap": (),
            "published": None,
        }
        try:
            return Card.model_validate(facts | changed)
        except ValidationError as error:
            raise UsageError(f"{self.id}{random_weights.TYPED}: {damage.first_of(error)}") from error

    @property
    def about(self) -> Backbone:
        """The facts that a manifest carries for readers without the harness."""
        return Backbone(
            title=self.title,
            licence=self.licence,
            redistribution=self.redistribution,
            parameters=self.parameters,
            source=self.source.place,
            paper=self.paper,
            pretraining=self.pretraining,
            overlap=self.overlap,
        )

    def at_precision(self, precision: str) -> "Card":
        """Returns the same backbone computed at another precision: other vectors, so another fingerprint."""
        if precision not in get_args(Precision):
            raise unknown("precision", precision, get_args(Precision))
        return self.model_copy(update={"precision": precision})

    def toml(self) -> str:
        """The card as a TOML text that reads back equal; keys that say nothing are left out."""
        facts = self.model_dump(mode="json", exclude_none=True)
        if not self.holds_image:
            del facts["holds_image"]
        if not self.unverified:
            del facts["unverified"]
        place = {"file": self.source.file} if self.source.file is not None else {}
        facts["source"] = {key: value for key, value in (self.source.identity | place).items() if value is not None}
        facts["preprocessing"] = self.preprocessing.identity
        return tomli_w.dumps(facts)


def read(path: Path) -> Card:
    """Reads and checks one card.

    Raises:
        UsageError: it is no card; one line that names every fault with its line and the mend.
    """
    return toml_file.read(Card, path, LACKING)
