"""The starter: the whole line on data that needs no download, for a store that holds nothing yet."""

from importlib.util import find_spec

from fuseboard.harness.terminal.extras import what_is_missing
from fuseboard.store.errors import FuseboardError
from fuseboard.store.store import Store

DATASET = "breastmnist-28"
"""The medical images that come with fuseboard."""
PROTOCOL = "linear-2026"
EVALUATIONS = ("singles", "soft-vote", "linear-probe")
"""What is measured beside the exhaustive search."""

MARK = "starter-unfinished"
"""A file in the store while the starter runs, so that a killed one is finished by the next build."""


def run_if_empty(store: Store) -> None:
    """Runs the starter where the store holds nothing, or holds a starter that was interrupted.

    Raises:
        FuseboardError: a package that the starter needs is not installed, as in a light installation.
    """
    held = ("embeddings/*/*/manifest.json", "results/*/*/*.parquet")
    begun = (store.root / MARK).exists()
    if not begun and any(path for pattern in held for path in store.root.glob(pattern)):
        return
    try:
        run(store)
    except ModuleNotFoundError as error:
        if (missing := what_is_missing(error)) is None:
            raise
        state = "its starter is unfinished" if begun else "it is empty"
        raise FuseboardError(
            f"the store {store.root} cannot be built from, since {state}: {missing.replace('this', 'the starter', 1)}; "
            "or fill it with `fuseboard store pull ORG/NAME`, which needs nothing more"
        ) from error


def run(store: Store) -> None:
    """Extracts the starter's backbones, searches their subsets and evaluates, or does what is missing of that."""
    from fuseboard.harness import evaluations
    from fuseboard.harness.backbones import registry
    from fuseboard.harness.datasets import registry as datasets
    from fuseboard.harness.extraction.extract import extract
    from fuseboard.harness.protocols import protocol
    from fuseboard.harness.runtime import device
    from fuseboard.harness.search import strategies
    from fuseboard.harness.search.search import Search
    from fuseboard.store.files import atomic

    if find_spec("torch") is None:  # half of the backbones want it, and would fail after the others
        raise ModuleNotFoundError("No module named 'torch'", name="torch")
    where, dataset = device.resolve(None), datasets.get(DATASET)
    atomic.write_text(store.root / MARK, "")
    for name in registry.OFFLINE:
        extract(registry.get(name), dataset, store, where)
    search = Search(store, DATASET, protocol.get(PROTOCOL), registry.OFFLINE, where)
    search.run(strategies.get("exhaustive"))
    for name in EVALUATIONS:
        evaluations.get(name)(search)
    (store.root / MARK).unlink(missing_ok=True)
