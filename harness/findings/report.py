"""The file of findings: pins, canaries and the authors' vectors of some backbones, and what they were computed with."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fuseboard.harness.backbones import canary
from fuseboard.harness.backbones.card import Card
from fuseboard.store.embeddings.stored_name import Name

LIMIT = 8 * 2**20
"""Bytes that a file of findings may have; nine backbones take about one million."""

Number = Annotated[float, Field(allow_inf_nan=False)]
Vectors = tuple[tuple[Number, ...], ...]
"""One vector per canary image."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Observation(_Strict):
    """What was seen of one backbone."""

    card: Card = Field(description="pinned; compared with the shipped one key by key, and never used itself")
    canary: Vectors = Field(description="as the sender's machine computed it")
    authors: Vectors | None = Field(description="what the authors' own code makes of the canary's images")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.card.unpinned:
            raise ValueError(f"{' and '.join(self.card.unpinned)} of the card unpinned: there is nothing to take over")
        for name, vectors in (("canary", self.canary), ("authors", self.authors)):
            widths = {len(vector) for vector in vectors or ()}
            if vectors is not None and (len(vectors), widths) != (len(canary.images()), {self.card.dim}):
                raise ValueError(f"`{name}` is no {len(canary.images())} vectors of the card's {self.card.dim} numbers")
        return self


class Report(_Strict):
    """All findings of one person on one machine."""

    format: Literal[1]
    created: datetime
    device: str
    libraries: dict[str, str]
    backbones: tuple[Observation, ...]
    failed: dict[Name, str] = Field(description="backbone -> the line that says why nothing could be computed")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        counted = Counter([*(one.card.id for one in self.backbones), *self.failed])
        if twice := [name for name, times in counted.items() if times > 1]:
            raise ValueError(f"{twice[0]} is there twice")
        if not counted:
            raise ValueError("it is about no backbone")
        return self
