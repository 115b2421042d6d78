"""A fit done again from the store's embeddings, of which nothing is kept: what the regression check compares with."""

from pathlib import Path

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.classifiers.metrics import measure
from fuseboard.harness.protocols import protocol as protocols
from fuseboard.harness.search.search import Search

Metrics = dict[str, float | None]


def refit(root: Path, dataset: str, protocol: str, subset: Subset) -> dict[str, Metrics]:
    """AUC and ACC on validation and test of one subset, fitted on the CPU.

    Args:
        root: the store, whose present versions are read.
        dataset: its embeddings must be there.
        protocol: its name.
        subset: to fit.

    Raises:
        UsageError: a protocol that nobody knows.
        FuseboardError: embeddings that are not there or damaged.
    """
    search = Search(root, dataset, protocols.get(protocol), subset)
    blocks = {split: search.pool.all_blocks(split) for split in ("train", "val", "test")}
    fitted = search.classifier.fit([blocks["train"].features[name] for name in subset], blocks["train"].labels)
    metrics = {}
    for split in ("val", "test"):
        scores = fitted.predict([blocks[split].features[name] for name in subset])
        found = measure(search.pool.entry.task, blocks[split].labels, scores)
        metrics[split] = {"auc": found.auc, "acc": found.acc}
    return metrics
