"""The page of comparison holds up to five rows of any board against each other, on the same resamples."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from fuseboard.leaderboard.context.context import SiteContext
from fuseboard.leaderboard.costs.inference_cost import InferenceCosts
from fuseboard.leaderboard.output.plain import listed
from fuseboard.leaderboard.pages import address
from fuseboard.leaderboard.pages.page import Page
from fuseboard.leaderboard.rankings.compared import ComparedRow, Held
from fuseboard.leaderboard.rankings.singles import columns
from fuseboard.leaderboard.rows.domains import size
from fuseboard.store.files.hashing import fingerprint
from fuseboard.store.statistics.estimates import Replicates
from fuseboard.store.statistics.resampling import RESAMPLES

PATH = "compare.html"
FOLDER = "data/compare"
PAYS = ("best single", "chosen")
"""Methods whose difference says whether choosing among subsets pays."""
UNIT = 2.0**-31
"""What a resampled AUC is counted in, so that four bytes hold it: 0.0000000005 is less than any page shows."""


def pages(site: SiteContext) -> Iterator[Page]:
    """Yield the page, with a file per row for the rows that somebody pins.

    They are scripts and not JSON, because a page that was opened as a file may read no other files.
    """
    files: dict[str, bytes] = {}
    offered: dict[str, list[dict[str, str]]] = {}
    costs = {
        protocol: InferenceCosts(columns(site.snapshot, protocol, lambda _: True), site.extractions)
        for protocol in site.protocols
    }
    for row in site.comparisons.rows:
        name = address.compared(row.protocol, row.kind, row.name)
        files[f"{FOLDER}/{name}.js"] = _script("take", name, _row(row, site, costs[row.protocol]))
        if row.kind != "subset":  # there may be hundreds, which the explorer lists
            offered.setdefault(row.protocol, []).append({"id": name, "name": row.title, "kind": row.kind})
    datasets = [_dataset(name, site) for name in site.snapshot.domains.in_order(site.snapshot.datasets)]
    files[f"{FOLDER}/index.js"] = _script("offer", {"datasets": datasets, "rows": offered, "unit": UNIT})
    yield Page(
        path=PATH,
        template="compare.html.j2",
        title="Compare",
        description="Up to five backbones, methods or subsets held against each other on the same resamples: "
        "differences with intervals, wins and losses, similarity and cost.",
        context={"resamples": RESAMPLES, "examples": list(_examples(site))},
        files=files,
    )


def _examples(site: SiteContext) -> Iterator[tuple[str, list[str]]]:
    """Yield comparisons that many ask for, with what they pin: the first backbones, a choice beside one backbone."""
    names = site.comparisons.names
    for kind, tables in (("backbone", site.singles), ("method", site.fusions)):
        for table in tables[:1]:
            ranked = [row.name for row in table.rows if row.rank and (table.protocol, kind, row.name) in names]
            wanted = ranked[:3] if kind == "backbone" else [name for name in PAYS if name in ranked]
            if len(wanted) > 1:
                yield (
                    listed([table.title(name) for name in wanted]),
                    [address.compared(table.protocol, kind, name) for name in wanted],
                )


def _script(function: str, *told: Any) -> bytes:
    parts = ",".join(json.dumps(one, allow_nan=False, separators=(",", ":")) for one in told)
    return f"window.fuseboard.comparison.{function}({parts});\n".encode()


def _dataset(name: str, site: SiteContext) -> dict[str, Any]:
    """Return what decides whether a dataset counts in a mean: medical ones do, and one size of the same images."""
    board = next(board for board in site.snapshot.boards if board.dataset == name)
    return {
        "name": name,
        "page": address.dataset(name),
        "source": site.snapshot.domains.source(name, board.source_md5),
        "size": list(size(name)),
        "medical": site.snapshot.domains.is_ranked(name),
    }


def _row(row: ComparedRow, site: SiteContext, costs: InferenceCosts) -> dict[str, Any]:
    subset = row.subset
    return {
        "name": row.title,
        "kind": row.kind,
        "protocol": row.protocol,
        "page": address.backbone(row.name) if row.kind == "backbone" else None,
        "subset": list(subset) if subset else None,
        "held": {dataset: _held(dataset, held, row, site) for dataset, held in row.held.items()},
        "cost": _cost(subset, site, costs) if subset else None,
        "cka": _similar(row.name, site) if row.kind == "backbone" else {},
    }


def _held(dataset: str, held: Held, row: ComparedRow, site: SiteContext) -> dict[str, Any]:
    told: dict[str, Any] = {"auc": held.auc}
    if held.key:
        told["row"] = address.row(dataset, held.key, site.parts_of_rows)
    if held.pool:
        told["pool"] = [len(held.pool), fingerprint({"pool": list(held.pool)})]
    if row.subset is None:
        told["subset"] = list(held.subset)
    if held.replicates is None:
        return told | {"reason": held.reason}
    return told | {"digest": held.replicates.digest, "drawn": drawn(held.replicates)}


def drawn(replicates: Replicates) -> str:
    """Return the resampled values in units of `UNIT`, as unsigned integers of four bytes in base64."""
    counted = np.rint(replicates.resampled / UNIT).astype("<u4")
    return base64.b64encode(counted.tobytes()).decode()


def _cost(subset: Sequence[str], site: SiteContext, costs: InferenceCosts) -> dict[str, Any]:
    found = costs.of(tuple(subset))
    manifests = [site.snapshot.current.get(name) for name in subset]
    sizes = [manifest.about.parameters if manifest else None for manifest in manifests]
    known = [size for size in sizes if size is not None]
    dims = [manifest.dim for manifest in manifests if manifest]
    return {
        "parameters": sum(known) if len(known) == len(sizes) else None,
        "dim": sum(dims) if len(dims) == len(sizes) else None,
        "s_per_image": found.s_per_image,
        "peak_vram_mb": found.peak_vram_mb,
        "peak_rss_mb": found.peak_rss_mb,
    }


def _similar(name: str, site: SiteContext) -> Mapping[str, Mapping[str, float]]:
    """Map each dataset to the CKA with every other backbone that was compared with this one."""
    found: dict[str, Mapping[str, float]] = {}
    for dataset, grid in site.comparisons.grids.items():
        if name in grid.backbones:
            cells = grid.cells[grid.backbones.index(name)]
            known = {other: cell.cka for other, cell in zip(grid.backbones, cells, strict=True) if cell.cka is not None}
            found[dataset] = {other: cka for other, cka in known.items() if other != name}
    return found
