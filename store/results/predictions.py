"""Predictions: what rows said about the test images, where that was kept."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fuseboard.store.errors import FuseboardError
from fuseboard.store.files import damage, literal_path
from fuseboard.store.files.damage import DamagedFile
from fuseboard.store.results import rows as results
from fuseboard.store.results.evaluations import keeping
from fuseboard.store.results.schema import MEND, SCHEMA, folder_of

EVALUATIONS = keeping("clean predictions")
"""Whose rows are fits, or votes of fits, on the clean test images."""
SPLIT = "test"


class Predictions:
    """The kept predictions of a dataset's test rows."""

    def __init__(self, root: Path, dataset: str, reference: Path | None = None) -> None:
        frames = [results.read_all(root, name, dataset, True, reference).rows for name in EVALUATIONS]
        rows = pl.concat([frame.filter(pl.col("split") == SPLIT) for frame in frames])
        self.rows: dict[str, dict[str, Any]] = {
            row["key"]: row for row in rows.drop("scores", "right").iter_rows(named=True)
        }
        kept = rows.filter(pl.col("scores").is_not_null())
        self._kept = dict(zip(kept["key"], kept["scores"], strict=True))

    @property
    def digests(self) -> dict[str, str]:
        """Key -> digest of the predictions, of every row that has any."""
        return {key: _digest(scores) for key, scores in self._kept.items()}

    def of(self, key: str) -> NDArray[np.floating[Any]]:
        """Returns (N, C) of one row that has them.

        Raises:
            FuseboardError: its images have different numbers of predictions.
        """
        return _matrix(key, self._kept[key])


def of_one(
    root: Path, evaluation: str, dataset: str, key: str, reference: Path | None = None
) -> NDArray[np.floating[Any]] | None:
    """Returns (N, C) predictions of one row, without reading those of the others; None where they were not kept.

    Those of the reference are meant only where the store itself has no such row.

    Raises:
        FuseboardError: a results file is damaged, or images have different numbers of predictions.
    """
    is_there = False
    for path in sorted(folder_of(root, evaluation, dataset).glob("[!.]*.parquet")):
        try:
            with damage.named(path, "results file", MEND, pl.exceptions.PolarsError):
                if literal_path.scan_parquet(path).collect_schema().get("scores") != SCHEMA["scores"]:
                    continue  # of another schema, so its rows are on no board
                found = literal_path.scan_parquet(path).filter(pl.col("key") == key).select("scores").collect()
        except FileNotFoundError:  # another process joined the files meanwhile: list them again
            return of_one(root, evaluation, dataset, key, reference)
        except DamagedFile as error:
            damage.tell([error])
            continue
        is_there = is_there or len(found) > 0
        for scores in found["scores"].drop_nulls():
            return _matrix(key, scores)
    return None if is_there or reference is None else of_one(reference, evaluation, dataset, key)


def _matrix(key: str, scores: pl.Series) -> NDArray[np.floating[Any]]:
    if scores.list.len().n_unique() != 1:
        raise FuseboardError(f"row {key}: images with different numbers of predictions; predict again")
    flat: NDArray[np.float32] = scores.explode().to_numpy()
    return flat.reshape(len(scores), -1)


def _digest(scores: pl.Series) -> str:
    lengths = scores.list.len().to_numpy().tobytes()
    return hashlib.sha256(lengths + scores.explode().to_numpy().astype("<f4").tobytes()).hexdigest()[:32]
