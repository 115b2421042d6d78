"""Conditions: the corruptions and severities of a corrupted test set, read one at a time."""

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings import shards
from fuseboard.store.embeddings.coding import sql_form
from fuseboard.store.embeddings.transform_file import coding_of
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import literal_path
from fuseboard.store.statistics.corruption_error import SEVERITIES

SPLIT = "test"


@dataclass(frozen=True)
class Condition:
    """One corruption at one severity: every test image once, in the order of the clean ones."""

    corruption: str
    severity: int
    """1, the mildest, to 5."""
    start: int
    """Id of its first row."""

    @property
    def split(self) -> str:
        """The name of the condition in the column `split` of result rows."""
        return f"{self.corruption}-{self.severity}"


def conditions(version: Version, dataset: str, images: int) -> tuple[Condition, ...]:
    """Returns the conditions of a version, in the order of its rows; no vector is read.

    Args:
        version: that embedded the corrupted test set.
        dataset: the corrupted one.
        images: of the clean test set.

    Raises:
        FuseboardError: a severity is missing or one too many, or a condition has not every image exactly once.
    """
    columns = "corruption, severity, min(id) AS first, max(id) AS last, count(*) AS rows, count(DISTINCT id) AS ids"
    found = _ask(version, dataset, columns, "GROUP BY ALL ORDER BY first").to_pylist()
    severities: dict[str, list[int]] = {}
    for each in found:
        if not each["rows"] == each["ids"] == each["last"] - each["first"] + 1 == images:
            raise FuseboardError(
                f"{dataset}: {version.spec} has {each['rows']} rows of {each['corruption']} at severity "
                f"{each['severity']}, for {images} clean test images; extract it again"
            )
        severities.setdefault(each["corruption"], []).append(each["severity"])
    for corruption, there in severities.items():
        if sorted(there) != list(range(1, SEVERITIES + 1)):
            raise FuseboardError(
                f"{dataset}: {version.spec} has {corruption} at severity {', '.join(map(str, sorted(there)))}, and not "
                f"at 1 to {SEVERITIES}; extract it again"
            )
    return tuple(Condition(each["corruption"], each["severity"], each["first"]) for each in found)


def verify(version: Version, dataset: str) -> None:
    """Holds every shard against its SHA-256; to be called once, before the first `read`."""
    for path, shard in version.shards(dataset, SPLIT).items():
        shards.verify(path, shard)


def read(version: Version, dataset: str, condition: Condition, labels: Labels) -> NDArray[np.float32]:
    """Returns the vectors (N, D) of one condition, row by row the clean test images.

    Peak memory is twice these vectors: other conditions lie in other row groups, which are not fetched.

    Args:
        version: that embedded the corrupted test set.
        dataset: the corrupted one.
        condition: one of `conditions`.
        labels: of the N clean test images, by ascending id.

    Raises:
        FuseboardError: labels that are not those, a vector that is not finite, or shards that cannot be read.
    """
    where, coding = f"{dataset} {condition.split}: {version.spec}", coding_of(version)
    columns = f"id, label, embedding::{sql_form(coding.dtype, coding.dim)} AS embedding"
    last = condition.start + len(labels) - 1
    table = _ask(version, dataset, columns, f"WHERE id BETWEEN {condition.start} AND {last} ORDER BY id")
    if table["label"].to_pylist() != labels.tolist():
        raise FuseboardError(f"{where} has other labels than the clean test images; extract both again")
    matrix = coding.decode(table["embedding"].combine_chunks().flatten().to_numpy().reshape(-1, coding.width))
    if len(broken := np.flatnonzero(~np.isfinite(matrix).all(axis=1))):
        raise FuseboardError(
            f"{where} holds NaN or infinity for id {condition.start + int(broken[0])}; extract it again"
        )
    return matrix


def _ask(version: Version, dataset: str, columns: str, which: str) -> Any:
    """Returns columns of the rows that the rest of the query names, as an Arrow table."""
    try:
        with duckdb.connect() as database:
            rows = literal_path.duckdb_parquet(database, version.shards(dataset, SPLIT))
            return database.sql(f"SELECT {columns} FROM {rows} {which}").to_arrow_table()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise FuseboardError(f"{dataset}: {version.spec} cannot be read ({reason}); extract it again") from error
