"""Current rows have one definition of the protocol, one source of images and one version of each backbone."""

import polars as pl

from fuseboard.store.results.evaluations import EVALUATIONS

GROUP = ["evaluation", "fusion", "protocol", "dataset"]
"""Rows are only ever compared within such a group."""

SAME = {
    "protocol_digest": "an older definition of the protocol",
    "source_md5": "other source images",
    "classifier": "another classifier",
    "metric_set": "another metric set",
}
"""Columns in which all current rows of a group agree with the newest row, and what a row that differs has."""

OLD_VERSION = "an older version of a backbone"


def mark(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds the column `superseded`: null for a current row, else the reason.

    The newest row of a group says which protocol definition, images and version of each backbone are current. Ranking
    rows of different ones together would compare things that were not measured alike; dropping them silently would
    hide that they exist. Where every setting has a digest of its own, and where nobody declared the evaluation, a
    digest says nothing of age, so no row is superseded.
    """
    if rows.is_empty():
        return rows.with_columns(superseded=pl.lit(None, pl.String))
    groups = rows.partition_by(GROUP, maintain_order=True)
    return pl.concat([_mark_group(group) for group in groups])


def _mark_group(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.with_columns(superseded=pl.lit(None, pl.String))
    evaluation = rows["evaluation"][0]
    if evaluation not in EVALUATIONS or EVALUATIONS[evaluation].has_own_digests:
        return rows
    current = pl.col("superseded").is_null()
    for column, reason in SAME.items():
        newest = rows.filter(current).sort("created", column)[column][-1]
        rows = rows.with_columns(
            superseded=pl.when(current & (pl.col(column) != newest)).then(pl.lit(reason)).otherwise("superseded")
        )
    pairs = rows.filter(current).select("created", "subset", "fingerprints").explode("subset", "fingerprints")
    newest_of = {name: version for _, name, version in pairs.sort("created", "fingerprints").iter_rows()}
    old = [
        any(newest_of.get(name) != version for name, version in zip(subset, versions, strict=True))
        for subset, versions in rows.select("subset", "fingerprints").iter_rows()
    ]
    return rows.with_columns(
        superseded=pl.when(current & pl.Series(old, dtype=pl.Boolean)).then(pl.lit(OLD_VERSION)).otherwise("superseded")
    )
