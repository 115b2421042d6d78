"""The images that a command is given: files, folders, lists of them, and lines of its input."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from fuseboard.harness.datasets import image_files
from fuseboard.store.errors import UsageError

LIST = "@"
"""Begins the name of a file with one path per line."""
INPUT = "-"
"""Stands for the lines of standard input."""


def find(arguments: Sequence[str]) -> tuple[list[Path], tuple[str, ...]]:
    """Returns the paths of images in the order in which they are named, and remarks on what was left out.

    A folder is walked as that of a dataset is. A path that is no folder is taken as it is: whether it can be read is
    said of it alone, later, and costs no other image.

    Args:
        arguments: paths of files and folders, `@LIST` or `-`.

    Raises:
        UsageError: a list cannot be read, or none of the images is there.
    """
    paths: list[Path] = []
    remarks: list[str] = []
    for name in _lines(arguments):
        path = Path(name)
        if not path.is_dir():
            paths.append(path)
            continue
        images, others = image_files.find(path)
        if not images:
            known = ", ".join(sorted(image_files.ENDINGS))
            raise UsageError(f"{path}: no image there; looked for {known}")
        paths += [path / image for image in images]
        remarks += [f"{path}: {image_files.left_out(others)}"] if others else []
    if not paths:
        raise UsageError("no image is named; give files, folders, @LIST with a path per line, or - for lines of input")
    if not any(path.exists() for path in paths):
        how_many = f"; none of the {len(paths):,} that are named is there" if len(paths) > 1 else ""
        raise UsageError(f"{paths[0]}: no such file or folder{how_many}")
    return paths, tuple(remarks)


def _lines(arguments: Iterable[str]) -> Iterable[str]:
    for argument in arguments:
        if argument == INPUT:
            yield from _filled(sys.stdin)
        elif argument.startswith(LIST) and not Path(argument).exists():
            place = Path(argument.removeprefix(LIST))
            try:
                yield from _filled(place.read_text(encoding="utf-8-sig").splitlines())
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not UTF-8"
                raise UsageError(f"{place}: this list of images cannot be read ({reason})") from error
        else:
            yield argument


def _filled(lines: Iterable[str]) -> Iterable[str]:
    return (line for one in lines if (line := one.strip("\r\n")))
