"""Families: the classifiers of transfer, each in all its settings, which are measured together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fuseboard.harness.classifiers.knn import GRID as NEIGHBOURS
from fuseboard.harness.classifiers.linear_probe import GRID as PENALTIES
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.evaluations.transfer import boosted, neighbours, probe
from fuseboard.harness.evaluations.transfer.task import Advance, Answer, Task
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.store.results.evaluations import TRANSFER

NAME = TRANSFER.name
"""Of the evaluation, under which the rows lie."""


@dataclass(frozen=True)
class Family:
    """One classifier."""

    name: str
    variants: Sequence[Variant]
    """Its settings, the simplest first, which wins among equals."""
    measure: Callable[[Task, Sequence[Variant], Advance], list[Answer]]
    """An answer per setting, in their order."""
    passes: Callable[[Task], int]
    """What the progress bar counts at most."""


def families(protocol: Protocol, train_rows: int, device: str) -> list[Family]:
    """The linear probe, nearest neighbours with at most as many as there are, and XGBoost on a GPU.

    On a CPU the protocol's trees, a thousand for every round, would take weeks on ImageNet.
    """
    ks = [k for k in NEIGHBOURS if k <= train_rows]
    found = [_probe(protocol), _knn(protocol, ks)]
    return found if device == "cpu" else [*found, _xgboost(protocol)]


def left_out(train_rows: int, device: str) -> list[str]:
    """What is not measured, and why, one line each."""
    lines = [f"knn k={k} is left out: there are {train_rows} training images" for k in NEIGHBOURS if k > train_rows]
    return [*lines, "xgboost is left out: it needs a GPU to be done in hours"] if device == "cpu" else lines


def _probe(protocol: Protocol) -> Family:
    name = "linear-probe"
    variants = [
        Variant(
            protocol,
            under=NAME,
            name=f"C={c:g}",
            classifier=f"{name} C={c:g}",
            setting={**probe.SETTING, "C": c},
            own_params={"C": c, "max_passes": probe.PASSES},
        )
        for c in PENALTIES
    ]

    def measure(task: Task, asked: Sequence[Variant], advance: Advance) -> list[Answer]:
        return probe.measure(task, [variant.setting["C"] for variant in asked], advance)

    return Family(name, variants, measure, lambda _: probe.PASSES)


def _knn(protocol: Protocol, ks: Sequence[int]) -> Family:
    name = "knn"
    variants = [
        Variant(
            protocol,
            under=NAME,
            name=f"k={k}",
            classifier=f"{name} k={k}",
            setting={**neighbours.SETTING, "k": k},
            own_params={"n_neighbors": k},
        )
        for k in ks
    ]

    def measure(task: Task, asked: Sequence[Variant], advance: Advance) -> list[Answer]:
        return neighbours.measure(task, [variant.setting["k"] for variant in asked], advance)

    return Family(name, variants, measure, neighbours.passes)


def _xgboost(protocol: Protocol) -> Family:
    name = protocol.classifier
    variant = Variant(protocol, under=NAME, name="", classifier=name, setting=boosted.SETTING)

    def measure(task: Task, asked: Sequence[Variant], advance: Advance) -> list[Answer]:
        return boosted.measure(task, asked[0].params, protocol.seed, advance)

    return Family(name, [variant], measure, lambda _: 1)
