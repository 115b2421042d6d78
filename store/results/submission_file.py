"""The statement: where a submission's shards lie, and where it stands in its life."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from fuseboard.store.embeddings.manifest import Fingerprint
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.files import model_faults, text_file, toml_file

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

    hub: Repository | None = Field(None, description="ORG/NAME of a dataset repository on the Hub")
    revision: Commit | None = Field(None, description="its commit, 40 hexadecimal digits")
    zenodo: Doi | None = Field(None, description="the DOI of a record, such as 10.5281/zenodo.1234567")
    folder: str | None = Field(None, description="a version's folder in a store; for looking at it before publishing")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places, faults = [name for name in ("hub", "zenodo", "folder") if getattr(self, name) is not None], []
        if len(places) != 1:
            faults.append("give one of hub (with revision), zenodo, folder: the place that holds the shards")
        if (self.hub is None) != (self.revision is None):
            faults.append("hub and revision belong together: a branch may change, a commit of 40 digits cannot")
        if faults:
            raise ValueError(" | ".join(faults))
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
    """Returns a statement from its TOML.

    Raises:
        UsageError: it is none; one line that names every fault with its line.
    """
    text = text_file.decoded(data, FILE)
    tree = toml_file.parsed(text, FILE)
    toml_file.refuse(model_faults.of(Statement, tree), text, FILE)
    return Statement.model_validate(tree)
