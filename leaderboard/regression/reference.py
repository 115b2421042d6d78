"""The reference holds measured rows that were looked at and committed, which later rows are compared with.

It is a store without vectors: `results/` and `similarity/` as in any store, the manifests under `embeddings/`, and the
labels of the images, so that everything but the vectors can be looked at and computed again.
"""

import csv
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from fuseboard.leaderboard.rows import shipped_rows
from fuseboard.leaderboard.rows.changed_inputs import RowInputs, vectors, vectors_of
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import damage
from fuseboard.store.removal import REFERENCE
from fuseboard.store.results.metrics import Fraction as Metric
from fuseboard.store.store import Store

IN_CHECKOUT = Path("leaderboard/reference")
"""The same in a checkout of the project, where it is part of what is worked on."""
VERDICTS = "verdicts.csv"

IDENTITY = ("dataset", "evaluation", "protocol", "split", "subset", "fusion", "classifier", "seed")
"""What names a row whatever it was measured from."""


class Row(BaseModel):
    """It is a row of a reference: what it scored, and what it was measured from."""

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


def rows_of(rows: pl.DataFrame, versions: Iterable[Version]) -> list[Row]:
    """Return the rows that kept their predictions, as reference rows.

    Args:
        rows: of a store, with the column `scores`; folds, probes and trials of tuning keep none and are left out.
        versions: that the store holds.
    """
    kept = rows.filter(pl.col("scores").is_not_null()).drop("scores", "right").sort(IDENTITY)
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
        for row in kept.iter_rows(named=True)
    ]


def folder_to_write(store: Store, here: Path) -> Path:
    """Where a reference belongs: in the checkout of this project that the working directory is, else in the store.

    Args:
        store: that the reference is made from.
        here: the working directory.
    """
    return here / IN_CHECKOUT if _is_checkout(here) else store.root / REFERENCE


def folder_to_read(store: Store, here: Path) -> Path:
    """Where `folder_to_write` would put a reference, if it is there; else the one that this project shipped."""
    own = folder_to_write(store, here)
    return own if own.is_dir() else shipped_rows.SHIPPED


def is_of(store: Store, folder: Path) -> bool:
    """Tell whether a reference was made from a store, which then once had every row of it."""
    return folder == store.root / REFERENCE


def _is_checkout(folder: Path) -> bool:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project")
    except (OSError, ValueError):
        return False
    named = isinstance(project, dict) and project.get("name") == "fuseboard"
    return named and (folder / IN_CHECKOUT).is_dir()


def read(folder: Path) -> list[Row]:
    """Return every row that kept its predictions, by dataset.

    Raises:
        FuseboardError: the folder is not there, a file is damaged, or a row stands twice.
    """
    if not folder.is_dir():
        raise FuseboardError(f"{folder}: no such folder; write one with `fuseboard leaderboard accept`")
    held = Store(folder)
    require_whole(held)
    rows = [*rows_of(held.rows(scores=True), held.versions), *_older(folder)]
    counted = Counter(row.identity for row in rows)
    for row in rows:
        if counted[row.identity] > 1:
            raise FuseboardError(
                f"{folder}: {row.evaluation} of {' + '.join(row.subset)} on {row.dataset} {row.split} stands there "
                "twice; write it again with `fuseboard leaderboard accept`"
            )
    return rows


def require_whole(store: Store) -> None:
    """Raises where a file of a store cannot be read, for what would otherwise compare, or keep, less than there is."""
    if damaged := [*store.broken_versions.values(), *store.reading.refused]:
        raise damaged[0]


def _older(folder: Path) -> list[Row]:
    """Return the rows of the CSV files that a reference had before it had the format of a store."""
    found: list[Row] = []
    for path in sorted(path for path in folder.glob("*.csv") if path.name != VERDICTS):
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            for cells in reader:
                try:
                    found.append(Row.model_validate(cells))
                except (ValidationError, ValueError) as error:
                    what = damage.first_of(error)
                    raise FuseboardError(
                        f"{path}, line {reader.line_num}: {what}; write it again with `fuseboard leaderboard accept`"
                    ) from error
    return found
