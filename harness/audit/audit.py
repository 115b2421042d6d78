"""The audit: all checks of one dataset, each of which runs as far as what it needs is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.audit import columns, duplicates, label_issues, out_of_fold, shortcuts
from fuseboard.harness.audit import features as stored
from fuseboard.harness.audit import images as pixels
from fuseboard.harness.audit.columns import Column
from fuseboard.harness.audit.duplicates import Duplicates
from fuseboard.harness.audit.features import Features
from fuseboard.harness.audit.images import AuditedImages
from fuseboard.harness.audit.label_issues import LabelIssue
from fuseboard.harness.audit.shortcuts import Shortcut
from fuseboard.harness.datasets.dataset import Dataset
from fuseboard.harness.terminal.extras import what_is_missing
from fuseboard.store.errors import FuseboardError
from fuseboard.store.files.progress import counting
from fuseboard.store.statistics import weighted_metrics
from fuseboard.store.store import Store


@dataclass
class Audit:
    """What was found, and what could not be looked for."""

    images: AuditedImages
    exact: Sequence[Duplicates]
    near: Sequence[Duplicates] = ()
    backbones: Sequence[str] = ()
    label_auc: Mapping[str, float] = field(default_factory=dict)
    """Backbone -> AUC of the label, out of fold."""
    labels: Sequence[LabelIssue] = ()
    shortcuts: Sequence[Shortcut] = ()
    not_asked: Mapping[str, str] = field(default_factory=dict)
    """Column -> why it was not predicted."""
    missing: dict[str, str] = field(default_factory=dict)
    """Check -> why it did not run, with the mend."""
    remarks: Sequence[str] = ()

    @property
    def duplicates(self) -> Sequence[Duplicates]:
        """The exact ones, then the near ones."""
        return (*self.exact, *self.near)


def examine(dataset: Dataset, store: Store) -> Audit:
    """Runs every check on a dataset, with the embeddings of a store where one needs them."""
    images = pixels.read(dataset)
    audit = Audit(images, duplicates.exact(images))
    try:
        features = stored.find(images, store)
    except FuseboardError as error:
        audit.missing = dict.fromkeys(("near duplicates", *_judgements(images)), str(error))
        return audit
    audit.backbones, audit.remarks = features.backbones, features.left_out
    if len(images) > duplicates.MOST:
        audit.missing["near duplicates"] = (
            f"{len(images):,} images, {duplicates.MOST:,} at most are compared with each other; audit a sample, "
            f"{dataset.name}-sample{duplicates.MOST // 4}"
        )
    else:
        audit.near = duplicates.near(images, features, audit.exact)
    try:
        _judge(audit, features)
    except FuseboardError as error:
        audit.missing |= dict.fromkeys(_judgements(images), str(error))
    return audit


def _judgements(images: AuditedImages) -> tuple[str, ...]:
    """Returns what only a probe can say of these images."""
    return ("labels", "shortcuts") if images.further else ("labels",)


def _judge(audit: Audit, features: Features) -> None:
    """Asks the backbones for labels and columns, each image being judged by what was learned from others."""
    images, names = audit.images, audit.images.dataset.label_names
    units = duplicates.units(len(images), audit.duplicates, images.groups)
    asked = _columns(audit)
    cut = out_of_fold.folds(images.labels, units)
    cuts = {column.name: out_of_fold.folds(column.numbers, units[column.rows]) for column in asked}
    said: dict[str, NDArray[np.float32]] = {}
    of_columns: dict[str, list[NDArray[np.float32]]] = {column.name: [] for column in asked}
    with counting(f"{images.dataset.name} · judging labels and columns", len(features.backbones)) as advance:
        for backbone in features.backbones:
            vectors = features.read(backbone)
            said[backbone] = out_of_fold.probabilities(vectors, images.labels, len(names), cut)
            for column in asked:
                of_columns[column.name].append(
                    out_of_fold.probabilities(
                        vectors[column.rows], column.numbers, len(column.values), cuts[column.name]
                    )
                )
            advance(1)
    audit.label_auc = {name: _auc(images, scores) for name, scores in said.items()}
    try:
        audit.labels = label_issues.find(images.labels, names, said, features.majority)
    except ModuleNotFoundError as error:
        mend = what_is_missing(error)
        if mend is None:
            raise
        audit.missing["labels"] = mend
    vote = shortcuts.mean(list(said.values()))
    audit.shortcuts = [
        shortcuts.measure(column, shortcuts.mean(of_columns[column.name]), images.labels, vote, units)
        for column in asked
    ]


def _columns(audit: Audit) -> list[Column]:
    asked, not_asked = [], {}
    for name, cells in audit.images.further.items():
        column = columns.of(name, cells, audit.images.labels)
        if isinstance(column, str):
            not_asked[name] = column
        else:
            asked.append(column)
    audit.not_asked = not_asked
    return asked


def _auc(images: AuditedImages, scores: NDArray[np.float32]) -> float:
    task = out_of_fold.task_of(images.labels, scores.shape[1])
    once = np.ones((len(images), 1), np.float32)
    return float(weighted_metrics.auc(task, images.labels, [scores])(once)[0, 0])
