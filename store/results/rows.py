"""Results: one row per measured thing, keyed by its inputs, in Parquet."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, model_validator

from fuseboard.store.embeddings.stored_name import Name
from fuseboard.store.files import atomic, damage, literal_path
from fuseboard.store.files.damage import DamagedFile
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results.metrics import FIELDS, Metrics
from fuseboard.store.results.schema import SCHEMA, folder_of, frames

ORDER = ("evaluation", "dataset", "protocol", "subset", "split", "seed", "key")
"""Columns that rows are sorted by."""
METRIC_SET = "medmnist"
"""Whose metrics AUC and ACC are in the rows that are measured now."""


class Inputs(BaseModel):
    """Everything that decides a result; its hash is the row's key, so work that is done is known to be done."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    evaluation: Name
    protocol: str
    protocol_digest: str
    dataset: Name
    source_md5: str
    split: str
    subset: tuple[str, ...]
    """Backbones in the order their features are joined, which is alphabetical."""
    fingerprints: tuple[str, ...]
    """The version of each backbone of `subset`, in the same order."""
    fusion: str
    classifier: str
    seed: int
    metric_set: str = METRIC_SET

    @property
    def key(self) -> str:
        """The row's key: 32 hexadecimal digits that name this result."""
        return fingerprint(self.model_dump(mode="json"))


class Result(Metrics):
    """One measured row."""

    inputs: Inputs
    params: dict[str, int | float | str] | None = None
    """Parameters of the classifier and of what it was put to; null in rows that were written before they were kept."""
    selection: tuple[str, ...]
    """How the protocol chooses: the metric on validation (higher wins), then tie-breaks (lower wins)."""
    reason: str | None = None
    """Why a metric is null; null when none is."""
    rows: int
    features: int
    fit_s: float | None
    predict_s: float | None
    peak_rss_mb: float | None
    """Largest resident memory of the whole process so far, which `jobs` fits share."""
    peak_vram_mb: float | None
    jobs: int
    device: str
    hardware: str
    libraries: dict[str, str]
    created: datetime
    right: list[int] | None = None
    """(N,) right answers per image in id order, 0 or 1, or up to L for L labels; kept for every subset, so that choices
    can be made again. Null on folds and in rows of before it was kept."""
    scores: list[list[float]] | None
    """(N, C) predicted probabilities in id order; kept for the finalists, null for the others."""

    @model_validator(mode="after")
    def _missing_has_a_reason(self) -> "Result":
        if (self.auc is None or self.acc is None) and not self.reason:
            raise ValueError("a missing metric needs a reason")
        return self


@dataclass(frozen=True)
class Reading:
    """What the results of a store hold, as far as it can be read."""

    rows: pl.DataFrame
    """As `read` gives them."""
    refused: tuple[DamagedFile, ...]
    """What is wrong with files whose rows are not among them."""
    referenced: frozenset[str]
    """Keys of the rows that only the reference has."""
    disputed: tuple[str, ...]
    """Keys that stand in several places with different metrics; the copy of the first file is among the rows."""


def keep(root: Path, rows: Iterable[Result]) -> None:
    """Writes rows of one evaluation and dataset as one small file, at once and whole."""
    records = [_record(row) for row in rows]
    first = records[0]
    folder = folder_of(root, str(first["evaluation"]), str(first["dataset"]))
    # Rows that come again with their predictions must not replace a file in which others lie as well.
    name = fingerprint({"rows": [[record["key"], record["scores"] is not None] for record in records]})
    with atomic.replacing(free(folder / f"{name}.parquet")) as temporary:
        write_file(_frame(records), temporary)


def read(
    root: Path, evaluation: str = "*", dataset: str = "*", scores: bool = False, reference: Path | None = None
) -> pl.DataFrame:
    """Returns every row, once per key, ordered so that equal stores give equal frames; `scores` adds the predictions.

    Args:
        root: the store.
        evaluation: of the rows.
        dataset: of the rows.
        scores: whether to read the predictions.
        reference: another store, whose rows come beside; of one that stands in both, that of `root` is meant.

    A file that cannot be read is left out, with a warning.
    """
    found, refused = frames(root, evaluation, dataset, scores)
    damage.tell(refused)
    return _beside(fold(found), reference, evaluation, dataset, scores)


def read_whole(root: Path, dataset: str) -> pl.DataFrame:
    """Returns every row of a dataset, for what must not go on without one.

    Raises:
        DamagedFile: a file cannot be read.
    """
    found, damaged = frames(root, "*", dataset, scores=False)
    if damaged:
        raise damaged[0]
    return fold(found)


def read_all(
    root: Path, evaluation: str = "*", dataset: str = "*", scores: bool = False, reference: Path | None = None
) -> Reading:
    """Returns the same with what is wrong with the files that cannot be read."""
    found, refused = frames(root, evaluation, dataset, scores)
    damage.tell(refused)
    metrics = pl.concat([frame.select("key", *FIELDS) for frame in found]).unique()
    disputed = metrics.filter(pl.col("key").is_duplicated())["key"].unique().drop_nulls().sort()
    own = fold(found)
    rows = _beside(own, reference, evaluation, dataset, scores)
    return Reading(rows, tuple(refused), frozenset(rows["key"]) - set(own["key"]), tuple(disputed))


def fold(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Rows of several places, once per key; of two copies the first that kept its predictions, where they were read."""
    rows = pl.concat(list(frames))
    if "scores" in rows.columns:
        rows = rows.sort(pl.col("scores").is_null(), maintain_order=True)
    return rows.unique("key", keep="first").sort(ORDER)


def _beside(own: pl.DataFrame, reference: Path | None, evaluation: str, dataset: str, scores: bool) -> pl.DataFrame:
    """Adds the rows that only the reference has."""
    if reference is None:
        return own
    other = read(reference, evaluation, dataset, scores)
    return pl.concat([own, other.filter(~pl.col("key").is_in(own["key"].to_list()))]).sort(ORDER)


def remove(root: Path, dataset: str, keys: Collection[str]) -> None:
    """Removes rows of a dataset, of every evaluation; each file is replaced at once, or goes where no row is left."""
    for folder in sorted(folder_of(root, "x", dataset).parents[1].glob(f"*/{literal_path.in_pattern(dataset)}")):
        for path in sorted(folder.glob("[!.]*.parquet")):
            everything = literal_path.read_parquet(path)
            kept = everything.filter(~pl.col("key").is_in(list(keys)))
            if kept.is_empty():
                path.unlink(missing_ok=True)
            elif len(kept) < len(everything):
                with atomic.replacing(path) as temporary:
                    write_file(kept, temporary)


def free(path: Path) -> Path:
    """Returns a path, or the next one where a folder lies there."""
    return free(path.with_stem(f"{path.stem}-again")) if path.is_dir() else path


def write_file(rows: pl.DataFrame, path: Path) -> None:
    """Writes with pyarrow, whose error for a full disk is the system's own; Polars has one without a number."""
    pq.write_table(rows.to_arrow(compat_level=pl.CompatLevel.oldest()), path, compression="zstd")


def _frame(records: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    plain = {name: [record[name] for record in records] for name in SCHEMA if name != "scores"}
    frame = pl.DataFrame(plain, schema={name: SCHEMA[name] for name in plain})
    return frame.with_columns(pl.concat([_scores(record["scores"]) for record in records]))


def _scores(predictions: Sequence[Sequence[float]] | None) -> pl.Series:
    """One row's; by way of NumPy, since of lists in lists Polars makes a series for every image."""
    if predictions is None:
        return pl.Series("scores", [None], SCHEMA["scores"])
    return pl.Series("scores", np.array(predictions, np.float32)).arr.to_list().implode()


def _record(row: Result) -> dict[str, Any]:
    values = row.model_dump(exclude={"inputs"})
    return {
        "key": row.inputs.key,
        **row.inputs.model_dump(),
        **values,
        "libraries": json.dumps(row.libraries, sort_keys=True),
        "params": None if row.params is None else json.dumps(row.params, sort_keys=True),
    }
