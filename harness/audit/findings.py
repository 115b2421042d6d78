"""The findings: what an audit has to say, a line each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fuseboard.harness.audit.audit import Audit
from fuseboard.harness.audit.class_counts import FEW, counts
from fuseboard.harness.audit.duplicates import Duplicates
from fuseboard.harness.audit.images import AuditedImages
from fuseboard.harness.audit.shortcuts import Shortcut
from fuseboard.harness.terminal.finding import Finding
from fuseboard.store.files.foreign_text import foreign
from fuseboard.store.statistics.estimates import Interval

HOW = {"exact": "pixel for pixel", "near": "nearly the same"}
LEAKED = "take them out of one of the splits; a score on images of training says nothing of unseen ones"
TWICE = "look at both; leave all but one out"
RELABEL = "look at the images (the page shows them); a wrong label is mended at its source"


@dataclass(frozen=True)
class Twin:
    """An image that a second place has too."""

    row: int
    other: int
    """An image there that it is linked with."""
    kind: Literal["exact", "near"]
    same_label: bool
    """Whether all its images there have the label that it has."""


def of(audit: Audit) -> Iterator[Finding]:
    """Yields at least one finding for every check."""
    yield from _across_splits(audit)
    yield from _within_splits(audit)
    yield from _across_groups(audit)
    yield from _labels(audit)
    yield from _classes(audit)
    yield from _shortcuts(audit)
    for why in dict.fromkeys(audit.missing.values()):
        checks = [check for check, reason in audit.missing.items() if reason == why]
        yield Finding("missing", ", ".join(checks), "not looked at", why)


def twins(audit: Audit, split: str, other: str) -> list[Twin]:
    """Returns the images of a split that another split has too, of exact and near ones the exact."""
    images = audit.images
    found: dict[int, Twin] = {}
    for each in audit.duplicates:
        there = [row for row in each.rows if images.splits[row] == other]
        for row in each.rows:
            if there and images.splits[row] == split and row not in found:
                same = all(images.same_label(row, one) for one in there)
                differs = (one for one in there if not images.same_label(row, one))
                found[row] = Twin(row, next(differs, there[0]), each.kind, same)
    return [found[row] for row in sorted(found)]


def _across_splits(audit: Audit) -> Iterator[Finding]:
    images, splits = audit.images, audit.images.dataset.splits
    bad = False
    for number, split in enumerate(splits):
        total = int((images.splits == split).sum())
        for other in splits[:number]:
            found = twins(audit, split, other)
            for kind in ("exact", "near"):
                for same in (False, True):
                    of_kind = [twin for twin in found if twin.kind == kind and twin.same_label == same]
                    if of_kind:
                        bad = True
                        yield Finding("wrong", "splits", _leak(images, of_kind, split, other, total), LEAKED)
    if not bad:
        how = "pixel for pixel" if "near duplicates" in audit.missing else "or nearly"
        yield Finding("ok", "splits", f"no image is in two splits, {how}")


def _leak(images: AuditedImages, found: Sequence[Twin], split: str, other: str, total: int) -> str:
    first = found[0]
    whose = "with the same label" if first.same_label else "with another label"
    are = "is" if len(found) == 1 else "are"
    return (
        f"{split}: {len(found):,} of {total:,} images {are} in {other} too, {HOW[first.kind]}, {whose}: "
        f"{images.name(first.row)} = {images.name(first.other)}{_labels_of(images, first)}"
    )


def _labels_of(images: AuditedImages, twin: Twin) -> str:
    if twin.same_label:
        return ""
    return f" ({foreign(images.label(twin.row))}; {foreign(images.label(twin.other))})"


def _within_splits(audit: Audit) -> Iterator[Finding]:
    images = audit.images
    for split in images.dataset.splits:
        for kind in ("exact", "near"):
            inside = [
                rows
                for each in audit.duplicates
                if each.kind == kind
                if len(rows := [row for row in each.rows if images.splits[row] == split]) > 1
            ]
            differing = [rows for rows in inside if not all(images.same_label(rows[0], row) for row in rows)]
            if not inside:
                continue
            example = (differing or inside)[0]
            more = f", {len(differing):,} of them with several labels" if differing else ", labels alike"
            are = "image is" if len(inside) == 1 else "images are"
            which = " = ".join(images.name(row) for row in example[:3])
            message = f"{split}: {len(inside):,} {are} there more than once, {HOW[kind]}{more}: {which}"
            yield Finding("wrong" if differing else "note", "duplicates", message, TWICE)


def _across_groups(audit: Audit) -> Iterator[Finding]:
    groups = audit.images.groups
    if groups is None:
        return
    shared = [each for each in audit.duplicates if len({groups[row] for row in each.rows}) > 1]
    for kind in ("exact", "near"):
        found = [each for each in shared if each.kind == kind]
        if found:
            yield Finding("wrong", "groups", _in_groups(found, groups, kind), "find out whose image it is")
    if not shared:
        yield Finding("ok", "groups", "no image is in two groups")


def _in_groups(found: Sequence[Duplicates], groups: Sequence[str], kind: str) -> str:
    example = sorted({groups[row] for row in found[0].rows})[:3]
    return (
        f"{len(found):,} image{'s' * (len(found) > 1)} {'are' if len(found) > 1 else 'is'} in several groups, "
        f"{HOW[kind]}: {', '.join(foreign(name) for name in example)}"
    )


def _labels(audit: Audit) -> Iterator[Finding]:
    if "labels" in audit.missing:
        return
    count, asked = len(audit.labels), len(audit.backbones)
    if not count:
        yield Finding("ok", "labels", f"most of {asked} backbones contradict no label")
        return
    first = audit.labels[0]
    yield Finding(
        "note",
        "labels",
        f"{count:,} of {audit.images.labels.size:,} labels are contradicted by most of {asked} backbones, first "
        f"{audit.images.name(first.row)}: {foreign(first.given)}, {first.backbones} of {asked} say "
        f"{foreign(first.suggested)}",
        RELABEL,
    )


def _classes(audit: Audit) -> Iterator[Finding]:
    found = list(counts(audit.images))
    for each in found:
        if each.is_absent:
            what = "has no image" if not each.images else "is all images"
            yield Finding("wrong", "classes", f"{each.split}: {foreign(each.name)} {what}", "divide the images anew")
        elif each.is_small:
            least = min(each.images, each.others)
            of_what = "" if each.images <= each.others else "not "
            yield Finding(
                "note",
                "classes",
                f"{each.split}: {least} image{'s' * (least > 1)} {of_what}of {foreign(each.name)}; below {FEW} its "
                "AUC is hardly known",
            )
    if not any(each.is_absent or each.is_small for each in found):
        yield Finding("ok", "classes", f"every class has {FEW} images or more in every split")


def _shortcuts(audit: Audit) -> Iterator[Finding]:
    if not audit.images.further:
        yield Finding(
            "note", "shortcuts", "the images have a label alone: no column of their site, scanner or the like"
        )
        return
    for each in audit.shortcuts:
        yield _shortcut(each)
    for name, why in audit.not_asked.items():
        yield Finding("note", "shortcuts", f"{foreign(name)} was not predicted: {why}")


def _shortcut(each: Shortcut) -> Finding:
    seen = f"{foreign(each.column)}: AUC {_shown(each.of_column['auc'])}, the label's {_shown(each.of_label['auc'])}"
    related = f"Cramér's V of both {each.cramers_v:.2f}"
    if not each.is_seen_better:
        return Finding("ok", "shortcuts", f"{seen}; {related}")
    if not each.goes_with_label:
        return Finding("note", "shortcuts", f"{seen}: seen better than the label, but tells nothing of it; {related}")
    return Finding(
        "wrong",
        "shortcuts",
        f"{seen}: seen better than the label, and goes with it; {related}",
        "make it the group, so that scores are of unseen ones, or balance it within every class",
    )


def _shown(interval: Interval) -> str:
    if interval.value is None or interval.low is None or interval.high is None:
        return "not known"
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
