"""The columns of a table that nobody described: which one probably holds what, by its cells and by its name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from fuseboard.harness.datasets.custom import implied
from fuseboard.harness.datasets.custom.table import refuse_headless
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.files import table_file

LABELS = ("label", "class", "target", "diagnosis", "dx", "category", "finding", "pathology", "grade", "y")
"""Names, in small letters, that tables of images give to the column of their classes; the likelier first."""

LOOKED_AT = 200
"""Rows whose paths are looked for; a table of a million would take minutes."""

MOST = 50
"""Classes that a column of another name may have, and be taken for that of the classes."""


def guess(table: Path) -> tuple[dict[str, Any], list[str]]:
    """Returns what the TOML of a table would say of its columns, and the names of all columns.

    Returns:
        The keys `path`, `images`, `label` or `labels`, `split` and `group` of a TOML, where something fits; `images` is
        a folder.

    Raises:
        UsageError: the file is no table.
    """
    frame = table_file.read(table).drop(table_file.ROW)
    for folder in _folders(table.parent):
        refuse_headless(table, folder, frame.columns)
    rows = frame.select(table_file.lenient_text(frame, name).alias(name) for name in frame.columns)
    found: dict[str, Any] = {}
    named = {name.lower(): name for name in reversed(rows.columns)}
    place = next(_places(rows, table.parent), None)
    if place is not None:
        found["path"], found["images"] = place
    elif "path" in named:
        found["path"] = named["path"]
    left = [name for name in rows.columns if name != found.get("path")]
    split = next((name for name in left if rows[name].null_count() == 0 and set(rows[name]) <= set(SPLITS)), None)
    groups = ("group", *implied.GROUPS)
    group = next((name for name in left if name.lower() in groups and name != split), None)
    found |= {key: name for key, name in (("split", split), ("group", group)) if name is not None}
    return found | _labels(rows, [name for name in left if name not in (split, group)]), rows.columns


def _places(rows: pl.DataFrame, beside: Path) -> Iterator[tuple[str, Path]]:
    """Returns columns whose cells name files, and the folder in which these begin: the table's, or one in it."""
    for folder in _folders(beside):
        for name in rows.columns:
            cells = rows[name].drop_nulls().head(LOOKED_AT).to_list()
            if cells and sum((folder / cell).is_file() for cell in cells) * 2 > len(cells):
                yield name, folder


def _folders(beside: Path) -> list[Path]:
    return [beside, *sorted(path for path in beside.iterdir() if path.is_dir() and not path.name.startswith("."))]


def _labels(rows: pl.DataFrame, left: list[str]) -> dict[str, Any]:
    named = {name.lower(): name for name in reversed(left)}
    if (label := next((named[name] for name in LABELS if name in named), None)) is not None:
        return {"label": label}
    kinds = {name: rows[name].drop_nulls().n_unique() for name in left}
    flags = [name for name in left if set(rows[name].str.replace(r"\.0*$", "")) == {"0", "1"}]
    if len(flags) > 1:
        return {"labels": flags}
    few = [name for name, count in kinds.items() if 2 <= count <= min(MOST, len(rows) // 2)]
    return {"label": few[0]} if len(few) == 1 else {}
