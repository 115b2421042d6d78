"""What size buys what: derived versions beside their source, with what each scores and loses on test."""

from collections.abc import Mapping
from typing import Any

from fuseboard.store.embeddings import derived
from fuseboard.store.embeddings.coding import bytes_per_image
from fuseboard.store.embeddings.manifest import Manifest
from fuseboard.store.results.evaluations import KNN, LINEAR_PROBE
from fuseboard.store.statistics.test_metrics import Measured

MEASURES = {"linear": LINEAR_PROBE.name, "knn": KNN.name}
"""How a column begins -> the evaluation under which its rows lie."""
METRICS = ("auc", "acc")


def by_size(manifests: Mapping[str, Manifest]) -> dict[str, str]:
    """Returns name -> name of its source: every source of which something was derived, then that, the largest first.

    Args:
        manifests: name -> manifest of versions that hold one dataset; what was derived of no other of them is left out.
    """
    of: dict[str, str] = {}
    for name, manifest in manifests.items():
        origin = derived.source_of(manifest)
        if origin and origin[0] in manifests and manifests[origin[0]].fingerprint == origin[1]:
            of[name] = origin[0]

    def place(name: str) -> tuple[str, bool, int, str]:
        source = of.get(name, name)
        return source, name != source, -bytes_of(manifests[name]), name

    return {name: of.get(name, name) for name in sorted({*of, *of.values()}, key=place)}


def bytes_of(manifest: Manifest) -> int:
    """Returns how many bytes a vector takes before Parquet compresses it."""
    return bytes_per_image(manifest.dtype, manifest.dim)


def line(name: str, source: str, manifest: Manifest, measured: Mapping[str, Mapping[str, Measured | str]]) -> Any:
    """Returns one version as a row of a table, with 95 % intervals.

    A loss is the source's metric less this one's, on the same test images and the same resamples of them.

    Args:
        name: of the version.
        source: the name of its source, itself where it is one.
        manifest: of the version.
        measured: a key of `MEASURES` -> name -> what its row on test measures, or why that is not known.
    """
    found: dict[str, Any] = {"backbone": name, "dim": manifest.dim, "bytes": bytes_of(manifest)}
    for column, of in measured.items():
        own, whole = of.get(name), of.get(source)
        for metric in METRICS:
            scored = getattr(own, metric).interval() if isinstance(own, Measured) else None
            key = f"{column}_{metric}"
            found |= {key: scored and scored.value} | _ends(key, scored)
            loss = None
            if name != source and isinstance(own, Measured) and isinstance(whole, Measured):
                loss = getattr(whole, metric).minus(getattr(own, metric))
            key = f"{column}_loss" if metric == "auc" else f"{column}_{metric}_loss"
            found |= {key: loss and loss.value} | _ends(key, loss)
    return found


def _ends(key: str, one: Any) -> dict[str, Any]:
    return {f"{key}_low": one and one.low, f"{key}_high": one and one.high}
