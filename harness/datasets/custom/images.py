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
from fuseboard.harness.datasets.dataset import Reader, Rows
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
        self._further_remarks += settled
        if left_out:
            self._further_remarks += (image_files.left_out(left_out),)
        self._checked: set[str] = set()

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

    def check(self, rows: Rows | None = None) -> None:
        """Looks at every file once, or at those of some rows, and names those that cannot be read."""
        chosen = {split: range(len(paths)) for split, paths in self._paths.items()} if rows is None else rows
        paths = [path for split, some in chosen.items() for path in map(self._paths[split].__getitem__, some)]
        if files := [self._root / path for path in paths if path not in self._checked]:
            image_check.check(files, self.reading, self._limit, f"{self.name} · checking")
            self._checked.update(paths)

    def _hashes(self, paths: list[str]) -> list[tuple[str, str]]:
        return image_check.each([self._root / path for path in paths], _digests, f"{self.name} · hashing")


def _digests(path: Path) -> tuple[str, str]:
    """Returns the MD5 and the SHA-256 of a file, which is read once for both."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    try:
        with path.open("rb") as file:
            while content := file.read(2**20):
                md5.update(content)
                sha256.update(content)
        return md5.hexdigest(), sha256.hexdigest()
    except OSError as error:
        raise FuseboardError(f"{path}: not readable ({error.strerror}); mend or remove it") from error
