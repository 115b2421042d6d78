"""The SQL page holds every published row in a database that runs in the reader's browser."""

from collections.abc import Iterator

import polars as pl

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.feeds.columns import MEANINGS
from fuseboard.leaderboard.feeds.results import published
from fuseboard.leaderboard.output import duckdb_wasm
from fuseboard.leaderboard.pages.page import Page

EXAMPLES = (
    (
        "Single backbones",
        """SELECT dataset, protocol, subset[1] AS backbone, auc, acc, reason
FROM results
WHERE evaluation = 'fusion' AND split = 'test' AND len(subset) = 1 AND superseded IS NULL
ORDER BY dataset, protocol, auc DESC NULLS LAST""",
    ),
    (
        "What validation chooses, and what test says of it",
        """SELECT val.dataset, val.protocol, val.subset, val.acc AS val_acc, test.acc AS test_acc,
       100 * (val.acc - test.acc) AS optimism_points
FROM results AS val
JOIN results AS test USING (evaluation, protocol, dataset, fingerprints, fusion, classifier, seed, metric_set)
WHERE evaluation = 'fusion' AND val.split = 'val' AND test.split = 'test'
  AND val.superseded IS NULL AND test.superseded IS NULL AND val.acc IS NOT NULL
QUALIFY row_number() OVER (
  PARTITION BY val.dataset, val.protocol ORDER BY val.acc DESC, len(val.subset), val.features, val.subset) = 1
ORDER BY ALL""",
    ),
    (
        "The best test ACC: what looking at test would have chosen",
        """SELECT dataset, protocol, subset, auc, acc
FROM results
WHERE split = 'test' AND superseded IS NULL AND evaluation = 'fusion' AND acc IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY dataset, protocol ORDER BY acc DESC, len(subset), features, key) = 1
ORDER BY dataset, protocol""",
    ),
    (
        "What one more backbone brings",
        """SELECT dataset, protocol, len(subset) AS backbones, count(*) AS subsets,
       median(auc) AS median_auc, max(auc) AS best_auc
FROM results
WHERE evaluation = 'fusion' AND split = 'test' AND superseded IS NULL
GROUP BY ALL
ORDER BY ALL""",
    ),
    (
        "How many rows there are of what",
        """SELECT protocol, evaluation, dataset,
       count(*) AS rows, count(DISTINCT fingerprints) AS subsets, max(created) AS newest
FROM results
GROUP BY ALL
ORDER BY ALL""",
    ),
    (
        "Rows without a metric, and why",
        """SELECT reason, count(*) AS rows
FROM results
WHERE auc IS NULL OR acc IS NULL
GROUP BY ALL
ORDER BY rows DESC""",
    ),
)
"""(title, query); the first stands in the field."""

_KINDS: dict[pl.DataType, str] = {
    pl.String(): "VARCHAR",
    pl.List(pl.String()): "VARCHAR[]",
    pl.Float64(): "DOUBLE",
    pl.Int64(): "BIGINT",
    pl.Datetime("us", "UTC"): "TIMESTAMP",
}


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the SQL page."""
    schema = published(site.snapshot.rows).schema
    yield Page(
        path="sql.html",
        template="sql.html.j2",
        title="SQL",
        description="Every published row in a database that runs in the browser, for questions no page answers.",
        context={
            "examples": EXAMPLES,
            "columns": [(name, _KINDS[kind], MEANINGS[name]) for name, kind in schema.items()],
            "rows": site.snapshot.rows.height,
            "is_bundled": bool(duckdb_wasm.files()) and not site.release,
            "megabytes": duckdb_wasm.megabytes(),
            "command": duckdb_wasm.COMMAND,
        },
    )
