"""The audit for programs: everything that was found, every image by split and id."""

from collections.abc import Mapping
from dataclasses import asdict

from fuseboard.harness.audit.audit import Audit
from fuseboard.harness.audit.class_counts import counts
from fuseboard.harness.audit.duplicates import Duplicates
from fuseboard.harness.audit.findings import of
from fuseboard.harness.audit.images import AuditedImages
from fuseboard.harness.audit.shortcuts import Shortcut
from fuseboard.harness.terminal.report import Facts


def facts(audit: Audit) -> Facts:
    """Returns what is written as JSON."""
    images = audit.images
    dataset = images.dataset
    return {
        "dataset": dataset.name,
        "source_md5": dataset.source_md5,
        "licence": dataset.licence,
        "images": {split: int((images.splits == split).sum()) for split in dataset.splits},
        "backbones": list(audit.backbones),
        "findings": [finding.row() for finding in of(audit)],
        "duplicates": [_duplicates(images, each) for each in audit.duplicates],
        "labels": [
            {
                **_image(images, issue.row),
                "given": issue.given,
                "suggested": issue.suggested,
                "backbones": issue.backbones,
                "probability": issue.probability,
            }
            for issue in audit.labels
        ],
        "label_auc": dict(audit.label_auc),
        "classes": [asdict(each) for each in counts(images)],
        "shortcuts": [_shortcut(each) for each in audit.shortcuts],
        "not_asked": dict(audit.not_asked),
        "missing": dict(audit.missing),
        "remarks": list(audit.remarks),
    }


def _duplicates(images: AuditedImages, each: Duplicates) -> Facts:
    return {
        "kind": each.kind,
        "correlation": each.correlation,
        "same_label": all(images.same_label(each.rows[0], row) for row in each.rows),
        "images": [_image(images, row) for row in each.rows],
    }


def _image(images: AuditedImages, row: int) -> Facts:
    return {
        "split": str(images.splits[row]),
        "id": int(images.ids[row]),
        "label": images.label(row),
        **({} if images.paths is None else {"path": images.paths[row]}),
        **({} if images.groups is None else {"group": images.groups[row]}),
    }


def _shortcut(each: Shortcut) -> Mapping[str, object]:
    return {**asdict(each), "seen_better_than_the_label": each.is_seen_better}
