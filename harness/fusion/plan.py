"""The plan: everything that decides a fusion but its images."""

from collections.abc import Mapping
from dataclasses import dataclass

from fuseboard.harness.classifiers.tasks import REGRESSION
from fuseboard.harness.fusion.learner import TREES, Learner, kind_of
from fuseboard.harness.fusion.utilities import Metric
from fuseboard.harness.protocols import protocol as protocols
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.harness.runtime import profiling
from fuseboard.store.errors import UsageError

TREES_OF = "biofuse-2026"
"""The protocol whose trees are grown where no protocol is named."""

ALL = "all"
"""The strategy that nothing is chosen by."""


@dataclass(frozen=True)
class Plan:
    """Everything that decides a model but the images.

    Args:
        learner: of the heads.
        classes: names of the classes or labels; empty for regression.
        strategy: which subsets are tried.
        metric: what is chosen by.
        tie_break: what decides among equals.
        budget: fits at most.
        share: of the images that are held out, where nobody says which.
        seed: of every draw.
        parameters: backbone -> parameters of its network, where its card says it.
        protocol: that fixes classifier, parameters and metric.
    """

    learner: Learner
    classes: tuple[str, ...]
    strategy: str
    metric: Metric
    tie_break: tuple[str, ...]
    budget: int | None
    share: float
    seed: int
    parameters: Mapping[str, int | None]
    protocol: Protocol | None

    @property
    def task(self) -> str:
        """One of MedMNIST's, or `regression`."""
        return self.learner.task


def make_plan(
    task: str,
    classes: tuple[str, ...],
    strategy: str,
    classifier: str | None,
    protocol: Protocol | None,
    budget: int | None,
    share: float,
    device: str,
    seed: int,
    parameters: Mapping[str, int | None],
) -> Plan:
    """Makes the plan of what was asked for.

    Raises:
        UsageError: a classifier beside a protocol, which has one; or choices that a fusion cannot make.
    """
    if protocol is not None and classifier is not None:
        raise UsageError(f"protocol {protocol.name} has its classifier, {protocol.classifier}; leave `classifier` out")
    if protocol is not None and (protocol.selection.cv is not None or protocol.selection.metric == "auc"):
        raise UsageError(
            f"protocol {protocol.name} chooses by {protocol.selection.criterion}; a fusion chooses on held-out images "
            "by acc or log-loss, so leave `protocol` out or take another"
        )
    if budget is not None and budget < 1:
        raise UsageError(f"budget = {budget}: give the number of fits that may be done, 1 or more")
    kind = kind_of(protocol.classifier if protocol is not None else classifier, task)
    trees = protocols.get(TREES_OF) if protocol is None and kind == TREES else protocol
    params = trees.params.model_dump(exclude_none=True) if trees is not None else {}
    threads = profiling.cores() if device == "cpu" else 1
    n_classes = max(1, len(classes))
    metric: Metric = "squared-error" if task == REGRESSION else "log-loss"
    tie_break: tuple[str, ...] = ("backbones", "features", "name")
    if protocol is not None and task != REGRESSION:
        metric = "acc" if protocol.selection.metric == "acc" else "log-loss"
        tie_break = protocol.selection.tie_break
    seed = seed if protocol is None else protocol.seed
    learner = Learner(kind, task, n_classes, params, seed, device if kind == TREES else "cpu", threads)
    return Plan(learner, classes, strategy, metric, tie_break, budget, share, seed, parameters, protocol)
