"""Current rows have one definition of the protocol, one source of images and one version of each backbone."""

from collections.abc import Callable, Sequence

import polars as pl

from fuseboard.store.embeddings.current import Current
from fuseboard.store.results.evaluations import EVALUATIONS
from fuseboard.store.results.rows import METRIC_SET

GROUP = ["evaluation", "fusion", "protocol", "dataset"]
"""Rows are only ever compared within such a group."""

SAME = {
    "protocol_digest": "another definition of the protocol",
    "source_md5": "other source images",
    "classifier": "another classifier",
    "metric_set": "another metric set",
}
"""Columns in which all current rows of a group agree, and what a row that differs has."""

OTHER_VERSION = "another version of a backbone"

ROWS_ALONE = Current()
"""Says nothing, so that the newest row decides."""


def mark(rows: pl.DataFrame, current: Current = ROWS_ALONE) -> pl.DataFrame:
    """Adds the column `superseded`: null for a current row, else the reason.

    Which protocol definition, images and version of each backbone are current is what the store's cards, definitions
    and versions say; the newest row of a group decides only where they name none that the group has rows of. Ranking
    rows of different ones together would compare things that were not measured alike; dropping them silently would
    hide that they exist. Where every setting has a digest of its own, rows of settings that are none of today's are
    superseded where the evaluation lists its settings and rows of today's are there; otherwise, and where nobody
    declared the evaluation, a digest says nothing of age, so no row is superseded.

    Args:
        rows: result rows of a store.
        current: of the store.
    """
    if rows.is_empty():
        return rows.with_columns(superseded=pl.lit(None, pl.String))
    groups = rows.partition_by(GROUP, maintain_order=True)
    return pl.concat([_mark_group(group, current) for group in groups])


def _mark_group(rows: pl.DataFrame, current: Current) -> pl.DataFrame:
    rows = rows.with_columns(superseded=pl.lit(None, pl.String))
    evaluation = rows["evaluation"][0]
    if evaluation not in EVALUATIONS:
        return rows
    if EVALUATIONS[evaluation].has_own_digests:
        return _mark_settings(rows, current) if EVALUATIONS[evaluation].settings_are_listed else rows
    protocol, dataset = rows["protocol"][0], rows["dataset"][0]
    left = pl.col("superseded").is_null()
    meant: dict[str, Callable[[Sequence[str]], str]] = {
        "protocol_digest": lambda found: current.protocol_digest(protocol, found),
        "source_md5": lambda found: current.source_md5(dataset, found),
        "classifier": lambda found: found[-1],
        "metric_set": lambda found: METRIC_SET if METRIC_SET in found else found[-1],
    }
    for column, reason in SAME.items():
        one = meant[column]([value for (value,) in _oldest_first(rows.filter(left), column)])
        rows = rows.with_columns(
            superseded=pl.when(left & (pl.col(column) != one)).then(pl.lit(reason)).otherwise("superseded")
        )
    pairs = rows.filter(left).select("created", "subset", "fingerprints").explode("subset", "fingerprints")
    versions: dict[str, list[str]] = {}
    for name, version in _oldest_first(pairs, "subset", "fingerprints"):
        versions.setdefault(name, []).append(version)
    version_of = {name: current.fingerprint(name, own) for name, own in versions.items()}
    others = [
        any(version_of.get(name) != version for name, version in zip(subset, versions, strict=True))
        for subset, versions in rows.select("subset", "fingerprints").iter_rows()
    ]
    is_other = left & pl.Series(others, dtype=pl.Boolean)
    return rows.with_columns(superseded=pl.when(is_other).then(pl.lit(OTHER_VERSION)).otherwise("superseded"))


def _mark_settings(rows: pl.DataFrame, current: Current) -> pl.DataFrame:
    today = current.setting_digests(rows["protocol"][0], rows["protocol_digest"].unique().to_list())
    other = ~pl.col("protocol_digest").is_in(list(today))
    return rows.with_columns(superseded=pl.when(other).then(pl.lit(SAME["protocol_digest"])).otherwise("superseded"))


def _oldest_first(rows: pl.DataFrame, *columns: str) -> list[tuple[str, ...]]:
    """The values that some columns have together, each once, those of the newest row last."""
    return rows.group_by(columns).agg(pl.col("created").max()).sort("created", *columns).select(columns).rows()
