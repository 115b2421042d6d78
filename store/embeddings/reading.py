"""The reading: what decides the pixels of an image file, beyond the rules that hold for every dataset."""

from pydantic import BaseModel, ConfigDict, Field


class Reading(BaseModel):
    """How the files of one's own images are read; what is left out follows the rules of docs/datasets.md.

    The manifest keeps it beside a dataset's facts, so that new images are read as those that were embedded.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    bits: int | None = Field(None, ge=8, le=16, description="that the values of 16-bit grey images use")
    page: int | None = Field(None, ge=0, description="which image of a file of several is meant, from 0")

    @property
    def settings(self) -> dict[str, int]:
        """What was said, by name; empty where nothing was."""
        return self.model_dump(exclude_none=True)

    def __str__(self) -> str:
        return ", ".join(f"{name} = {value}" for name, value in self.settings.items()) or "no setting"


PLAIN = Reading()  # type: ignore[call-arg]
"""Nothing was said."""
