"""The manifest of a bundle: everything of it that is text, and the size and hash of every other file."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from fuseboard.harness.classifiers.tasks import REGRESSION, link_of
from fuseboard.harness.fusion.bundle.facts import (
    BackboneFacts,
    CalibrationFacts,
    ClassName,
    File,
    LabelType,
    MemberFacts,
    MetricFacts,
    NoveltyFacts,
    PredictionsFacts,
    SelectionFacts,
    Strict,
    SummaryFacts,
    Text,
)
from fuseboard.store.arrays import BINARY, Task, is_multi_label
from fuseboard.store.embeddings.manifest import FileName
from fuseboard.store.embeddings.reading import PLAIN, Reading
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import damage

FILE = "manifest.json"
README = "README.md"
SPLITS = "splits.csv"
CANARIES = "canaries.safetensors"
NOVELTY = "novelty.safetensors"
CALIBRATION = "calibration.safetensors"

LIMIT = 32 * 2**20
"""Bytes that a manifest may have; 5,000 names of training images are half a megabyte."""
MOST_FILES = 1_024


class Manifest(Strict):
    """A fused classifier or regressor."""

    format: Literal[1] = 1
    kind: Literal["fuseboard-fusion"] = "fuseboard-fusion"
    created: datetime
    task: Task | Literal["regression"]
    classes: tuple[ClassName, ...] = Field(max_length=2**16)
    label_type: LabelType = Field(description="of the classes, before they were text")
    reading: Reading = PLAIN
    backbones: dict[Name, BackboneFacts] = Field(min_length=1, max_length=MOST_FILES)
    members: tuple[MemberFacts, ...] = Field(min_length=1, max_length=MOST_FILES)
    calibration: CalibrationFacts
    novelty: NoveltyFacts
    summary: SummaryFacts
    selection: SelectionFacts
    metrics: tuple[MetricFacts, ...]
    predictions: tuple[PredictionsFacts, ...] = Field(max_length=2)
    libraries: dict[Text, Text]
    files: dict[FileName, File] = Field(default={}, max_length=MOST_FILES)

    @property
    def columns(self) -> int:
        """Decisions that every head makes per image."""
        return len(self.classes) if link_of(self.task) == "softmax" or is_multi_label(self.task) else 1

    @property
    def width(self) -> int:
        """Numbers of the joined vector."""
        return sum(facts.dim for facts in self.backbones.values())

    def width_of(self, member: MemberFacts) -> int:
        """Numbers that one member sees."""
        return sum(self.backbones[name].dim for name in member.backbones)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        named = [name for member in self.members for name in member.backbones]
        if set(named) != set(self.backbones):
            raise ValueError("the members name other backbones than there are cards of")
        if len({one.split for one in self.predictions}) < len(self.predictions):
            raise ValueError("the predictions of a split are there twice")
        if any(len(set(member.backbones)) < len(member.backbones) for member in self.members):
            raise ValueError("a member names a backbone twice")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("a class is named twice")
        least = {REGRESSION: (0, 0), BINARY: (2, 2)}.get(self.task, (1 if is_multi_label(self.task) else 2, 2**16))
        if not least[0] <= len(self.classes) <= least[1]:
            raise ValueError(f"{len(self.classes)} classes do not make a task of the kind {self.task}")
        if len(self.novelty.labels or self.novelty.names) != len(self.novelty.names):
            raise ValueError("novelty has other labels than names")
        return self

    def check_files(self) -> None:
        """Raises unless every part has its own file in the list, and nothing else is in it."""
        parts = [CANARIES, NOVELTY] + [CALIBRATION] * (self.calibration.method == "isotonic")
        parts += [facts.card for facts in self.backbones.values()] + [m.head.file for m in self.members]
        parts += [facts.derived.file for facts in self.backbones.values() if facts.derived is not None]
        parts += [one.file for one in self.predictions]
        wanted = set(parts)
        if len(wanted) < len(parts):
            raise ValueError("two parts name one file")
        lower = [name.lower() for name in self.files]
        if lacking := wanted - set(self.files):
            raise ValueError(f"the file {min(lacking)} is not listed")
        if FILE in lower or len(set(lower)) < len(lower):
            raise ValueError("a file is listed twice, or is the manifest")
        if strange := set(self.files) - wanted - {README, SPLITS}:
            raise ValueError(f"the file {min(strange)} belongs to no part")


def parse(text: bytes, where: str) -> Manifest:
    """Returns a manifest from its JSON; an error names where it came from and the key."""
    if len(text) > LIMIT:
        raise FuseboardError(f"{where}: its {FILE} has more than the {LIMIT:,} bytes that are read")
    try:
        found = Manifest.model_validate_json(text)
        found.check_files()
        return found
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["loc"] == ("format",):
            raise FuseboardError(
                f"{where}: a bundle of format {str(first['input'])[:40]}, and this fuseboard reads format 1; install "
                "the release that wrote it, or train again"
            ) from error
        raise FuseboardError(f"{where}: {FILE}: {damage.first_of(error)[:500]}; nothing was loaded") from error
    except ValueError as error:
        raise FuseboardError(f"{where}: {FILE}: {error}; nothing was loaded") from error
