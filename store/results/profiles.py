"""Profiles: what forward passes of a backbone cost on one device, kept as one CSV per backbone under `profiles/`.

They are of images made up on the spot, so that anybody can measure them again, also without weights. What extracting a
dataset took stands in its manifest, and the two are never mixed.
"""

import csv
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field, field_validator, model_validator

from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.files import atomic, damage

IMAGES = 708_069
"""Images of the twelve datasets of MedMNIST v2 in two dimensions, which the hours are of."""

Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Profile(BaseModel):
    """What forward passes of one backbone cost on one device, at one precision and batch size."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    backbone: Name
    weights: Literal["random", "pinned"]
    """Whether the network was untrained; times and memory do not depend on it, and the cosine does."""
    parameters: Annotated[int, Field(ge=0)] | None
    pixels: int = Field(ge=1)
    """Edge of an image."""
    gflops: Amount | None
    """Of one image, a product and its sum counted as two; null where they cannot be counted."""
    device: str = Field(min_length=1)
    precision: str
    batch_size: int = Field(ge=1)
    images_per_s: Amount | None
    peak_rss_mb: Amount | None = None
    """Of the whole process, in MiB."""
    peak_vram_mb: Amount | None = None
    """The most that tensors held on the GPU, in MiB; null without one."""
    peak_vram_reserved_mb: Amount | None = None
    cosine: Annotated[float, Field(ge=-1, le=1)] | None = None
    """The least of the generated images, between this precision's vectors and those in fp32; null for fp32."""
    reason: str | None = None
    """Why there is no speed."""
    note: str | None = None
    """What must be known beside."""
    libraries: dict[str, str] = Field(default_factory=dict)
    created: datetime | None = None
    """null where nobody noted it."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def hours(self) -> float | None:
        """Hours of `IMAGES` at this speed, without reading and resizing them."""
        return IMAGES / self.images_per_s / 3600 if self.images_per_s else None

    @field_validator("libraries", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_a_speed_or_a_reason(self) -> "Profile":
        if (self.images_per_s is None) != bool(self.reason):
            raise ValueError("a profile has either a speed or the reason why there is none")
        return self

    @property
    def brief(self) -> dict[str, object]:
        """Returns what a person looks for, rounded, as a row of a table."""
        facts = ("backbone", "precision", "batch_size")
        numbers = {"images_per_s": 1, "hours": 2, "peak_rss_mb": 0, "peak_vram_mb": 0, "gflops": 1, "cosine": 5}
        rounded = {name: None if (value := getattr(self, name)) is None else f"{value:,.{digits}f}"
                   for name, digits in numbers.items()}  # fmt: skip
        return {**{name: getattr(self, name) for name in facts}, **rounded, "reason": self.reason}

    @property
    def key(self) -> tuple[str, str, str, str, int, int]:
        """Names what was measured, whatever came out, in the order of tables."""
        return self.device, self.weights, self.backbone, self.precision, self.pixels, self.batch_size


COLUMNS = (*Profile.model_fields, *Profile.model_computed_fields)


def path_of(root: Path, backbone: str) -> Path:
    """Returns the file of a backbone's profiles."""
    return root / "profiles" / f"{backbone}.csv"


def keep(root: Path, rows: Iterable[Profile]) -> None:
    """Writes profiles beside those that are there; of what was measured before, the new one stays."""
    by_backbone: dict[str, list[Profile]] = {}
    for row in rows:
        by_backbone.setdefault(row.backbone, []).append(row)
    for backbone, own in by_backbone.items():
        path = path_of(root, backbone)
        there = read_file(path) if path.is_file() else []
        found = {row.key: row for row in (*there, *own)}
        with atomic.replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(_cells(found[key]) for key in sorted(found))


def read(root: Path, reference: Path | None = None) -> list[Profile]:
    """Returns every profile, ordered by what was measured.

    Args:
        root: the store.
        reference: another one, whose rows come beside; the store's own take the place of the same there.

    A file that cannot be read is left out, with a warning.
    """
    found: dict[tuple[Any, ...], Profile] = {}
    for place in filter(None, (reference, root)):
        read_rows, damaged = damage.readable(files(place), read_file)
        damage.tell(damaged.values())
        found |= {row.key: row for rows in read_rows.values() for row in rows}
    return [found[key] for key in sorted(found)]


def _cells(row: Profile) -> dict[str, Any]:
    facts = row.model_dump(mode="json")
    return {**facts, "libraries": json.dumps(row.libraries, sort_keys=True)}


def files(root: Path) -> list[Path]:
    """Returns the files of all backbones."""
    return sorted((root / "profiles").glob("[!.]*.csv"))


def read_file(path: Path) -> list[Profile]:
    """Returns the rows of one file; raises a DamagedFile."""
    mend = f"delete it and run `fuseboard backbones profile {path.stem}` again"
    with damage.named(path, "file of profiles", mend, ValueError, TypeError, csv.Error):
        with path.open(encoding="utf-8", newline="") as file:
            rows = []
            for cells in csv.DictReader(file, strict=True):
                stated = {name: value for name, value in cells.items() if name not in Profile.model_computed_fields}
                rows.append(Profile.model_validate({name: value or None for name, value in stated.items()}))
        if wrong := next((row.backbone for row in rows if row.backbone != path.stem), None):
            raise ValueError(f"a row is of {wrong}")
        return rows
