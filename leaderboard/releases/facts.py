"""The facts of a release are its name, when it was frozen and from what, and how it is cited."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from fuseboard.store.errors import UsageError
from fuseboard.store.files.doi import FORM

NAME = r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?"
Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$")]
Doi = Annotated[str, StringConstraints(pattern=f"^{FORM}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(max_length=400)]
Count = Annotated[int, Field(ge=0)]
DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
"""Names that Windows keeps for itself."""


class Release(BaseModel):
    """It is what the pages of a release say of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    frozen: datetime
    """When it was frozen, in UTC."""
    newest: datetime | None
    """When the newest thing in it was measured; None where nothing was."""
    builder: Text
    """What made it: fuseboard's version and commit."""
    url: Text | None
    """Where it stands, with a slash at the end; None where others cannot open that."""
    doi: Doi | None
    """Of this release; None where it has none."""
    concept_doi: Doi | None
    """Of all releases, which leads to the newest; None where there is none."""
    previous: Name | None
    """The release before it; None where it is the first."""
    rows: Count
    backbones: tuple[Text, ...]
    datasets: tuple[Text, ...]


class Record(Release):
    """It is the content of `release.json`, by which a release can be checked file by file."""

    format: Literal[1] = 1
    files: Mapping[str, Digest]
    """Path -> SHA-256 of every other file."""


def require_name(name: str) -> str:
    """Return the name of a release, which is a folder on the site too.

    Raises:
        UsageError: it cannot be one.
    """
    if re.fullmatch(NAME, name) is None or DEVICES.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a release; use up to 40 small letters, digits, `.`, `_` and `-`, such as 2026.12"
        )
    return name
