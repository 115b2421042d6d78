"""Known issues of data and published figures are kept as TOML with a source each."""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

FILE = Path(__file__).parent / "known_issues.toml"

Text = Annotated[str, StringConstraints(min_length=1)]
Url = Annotated[str, StringConstraints(pattern=r"^https://\S+$")]


class KnownIssue(BaseModel):
    """It is one issue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Text
    url: Url | None = None
    """Null where this project measured it."""


class Discrepancy(KnownIssue):
    """It says where a paper and its released code do not agree."""

    title: Text
    paper: Text
    code: Text
    consequence: Text


class Figure(KnownIssue):
    """It says what is wrong or misleading in published figures."""

    title: Text
    what: Text
    consequence: Text


class Duplicate(KnownIssue):
    """It names images that occur more than once."""

    dataset: Text
    what: Text
    consequence: Text


class Overlap(KnownIssue):
    """It says what backbones learned from that is in our datasets, or may be."""

    backbone: Text
    datasets: Text
    what: Text
    known: bool
    """False where it is possible, or nobody has confirmed it."""


class KnownIssues(BaseModel):
    """They are all issues, each kind in the order of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    difference: tuple[Discrepancy, ...]
    figure: tuple[Figure, ...]
    duplicate: tuple[Duplicate, ...]
    overlap: tuple[Overlap, ...]


def load(file: Path = FILE) -> KnownIssues:
    """Return the known issues of a file, checked."""
    return KnownIssues.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
