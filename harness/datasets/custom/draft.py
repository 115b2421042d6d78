"""The draft: a commented TOML of a folder or a table of images, with everything that could be found out."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from fuseboard.harness.datasets import census, registry
from fuseboard.harness.datasets.custom import columns, implied
from fuseboard.harness.datasets.custom.images import OwnImages
from fuseboard.harness.datasets.custom.spec import Shares, Spec
from fuseboard.store.embeddings.declaration import DOMAINS
from fuseboard.store.errors import UsageError
from fuseboard.store.files.model_faults import PLACEHOLDER
from fuseboard.store.files.names import printable

HEAD = """\
# What makes these images a dataset of your own; docs/datasets.md says more. Paths count from the folder of this file.
# A line that begins with `#` and a key is an example, or what holds without it: take the `#` away to use it.
# `fuseboard datasets check {file}` says how the images are divided, and reads all of them."""

LONG = 110
"""Letters from which on a list has a line for every entry."""

SHOWN = 20
"""Classes and columns that a comment names, when there are more."""


def draft(path: Path, toml: Path) -> tuple[str, tuple[str, ...], str | None]:
    """Describes a folder or a table.

    Args:
        path: of a folder with one folder per class, or of a CSV, TSV or Parquet file.
        toml: where the text will lie, from whose folder its paths count.

    Returns:
        The text; remarks on the images; and, where they are no dataset yet, the line that says why.

    Raises:
        UsageError: there is no such folder or table, or it cannot be read at all.
    """
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder; give a folder with one folder per class, or a table")
    if not path.is_dir() and not implied.is_table(path):
        raise UsageError(f"{path}: neither a folder nor a table that ends in .csv, .tsv or .parquet")
    name = implied.name_of(path)
    facts: dict[str, Any] = {"name": f"my-{name}" if name in registry.names() else name, "licence": implied.LICENCE}
    known: list[str] = []
    if implied.is_table(path):
        found, known = columns.guess(path)
        facts |= {"table": path, "images": path.parent, **found}
    else:
        facts["images"] = path
    images, fault = None, None
    lacking = [
        key for key in ("path", "label") if known and key not in facts and not (key == "label" and "labels" in facts)
    ]
    if lacking:
        fault = f"say in it which column of {path} is {' and which is '.join(lacking)}: {', '.join(known)}"
    else:
        try:
            images = _images(facts, path)
        except UsageError as error:
            fault = str(error)
    remarks = (*images.remarks, *census.remarks(images)) if images is not None else ()
    return "\n".join(_lines(facts, toml, known, images)) + "\n", remarks, fault


def refuse_place(toml: Path) -> None:
    """Raises where the text cannot be written: something lies there, or no command would take it for a TOML."""
    if toml.suffix != ".toml":
        raise UsageError(f"{toml}: name a file that ends in .toml, by which commands know it")
    if toml.exists() or toml.is_symlink():
        raise UsageError(f"{toml}: this is there already, and is not overwritten; name another file with --out")


def _images(facts: dict[str, Any], path: Path) -> OwnImages:
    """Returns the dataset that the facts describe, with splits made that are not given."""
    paths = {key: str(facts[key].absolute()) for key in ("images", "table") if key in facts}
    return OwnImages(Spec.model_validate({**facts, **paths}), path, complete=True)


def _lines(facts: dict[str, Any], toml: Path, known: Sequence[str], images: OwnImages | None) -> Iterator[str]:
    yield HEAD.format(file=toml.name)
    yield from _key("name", facts["name"], "How stores and boards call it: small letters, digits, `.`, `_` and `-`.")
    comment = 'Of the images, such as "CC BY 4.0": every manifest names it, and it decides what may be made public.'
    yield from _key("licence", facts["licence"], comment)
    yield from _of_domain()
    if "table" in facts:
        yield from _key("table", _relative(facts["table"], toml), "The table: a row for every image.")
        yield from _key("images", _relative(facts["images"], toml), "The folder in which its paths begin.")
        yield from _of_columns(facts, known)
    else:
        comment = "The folder: in it one folder per class, or `train`, `val` and `test` with these in them."
        yield from _key("images", _relative(facts["images"], toml), comment)
    yield from _of_classes(facts, images)
    comment = (
        "Images whose label or group is NA, nan, None or empty are left out (`drop`), or such words are names (`keep`)."
    )
    yield from _example("missing", "drop", comment)
    yield from _example("bits", 12, "How many bits the values of 16-bit grey images use; without it 16.")
    yield from _example("page", 0, "Which image of a file of several pages or frames is meant, from 0.")
    default = Spec.model_fields["max_pixels"].default
    yield from _example("max_pixels", default, "Pixels that an image may have; more are refused.")
    yield from _of_splits(images)


def _of_domain() -> Iterator[str]:
    comment = (
        "What the images show, by which boards group and count them; without it they count on none. It is one of\n"
        f"# {', '.join(DOMAINS)}."
    )
    yield from _example("domain", "ultrasound", comment)
    comment = "Whose images they are: the same word in the TOML of every size or copy, of which boards count one."
    yield from _example("source", "my-clinic", comment)


def _of_columns(facts: dict[str, Any], known: Sequence[str]) -> Iterator[str]:
    yield f"\n# The columns of the table: {_few(known)}."
    yield from _key("path", facts.get("path", PLACEHOLDER), "The column of the paths of images.", "")
    if "labels" in facts:
        comment = "Columns of 0 and 1, a finding each: a task of several labels. Leave out those that are none."
        yield from _key("labels", facts["labels"], comment, "")
    else:
        yield from _key("label", facts.get("label", PLACEHOLDER), "The column of classes.", "")
        yield from _example(
            "labels", ["a", "b"], "Instead of `label` columns of 0 and 1: a task of several labels.", ""
        )
    comment = "The column of splits: train, val and test."
    yield from (
        _key("split", facts["split"], comment, "") if "split" in facts else _example("split", "split", comment, "")
    )
    comment = "What must not be on two sides, such as the patient."
    yield from (
        _key("group", facts["group"], comment, "") if "group" in facts else _example("group", "patient", comment, "")
    )


def _of_classes(facts: dict[str, Any], images: OwnImages | None) -> Iterator[str]:
    comment = "The classes in order, the positive one of two last."
    if images is not None and "labels" not in facts:
        counts = [
            f"{row['name']} {sum(int(str(row[split])) for split in images.splits):,}" for row in census.table(images)
        ]
        yield from _key("classes", list(images.label_names), f"{comment} Images: {_few(counts)}.")
    elif "labels" not in facts:
        yield from _example("classes", ["benign", "malignant"], comment)
    task = f" Found: {images.task}." if images is not None else ""
    comment = f"Say it where the classes are ordered, as grades are; otherwise it is found out.{task}"
    yield from _example("task", "ordinal-regression", comment)


def _of_splits(images: OwnImages | None) -> Iterator[str]:
    given = [] if images is None else images.given
    sizes = [f"{split} {len(images.labels(split)):,}" for split in images.splits] if images is not None else []
    standard = {key: field.default for key, field in Shares.model_fields.items()}
    made = {key: value for key, value in standard.items() if key not in given}
    if not set(made) - {"seed"}:
        yield f"\n# All splits are given: {', '.join(sizes)}."
        yield "# [splits]"
        mark = "# "
    else:
        came = f" So there are {', '.join(sizes)}." if sizes else ""
        kept = f" beside {' and '.join(given)}, which {'are' if len(given) > 1 else 'is'} given" if given else ""
        yield f"\n# How large the splits are that are made{kept}; train is the rest.{came}"
        yield "[splits]"
        mark = ""
    words = {
        "val": "Of all images, or of those given as train.",
        "test": "The same of test.",
        "seed": "Another one makes another division.",
    }
    for key, value in (made if not mark else standard).items():
        yield f"# {words[key]}"
        yield f"{mark}{_dumped(key, value)}"


def _key(key: str, value: Any, comment: str, before: str = "\n") -> Iterator[str]:
    yield f"{before}# {comment}"
    yield _dumped(key, value)


def _example(key: str, value: Any, comment: str, before: str = "\n") -> Iterator[str]:
    yield f"{before}# {comment}"
    yield f"# {_dumped(key, value)}"


def _dumped(key: str, value: Any) -> str:
    whole = tomli_w.dumps({key: value}).strip()
    if not isinstance(value, list):
        return whole
    short = f"{key} = [{', '.join(tomli_w.dumps({'k': one}).removeprefix('k = ').strip() for one in value)}]"
    return short if len(short) < LONG else whole


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(" ".join(printable(name).split()) for name in names[:SHOWN])
    return f"{shown} … ({len(names):,} in all)" if len(names) > SHOWN else shown


def _relative(path: Path, toml: Path) -> str:
    """Returns a path as it counts from the TOML's folder; the whole one where it lies on another drive."""
    whole = os.path.abspath(path)
    try:
        return Path(os.path.relpath(whole, os.path.abspath(toml.parent))).as_posix()
    except ValueError:
        return whole
