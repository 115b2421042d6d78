"""A fit done again from the store's embeddings, of which nothing is kept: what the regression check compares with."""

from fuseboard.harness.classifiers.fusion import Subset
from fuseboard.harness.classifiers.metrics import measure
from fuseboard.harness.protocols import own as protocols
from fuseboard.harness.search.search import Search
from fuseboard.store.store import Store

Metrics = dict[str, float | None]


def refit(store: Store, dataset: str, protocol: str, subset: Subset) -> dict[str, Metrics]:
    """Returns AUC and ACC on validation and test of one subset, fitted on the CPU.

    Args:
        store: whose versions of the present cards are read.
        dataset: its embeddings must be there.
        protocol: its name.
        subset: to fit.

    Raises:
        UsageError: a protocol that nobody knows.
        FuseboardError: embeddings that are not there or damaged.
    """
    search = Search(store, dataset, protocols.get(protocol, store.root), subset)
    blocks = {split: search.pool.all_blocks(split) for split in ("train", "val", "test")}
    fitted = search.classifier.fit([blocks["train"].features[name] for name in subset], blocks["train"].labels)
    metrics = {}
    for split in ("val", "test"):
        scores = fitted.predict([blocks[split].features[name] for name in subset])
        found = measure(search.pool.entry.task, blocks[split].labels, scores)
        metrics[split] = {"auc": found.auc, "acc": found.acc}
    return metrics
