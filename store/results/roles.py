"""Roles are the parts that single subsets play in a choice, called alike by searches and boards."""

from collections.abc import Collection, Mapping
from typing import Literal

from fuseboard.store.results.selection import Criterion

RoleName = Literal["chosen", "all backbones", "best single", "best test AUC", "best test ACC"]
BEST_ON_TEST: Mapping[RoleName, str] = {"best test AUC": "auc", "best test ACC": "acc"}
"""Role that was found by looking at test -> the metric that it is best in. Nobody can choose it."""
_ALL, _SINGLE = "all backbones", "best single"


def title(name: str, criterion: Criterion, pools: Collection[tuple[str, ...]]) -> str:
    """Returns what a reader calls a role, or a method that is named after one.

    Args:
        name: such as `best single, tuned`.
        criterion: of the protocol, which says where a single backbone is best.
        pools: of the datasets that are spoken of; where they are one, it is said how many backbones that is. None where
            that is not to be said.
    """
    sizes = {len(pool) for pool in pools} if len({*pools}) == 1 else set()
    size = "the one of the pool" if sizes == {1} else f"all {sizes.pop()} of the pool" if sizes else "all of the pool"
    where = "on validation" if criterion.split == "val" else "in cross-validation"
    return name.replace(_ALL, size).replace(_SINGLE, f"{_SINGLE} {where}")
