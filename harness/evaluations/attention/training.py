"""Training: the module with a linear head on the training split, stopped early by the loss on validation."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fuseboard.harness.evaluations.attention.module import BATCH_ROWS, AttentionFusion, seeded
from fuseboard.harness.evaluations.attention.plan import Plan
from fuseboard.store.arrays import BINARY, MULTI_CLASS, ORDINAL

Split = tuple[Sequence[NDArray[np.float32]], NDArray[np.integer[Any]]]
"""Blocks (N, D_k), and (N,) or (N, L) labels."""


@dataclass(frozen=True)
class Trained:
    """What training left: the head, which nobody needs afterwards, and what it came through."""

    head: nn.Linear
    losses: list[float]
    """On validation, in nats per image or label: before the first epoch, and after each."""
    best: int
    """Epoch whose weights were kept; 0 is the initialisation."""


def train(
    module: AttentionFusion, learn: Split, val: Split, task: str, n_classes: int, seed: int, plan: Plan
) -> Trained:
    """Trains the module where it lies, and leaves it in the state with the lowest validation loss.

    Args:
        module: freshly drawn; its inputs become standardised by the training rows.
        learn: rows to learn from.
        val: rows that say when to stop.
        task: MedMNIST's name of the task.
        n_classes: classes, or labels of a multi-label task.
        seed: of the head's weights and of the order of rows.
        plan: how long and how fast.
    """
    device, width = module.norm.weight.device, module.norm.normalized_shape[0]
    many = task in (MULTI_CLASS, ORDINAL)
    module.standardise(learn[0])
    with seeded(seed):
        head = nn.Linear(width, 1 if task == BINARY else n_classes).to(device)
    model = nn.ModuleDict({"module": module, "head": head})
    optimiser = torch.optim.AdamW(model.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay)
    order = torch.Generator().manual_seed(seed)

    def loss(split: Split, rows: NDArray[np.intp]) -> Tensor:
        blocks, labels = split
        logits = head(module([torch.from_numpy(block[rows]).to(device) for block in blocks]))
        truth = torch.from_numpy(labels[rows].astype(np.int64)).to(device)
        if many:
            return nn.functional.cross_entropy(logits, truth)
        return nn.functional.binary_cross_entropy_with_logits(logits, truth.reshape(logits.shape).float())

    @torch.no_grad()
    def validation_loss() -> float:
        total = len(val[1])
        parts = [np.arange(start, min(start + BATCH_ROWS, total)) for start in range(0, total, BATCH_ROWS)]
        return sum(float(loss(val, rows)) * len(rows) for rows in parts) / total

    losses = [validation_loss()]
    best, kept = 0, deepcopy(model.state_dict())
    for epoch in range(1, plan.epochs + 1):
        shuffled = torch.randperm(len(learn[1]), generator=order).numpy()
        for start in range(0, len(shuffled), plan.batch_rows):
            optimiser.zero_grad()
            torch.autograd.backward(loss(learn, shuffled[start : start + plan.batch_rows]))
            optimiser.step()
        losses.append(validation_loss())
        if losses[epoch] < losses[best]:
            best, kept = epoch, deepcopy(model.state_dict())
        elif epoch - best >= plan.patience:
            break
    model.load_state_dict(kept)
    return Trained(head, losses, best)
