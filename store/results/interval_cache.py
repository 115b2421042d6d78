"""Intervals: what rows measure on the resamples of their test set, kept so that it is computed once.

`<root>/intervals/<dataset>.parquet` holds nothing that cannot be computed again: without it the next reader takes
longer. A row's part is good as long as its predictions are the same. Whether they are is asked only after a file of
the results, or a version that holds the labels, changed: predictions are most of what the results of a store weigh.
"""

import sys
from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from fuseboard.store.embeddings.labels import Images, images_of, truth
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results import interval_cache_file
from fuseboard.store.results.interval_cache_file import SCHEMA
from fuseboard.store.results.predictions import EVALUATIONS, SPLIT, Predictions
from fuseboard.store.statistics.resampling import RESAMPLES
from fuseboard.store.statistics.test_metrics import Measured, measure

FOLDER = "intervals"
AGREE = 1e-6
"""How far a metric computed again may be from the row's own."""


class Intervals:
    """The test rows of one dataset that have predictions, and what they measure.

    Args:
        root: the store.
        dataset: of the rows.
        versions: all of the store.
        reference: another store whose rows are read beside.

    Raises:
        FuseboardError: a results file is damaged.
    """

    def __init__(self, root: Path, dataset: str, versions: Sequence[Version], reference: Path | None = None) -> None:
        self._root, self._dataset, self._versions, self._reference = root, dataset, versions, reference
        self._path = root / FOLDER / f"{dataset}.parquet"
        self._stamp = self._of_now()
        there = self._read()
        self._rows = there[1] if there else pl.DataFrame(schema=SCHEMA)
        if not there or there[0] != self._stamp:
            digests = self._predictions.digests
            now = pl.DataFrame(list(digests.items()), {"key": pl.String, "predictions": pl.String}, orient="row")
            # Only what was measured of the same predictions stays; a refusal may have been the labels' fault.
            good = self._rows.filter(pl.col("refused").is_null())
            self._rows = now.join(good, on=["key", "predictions"], how="left").select(SCHEMA.names()).sort("key")
            self._write()

    @property
    def kept(self) -> frozenset[str]:
        """Keys of the rows that have predictions."""
        return frozenset(self._rows["key"])

    def of(self, keys: Collection[str]) -> dict[str, Measured | str]:
        """What rows measure, or why they do not; rows without predictions are left out. Computes what is not known."""
        asked = pl.col("key").is_in(list(keys))
        known = pl.col("auc").is_not_null() | pl.col("refused").is_not_null()
        unlabelled: dict[str, Measured | str] = {}
        if lacking := self._rows.filter(asked & ~known)["key"].to_list():
            fresh, unlabelled = self._compute(lacking)
            if fresh:
                digests = dict(self._rows.select("key", "predictions").iter_rows())
                records = [interval_cache_file.record(key, digests[key], one) for key, one in fresh.items()]
                rest = self._rows.filter(~pl.col("key").is_in(list(fresh)))
                self._rows = pl.concat([rest, pl.DataFrame(records, schema=SCHEMA)]).sort("key")
                self._write()
        self.__dict__.pop("_predictions", None)  # they weigh more than all else, and are rarely asked for again
        rows = self._rows.filter(asked & known).iter_rows(named=True)
        return unlabelled | {row["key"]: interval_cache_file.measured(row) for row in rows}

    def _compute(self, keys: Sequence[str]) -> tuple[dict[str, Measured | str], dict[str, Measured | str]]:
        """What rows measure, and apart from it those without labels, which may come without a trace in this store."""
        groups: dict[Images, list[str]] = {}
        for key in keys:
            groups.setdefault(images_of(self._versions, self._predictions.rows[key]), []).append(key)
        found: dict[str, Measured | str] = {}
        unlabelled: dict[str, Measured | str] = {}
        for images, own in groups.items():
            try:
                task, labels = truth(self._versions, *images)
            except FuseboardError as error:
                unlabelled.update(dict.fromkeys(own, str(error)))
                continue
            source = f" (source MD5 {images[1][:8]})" if len(groups) > 1 else ""
            rows = f"intervals of {len(own)} rows, {RESAMPLES:,} resamples of {len(labels):,} images{source}"
            _say(f"{self._dataset}: {rows}")
            scores: dict[str, Any] = {}
            for key in own:
                try:
                    scores[key] = self._predictions.of(key)
                except FuseboardError as error:
                    found[key] = str(error)
            found |= {key: self._agreeing(key, one) for key, one in measure(task, labels, scores).items()}
        return found, unlabelled

    def _agreeing(self, key: str, one: Measured | str) -> Measured | str:
        """An interval belongs to the number of the row, so predictions that give another number have none."""
        if isinstance(one, str):
            return one
        row = self._predictions.rows[key]
        for metric, computed in (("auc", one.auc.value), ("acc", one.acc.value)):
            stored = row[metric]
            if stored is not None and computed is not None and not abs(stored - computed) <= AGREE:
                return (
                    f"its predictions give an {metric.upper()} of {computed:.6f}, the row says {stored:.6f}; "
                    "`fuseboard leaderboard check` names such rows"
                )
        return one

    def _of_now(self) -> str:
        """Returns a stamp of all that may change a row's predictions or labels, at the price of a look at each file."""
        files = [
            [name, path.name, *_look(path)]
            for root in filter(None, (self._root, self._reference))
            for name in EVALUATIONS
            for path in sorted((root / "results" / name / self._dataset).glob("[!.]*.parquet"))
        ]
        holding = [
            [version.spec, entry.source_md5, entry.splits[SPLIT].numbering, entry.splits[SPLIT].rows]
            for version in self._versions
            if (entry := version.manifest.datasets.get(self._dataset)) and SPLIT in entry.splits
        ]
        return fingerprint({"files": files, "holding": holding})

    @cached_property
    def _predictions(self) -> Predictions:
        return Predictions(self._root, self._dataset, self._reference)

    def _read(self) -> tuple[str, pl.DataFrame] | None:
        try:
            return interval_cache_file.read(self._path)
        except FuseboardError as error:
            _say(str(error))
            return None

    def _write(self) -> None:
        try:
            interval_cache_file.write(self._path, self._stamp, self._rows)
        except OSError as error:  # a store that may only be read can still be shown
            _say(f"{self._path}: not kept ({error.strerror}), so the next build computes it again")


def _look(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:  # another process joined the files meanwhile, so the next stamp is another one anyway
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _say(line: str) -> None:
    print(line, file=sys.stderr)
