"""The table: what it says of the images of a dataset, or of images that are to be predicted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fuseboard.harness.datasets.custom.missing import WORDS
from fuseboard.harness.metadata.encoding import Cells
from fuseboard.store.embeddings import metadata
from fuseboard.store.embeddings.dataset_protocol import Catalogued
from fuseboard.store.errors import FuseboardError, UsageError, unknown
from fuseboard.store.files import table_file
from fuseboard.store.files.hashing import sha256_of
from fuseboard.store.vectors.found import IDS, LABELS, SPLIT, Found
from fuseboard.store.vectors.image_join import Faults, join

NOT_KNOWN = WORDS | {""}


@dataclass(frozen=True)
class Read:
    """Cells of every split of a dataset, by ascending id, and where they are from."""

    splits: dict[str, Cells]
    where: str
    file: str
    sha256: str
    how: str
    """What the join of rows and images rests on."""


def kept(root: Path, dataset: Catalogued, columns: Sequence[str]) -> Read:
    """Returns what a store keeps of the columns of one's own images.

    Raises:
        UsageError: it keeps none of these images, or not such a column.
    """
    found = {split: metadata.of_split(root, dataset.name, dataset.source_md5, split) for split in dataset.splits}
    path = metadata.path_of(root, dataset.name)
    there = list(next(iter(found.values())))
    _expect(columns, there, f"the further columns of {dataset.name}")
    splits: dict[str, Cells] = {split: _known(own, columns or there) for split, own in found.items()}
    return Read(splits, "the table of the images", path.name, sha256_of(path), "kept beside the table of the images")


def joined(path: Path, dataset: Catalogued, columns: Sequence[str]) -> Read:
    """Reads a table whose rows are images of a dataset, joined by path or id as `store import` does it.

    Raises:
        FuseboardError: rows that are of no image, images without a row, labels that differ; all in one line.
    """
    frame = table_file.read(path)
    names = [name for name in frame.columns if name != table_file.ROW]
    lines = frame[table_file.ROW].to_numpy() + (2 if path.suffix.lower() != ".parquet" else 1)
    roles: dict[str, Any] = {
        "ids": _first(names, IDS),
        "labels": _first(names, LABELS),
        "splits": _first(names, SPLIT),
    }
    texts = {name: frame.select(table_file.lenient_text(frame, name).alias(name))[name].to_list() for name in names}
    if columns:
        _expect(columns, names, path.name)
    taken = list(columns) or [name for name in names if name not in roles.values()]
    if not taken:
        raise UsageError(f"{path.name}: no column beside path, label and split")
    beside = {role: np.array([cell or "" for cell in texts[name]], str) for role, name in roles.items() if name}
    rows = np.arange(len(frame), dtype=np.float64)[:, None]
    faults = Faults()
    parts = join(
        [Found(path.name, len(frame), rows, rows.dtype, **beside, lines=lines)], dataset, None, False, faults, "row"
    )
    faults.refuse(path.name, "nothing of it was taken; an image of which nothing is known has a row of empty cells")
    if lacking := [split for split in dataset.splits if split not in {part.split for part in parts}]:
        raise FuseboardError(f"{path.name}: no row is of an image of {', '.join(lacking)}; nothing of it was taken")
    splits = {}
    for part in parts:
        order = part.vectors[slice(0, len(part.labels))][:, 0].astype(int)
        splits[str(part.split)] = _known({name: [texts[name][row] for row in order] for name in taken}, taken)
    return Read(splits, path.name, path.name, sha256_of(path), parts[0].how)


class Beside:
    """A table beside images that are to be predicted.

    Args:
        path: of a CSV, TSV or Parquet file with a column of paths.

    Raises:
        UsageError: it is no table, or has no column of paths.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        frame = table_file.read(path)
        self.columns = [name for name in frame.columns if name != table_file.ROW]
        ids = _first(self.columns, IDS)
        if ids is None:
            raise UsageError(f"{path.name}: no column called path or file, so nothing tells which image a row is of")
        self._texts = frame.select(table_file.lenient_text(frame, name).alias(name) for name in self.columns)
        cells = [cell or "" for cell in self._texts[ids].to_list()]
        self._by_path = {str((path.parent / cell).resolve()): row for row, cell in enumerate(cells)}
        self._by_name: dict[str, int | None] = {}
        for row, cell in enumerate(cells):
            name = Path(cell.replace("\\", "/")).name
            self._by_name[name] = None if name in self._by_name else row

    def cells(self, columns: Sequence[str], images: Sequence[str]) -> tuple[Cells, dict[int, str]]:
        """Returns the cells of images, and number of an image -> why there are none.

        A path is that of the table, from its folder on, or the file name where only one row has it.

        Raises:
            UsageError: the table lacks a column.
        """
        _expect(columns, self.columns, self.name)
        rows = [self._by_path.get(str(Path(one).resolve()), self._by_name.get(Path(one).name)) for one in images]
        faults = {
            number: f"{images[number]}: no row of {self.name} is of it"
            for number, row in enumerate(rows)
            if row is None
        }
        texts = {name: self._texts[name].to_list() for name in columns}
        found = {name: [None if row is None else texts[name][row] for row in rows] for name in columns}
        return _known(found, columns), faults


def _first(names: Sequence[str], usual: Sequence[str]) -> str | None:
    return next((name for name in names if name.lower() in usual), None)


def _expect(columns: Sequence[str], there: Sequence[str], where: str) -> None:
    for name in columns:
        if name not in there:
            raise unknown("column", name, list(there), where)


def _known(cells: Cells, columns: Sequence[str]) -> Cells:
    return {
        name: [None if cell is None or cell.strip() in NOT_KNOWN else cell.strip() for cell in cells[name]]
        for name in columns
    }
