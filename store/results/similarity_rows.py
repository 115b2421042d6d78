"""Similarity: how alike two backbones see the test images of a dataset, kept as one row per pair."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fuseboard.store.embeddings.manifest import Fingerprint
from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.files import atomic, damage, literal_path
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.statistics.cka import TWIN

MEASURE = "unbiased linear CKA"
"""Part of every key: another estimator would make other rows."""

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "dataset": pl.String,
    "split": pl.String,
    "source_md5": pl.String,
    "images": pl.Int64,
    "backbone": pl.String,
    "fingerprint": pl.String,
    "other": pl.String,
    "other_fingerprint": pl.String,
    "cka": pl.Float64,
    "reason": pl.String,
    "libraries": pl.String,
    "created": pl.Datetime("us", "UTC"),
}


class Similarity(BaseModel):
    """How alike two backbones see one split of a dataset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: Name
    split: str
    source_md5: str
    images: int = Field(ge=0)
    backbone: Name
    """The first of the two by name."""
    fingerprint: Fingerprint
    other: Name
    other_fingerprint: Fingerprint
    cka: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None = None
    reason: str | None = None
    """Why there is no CKA; null when there is one."""
    libraries: dict[str, str] = Field(default_factory=dict)
    created: datetime

    @model_validator(mode="after")
    def _has_a_value_or_a_reason(self) -> "Similarity":
        if (self.cka is None) != bool(self.reason):
            raise ValueError("a pair has either a CKA or the reason why there is none")
        if self.backbone >= self.other:
            raise ValueError("the two backbones of a pair differ and are in the order of their names")
        return self

    @property
    def key(self) -> str:
        """32 hexadecimal digits that name what was compared, whatever came out."""
        facts = self.model_dump(mode="json", exclude={"cka", "reason", "libraries", "created"})
        return fingerprint({"measure": MEASURE, **facts})

    @property
    def alarm(self) -> str | None:
        """The line that says so when the two see the images so alike that they may be one."""
        if self.cka is None or self.cka <= TWIN:
            return None
        return (
            f"{self.backbone} and {self.other} on {self.dataset}: CKA {self.cka:.4f}; these may be the same weights "
            "under two names (look at `source` on the cards)"
        )


def folder_of(root: Path, dataset: str) -> Path:
    """Returns the folder of the rows of a dataset."""
    return root / "similarity" / dataset


def keep(root: Path, rows: Sequence[Similarity]) -> None:
    """Writes rows of one dataset, at least one, as one small file, at once and whole."""
    records = [{**row.model_dump(), "libraries": json.dumps(row.libraries, sort_keys=True)} for row in rows]
    name = rows[0].key if len(rows) == 1 else fingerprint({"keys": sorted(row.key for row in rows)})
    with atomic.replacing(folder_of(root, rows[0].dataset) / f"{name}.parquet") as temporary:
        table = pl.DataFrame(records, schema=SCHEMA).to_arrow(compat_level=pl.CompatLevel.oldest())
        pq.write_table(table, temporary, compression="zstd")


def remove(root: Path, dataset: str, backbone: str, version: str) -> None:
    """Removes the pairs of a dataset that one version is part of."""
    for path in sorted(folder_of(root, dataset).glob("[!.]*.parquet")):
        pairs = read_file(path)
        mine = (backbone, version)
        both = [((one.backbone, one.fingerprint), (one.other, one.other_fingerprint)) for one in pairs]
        kept = [pair for pair, names in zip(pairs, both, strict=True) if mine not in names]
        if len(kept) < len(pairs):
            if kept:
                keep(root, kept)
            path.unlink(missing_ok=True)


def read(root: Path, dataset: str = "*", reference: Path | None = None) -> list[Similarity]:
    """Returns every row, the newest of each key, ordered so that equal stores give equal lists.

    Args:
        root: the store.
        dataset: of the rows.
        reference: another store, whose rows come beside.

    A file that cannot be read, or whose rows are none of ours, is left out, with a warning.
    """
    found: dict[str, Similarity] = {}
    paths = [path for place in filter(None, (root, reference)) for path in files(place, dataset)]
    read_rows, damaged = damage.readable(paths, read_file)
    damage.tell(damaged.values())
    for rows in read_rows.values():
        for row in rows:
            known = found.get(row.key)
            if known is None or row.created > known.created:
                found[row.key] = row
    return sorted(found.values(), key=lambda row: (row.dataset, row.backbone, row.other, row.created, row.key))


def files(root: Path, dataset: str = "*") -> list[Path]:
    """Returns the files of a dataset, or of all."""
    return sorted((root / "similarity").glob(f"{literal_path.in_pattern(dataset)}/[!.]*.parquet"))


def read_file(path: Path) -> list[Similarity]:
    """Returns the rows of one file; raises a DamagedFile."""
    mend = f"delete it and run `fuseboard similarity {path.parent.name}` again"
    with damage.named(path, "similarity file", mend, pl.exceptions.PolarsError, ValueError, TypeError):
        records = literal_path.read_parquet(path, list(SCHEMA)).cast(pl.Schema(SCHEMA)).to_dicts()
        rows = [Similarity(**{**record, "libraries": json.loads(record["libraries"])}) for record in records]
        if wrong := next((row.dataset for row in rows if row.dataset != path.parent.name), None):
            raise ValueError(f"a row is of {wrong}")
        return rows
