"""Reported numbers are what others published, kept as CSV with the source in every row."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import damage
from fuseboard.store.statistics import alexnet_reference

FOLDER = Path(__file__).parent / "data"
"""Where the files lie, but for AlexNet's errors, which lie beside the statistics that divide by them."""

Text = Annotated[str, StringConstraints(min_length=1)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""Accuracies, AUCs and errors are fractions of 1, whatever unit the source printed."""
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Ratio = Annotated[float, Field(allow_inf_nan=False)]


class Published(BaseModel):
    """It is one published row. A figure its source does not give is empty, and then `note` says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: Text
    source: Text
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
    note: str

    @model_validator(mode="after")
    def _missing_has_a_note(self) -> "Published":
        empty = [name for name, value in self if value is None]
        if empty and not self.note:
            raise ValueError(f"{empty[0]} is empty and the note does not say why")
        return self


class Validated(Published):
    """It has both metrics on validation and test."""

    val_acc: Fraction | None
    val_auc: Fraction | None
    test_acc: Fraction | None
    test_auc: Fraction | None


class Single(Validated):
    """It is one backbone alone."""

    model: Text


class Subset(Validated):
    """It is one of the 255 subsets of eight backbones of 2024, with metrics to three decimals."""

    subset: Text
    val_score: Fraction
    """The source file's nameless last column: 0.4 acc + 0.6 auc - 0.2 max(0, acc - .9) - 0.2 max(0, auc - .9)."""


class Fusion(Published):
    """It is the tuned winner of a search."""

    subset: Text | None
    test_acc: Fraction | None
    test_auc: Fraction | None


class ImageNet(Published):
    """It is one backbone on natural images."""

    model: Text
    top1_acc: Fraction


class SweepTime(Published):
    """It says how long the tuning of each method took."""

    concat_s: Seconds
    best_single_s: Seconds
    self_attention_s: Seconds


class Baseline(Published):
    """It is a model trained for the task, on test."""

    model: Text
    test_acc: Fraction
    test_auc: Fraction


class TrainedBaseline(Baseline):
    """It is a baseline of which there is an end-to-end and a linear-probing figure."""

    training: Text


class Robustness(Published):
    """It is the balanced error relative to AlexNet over all corruptions (BE) and its part due to corruption (rBE)."""

    clean_error: Fraction
    be_ratio: Ratio
    rbe_ratio: Ratio


class CorruptionError(Published):
    """It is the mean error over the severities of one corruption."""

    corruption: Text
    error: Fraction
    clean_error: Fraction


TABLES: dict[str, type[Published]] = {
    "biofuse_2024_subsets.csv": Subset,
    "biofuse_2026_all_nine.csv": Validated,
    "biofuse_2026_best_single.csv": Single,
    "biofuse_2026_fusion.csv": Fusion,
    "biofuse_2026_imagenet.csv": ImageNet,
    "biofuse_2026_singles.csv": Single,
    "biofuse_2026_sweep_times.csv": SweepTime,
    alexnet_reference.FILE.name: CorruptionError,
    "doerrich_2024_medmnist_plus_224.csv": TrainedBaseline,
    "manzari_2025_medvitv2_medmnist_c.csv": Robustness,
    "yang_2023_medmnist_v2.csv": Baseline,
}


def path_of(name: str) -> Path:
    """Return where one of the files lies."""
    return alexnet_reference.FILE if name == alexnet_reference.FILE.name else FOLDER / name


def load(name: str, path: Path | None = None) -> Sequence[Mapping[str, Any]]:
    """Return the rows of one file, checked, in the file's order, with an empty cell as None.

    Args:
        name: of the file.
        path: where it lies, unless where the project has it.

    Raises:
        FuseboardError: a row does not fit its table; the message names the file, the line and the column.
    """
    return _shipped(name) if path is None else _read(name, path)


@cache
def _shipped(name: str) -> Sequence[Mapping[str, Any]]:
    """Check a file of the project once: whoever builds several sites need not wait for it each time."""
    return _read(name, path_of(name))


def _read(name: str, path: Path) -> Sequence[Mapping[str, Any]]:
    model, rows = TABLES[name], []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for cells in reader:
            values = {key: value or (value if key == "note" else None) for key, value in cells.items()}
            try:
                rows.append(model.model_validate(values).model_dump())
            except ValidationError as error:
                what = damage.first_of(error)
                raise FuseboardError(
                    f"{path}, line {reader.line_num}: {what}; correct the figure from its source"
                ) from error
    return rows
