"""The linear probe over a stream: one pass tells the loss and the gradient of every penalty at once.

Whole gradients, summed up batch by batch, and not steps after each batch: images lie class by class, so a batch of
adjacent rows holds one or two of a thousand classes, and shuffling what is streamed mixes only what the buffer holds.
A sum does not depend on the order, needs no learning rate, and ends where scikit-learn's LogisticRegression ends.
"""

import time
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from fuseboard.harness.classifiers.fusion import concat
from fuseboard.harness.evaluations.transfer.descent import HISTORY, TOLERANCE, Descent
from fuseboard.harness.evaluations.transfer.moments import Moments
from fuseboard.harness.evaluations.transfer.stream import Stream
from fuseboard.harness.evaluations.transfer.tally import Tally
from fuseboard.harness.evaluations.transfer.task import Advance, Answer, Task

PASSES = 200
"""Over training, at most; every try of a step is one."""
SETTING = {
    "solver": "L-BFGS, whole gradient",
    "history": HISTORY,
    "passes": PASSES,
    "tolerance": TOLERANCE,
    "features": "standardised",
}
"""Of every penalty, beside C itself."""


def measure(task: Task, penalties: Sequence[float], advance: Advance) -> list[Answer]:
    """Fits a probe per penalty, side by side, and counts its answers; each is charged all they share.

    Args:
        task: what to learn and what to answer.
        penalties: scikit-learn's C of each.
        advance: told of every pass over training.
    """
    began = time.perf_counter()
    weights = fit(task, penalties, advance)
    fit_s, tallies, predict_s = time.perf_counter() - began, {}, {}
    for split, unseen in task.unseen.items():
        began = time.perf_counter()
        tallies[split] = [Tally(task.n_classes) for _ in penalties]
        for rows, truth in _standardised(unseen, task.moments, task.device):
            shares = _logits(rows, weights).softmax(dim=2)
            for number, tally in enumerate(tallies[split]):
                tally.add(shares[:, number], truth)
        predict_s[split] = time.perf_counter() - began
    return [
        Answer({split: counted[number] for split, counted in tallies.items()}, fit_s, predict_s)
        for number in range(len(penalties))
    ]


@torch.no_grad()
def fit(task: Task, penalties: Sequence[float], advance: Advance) -> Tensor:
    """Weights (P, D + 1, C) of a probe per penalty, the last row of each its intercepts, on the task's device."""
    width = len(task.moments.mean) + 1
    descents = [Descent(torch.zeros(width, task.n_classes, device=task.device)) for _ in penalties]
    # scikit-learn's loss is C times the sum over images plus half the squared weights; this is that per image
    strengths = [1 / (c * task.train.rows) for c in penalties]
    for spent in range(PASSES):
        going = [number for number, descent in enumerate(descents) if not descent.done]
        if not going:
            advance(PASSES - spent)
            break
        trials = torch.stack([descents[number].trial for number in going])
        losses, gradients = _mean_loss(task, trials)
        for number, trial, loss, gradient in zip(going, trials, losses, gradients, strict=True):
            penalised = trial.clone()
            penalised[-1] = 0
            penalty = strengths[number] / 2 * float(penalised.square().sum())
            descents[number].take(loss + penalty, gradient + strengths[number] * penalised)
        advance(1)
    return torch.stack([descent.point for descent in descents])


def _mean_loss(task: Task, weights: Tensor) -> tuple[list[float], Tensor]:
    """Cross-entropy per image (P,) in nats and its gradients (P, D + 1, C), from one pass."""
    count, width, classes = weights.shape
    loss = torch.zeros(count, dtype=torch.float64, device=task.device)
    slopes = torch.zeros(width, count * classes, device=task.device)
    for rows, truth in _standardised(task.train, task.moments, task.device):
        logs = _logits(rows, weights).log_softmax(dim=2)
        own = truth[:, None, None].expand(-1, count, 1)
        loss -= logs.gather(2, own).sum(dim=(0, 2), dtype=torch.float64)
        excess = logs.exp_()
        excess.scatter_add_(2, own, torch.full_like(own, -1, dtype=excess.dtype))
        slopes.addmm_(rows.T, excess.reshape(len(rows), -1))
    gradients = slopes.reshape(width, count, classes).permute(1, 0, 2) / task.train.rows
    return (loss / task.train.rows).tolist(), gradients


def _logits(rows: Tensor, weights: Tensor) -> Tensor:
    """(n, P, C) from rows (n, D + 1), as a single product."""
    count, width, classes = weights.shape
    return (rows @ weights.permute(1, 0, 2).reshape(width, -1)).reshape(len(rows), count, classes)


def _standardised(stream: Stream, moments: Moments, device: str) -> Iterator[tuple[Tensor, Tensor]]:
    """Rows (n, D + 1) whose last column is 1, and class numbers (n,), on the device."""
    mean, deviation = (
        torch.from_numpy(each.astype("float32")).to(device) for each in (moments.mean, moments.deviation)
    )
    for batch in stream.batches():
        rows = (torch.from_numpy(concat(batch.parts)).to(device) - mean) / deviation
        ones = torch.ones(len(rows), 1, device=device)
        yield torch.cat([rows, ones], dim=1), torch.from_numpy(batch.labels.astype("int64")).to(device)
