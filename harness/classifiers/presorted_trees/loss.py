"""XGBoost's losses in float32, compiled: probabilities, derivatives, and whether their sums are exact."""

import numpy as np

from fuseboard.harness.classifiers.presorted_trees.compiled import compiled

f32 = np.float32
LEAST = f32(1e-16)
LEAST_TOP = np.finfo(f32).tiny
"""XGBoost looks for the largest margin from here on (`std::numeric_limits<float>::min()`) when it derives the softmax,
and not when it predicts."""


@compiled
def sigmoid(margin):
    """Returns the probability of a margin, which XGBoost bounds."""
    return f32(1) / (f32(np.exp(min(-margin, f32(88.7)))) + f32(1) + LEAST)


@compiled
def softmax(margins, into, least):
    """Writes the probabilities (K,) of the margins (K,) of one row; both may be the same array.

    Margins are lessened by the largest, or by `least`, which decides how they round.
    """
    top, total = max(margins.max(), least), 0.0
    for k in range(margins.size):
        into[k] = np.exp(margins[k] - top)
        total += into[k]
    for k in range(margins.size):
        into[k] /= f32(total)


@compiled
def derive(margins, targets, soft, first, second):
    """Writes first and second derivatives (K, N) of the loss by the margins (N, K)."""
    p = np.empty(margins.shape[1], f32)
    for i in range(len(margins)):
        if soft:
            softmax(margins[i], p, LEAST_TOP)
        for k in range(p.size):
            if not soft:
                p[k] = sigmoid(margins[i, k])
            first[k, i] = p[k] - targets[i, k]
            second[k, i] = max((f32(2) * p[k] if soft else p[k]) * (f32(1) - p[k]), LEAST)


@compiled
def adds_up_exactly(values):
    """Says whether float64 holds the sum of any of these float32, so that the order of adding cannot matter.

    With 2^e the power of two at or below the smallest, all are multiples of 2^(e - 23), so that sums up to 2^(e + 30)
    need no more than 53 bits.
    """
    total, least = 0.0, np.inf
    for value in values:
        size = abs(np.float64(value))
        total += size
        if 0 < size < least:
            least = size
    return total <= least * 2.0**29
