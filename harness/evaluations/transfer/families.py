"""Families: the classifiers of transfer, each in all its settings, which are measured together."""

from collections.abc import Sequence
from dataclasses import dataclass

from fuseboard.harness import classifiers
from fuseboard.harness.classifiers.classifier import StreamedClassifier
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.store.results.evaluations import TRANSFER

NAME = TRANSFER.name
"""The evaluation, under which the rows lie."""
ALWAYS = ("linear-probe", "knn")
"""Classifiers that are measured beside that of the protocol."""


@dataclass(frozen=True)
class Family:
    """One classifier."""

    name: str
    kind: type[StreamedClassifier]
    variants: Sequence[Variant]
    """Its settings, the simplest first, which wins among equals."""


def families(protocol: Protocol, train_rows: int, device: str) -> tuple[list[Family], list[str]]:
    """Lists the classifiers to measure, and what is left out and why, one line each.

    Trees need a GPU: on a CPU those of a protocol, a thousand for every round, would take weeks on ImageNet.
    """
    found, left_out = [], []
    for name in dict.fromkeys((*ALWAYS, protocol.classifier)):
        kind = classifiers.get(name)
        if not issubclass(kind, StreamedClassifier):
            left_out.append(f"{name} is left out: it cannot be fitted from a stream")
        elif kind.NEEDS_GPU and device == "cpu":
            left_out.append(f"{name} is left out: it needs a GPU to be done in hours")
        else:
            grid = kind.stream_grid()
            images = f"there are {train_rows} training images"
            left_out += [f"{name} {each.name} is left out: {images}" for each in grid if each.min_rows > train_rows]
            able = [each for each in grid if each.min_rows <= train_rows]
            found.append(Family(name, kind, [Variant.of(protocol, NAME, name, each) for each in able]))
    return found, left_out
