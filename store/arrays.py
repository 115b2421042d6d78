"""Arrays that every package speaks of, and the names of MedMNIST's tasks."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]]
"""(N,) class numbers, or (N, L) of 0 and 1 for a multi-label task."""

Scores = NDArray[np.floating[Any]]
"""(N, C) probabilities; for a binary task (N, 1) or (N, 2), of which the last column counts."""

Task = Literal["binary-class", "multi-class", "ordinal-regression", "multi-label, binary-class"]
"""What kind of answer a dataset asks for, in MedMNIST's words, which manifests keep."""

BINARY: Task = "binary-class"
MULTI_CLASS: Task = "multi-class"
ORDINAL: Task = "ordinal-regression"
MULTI_LABEL: Task = "multi-label, binary-class"
TASKS: tuple[Task, ...] = (BINARY, MULTI_CLASS, ORDINAL, MULTI_LABEL)


def is_multi_label(task: str) -> bool:
    """Whether an image can have several labels at once, by the name of the task."""
    return task == MULTI_LABEL
