"""The reference holds measured rows that were looked at and committed, which later rows are compared with."""

import csv
import io
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from fuseboard.leaderboard.rows.changed_inputs import RowInputs, vectors, vectors_of
from fuseboard.leaderboard.rows.current import mark
from fuseboard.store.embeddings.current import Current
from fuseboard.store.embeddings.manifest import Name
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import atomic
from fuseboard.store.results.metrics import Fraction as Metric
from fuseboard.store.store import Store

SHIPPED = Path(__file__).parents[1] / "reference"
"""What this project measured, as it was installed: read where there is no other reference, and never written."""
IN_CHECKOUT = Path("leaderboard/reference")
"""The same in a checkout of the project, where it is part of what is worked on."""
BESIDE_STORE = "reference"
"""A folder of the store."""
VERDICTS = "verdicts.csv"

IDENTITY = ("dataset", "evaluation", "protocol", "split", "subset", "fusion", "classifier", "seed")
"""What names a row whatever it was measured from."""


class Row(BaseModel):
    """It is one line of a reference: a row, what it scored, and what it was measured from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: Name
    evaluation: Name
    protocol: str
    split: str
    subset: tuple[str, ...]
    fusion: str
    classifier: str
    seed: int
    auc: Metric
    acc: Metric
    protocol_digest: str
    source_md5: str
    fingerprints: tuple[str, ...]
    vectors: tuple[str, ...]
    """Per backbone, the hash of its shards' SHA-256; empty where the store did not hold the version any more."""
    device: str
    hardware: str
    libraries: Mapping[str, str]

    @field_validator("subset", "fingerprints", "vectors", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        return tuple(value.split("+")) if isinstance(value, str) else value

    @field_validator("auc", "acc", mode="before")
    @classmethod
    def _empty_is_missing(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("libraries", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        return dict(pair.split("==") for pair in value.split()) if isinstance(value, str) else value

    @property
    def identity(self) -> tuple[Any, ...]:
        """Return what names it."""
        return tuple(getattr(self, name) for name in IDENTITY)

    @property
    def inputs(self) -> RowInputs:
        """Return what it was measured from."""
        return RowInputs(**{field.name: getattr(self, field.name) for field in fields(RowInputs)})


def of_store(rows: pl.DataFrame, versions: Iterable[Version], current: Current) -> list[Row]:
    """Return the current rows that kept their predictions, as reference rows.

    Args:
        rows: of a store, with the column `scores`; folds, probes and trials of tuning keep none and are left out.
        versions: that the store holds.
        current: of the store.
    """
    kept = mark(rows.filter(pl.col("scores").is_not_null()).drop("scores", "right"), current)
    shards = vectors_of(version.manifest for version in versions)
    return [
        Row.model_validate(
            {
                **{name: row[name] for name in Row.model_fields if name in row},
                "subset": tuple(row["subset"]),
                "fingerprints": tuple(row["fingerprints"]),
                "vectors": vectors(row, shards),
                "libraries": json.loads(row["libraries"]),
            }
        )
        for row in kept.filter(pl.col("superseded").is_null()).sort(IDENTITY).iter_rows(named=True)
    ]


def folder_to_write(store: Store, here: Path) -> Path:
    """Where a reference belongs: in the checkout of this project that the working directory is, else in the store.

    Args:
        store: that the reference is made from.
        here: the working directory.
    """
    return here / IN_CHECKOUT if _is_checkout(here) else store.root / BESIDE_STORE


def folder_to_read(store: Store, here: Path) -> Path:
    """Where `folder_to_write` would put a reference, if it is there; else the one that this project shipped."""
    own = folder_to_write(store, here)
    return own if own.is_dir() else SHIPPED


def _is_checkout(folder: Path) -> bool:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project")
    except (OSError, ValueError):
        return False
    named = isinstance(project, dict) and project.get("name") == "fuseboard"
    return named and (folder / IN_CHECKOUT).is_dir()


def write(folder: Path, rows: Iterable[Row]) -> list[Path]:
    """Write one file per dataset, `<dataset>.csv`; those of other datasets stay as they are. Returns the files."""
    by_dataset: dict[str, list[Row]] = {}
    for row in rows:
        by_dataset.setdefault(row.dataset, []).append(row)
    written = []
    for dataset, own in sorted(by_dataset.items()):
        text = io.StringIO()
        writer = csv.DictWriter(text, list(Row.model_fields), lineterminator="\n")
        writer.writeheader()
        writer.writerows(_cells(row) for row in own)
        atomic.write_text(folder / f"{dataset}.csv", text.getvalue())
        written.append(folder / f"{dataset}.csv")
    return written


def _cells(row: Row) -> dict[str, Any]:
    made = row.model_dump()
    for name in ("subset", "fingerprints", "vectors"):
        made[name] = "+".join(made[name])
    made["libraries"] = " ".join(f"{name}=={version}" for name, version in sorted(row.libraries.items()))
    return made


def read(folder: Path) -> list[Row]:
    """Return every row of every file, by dataset.

    Raises:
        FuseboardError: the folder is not there, a line is no reference row, or a row stands twice.
    """
    if not folder.is_dir():
        raise FuseboardError(f"{folder}: no such folder; write one with `fuseboard leaderboard accept`")
    found: dict[tuple[Any, ...], Row] = {}
    for path in sorted(path for path in folder.glob("*.csv") if path.name != VERDICTS):
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            for cells in reader:
                try:
                    row = Row.model_validate(cells)
                except (ValidationError, ValueError) as error:
                    problem = error.errors(include_url=False)[0] if isinstance(error, ValidationError) else None
                    what = f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" if problem else str(error)
                    raise FuseboardError(
                        f"{path}, line {reader.line_num}: {what}; write it again with `fuseboard leaderboard accept`"
                    ) from error
                if row.identity in found:
                    raise FuseboardError(f"{path}, line {reader.line_num}: the row stands there twice; delete one line")
                found[row.identity] = row
    return list(found.values())
