"""The evaluation `groups`: scores per site, scanner or sex, and what labels and embeddings have to do with it."""

from collections.abc import Sequence

import polars as pl

from fuseboard.harness.evaluations import hyperparameters, preconditions
from fuseboard.harness.evaluations.groups import columns as tables
from fuseboard.harness.evaluations.groups.parts import part
from fuseboard.harness.evaluations.groups.report import GroupReport
from fuseboard.harness.evaluations.groups.work import Work
from fuseboard.harness.protocols import own
from fuseboard.harness.search import image_metadata
from fuseboard.harness.search.search import Search
from fuseboard.store.errors import UsageError
from fuseboard.store.results.evaluations import GROUPS


def evaluate(search: Search, columns: Sequence[str] = ()) -> GroupReport:
    """Measures each backbone alone and all together, per group of some columns.

    What the search's own fits said of the test images is taken where it was kept.

    Raises:
        UsageError: no column, an unknown one, or one that makes no groups.
    """
    pool = search.pool
    if not columns:
        known = ", ".join(image_metadata.names(search.store, pool))
        raise UsageError(f"say by which column the images of {search.dataset} are grouped: --column, of {known}")
    asked = [tables.read(search.store, pool, name) for name in dict.fromkeys(columns)]
    whole = part(search.protocol, "whole", asked[0])
    preconditions.check(pool, whole)
    subsets, left_out = preconditions.without_constant(pool, hyperparameters.alone_and_together(search))
    work = Work(search, asked, subsets, whole)
    if work.lacking:
        own.remember(search.store.root, search.protocol)
        work.run()
        search.store.compact(GROUPS.name, search.dataset)
    keys = {each.inputs(pool, subset, "test").key: place for place, (subset, each) in enumerate(work.every)}
    rows = search.store.rows(GROUPS.name, search.dataset).filter(pl.col("key").is_in(list(keys)))
    return GroupReport(
        rows=rows.sort(pl.col("key").replace_strict(keys)),
        remarks=[*left_out, *(remark for column in asked for remark in column.remarks)],
    )
