"""One's own images as a dataset."""

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fuseboard.harness.datasets import image_check, image_files, image_io
from fuseboard.harness.datasets.custom import classes, folder, missing, spelling, splits, table
from fuseboard.harness.datasets.custom import spec as specs
from fuseboard.harness.datasets.dataset import Dataset, Images, Reader, read_ahead
from fuseboard.store.arrays import Labels
from fuseboard.store.embeddings.manifest import SPLITS
from fuseboard.store.errors import FuseboardError


class OwnImages(Dataset):
    """What a TOML describes; images lie in the order of their paths' characters, so ids never depend on the disk.

    Its MD5 is that of every path, file, label and split, of the class names and of the reading: a changed image, label
    or split is another source. Files are read for it once in the life of this object.
    """

    decodes = True

    def __init__(self, toml: Path) -> None:
        """Reads the TOML and lists the images; opens none of them.

        Raises:
            UsageError: anything that the TOML, the folder or the table has wrong.
        """
        spec = specs.read(toml)
        self._root = specs.place(toml, spec.images or "")
        if spec.table is None:
            rows, left_out = folder.read(self._root)
            rows, settled = missing.settle(rows, spec)
            where = str(self._root)
        else:
            listed, left_out = specs.place(toml, spec.table), []
            where = str(listed)
            rows, settled = table.read(listed, self._root, spec)
        rows = rows.sort("path")
        shown = classes.of(rows, spec, where)
        names, remarks = splits.divide(rows, shown, spec, where)
        self.name, self.licence = spec.name, spec.licence
        self.reading, self._limit = spec.reading, spec.max_pixels
        self.task, self.label_names = shown.task, shown.names
        self.splits = tuple(split for split in SPLITS if (names == split).any())
        of = {split: np.flatnonzero(names == split) for split in self.splits}
        self._paths: dict[str, list[str]] = {split: rows["path"].gather(of[split]).to_list() for split in self.splits}
        self._labels: dict[str, Labels] = {split: shown.labels[of[split]] for split in self.splits}
        sizes = ", ".join(f"{split} {len(self._paths[split]):,}" for split in self.splits)
        self._remarks = (
            f"{len(names):,} images of {len(shown.names)} classes: {sizes}",
            *remarks,
            *settled,
            *spelling.alike(shown.names),
        )
        if left_out:
            self._remarks += (image_files.left_out(left_out),)
        self._checked = False

    def labels(self, split: str) -> Labels:
        """Returns (N,) uint16, or (N, L) uint8."""
        return self._labels[split]

    def images(self, split: str, start: int, stop: int) -> Images:
        """As `image_io.read` has them."""
        return read_ahead(self.readers(split, start, stop))

    def readers(self, split: str, start: int, stop: int) -> Iterator[Reader]:
        """Returns one reader per image, each of which opens one file."""
        return (self._reader(path) for path in self._paths[split][start:stop])

    def pick(self, split: str, rows: NDArray[np.intp]) -> Iterator[Reader]:
        """Opens no other files."""
        return (self._reader(self._paths[split][row]) for row in rows)

    def _reader(self, path: str) -> Reader:
        return partial(image_io.read, self._root / path, self.reading, self._limit)

    def check(self) -> None:
        """Looks at every file once, and names those that cannot be read."""
        if self._checked:
            return
        image_check.check(self._files(), self.reading, self._limit, f"{self.name} · checking")
        self._checked = True

    @cached_property
    def source_md5(self) -> str:  # type: ignore[override]
        """Reads every file."""
        # A key that nobody used before is not hashed where it says nothing, so that older sources stay.
        later = [] if self.reading.page is None else [self.reading.page]
        facts = [self.task, self.label_names, self.reading.bits, *later]
        found = hashlib.md5(json.dumps(facts).encode(), usedforsecurity=False)
        for split in self.splits:
            of_split = zip(self._paths[split], self._digests[split], self._labels[split].tolist(), strict=True)
            for path, digest, label in of_split:
                found.update(json.dumps([path, digest, label, split]).encode())
        return found.hexdigest()

    @property
    def remarks(self) -> tuple[str, ...]:
        """How the images are divided, what was left out, and images of a split that are in train too."""
        known = set(self._digests.get("train", ()))
        twice = []
        for split in self.splits[1:]:
            seen = [p for p, digest in zip(self._paths[split], self._digests[split], strict=True) if digest in known]
            twice += [image_files.named(f"in {split}, with the very bytes of an image in train", seen)] if seen else []
        return (*self._remarks, *twice)

    @cached_property
    def _digests(self) -> dict[str, list[str]]:
        """MD5 of every file."""
        flat = iter(image_check.each(self._files(), _md5, f"{self.name} · hashing"))
        return {split: [next(flat) for _ in paths] for split, paths in self._paths.items()}

    def _files(self) -> list[Path]:
        return [self._root / path for split in self.splits for path in self._paths[split]]


def _md5(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise FuseboardError(f"{path}: not readable ({error.strerror}); mend or remove it") from error
