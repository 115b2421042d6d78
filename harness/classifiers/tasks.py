"""The task that MedMNIST has no name for, and how a head's decision becomes its answer."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fuseboard.store.arrays import MULTI_CLASS, ORDINAL

REGRESSION = "regression"
"""A number per image; no manifest and no board has it."""

Link = Literal["softmax", "sigmoid", "identity"]
"""How decisions (N, C) become answers: over classes, one by one, or not at all."""

NEVER = -1e4
"""The log-odds of what training never has; its probability is 0 in every precision, and no sum with it is NaN."""


def link_of(task: str) -> Link:
    """The link of a task; a binary one has a single column, that of the positive class."""
    if task == REGRESSION:
        return "identity"
    return "softmax" if task in (MULTI_CLASS, ORDINAL) else "sigmoid"


def answers(link: Link, decision: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Turns decisions (N, C) into probabilities (N, C), or into the target itself."""
    return linked(link, decision).astype(np.float32)


def linked(link: Link, decision: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """The same in the precision of the decisions."""
    from scipy.special import expit, softmax

    if link == "identity":
        return decision
    found: NDArray[np.floating[Any]] = softmax(decision, axis=1) if link == "softmax" else expit(decision)
    return found
