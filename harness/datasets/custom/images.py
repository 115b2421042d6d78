"""One's own images as a dataset."""

import hashlib
from functools import partial
from pathlib import Path
from typing import Self

from fuseboard.harness.datasets import image_check, image_files, image_io
from fuseboard.harness.datasets.custom import folder, implied, missing, table
from fuseboard.harness.datasets.custom import spec as specs
from fuseboard.harness.datasets.custom.divided import DividedImages
from fuseboard.harness.datasets.custom.spec import Spec
from fuseboard.harness.datasets.dataset import Reader
from fuseboard.store.errors import FuseboardError


class OwnImages(DividedImages):
    """What a TOML describes, or what a folder of classes or a table of paths says by itself."""

    def __init__(self, spec: Spec, beside: Path, complete: bool = False) -> None:
        """Lists the images; opens none of them.

        Args:
            spec: what is said of them.
            beside: the file from which its relative paths count.
            complete: whether splits that are not given are made.

        Raises:
            UsageError: anything that the folder or the table has wrong.
        """
        self._root = specs.place(beside, spec.images or "")
        if spec.table is None:
            rows, left_out = folder.read(self._root)
            rows, settled = missing.settle(rows, spec)
            where = str(self._root)
        else:
            listed, left_out = specs.place(beside, spec.table), []
            where = str(listed)
            rows, settled = table.read(listed, self._root, spec)
        super().__init__(rows, spec, where, complete)
        self._remarks += settled
        if left_out:
            self._remarks += (image_files.left_out(left_out),)
        self._checked = False

    @classmethod
    def of_toml(cls, toml: Path) -> Self:
        """Reads what a TOML describes.

        Raises:
            UsageError: anything that the TOML, the folder or the table has wrong.
        """
        return cls(specs.read(toml), toml)

    @classmethod
    def of_path(cls, path: Path, group: str | None = None) -> Self:
        """Takes a folder, or a table, as it is; splits that it does not give are made.

        Args:
            path: a folder with one folder per class, or a CSV, TSV or Parquet file with the columns path and label.
            group: column of the table that says what must not be on two sides.
        """
        return cls(implied.spec(path, group), path, complete=True)

    @property
    def root(self) -> Path:
        """The folder where the paths of the images begin."""
        return self._root

    def _reader(self, path: str) -> Reader:
        return partial(image_io.read, self._root / path, self.reading, self._limit)

    def check(self) -> None:
        """Looks at every file once, and names those that cannot be read."""
        if self._checked:
            return
        image_check.check(self._files(), self.reading, self._limit, f"{self.name} · checking")
        self._checked = True

    def _hashes(self, paths: list[str]) -> list[str]:
        return image_check.each([self._root / path for path in paths], _md5, f"{self.name} · hashing")

    def _files(self) -> list[Path]:
        return [self._root / path for split in self.splits for path in self._paths[split]]


def _md5(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise FuseboardError(f"{path}: not readable ({error.strerror}); mend or remove it") from error
