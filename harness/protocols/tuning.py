"""The rules of a tuning: a protocol's section `[tuning]`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Values = Annotated[tuple[int | float, ...], Field(min_length=1)]


class Tuning(BaseModel):
    """How the parameters of a chosen subset are tuned on validation, and how often the best ones are then fitted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sampler: Literal["tpe"]
    """Optuna's, with its own settings; nothing is pruned."""
    trials: int = Field(ge=1)
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1)
    """Seeds of the final fits; trials are fitted with the protocol's own."""
    space: Mapping[str, Values] = Field(min_length=1)
    """Parameter -> the values that it may take."""

    @field_validator("seeds")
    @classmethod
    def _once(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("a seed is named twice, which would count one fit twice")
        return seeds

    def __hash__(self) -> int:
        """Hashes what a frozen model's own hash cannot read: a mapping."""
        return hash((self.sampler, self.trials, self.seeds, *self.space.items()))
