"""The statement: where a submission's shards lie, and where it stands in its life."""

import tomllib
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from fuseboard.store.embeddings.manifest import Fingerprint, Name
from fuseboard.store.errors import FuseboardError

FILE = "submission.toml"

Line = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
Repository = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.-]{0,95}$")
]
Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
Doi = Annotated[str, StringConstraints(pattern=r"^10\.(5281|5072)/zenodo\.[0-9]{1,12}$")]
Status = Literal["active", "superseded", "withdrawn"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Shards(_Strict):
    """Where the shards lie: a repository of the Hub at a commit, a Zenodo record, or a folder of this machine."""

    hub: Repository | None = None
    revision: Commit | None = None
    zenodo: Doi | None = None
    folder: str | None = Field(None, description="a version's folder in a store; for looking at it before publishing")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = [name for name in ("hub", "zenodo", "folder") if getattr(self, name) is not None]
        if len(places) != 1:
            raise ValueError("give one of hub (with revision), zenodo, folder: the place that holds the shards")
        if (self.hub is None) != (self.revision is None):
            raise ValueError("hub and revision belong together: a branch may change, a commit of 40 digits cannot")
        return self

    @property
    def place(self) -> str:
        """Where the shards lie, in words for people."""
        return f"{self.hub} at {self.revision}" if self.hub else self.zenodo or str(self.folder)


class Earlier(_Strict):
    """A version that this submission had before."""

    fingerprint: Fingerprint
    until: date
    reason: Line


class Statement(_Strict):
    """What `submission.toml` says."""

    status: Status
    superseded_by: Name | None = None
    reason: Line | None = None
    """Why it was withdrawn."""
    shards: Shards
    earlier: tuple[Earlier, ...] = ()
    """Oldest first; a removal or a new version keeps its history here."""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if (self.status == "superseded") != (self.superseded_by is not None):
            raise ValueError('superseded_by belongs to status = "superseded", and names the submission that follows it')
        if self.status == "withdrawn" and self.reason is None:
            raise ValueError('status = "withdrawn" needs a reason')
        return self


def parse(data: bytes) -> Statement:
    """Returns a statement from its TOML; an error names the file, the key and what is wrong with it."""
    try:
        return Statement.model_validate(tomllib.loads(data.decode("utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the file"
        raise FuseboardError(f"{FILE}: {key}: {first['msg'].removeprefix('Value error, ')}") from error
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits
        raise FuseboardError(f"{FILE}: not a TOML file: {error}") from error
