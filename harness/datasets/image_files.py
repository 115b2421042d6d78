"""The image files below a folder: one walk, so that a dataset and a prediction see the same images."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from fuseboard.store.errors import UsageError
from fuseboard.store.files.names import printable, refuse_other_than_utf8

ENDINGS = frozenset(
    (
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".bmp", ".webp", ".gif"),
        *(".pgm", ".ppm", ".pbm", ".pnm", ".jp2", ".j2k"),
    )
)
"""The endings of files that a folder is searched for; what a file is, its content says."""

NAMED = 3
"""Files that a remark names, when there are more."""


def find(root: Path) -> tuple[list[str], list[str]]:
    """Returns the images below a folder, and other files, as paths relative to it in the order of their characters.

    Files and folders whose name begins with a point are passed over; links are followed.

    Raises:
        UsageError: a link to a folder that it lies in, the name of an image that is not UTF-8.
    """
    images: list[str] = []
    others: list[str] = []
    for path in _files(root, ""):
        if PurePosixPath(path).suffix.lower() not in ENDINGS:
            others.append(printable(path))
        else:
            refuse_other_than_utf8(root / path)
            images.append(path)
    return sorted(images), sorted(others)


def few(names: Iterable[str]) -> str:
    """Returns the first of many names, and how many there are where that is not all."""
    known = list(names)
    more = f" … ({len(known):,} such)" if len(known) > NAMED else ""
    return f"{', '.join(known[:NAMED])}{more}"


def named(what: str, paths: list[str]) -> str:
    """Returns a remark on files: how many there are, and the first of them."""
    more = " …" if len(paths) > NAMED else ""
    return f"{len(paths):,} {what}: {', '.join(sorted(paths)[:NAMED])}{more}"


def left_out(others: list[str]) -> str:
    """Returns the remark on files that are no images."""
    what = (
        "file left out, being no image by its ending"
        if len(others) == 1
        else "files left out, no images by their endings"
    )
    return named(what, others)


def _files(root: Path, below: str, above: frozenset[str] = frozenset()) -> Iterator[str]:
    """Returns every file below a folder, relative to the root."""
    own = os.path.realpath(root / below)
    if own in above:
        raise UsageError(f"{root / below}: a link to a folder that it lies in; remove it")
    with os.scandir(root / below) as entries:
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _files(root, path, above | {own})
            else:
                yield path
