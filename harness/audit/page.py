"""The page of an audit: what was found, with the images, in one file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fuseboard.harness.audit import duplicates, findings, out_of_fold
from fuseboard.harness.audit.audit import Audit
from fuseboard.harness.audit.class_counts import FEW, counts
from fuseboard.harness.audit.duplicates import Duplicates
from fuseboard.harness.audit.images import AuditedImages
from fuseboard.harness.pages import page, thumbnail
from fuseboard.store.errors import UsageError

TEMPLATE = Path(__file__).parent / "templates" / "audit.html.j2"
STYLE = TEMPLATE.with_name("audit.css")
SHOWN = 48
"""Groups, and contradicted labels, of which images are shown; a page with all of them might not open."""
OF_A_GROUP = 4


@dataclass(frozen=True)
class _Picture:
    """An image as the page shows it."""

    uri: str
    name: str
    label: str
    path: str
    group: str


@dataclass(frozen=True)
class _Card:
    """Images that are the same."""

    kind: str
    correlation: float
    other_label: bool
    across_groups: bool
    pictures: Sequence[_Picture]
    more: int


def require_place(path: Path) -> None:
    """Raises a UsageError where no file can be written, before anything is computed for it."""
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; name the file that the page is written to, such as {path}/audit.html")


def render(audit: Audit) -> str:
    """Returns the page; reads the images that it shows once more."""
    images = audit.images
    ordered = sorted(audit.duplicates, key=lambda each: _order(images, each))
    across = [each for each in ordered if _crosses(images, each)]
    inside = [each for each in ordered if not _crosses(images, each)]
    shown = [each.rows[:OF_A_GROUP] for each in (*across[:SHOWN], *inside[:SHOWN])]
    labels = audit.labels[:SHOWN]
    pictures = _pictures(images, {row for rows in shown for row in rows} | {issue.row for issue in labels})
    context = {
        "title": f"Audit of {images.dataset.name}",
        "description": f"Duplicates, contradicted labels, small classes and shortcuts of {images.dataset.name}.",
        "audit": audit,
        "dataset": images.dataset,
        "sizes": {split: int((images.splits == split).sum()) for split in images.dataset.splits},
        "findings": list(findings.of(audit)),
        "across": [_card(images, each, pictures) for each in across[:SHOWN]],
        "across_in_all": len(across),
        "inside": [_card(images, each, pictures) for each in inside[:SHOWN]],
        "inside_in_all": len(inside),
        "labels": [(issue, pictures[issue.row]) for issue in labels],
        "classes": _classes(images),
        "few": FEW,
        "alike": duplicates.ALIKE,
        "equal": duplicates.EQUAL,
        "close": duplicates.CLOSE,
        "folds": out_of_fold.FOLDS,
    }
    return page.render(TEMPLATE, context, [STYLE])


def _order(images: AuditedImages, each: Duplicates) -> tuple[bool, bool, int]:
    """The worst first: other labels, then equal pixels."""
    return _same_labels(images, each), each.kind != "exact", each.rows[0]


def _same_labels(images: AuditedImages, each: Duplicates) -> bool:
    return all(images.same_label(each.rows[0], row) for row in each.rows)


def _crosses(images: AuditedImages, each: Duplicates) -> bool:
    """Whether images that are the same lie in two splits, or in two groups."""
    groups = images.groups
    in_groups = {groups[row] for row in each.rows} if groups is not None else set()
    return len({str(images.splits[row]) for row in each.rows}) > 1 or len(in_groups) > 1


def _card(images: AuditedImages, each: Duplicates, pictures: dict[int, _Picture]) -> _Card:
    groups = images.groups
    return _Card(
        each.kind,
        each.correlation,
        not _same_labels(images, each),
        groups is not None and len({groups[row] for row in each.rows}) > 1,
        [pictures[row] for row in each.rows[:OF_A_GROUP]],
        max(0, len(each.rows) - OF_A_GROUP),
    )


def _pictures(images: AuditedImages, rows: Iterable[int]) -> dict[int, _Picture]:
    """Row -> image, each read once and in order, because some datasets are streams."""
    wanted = np.array(sorted(rows), np.intp)
    found = {}
    for split in images.dataset.splits:
        of_split = wanted[images.splits[wanted] == split]
        readers = images.dataset.pick(split, images.ids[of_split])
        for row, read in zip(of_split.tolist(), readers, strict=True):
            found[row] = _Picture(
                page.data_uri(thumbnail.png(read())),
                images.name(row),
                images.label(row),
                "" if images.paths is None else images.paths[row],
                "" if images.groups is None else images.groups[row],
            )
    return found


def _classes(images: AuditedImages) -> list[tuple[str, dict[str, int]]]:
    """Class -> split -> images, as rows of a table."""
    found: dict[str, dict[str, int]] = {}
    for each in counts(images):
        found.setdefault(each.name, {})[each.split] = each.images
    return list(found.items())
