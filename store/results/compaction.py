"""Compaction: the small files of finished fits become one."""

from collections.abc import Collection, Iterable
from pathlib import Path

import polars as pl

from fuseboard.store.files import atomic, literal_path
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.results.rows import fold, free, write_file
from fuseboard.store.results.schema import SCHEMA, folder_of, frames

JOINED = "rows-"
"""How the name of a file begins in which the rows of finished searches are joined."""


def compact(root: Path, evaluation: str, dataset: str, drop_scores: Collection[str] = ()) -> None:
    """Joins the small files of finished fits into one, without the predictions of the rows named by `drop_scores`.

    Only predictions that came since files were last joined are dropped: those in a joined file were kept on purpose,
    by a search whose finalists they are of, and a later search of other backbones has no say in that.

    The joined file is in place before the small ones go, so a crash between the two leaves duplicates, which `read`
    folds, and never a gap. A file that cannot be read stays where it is.
    """
    folder = folder_of(root, evaluation, dataset)
    parts = sorted(folder.glob("[!.]*.parquet"))
    joined = [part for part in parts if part.name.startswith(JOINED)]
    if len(parts) < 2 and parts == joined:
        return
    found, damaged = frames(root, evaluation, dataset, scores=True)
    everything, unread = fold(found), {error.path for error in damaged}
    parts, joined = ([path for path in paths if path not in unread] for paths in (parts, joined))
    dropped = pl.col("key").is_in(list(set(drop_scores) - _predicted(joined)))
    without = everything.filter(dropped).with_columns(pl.lit(None, SCHEMA["scores"]).alias("scores"))
    rows = pl.concat([everything.filter(~dropped), without])
    kept = rows.filter(pl.col("scores").is_not_null())
    name = f"{JOINED}{fingerprint({'keys': sorted(rows['key']), 'scores': sorted(kept['key'])})}"
    target = free(folder / f"{name}.parquet")
    with atomic.replacing(target) as temporary:
        write_file(rows, temporary)
    for part in parts:
        if part != target:
            part.unlink(missing_ok=True)


def _predicted(paths: Iterable[Path]) -> set[str]:
    """Returns the keys of the rows that have predictions in some files."""
    found: set[str] = set()
    for path in paths:
        scored = literal_path.scan_parquet(path).filter(pl.col("scores").is_not_null())
        found |= set(scored.select("key").collect()["key"])
    return found
