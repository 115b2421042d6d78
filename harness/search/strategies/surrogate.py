"""Surrogate: closed-form leave-one-out scores rank every subset before a tree is grown; exact fits for few."""

from fuseboard.harness.search import kernel_ridge
from fuseboard.harness.search.strategies.strategy import Ask, Plan, SearchView

FINALISTS = 4
"""Full fits."""

METRICS: dict[str, kernel_ridge.Metric] = {"acc": "acc", "auc": "auc", "log-loss": "r2"}
"""What a protocol chooses by -> what ranks here. Ridge predicts no probabilities: squared loss stands for log-loss."""


def surrogate(view: SearchView) -> Plan:
    """Asks for the finalists alone; their ranks come from the training images and choose nothing."""
    train = view.train()
    scores = kernel_ridge.scores(train.features, train.labels, view.task, view.n_classes, METRICS[view.metric])
    yield Ask(view.ranked(scores)[:FINALISTS])
