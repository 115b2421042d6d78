"""Which digests are current: what the present protocols, and the present settings of evaluations, give their rows."""

import sys

from fuseboard.harness.evaluations import classifier_grid
from fuseboard.harness.evaluations.attention import ablation
from fuseboard.harness.evaluations.setting import Variant
from fuseboard.harness.evaluations.transfer.families import families
from fuseboard.harness.protocols import protocol as protocols
from fuseboard.harness.protocols.protocol import Protocol
from fuseboard.store.results.evaluations import KNN, LINEAR_PROBE


def digests(name: str) -> frozenset[str]:
    """Returns every digest that rows of a protocol have by its present definition; of an unknown protocol none.

    Args:
        name: of the protocol, or `NAME-trialsN`, as rows have it.
    """
    found = protocols.digests(name)
    if name not in protocols.PROTOCOLS:
        return found
    return found | {variant.digest for variant in variants(protocols.get(name))}


def variants(rules: Protocol) -> list[Variant]:
    """Every setting of the evaluations whose settings have digests of their own, on data of any size and any device."""
    grids = [each for name in (LINEAR_PROBE.name, KNN.name) for each in classifier_grid.variants_of(name, rules)]
    attention = [each for kind in (ablation.RANDOM, ablation.TRAINED) for each in ablation.variants_of(kind, rules)]
    transfer, _ = families(rules, sys.maxsize, "cuda")
    return [*grids, *attention, *(each for family in transfer for each in family.variants)]
