"""Comparison: measures how alike backbones see the test images of a dataset, and keeps it."""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa

from fuseboard.store.embeddings import aligned_batches, manifest
from fuseboard.store.embeddings.versions import Version
from fuseboard.store.errors import UsageError
from fuseboard.store.results import similarity_rows
from fuseboard.store.results.similarity_rows import Similarity
from fuseboard.store.statistics.cka import Batch, CkaResult, ckas
from fuseboard.store.statistics.tiling import Pair

SPLIT = "test"


def compare(
    root: Path, dataset: str, versions: Mapping[str, Version], on_missing: Callable[[int], None] = lambda pairs: None
) -> list[Similarity]:
    """Returns the row of every pair; what is kept is read, and the rest measured and kept, pass by pass.

    No split is ever in memory: see `store.cka.ckas` for the bound.

    Args:
        root: the store.
        dataset: that all versions hold, of one source file.
        versions: backbone -> version, at least two.
        on_missing: is called once with the number of pairs that have to be measured.

    Raises:
        FuseboardError: a damaged shard or kept file, or shards that are not of the same images.
    """
    if len(versions) < 2:
        raise UsageError(f"{dataset}: a pair wants two backbones, not {len(versions)}; extract or name another one")
    for version in versions.values():
        version.manifest.entry(dataset, SPLIT)
    wanted = {pair: _row(dataset, versions, pair) for pair in combinations(sorted(versions), 2)}
    kept = {row.key: row for row in similarity_rows.read(root, dataset)}
    missing = {pair: row for pair, row in wanted.items() if row.key not in kept}
    on_missing(len(missing))
    rows = [kept[row.key] for row in wanted.values() if row.key in kept]
    for found in _measured(dataset, versions, sorted(missing)):
        fresh = [
            missing[pair].model_copy(update={"cka": result.value, "reason": result.reason, "created": manifest.now()})
            for pair, result in found.items()
        ]
        similarity_rows.keep(root, fresh)
        rows += fresh
    return sorted(rows, key=lambda row: (row.backbone, row.other))


def _row(dataset: str, versions: Mapping[str, Version], pair: Pair) -> Similarity:
    """What is known of a pair before it is measured."""
    one, other = (versions[name].manifest for name in pair)
    return Similarity(
        dataset=dataset,
        split=SPLIT,
        source_md5=one.datasets[dataset].source_md5,
        images=one.entry(dataset, SPLIT).rows,
        backbone=one.backbone,
        fingerprint=one.fingerprint,
        other=other.backbone,
        other_fingerprint=other.fingerprint,
        reason="not measured",
        libraries={"python": platform.python_version(), "numpy": np.__version__, "pyarrow": pa.__version__},
        created=manifest.now(),
    )


def _measured(dataset: str, versions: Mapping[str, Version], pairs: Sequence[Pair]) -> Iterator[dict[Pair, CkaResult]]:
    """The pairs, as many at a time as become known together."""
    numbering = {name: version.manifest.entry(dataset, SPLIT).numbering for name, version in versions.items()}
    apart = [pair for pair in pairs if numbering[pair[0]] != numbering[pair[1]]]
    if apart:
        yield {pair: CkaResult(None, _unmatched(pair, numbering)) for pair in apart}
    for order in sorted({numbering[pair[0]] for pair in pairs if pair not in apart}):
        together = [pair for pair in pairs if numbering[pair[0]] == numbering[pair[1]] == order]
        own = {name: versions[name] for pair in together for name in pair}
        aligned_batches.verify(own, dataset, SPLIT)

        def read(names: Sequence[str], rows: int, own: dict[str, Version] = own) -> Iterator[Batch]:
            return aligned_batches.read(own, dataset, SPLIT, names, rows)

        yield from ckas(read, {name: version.manifest.dim for name, version in own.items()}, together)


def _unmatched(pair: Pair, numbering: Mapping[str, str]) -> str:
    unknown = next(name for name in reversed(pair) if numbering[name] != "official")
    return f"the row order of {unknown} is unknown (imported from {numbering[unknown]}), so its rows match no others"
